# Alerts of tasks: one that was given a share of its own is told of when it comes to 50, 80 and 100 % of that, once, also over a kill of
# the host; who has none is not, and a run of many such tasks raises a bounded number.
. "$TESTS/lib.sh"
plan 16
host_start 'run = { repetition = 0; }; limits = { purse = { concurrency = 16; }; nag = { concurrency = 64; }; dear = { concurrency = 64; }; };'
plugin dear                             # plugins/dear.c: a cent a call
plugin nag
plugin twice
plugin sleeper
plugin purse                            # plugins/purse.c: `n` nags at once, each with a share of `money` or `calls`

# alerts: of the tasks of the run, in their order, "path what percent spent/limit".
alerts()
{
	hospes journal "$id" --json | jq -rs 'flatten | map(select(.kind == "alert" and .body.path).body | "\(.path) \(.what) \(.percent) \(.spent)/\(.limit)") | .[]' | xargs
}

run purse '{"callee": "dear", "n": 1, "money": 100000}' --money 10
succeeds "a task with ten cents spends them"
is "$(alerts)" "/0/0 money 50 50000/100000 /0/0 money 80 80000/100000 /0/0 money 100 100000/100000" "and is told of at each threshold"
holds 'logged "msg=\"nag, call /0/0 of its run, has used 80 % of its share of money: \\\$0.08 of \\\$0.10 \(money_micros, which its caller gave it\)\""' "in the log" ||
	note "$(grep alert= "$T/host.log")"
is "$(hospes alerts --json | jq -c '[.[] | select(.of == "task /0/0") | [.agent, .path, .percent, .run == "'"$id"'"]]')" \
	'[["nag","/0/0",100,true],["nag","/0/0",80,true],["nag","/0/0",50,true]]' "in hospes alerts"
hospes alerts >"$T/out"
holds 'grep -q "$id /0/0 .*has used 50 %" "$T/out"' "for people too" || note "$(cat "$T/out")"
is "$(hospes budget "$id" --json | jq -c '[.run.money_micros.told, .tree.ops[0].money_micros.told, .tree.ops[0].calls.told]')" \
	'[null,100,null]' "and in hospes budget"
hospes budget "$id" >"$T/out"
holds 'grep -Eq "money +0.10 .* 100 %" "$T/out"' "for people too" || note "$(cat "$T/out")"

run purse '{"callee": "dear", "n": 2, "calls": 5}' --money 10
is "$(alerts | tr ' ' '\n' | grep -c calls)" 6 "of two tasks with five calls each is told alike"
run purse '{"callee": "dear", "n": 2}' --calls 12
is "$(alerts)" "" "of those without a share nothing is"
journal_has '.kind == "alert" and .body.of == "run"' 3 "but of their run"
run purse '{"callee": "dear", "n": 1, "calls": 1}' --money 10
is "$(alerts)" "" "that a task begins is no news"

# A run is killed between the alerts of a task.
run_start purse '{"who": "twice", "n": 1, "calls": 7, "input": {"callee": "nag", "until_told": true, "input": {"callee": "sleeper", "n": 2, "polite": true}}}'
wait_for '[ "$(asking $id)" -eq 1 ]'
is "$(alerts)" "/0/0 calls 50 4/7" "half of its calls: one alert"
host_crash
host_launch
go_on "$id"
run_wait "$id"
is "$(alerts)" "/0/0 calls 50 4/7 /0/0 calls 80 6/7 /0/0 calls 100 7/7" "across a kill each comes once"

# Sixty-four tasks have 192 alerts to raise.
run purse '{"callee": "dear", "n": 64, "calls": 4}' --calls 1000 --money 10
succeeds "sixty-four tasks"
is "$(alerts | tr ' ' '\n' | grep -c calls)" 60 "sixty alerts"
journal_has '.kind == "alert" and .body.of == "tasks"' 1 "and one that says that there are more"
