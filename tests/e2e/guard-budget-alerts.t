# Alerts of budgets: at 50, 80 and 100 %, once each for each account and quantity, as a record and a line of the log; a host that was
# killed raises none of them again.
. "$TESTS/lib.sh"
[ "$(date -u +%H%M)" -lt 2355 ] || skip_all "midnight UTC is near, when all days begin anew"
plan 19
web_start

# alerts JQ: "of what percent" of those that match, in order.
alerts()
{
	hospes alerts --json | jq -r "[.[] | select($1)] | sort_by(.id) | .[] | \"\(.of) \(.what) \(.percent)\"" | xargs
}

host_start "limits = { dear = { day_calls = 40; }; };
alerts: { webhook = \"$WEB/hook\"; };"
plugin dear                             # plugins/dear.c: a cent a call
plugin nag
plugin twice
plugin sleeper

run nag '{"callee": "dear", "n": 100, "polite": true}' --money 0.10 --calls 20
result '[.calls, .refused]' '[10,1]' "a run that spends all its money"
is "$(hospes journal "$id" --json | jq -rs 'flatten | map(select(.kind == "alert").body | "\(.of) \(.what) \(.percent) \(.spent)/\(.limit)") | .[]')" \
    "run money 50 50000/100000
run money 80 80000/100000
run calls 50 10/20
run money 100 100000/100000" "is told of at each threshold, once, also of its calls"
is "$(alerts ".run == \"$id\"")" "run money 50 run money 80 run calls 50 run money 100" "hospes alerts has them"
holds 'logged "msg=\"nag has used 80 % of the money of its run: \\\$0.08 of \\\$0.10 \(--money, \`run.money\`\)\""' "and the log" ||
    note "$(grep alert= "$T/host.log")"
wait_for "[ \"\$(web /hooks | jq '[.[].body | fromjson | select(.run == \"$id\")] | length')\" -ge 4 ]"
is "$(web /hooks | jq -r "[.[].body | fromjson | select(.run == \"$id\") | \"\(.kind) \(.what) \(.percent)\"] | sort | .[]" | xargs)" \
    "budget calls 50 budget money 100 budget money 50 budget money 80" "the webhook is told of each"
is "$(web /hooks | jq '[.[].headers."idempotency-key"] | length == (unique | length)')" true "once"
is "$(alerts '.of == "agent dear"')" "" "ten of an agent's forty calls of the day are nothing"

run nag '{"callee": "dear", "n": 15, "polite": true}'
is "$(alerts '.of == "agent dear"')" "agent dear calls 50" "twenty of them are"
is "$(alerts ".run == \"$id\"")" "" "a run with much left is told nothing"
host_crash
host_launch
wait_for '[ -n "$(active nag)" ] && [ -n "$(active dear)" ]'
run nag '{"callee": "dear", "n": 15, "polite": true}'
result .calls 15 "(after a kill, the forty are used up)"
is "$(alerts '.of == "agent dear"')" "agent dear calls 50 agent dear calls 80 agent dear calls 100" "what was told is not told again"

# A run is killed between its alerts.
run_start twice '{"callee": "nag", "until_told": true, "input": {"callee": "sleeper", "n": 7, "polite": true}}' --calls 17
wait_for '[ "$(asking $id)" -eq 1 ]'
journal_has '.kind == "alert"' 1 "half of its calls: one alert"
host_crash
host_launch
go_on "$id"
run_wait "$id"
is "$(alerts ".run == \"$id\"")" "run calls 50 run calls 80 run calls 100" "across a kill each comes once"
journal_has '.kind == "alert"' 3 "on record too"

# Thresholds of the operator's own, and none.
host_stop
sed -i '/^alerts/d' "$T/hospes.conf"
cat >>"$T/hospes.conf" <<'CONF'
alerts = { at = [ 10, 90 ]; };
CONF
host_launch
wait_for '[ -n "$(active nag)" ] && [ -n "$(active sleeper)" ]'
run nag '{"callee": "sleeper", "n": 30, "polite": true}' --calls 20
is "$(alerts ".run == \"$id\"")" "run calls 10 run calls 90" "the operator's own thresholds"
sed -i 's/\[ 10, 90 \]/[ ]/' "$T/hospes.conf"
: >"$T/host.log"
kill -HUP "$HOST"
wait_for 'logged "the configuration was read again"'
run nag '{"callee": "sleeper", "n": 30, "polite": true}' --calls 20
result .refused 1 "a run that comes to its end"
is "$(alerts ".run == \"$id\"")" "" "and no alert where there is no threshold"

# CPU time, and shares.
run nag '{"callee": "sleeper", "n": 1, "polite": true}' --cpu 0.000001
holds "[ \$(hospes budget $id --json | jq '.run.cpu_ns.limit') = 1000000 ]" "CPU time is rounded up to a millisecond"
journal_has '.kind == "alert" and .body.what == "calls"' 0 "which says nothing of calls"
