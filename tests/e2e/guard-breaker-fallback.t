# Attempts that something stands in for count for whom they were of; when its breaker opens nobody asks it any more, and what stands in
# comes at once.  A run that is built again after a kill feeds no window with what it has on record.
. "$TESTS/lib.sh"
plan 11
host_start 'run = { repetition = 0; }; breaker = { errors = 50; least = 4; window = "1h"; open = "1h"; };
fallbacks = ( { of = "fickle"; on = [ "failed", "breaker" ]; to = ( { agent = "fickle-a"; } ); } );'
for one in fickle fickle-a chores; do
	plugin $one
done
fails='"input": {"do": "fail", "whom": "fickle"}'
breaker()
{
	hospes breakers --json | jq -c "map(select(.name == \"$1\"))[0] | [.state, .errors, .samples]"
}

run chores "{\"list\": [{\"call\": \"fickle\", $fails, \"times\": 3}]}"
result '[.done[].who] | unique' '["fickle-a"]' "three that fail are stood in for"
is "$(breaker fickle)" '["closed",3,3]' "each counts for whom it was of"
is "$(breaker fickle-a)" '["closed",0,3]' "and who stood in has done well"

# Killed with two failures on record.
hospes breakers reset fickle >/dev/null
run_start chores "{\"list\": [{\"call\": \"fickle\", $fails, \"times\": 3}, {\"sleep\": 2000}, {\"call\": \"fickle\", $fails}, {\"call\": \"fickle\", $fails}, {\"call\": \"fickle-a\"}]}"
wait_for '[ "$(breaker fickle)" = "[\"closed\",3,3]" ] && [ "$(breaker fickle-a)" = "[\"closed\",0,6]" ]'
host_crash
host_launch
run_wait "$id"
succeeds "a run is killed after three failures"
is "$(breaker fickle)" '["closed",2,2]' "what is on record is not counted again"
is "$(breaker fickle-a)" '["closed",0,3]' "neither for who stood in"

run chores "{\"list\": [{\"call\": \"fickle\", $fails, \"times\": 6}]}"
result '[.done[].who] | unique' '["fickle-a"]' "more that fail"
is "$(breaker fickle)" '["open",4,4]' "open the breaker"
journal_has '.kind == "stage" and .stage.cause == "breaker"' 4 "from then on it is the breaker that has another one called"
journal_has '.kind == "call_start" and .callee == "fickle"' 2 "and nobody asks who fails"
host_stop
hospes journal verify "$T/state" >"$T/out" 2>&1
is $? 0 "the journal is in order" || cat "$T/out"
