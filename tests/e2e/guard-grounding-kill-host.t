# kill -9 of the host on each rung of the ladder: it goes on at the same rung, nothing that was done is done again, and the end is
# the same.
. "$TESTS/lib.sh"
plan 8
host_start 'grounding: { stubborn: { checks = [ "verbatim" ]; retries = 2; escalate = "senior"; on_fail = [ "retry", "escalate" ]; };
    senior: { on_fail = [ "retry" ]; }; };'
for name in verbatim stubborn senior; do
	plugin $name
done
run_start stubborn '{"text": "It is so.", "quotes": ["It is", "It is not"], "check": {"until_told": true}}' --wall 300

# path PATH: is the check of this attempt under way?
checked()
{
	hospes show "$id" --json 2>/dev/null | jq -e --arg path "$1/0" '[.. | objects | select(.path? == $path and .status == "open")] |
	    length == 1' >/dev/null
}

for attempt in '/0' '/0#2' '/0#3' '/0#4'; do
	wait_for "checked '$attempt' && [ \$(asking $id) -eq 1 ]"
	ok $? "killed while the reply of $attempt is checked"
	host_crash
	host_launch || exit 1
	go_on "$id"
done
run_wait "$id"
succeeds "the run ends well"
result '[.claims[].text]' '["It is"]'                   "as who was asked instead has mended it"
is "$(hospes journal "$id" --json | jq -cs 'flatten | map(select(.kind == "call_start") | .path)')" \
    '["/0","/0/0","/0#2","/0#2/0","/0#3","/0#3/0","/0#4","/0#4/0"]' "each attempt was begun once, and checked once"
is "$(hospes journal "$id" --json | jq -cs 'flatten | map(select(.kind == "stage") | .number)')" '[2,3,4]' "each step was taken once"
