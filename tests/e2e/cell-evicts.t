# Calls that wait for long hold no cell: their fibers are dropped, the cells end, and when what they wait for comes they begin
# again, replay, and come to the same end as if they had never left.
. "$TESTS/lib.sh"
plan 15
web_start
host_start 'cells = { evict_after = "100ms"; isolation = "run"; };
run = { wall = "2h"; };
http = { timeout = "10m"; };
grants = { http = { http = [ "http://127.0.0.1:*" ]; private = true; }; };
limits = { talker = { concurrency = 2; }; };'
plugin echo
plugin http
plugin fan
plugin sleeper
plugin talker

replays()
{
	hospes journal "$1" --json | jq -c '[.[] | select(.kind == "replay") | .message] | unique'
}

# A caller and its child: both wait for an answer from outside.
run_start fan "{\"callee\": \"http\", \"n\": 2, \"input\": {\"url\": \"$WEB/hold\"}}"
held=$id
web '/holding?n=2' >/dev/null
wait_for '[ -z "$(cell_pids)" ]'
ok $? "the cells of a run whose calls all wait for an answer have ended"
is "$(hospes ps --json | jq -c '[.[].status]')" '["open"]' "and it is open"
web /release >/dev/null
run_wait "$held"
succeeds "with the answer it goes on and ends well"
result '[.answers[].status]' '[200,200]' "all of its calls had theirs"
is "$(replays "$held")" '["it was evicted while it waited"]' "they were begun again, for that reason"
is "$(web_count /hold)" 2 "and nothing was asked for twice"

# Those that wait for each other, with a limit on how many run at once; time and random numbers in each.
run_start fan '{"callee": "talker", "n": 8, "at_once": 8, "input": {"calls": 5, "until_told": true}}'
wait_for '[ "$(hospes show "$id" --json | jq "[.. | objects | select(.state? == \"evicted\")] | length")" -eq 9 ]'
ok $? "eight calls that may run two at a time are all put aside where they nap, and their caller with them"
go_on "$id" 8
run_wait "$id"
succeeds "they go on and call others"
result '[.answers[] | select(.calls == 5)] | length' 8 "all come to their end"
is "$(replays "$id")" '["it was evicted while it waited"]' "begun again"
is "$(hospes journal "$id" --json | jq -c '[.[] | select(.kind == "call_start") | .path] | [length, (unique | length)]')" \
    '[49,49]' "no call was made twice"

# A timer: the sleeper of an hour is in nobody's way.
run_start sleeper '{"ms": 3600000}'
wait_for '[ -z "$(cell_pids)" ]'
ok $? "a sleeper of an hour has no cell"
before=$(hospes journal "$id" --json | jq length)
hospes cancel "$id" >/dev/null
run_wait "$id"
fails_with cancelled "cancelled, it ends at once"
is "$(cell_pids)" '' "for which it needs none either"
is "$(hospes journal "$id" --json | jq -c '[.[] | select(.kind == "replay")] | length')" 0 "and is not begun again"
