# A call that was evicted and is to stop ends at once and without a cell: cancelled with its run, out of time, or no longer wanted
# by its caller.
. "$TESTS/lib.sh"
plan 12
host_start 'cells = { evict_after = "100ms"; isolation = "run"; };
run = { wall = "2h"; };'
plugin sleeper
plugin fan

evicted()
{
	hospes show "$1" --json | jq '[.. | objects | select(.state? == "evicted")] | length'
}

# No cell begins in the meantime: only those of a run that is begun again would.
ends_without_cells()
{
	is "$(cell_pids)" '' "$1: no cell was needed"
	is "$(hospes journal "$id" --json | jq -c '[.[] | select(.kind == "replay")] | length')" 0 "$1: nothing began again"
	is "$(hospes show "$id" --json | jq '[.. | objects | select(.status? == "open")] | length')" 0 "$1: nothing is left open"
}

run_start fan '{"callee": "sleeper", "n": 20, "at_once": 20, "input": {"ms": 3600000}}'
wait_for '[ "$(evicted $id)" -eq 21 ] && [ -z "$(cell_pids)" ]'
hospes cancel "$id" >/dev/null
run_wait "$id"
fails_with cancelled "a run of which every call is evicted is cancelled"
ends_without_cells "cancelled"

run_start fan '{"callee": "sleeper", "n": 20, "at_once": 20, "input": {"ms": 3600000}}' --wall 15
wait_for '[ "$(evicted $id)" -eq 21 ] && [ -z "$(cell_pids)" ]'
ok $? "all are evicted before the time of the run is over"
run_wait "$id"
fails_with deadline_exceeded "one whose time is over ends"
ends_without_cells "out of time"

# A caller that gives its callee less time than it takes, and one that no longer wants it: the callee ends where it is, and the
# caller, evicted as well, goes on.
plugin_made patient <<'C'
#include <hospes.h>

static int
patient(hospes_ctx *ctx)
{
	hospes_op *late = hospes_start(ctx, "sleeper", hospes_input(ctx), HOSPES_OPTIONS(.timeout_ns = 6000000000));
	hospes_op *unwanted = hospes_start(ctx, "sleeper", hospes_input(ctx), NULL);
	int first = hospes_wait(late, NULL);

	if (hospes_sleep(ctx, 3000000000) != 0)
		return hospes_status(ctx);
	hospes_cancel(unwanted);
	return hospes_reply(ctx, json_pack("[ss]", hospes_status_name(first), hospes_status_name(hospes_wait(unwanted, NULL))));
}

HOSPES_AGENT("patient", "1.0.0", "Does not wait for ever", patient)
HOSPES_NEEDS("call:sleeper")
C
cp "$T/patient.so" "$DROP/"
wait_for '[ -n "$(active patient)" ]'
run_start patient '{"ms": 3600000}'
wait_for '[ "$(evicted $id)" -eq 3 ]'
run_wait "$id"
succeeds "a caller whose callees are evicted with it goes on"
result . '["deadline_exceeded","cancelled"]' "one had its time, the other was not wanted any more"
is "$(hospes journal "$id" --json | jq -c '[.[] | select(.kind == "replay") | .path] | unique')" '["/0"]' \
    "which began nothing again but the caller"
