# A host with nothing to do sleeps, and so do its cells: no wake and no CPU time, also after calls that were answered while
# everybody still looked.  While a call waits for the time to pass, the watchdog looks after it and nobody else is awake.
. "$TESTS/lib.sh"
plan 5

# Of the host and all below it: how often its threads went to sleep or were put to it, and their CPU time in ns.
family()
{
	local pid
	for pid in "$@"; do
		echo "$pid"
		family $(cat /proc/"$pid"/task/*/children 2>/dev/null)
	done
}

activity()
{
	local pid
	for pid in $(family "$HOST"); do
		cat /proc/"$pid"/task/*/status 2>/dev/null | grep ctxt_switches
		sed 's/ .*//; s/^/cpu /' /proc/"$pid"/task/*/schedstat 2>/dev/null
	done | awk '{ n += $2 } END { print n }'
}

# Two looks half a second apart find the same.
sleeps()
{
	local before
	before=$(activity)
	pause 0.5
	[ "$(activity)" = "$before" ]
}

# Five looks of the watchdog a second, each of a few hundred microseconds.
dozes()
{
	local before
	before=$(activity)
	pause 0.5
	[ $(($(activity) - before)) -lt 25000000 ]
}

host_start
plugin echo
plugin sleeper                          # fixtures/sleeper.c: sleeps for `ms`
holds 'wait_for sleeps' "it has started, and sleeps"

for _ in 1 2 3; do
	run echo '{"a": 1}'
done
                                        succeeds "calls are answered"
holds 'wait_for sleeps' "and all sleep again"

hospes run sleeper --in <(echo '{"ms": 60000}') --detach --json >"$T/out" 2>&1
id=$(jq -r .id "$T/out")
wait_for '[ "$(hospes show "$id" --json | jq -r ".tree.ops[0].status")" = open ]'
holds 'wait_for dozes' "they are hardly awake while a call waits"
hospes cancel "$id" >/dev/null
hospes wait "$id" >/dev/null 2>&1
holds 'wait_for sleeps' "and when it was cancelled"
