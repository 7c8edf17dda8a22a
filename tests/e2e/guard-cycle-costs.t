# Every way to go round in circles, with agents that cost $0.10 a call: at which call it is stopped, and what it had cost by then.
# (Such a loop that nothing stops costs what is in the purse.)
. "$TESTS/lib.sh"
plan 28

# priced SOURCE: the same with a price.
priced()
{
	sed 's/^HOSPES_NEEDS("call:\*")$/&\nHOSPES_PRICE("100000")/; s/^HOSPES_CAPABILITY.*/&\nHOSPES_PRICE("100000")/' "$1"
}

# ring FIRST N: N priced agents, each of which calls the next.
ring()
{
	local i name
	for ((i = 0; i < $2; i++)); do
		printf -v name 'ring-%04d' $(($1 + i))
		printf 's/ring-0000/ring-=/g; s/ring-0001/ring-%04d/g; s/ring-=/%s/g\n' $(($1 + (i + 1) % $2)) "$name" >"$T/names"
		sed -f "$T/names" "$T/ring.so" >"$T/one.so"
		mv "$T/one.so" "$DROP/$name.so"
	done
	wait_for "[ -n \"\$(active $name)\" ]"
}

# cost CALLS MICROS "which"
cost()
{
	journal_has '.kind == "call_start"' "$1" "$3: $1 calls began, and the next was refused"
	is "$(hospes show "$id" --json | jq -c '[.calls, .money_micros]')" "[$1,$2]" "$3: that is what it cost"
}

host_start 'run = { calls = 50; };'
priced "$TESTS/plugins/ring.c" | plugin_made ring
priced "$TESTS/../fixtures/echo.c" | plugin_made echo
cp "$T/echo.so" "$DROP/"
plugin nag
ring 0 2
ring 10 3
ring 100 20
run ring-0000 '{}';                     fails_with cycle "a <-> b"
                                        cost 2 200000 "a <-> b"
run ring-0010 '{}';                     fails_with cycle "a -> b -> c -> a"
                                        cost 3 300000 "a -> b -> c -> a"
run ring-0010 '{"missing": "ring-0011", "instead": "ring-0010"}'
                                        fails_with cycle "through a fallback"
                                        cost 2 200000 "through a fallback"
run ring-0010 '{"stubborn": true}';     fails_with cycle "one that asks again and again"
                                        cost 3 300000 "one that asks again and again"
run ring-0100 '{}';                     fails_with depth_exceeded "a ring that is longer than a chain may be"
                                        cost 6 600000 "a ring that is longer than a chain may be"
run nag '{"callee": "echo", "n": 1000, "input": {"a": 1}}'
                                        result '[.calls, .refused]' '[4,1]' "the same question again and again"
                                        cost 5 400000 "the same question again and again"
run nag '{"callee": "echo", "n": 1000, "polite": true}'
                                        result '[.calls, .refused]' '[49,1]' "a polite loop, by the calls of a run"
                                        cost 50 4900000 "a polite loop, by the calls of a run"
host_stop

# By money, which is what it is about; and what was spent before a kill of the host is spent.
host_start 'run = { money = "1.00"; }; limits = { echo = { polled = true; }; };'
wait_for '[ -n "$(active nag)" ] && [ -n "$(active echo)" ]'
run nag '{"callee": "echo", "n": 1000, "polite": true}'
result '[.calls, .refused]' '[10,1]'    "a polite loop, by its money"
cost 11 1000000 "a polite loop, by its money"
plugin twice
run_start twice '{"callee": "nag", "until_told": true, "input": {"callee": "echo", "n": 6, "polite": true}}' --wall 600
wait_for '[ "$(asking $id)" -eq 1 ]'
host_crash
host_launch
go_on "$id"
run_wait "$id"
succeeds "one that goes on after a kill of the host"
result '[.first.calls, .second.calls, .second.refused]' '[6,4,1]' "has what was left of its money, and no more"
is "$(hospes show "$id" --json | jq .money_micros)" 1000000 "that is what it cost"
journal_has '.kind == "refusal" and .guard == "budget"' 1 "and one refusal is on record"
