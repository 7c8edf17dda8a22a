# Runs whose calls were evicted outlive kill -9 of the host like any others: they begin again with it, come to wait again, and are
# evicted again.
. "$TESTS/lib.sh"
plan 12
web_start
host_start 'cells = { evict_after = "100ms"; isolation = "run"; };
run = { wall = "2h"; };
http = { timeout = "10m"; };
grants = { http = { http = [ "http://127.0.0.1:*" ]; private = true; }; };'
plugin sleeper
plugin http
plugin fan
plugin talker
plugin echo

evicted()
{
	hospes show "$1" --json | jq '[.. | objects | select(.state? == "evicted")] | length'
}

run_start fan '{"callee": "sleeper", "n": 5, "at_once": 5, "input": {"ms": 3600000}}'; sleeping=$id
run_start fan '{"callee": "talker", "n": 5, "at_once": 5, "input": {"calls": 3, "until_told": true}}'; talking=$id
run_start http "{\"url\": \"$WEB/hold\"}"; asking=$id
wait_for '[ "$(evicted $sleeping)" -eq 6 ] && [ "$(evicted $talking)" -eq 6 ] && [ "$(evicted $asking)" -eq 1 ]'
ok $? "all calls of three runs are evicted"
until=$(hospes ps --json | jq -r --arg id "$sleeping" '.[] | select(.id == $id) | .waits.for[0].until')
host_crash
host_launch
ok $? "the host starts again after kill -9"
wait_for '[ "$(evicted $sleeping)" -eq 6 ]'
ok $? "the sleepers come to where they were, and are evicted again"
again=$(hospes ps --json | jq -r --arg id "$sleeping" '.[] | select(.id == $id) | .waits.for[0].until')
holds '[ $(($(date -d "$again" +%s) - $(date -d "$until" +%s))) -le 1 ]' "their hour has not begun anew"
wait_for '[ "$(web_count /hold)" -eq 2 ]'
ok $? "a GET that was under way is done again"
web /release >/dev/null
run_wait "$asking"
succeeds "and answered"
go_on "$talking" 5
run_wait "$talking"
succeeds "those whose nap is over go on"
result '[.answers[] | select(.calls == 3)] | length' 5 "and come to their end"
is "$(hospes journal "$talking" --json | jq -c '[.[] | select(.kind == "call_start") | .path] | [length, (unique | length)]')" \
    '[21,21]' "no call was made twice"
is "$(hospes journal "$talking" --json | jq -c '[.[] | select(.kind == "replay") | .message] | unique')" \
    '["it was evicted while it waited","the host was started again"]' "they began again for either reason"
hospes cancel "$sleeping" >/dev/null
run_wait "$sleeping"
fails_with cancelled "sleepers of before are cancelled like any"
is "$(hospes ps --json | jq length)" 0 "nothing is left in flight"
