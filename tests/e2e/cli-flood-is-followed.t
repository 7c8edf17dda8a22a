# A run that does more than its watcher can be told is followed to its end all the same.
. "$TESTS/lib.sh"
plan 3
host_start
plugin echo
plugin_made flood <<'C'
#include <hospes.h>

static int
flood(hospes_ctx *ctx)
{
	for (int i = 0; i < 50000; i++)
		hospes_start(ctx, "echo", hospes_input(ctx), NULL);
	return hospes_reply(ctx, json_object());
}

HOSPES_AGENT("flood", "1.0.0", "Starts calls and never looks back", flood)
HOSPES_NEEDS("call:echo")
C
cp "$T/flood.so" "$DROP/"
wait_for '[ -n "$(active flood)" ]'

run flood '{}';                         succeeds "the end is told"
result . '{}' "with its result"
run echo '{"a": 1}';                    succeeds "the host answers as before"
