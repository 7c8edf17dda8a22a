# Records are dropped by age and by size, oldest first; summaries stay, and what is not there any more is told as such.
# Nothing that a start, the store or an open run needs goes, and the files that go are used again.
. "$TESTS/lib.sh"
plan 20
CONF_MORE='journal: { size = "32M"; };'
host_start
plugin echo
plugin wordcount

segments()
{
	find "$T/state/journal" -name '*.seg' | wc -l
}
# Puts about N MiB on record, and says the id of the last run.
put()
{
	local n
	for ((n = 0; n < $1; n += 3)); do
		head -c 3000000 /dev/urandom | base64 -w 0 | head -c 3000000 >"$T/bytes"
		printf '"%s"' "$(cat "$T/bytes")" >"$T/in"
		hospes run echo --in "$T/in" --json --detach >"$T/out" 2>"$T/err"
		id=$(jq -r .id "$T/out")
		hospes wait "$id" >/dev/null 2>>"$T/err"
	done
}
verified()
{
	hospes journal verify --json >"$T/out" 2>"$T/err"
	is "$? $(jq -r .ok "$T/out")" "0 true" "$1" || shown
}

run wordcount '{"name": "a", "text": "one two"}'; succeeds "a run"
first=$id
put 90
last=$id
wait_for -t 60 '[ ! -e "$T/state/journal/0000000000000001.seg" ]'
ok $? "past its size the oldest goes"
wait_for -t 60 '[ "$(segments)" -le 3 ]'
ok $? "until it fits again"
verified "what is left is whole"
hospes show "$first" >"$T/out" 2>"$T/err"
is "$?" 0 "the run from before is known"
says "were dropped"
hospes score "$first" 0.5 >"$T/out" 2>"$T/err"; code=$?
holds '[ $code -ne 0 ]' "it cannot be scored any more"
says "nothing is left to be scored"
is "$(hospes show "$first" --json | jq -r '[.status, .plugin, .calls, .state, .missing.code, .result] | @csv')" \
    '"ok","wordcount",1,"ended","not_found",' "with how it ended and what it took"
is "$(hospes ps --all --limit 1000 --json | jq --arg id "$first" 'map(select(.id == $id)) | length')" 1 "and listed"
hospes wait "$first" >"$T/out" 2>"$T/err"
says "not_found"
hospes journal "$first" >"$T/out" 2>"$T/err"
is "$?" 3 "its records are not found"
is "$(hospes show "$last" --json | jq -r '.result | length')" 3000000 "newer ones are as they were"
host_stop KILL

host_launch
ok $? "the host starts on what is left"
is "$(hospes show "$last" --json | jq -r '.result | length')" 3000000 "with all of it"
is "$(hospes show "$first" --json | jq -r .status)" ok "and with what it keeps"
is "$(active wordcount)" 1.0.0 "plugins are as they were"
verified "the journal and the store fit"
host_stop

# A file that is missing from the front is one too many.
rm "$(find "$T/state/journal" -name '*.seg' | sort | head -n 1)"
host_launch
holds "[ $? -ne 0 ]" "a segment that nobody dropped stops the host"
wait "$HOST"
HOST=
holds "logged 'a file is missing'" "and it says so"
