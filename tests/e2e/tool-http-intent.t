# An effect outside the host has its intent on record, durable, before it takes place, and its outcome after.
. "$TESTS/lib.sh"
plan 7
web_start
host_start "grants = { http = { http = [ \"$WEB\" ]; private = true; }; };"
plugin http

run http "{\"url\": \"$WEB/echo\", \"method\": \"POST\", \"body\": \"x\", \"effect\": \"keyed\"}"
succeeds "a keyed POST"
is "$(hospes journal "$id" --json | jq -cs 'flatten | map(select(.kind == "op_intent" or .kind == "op_outcome") | .kind)')" \
    '["op_intent","op_outcome"]' "intent, then outcome"
key=$(jq -r '.result.body | fromjson | .headers | to_entries[] | select(.key | ascii_downcase == "idempotency-key") | .value' "$T/out")
holds "[ -n '$key' ]" "its key was sent"
is "$(hospes journal "$id" --json | jq -rs 'flatten | map(select(.kind == "op_intent"))[0].key')" "$key" "and is the one on record"

# While the server holds its answer back, the host dies: the intent is on the disk.
run_start http "{\"url\": \"$WEB/hold\", \"method\": \"POST\", \"effect\": \"once\"}"
web '/holding?n=1' >/dev/null
host_crash
host_launch
wait_for '[ "$(hospes ps --json | jq ".[0].undecided | length")" = 1 ]' # for a human: effects-kill.t
is "$(hospes journal "$id" --json | jq -s 'flatten | map(select(.kind == "op_intent")) | length')" 1 "a kill later the intent is there"
is "$(hospes journal "$id" --json | jq -s 'flatten | map(select(.kind == "op_outcome" and .status == 0)) | length')" 0 "and no outcome is invented"
is "$(web_count /hold)" 1 "what may be done once is not done again"
