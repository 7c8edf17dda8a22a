# Past its time a breaker lets exactly one call through, the probe; and that comes back, whatever becomes of the call: a later guard
# refuses it or has it wait, it is cancelled, its time passes, its cell dies, it is put aside to wait, the host is killed.
. "$TESTS/lib.sh"
plan 30
host_start 'run = { repetition = 0; }; cells = { silence = "60s"; evict_after = "0"; };
breaker = { errors = 50; least = 2; window = "1h"; open = "10ms"; }; limits = { fickle = { concurrency = 1; }; };'
plugin fickle
plugin fickle-2 fickle 1.1.0
hospes rollback fickle --to 1.0.0 >/dev/null
plugin chores
sleeps='{"do": "sleep", "ms": 3600000}'

breaker()
{
	hospes breakers --json | jq -r "map(select(.name == \"fickle\" and .version == \"1.0.0\"))[0] | $1"
}

# opened: the breaker of fickle 1.0.0 is open, and its time is over.
opened()
{
	[ "$(breaker .state)" = closed ] || hospes breakers reset fickle --version 1.0.0 >/dev/null 2>&1
	run chores '{"list": [{"call": "fickle", "input": {"do": "fail"}, "times": 2}]}'
	[ "$(breaker .state)" = open ] || { echo "Bail out! the breaker did not open"; exit 1; }
}

# closes "why": the next call is the probe, and goes well.
closes()
{
	run fickle '{}'
	[ $code -eq 0 ] && [ "$(breaker .state)" = closed ]
	ok $? "$1" || { shown; note "$(breaker 'tojson')"; }
}

opened
run_start chores '{"at_once": true, "list": [{"call": "fickle", "input": {"do": "sleep", "until_told": true}}, {"call": "fickle"}, {"call": "fickle"}, {"call": "fickle"}]}'
wait_for '[ "$(asking $id)" -eq 1 ] && [ "$(hospes journal "$id" --json | jq "[.[] | select(.kind == \"refusal\")] | length")" -eq 3 ]'
go_on "$id"
run_wait "$id"
is "$(jq -c '[(.result // .).done[].status] | sort' "$T/out")" '["breaker_open","breaker_open","breaker_open","ok"]' "of four at once exactly one is let through"
is "$(breaker .state)" closed "and closes it"

# A later guard refuses.
opened
run chores '{"list": [{"call": "fickle"}]}' --calls 1
result '.done[0].status' '"budget_exceeded"' "the budget refuses the probe"
is "$(breaker '[.state, .open_calls] | tojson')" '["half_open",0]' "it is half open, and nobody tries it"
closes "so the next one does"

# A later guard has it wait.
opened
run_start fickle '{"do": "spin"}' --version 1.1.0
spins=$id
wait_for '[ -n "$(cell_pids)" ] && [ "$(hospes breakers --json | jq "map(select(.version == \"1.1.0\"))[0].open_calls")" = 1 ]'
run_start fickle '{}'
waits=$id
wait_for 'hospes show "$waits" | grep -q "concurrency"'
is "$(breaker '[.state, .open_calls] | tojson')" '["half_open",0]' "a probe that has to wait for a slot holds nothing"
hospes cancel "$spins" >/dev/null
run_wait "$waits"
succeeds "when the slot is free it is let through"
is "$(breaker .state)" closed "and closes it"
run_wait "$spins"

# Cancelled.
opened
run_start fickle "$sleeps"
wait_for '[ "$(breaker .open_calls)" = 1 ]'
is "$(breaker '.why | contains("one is tried, and the others wait")')" true "while one is tried that is told"
run fickle '{}' --version 1.0.0
fails_with breaker_open "and the others are refused"
hospes cancel "$id" >/dev/null 2>&1
hospes ps --json | jq -r '.[].id' | while read -r open; do hospes cancel "$open" >/dev/null; done
wait_for '[ "$(hospes ps --json | jq length)" = 0 ]'
is "$(breaker '[.state, .open_calls] | tojson')" '["half_open",0]' "it is cancelled: that says nothing"
closes "and the next one is the probe"

# Its time passes.
opened
run chores "{\"list\": [{\"call\": \"fickle\", \"input\": $sleeps, \"ms\": 50}]}"
result '.done[0].status' '"deadline_exceeded"' "the probe takes too long"
is "$(breaker '[.state, .cause] | tojson')" '["open","probe"]' "which opens it again"
closes "until the next one is let through"

# Its cell dies.
opened
run_start fickle "$sleeps"
wait_for '[ "$(breaker .open_calls)" = 1 ] && [ -n "$(cell_pids)" ]'
probe=$id
kill -9 $(cell_pids)
wait_for '[ "$(hospes journal "$probe" --json | jq "flatten | map(select(.kind == \"replay\")) | length")" = 1 ]'
is "$(breaker '[.state, .open_calls] | tojson')" '["half_open",1]' "its cell is killed: the call begins again, and is the probe still"
run fickle '{}'
fails_with breaker_open "so another one is refused"
hospes cancel "$probe" >/dev/null
run_wait "$probe"
closes "when it has ended the next one is let through"
opened
run fickle '{"do": "crash"}'
fails_with poison "the probe kills its cells"
is "$(breaker '[.state, .cause] | tojson')" '["open","probe"]' "which opens it again"
closes "until the next one is let through"

# The host is killed.
opened
run_start fickle "$sleeps"
wait_for '[ "$(breaker .open_calls)" = 1 ]'
probe=$id
host_crash
host_launch
wait_for '[ "$(breaker .open_calls)" = 1 ]'
is "$(breaker '[.state, .open_calls] | tojson')" '["half_open",1]' "the host is killed: what is resumed is the probe still"
run fickle '{}'
fails_with breaker_open "another one is refused"
hospes cancel "$probe" >/dev/null
run_wait "$probe"
is "$(breaker '[.state, .open_calls] | tojson')" '["half_open",0]' "it is cancelled"
closes "and the next one is let through"
opened
run_start fickle '{"do": "sleep", "until_told": true}'
probe=$id
wait_for '[ "$(asking $probe)" -eq 1 ]'
host_crash
host_launch
go_on "$probe"
run_wait "$probe"
succeeds "a probe that is resumed ends well"
is "$(breaker '[.state, .errors] | tojson')" '["closed",0]' "and closes it"

# It is put aside to wait for long.
host_stop
conf_write 'run = { repetition = 0; }; cells = { evict_after = "50ms"; }; breaker = { errors = 50; least = 2; window = "1h"; open = "10ms"; };'
host_launch
opened
run_start fickle "$sleeps"
probe=$id
wait_for 'hospes show "$probe" | grep -q "evicted"'
is "$(breaker '[.state, .open_calls] | tojson')" '["half_open",1]' "a probe that is put aside to wait for an hour"
closes "is it no longer: another one is let through"
hospes cancel "$probe" >/dev/null
run_wait "$probe"
is "$(breaker '[.state, .errors, .samples] | tojson')" '["closed",0,0]' "and what becomes of it later changes nothing"
