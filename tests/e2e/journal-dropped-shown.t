# A run that has ended, is still in memory and whose records were dropped is shown as after a start of the host: how it ended, and that
# the rest is not there any more.  What asks for its records is told so.
. "$TESTS/lib.sh"
plan 13
CONF_MORE='journal: { size = "32M"; };'
host_start
plugin wordcount

run wordcount '{"name": "a", "text": "one two"}'; succeeds "a run"
first=$id
run wordcount '7'; fails_with bad_input "and one that fails"
failed=$id
# What they are given is long and what they answer short, so that all of them stay in memory.
for ((n = 0; n < 90; n += 3)); do
	head -c 3000000 /dev/urandom | base64 -w 0 | head -c 3000000 >"$T/bytes"
	printf '{"name": "b", "text": "%s"}' "$(cat "$T/bytes")" >"$T/in"
	hospes run wordcount --in "$T/in" --json >"$T/out" 2>"$T/err"
done
wait_for -t 60 '[ ! -e "$T/state/journal/0000000000000001.seg" ]'
ok $? "the oldest records go"
is "$(hospes wait "$first" --json 2>&1 | jq -r '.result.words')" 2 "what it came to is in memory"

# shown RUN: what is told of it, without what it waited for.
shown_of()
{
	hospes show "$1" --json | jq -c '[.status, .plugin, .calls, .state, .missing.code, .error.code, .result, .tree]'
}
hospes show "$first" >"$T/out" 2>"$T/err"
is "$?" 0 "it is shown" || shown
says "were dropped"
is "$(shown_of "$first")" '["ok","wordcount",1,"ended","not_found",null,null,null]' "with how it ended and what it took"
is "$(shown_of "$failed" | jq -c '.[0, 4, 5]' | xargs)" "bad_input not_found bad_input" "also one that failed"
hospes budget "$first" >"$T/out" 2>"$T/err"
is "$?" 0 "what is left of its budget"
hospes journal "$first" >"$T/out" 2>"$T/err"
is "$?" 3 "its records are not found"
holds 'kill -0 "$HOST"' "the host is there"
before=$(shown_of "$first") ; before_failed=$(shown_of "$failed")
host_stop
host_launch
is "$(shown_of "$first")" "$before" "after a start it is told the same"
is "$(shown_of "$failed")" "$before_failed" "of both"
