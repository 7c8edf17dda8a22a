# A plugin that was built with SDK 1.0 loads, today and for ever, and its calls mean what they meant.
. "$TESTS/lib.sh"
plan 4
host_start 'run = { repetition = 0; };' # it asks one agent for the same five times
plugin echo
cp "$TESTS/../fixtures/sdk-1.0/keepsake.so" "$DROP/"
wait_for '[ "$(active keepsake)" = 1.0.0 ]'
ok $? "the binary of SDK 1.0 is active"
run keepsake '{"text": "a"}'
succeeds "it answers"
result '[.same, .now, .found, .answered, .table, .alone, .name]' '[true,true,1,5,9,true,"depth_exceeded"]' "as it did"
is "$(jq .confidence "$T/out")" 0.5 "and is as sure of it"
