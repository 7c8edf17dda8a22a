# Records older than `journal.keep` are dropped while the host runs; of small runs, which are all still in memory, the summary is
# told from then on as it is after a restart.
. "$TESTS/lib.sh"
plan 13
CONF_MORE='journal: { keep = "8s"; };'
host_start
plugin wordcount

segments()
{
	find "$T/state/journal" -name '*.seg' | wc -l
}
# What is told of a run that was dropped.
told()
{
	hospes show "$1" --json | jq -c '[.id, .status, .plugin, .calls, .state, .missing.code, .result]'
}

run wordcount '{"name": "a", "text": "one two"}'; succeeds "a run"
first=$id
run wordcount '{"name": 5}'; fails_with bad_input "another, which fails"
second=$id
wait_for 'run wordcount "{\"name\": \"b\", \"text\": \"three\"}"; [ "$(segments)" -gt 1 ] || logged "oldest records were dropped"'
ok $? "after a while what is written goes into another segment"
wait_for -t 90 'logged "the oldest records were dropped"'
ok $? "and past its age the first is dropped"

told="[\"$first\",\"ok\",\"wordcount\",1,\"ended\",\"not_found\",null]"
is "$(told "$first")" "$told" "of a run that is still in memory the summary is told"
hospes show "$first" >"$T/out" 2>"$T/err"
says "were dropped"
is "$(hospes show "$second" --json | jq -c '[.status, .error.code, .missing.code, (.error.message | length > 0)]')" \
    '["bad_input","bad_input","not_found",true]' "and of one that failed why"
is "$(hospes ps --all --limit 10000 --json | jq --arg id "$first" 'map(select(.id == $id)) | length')" 1 "it is listed"
hospes journal "$first" >"$T/out" 2>"$T/err"; code=$?
is "$code $(grep -c 'were dropped' "$T/err")" "3 1" "its records are not found, and it says why" || shown
hospes budget "$first" --json >"$T/out" 2>"$T/err"; code=$?
is "$code $(jq -r .missing.code "$T/out")" "0 not_found" "the budget tells the same" || shown
hospes journal verify --json >"$T/out" 2>"$T/err"
is "$? $(jq -r .ok "$T/out")" "0 true" "the journal is whole" || shown
host_stop KILL

host_launch
ok $? "the host starts on what is left"
is "$(told "$first")" "$told" "and tells the same"
