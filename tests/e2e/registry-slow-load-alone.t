# A plugin whose constructor never ends holds up no other: while it is tried the next are taken and serve.
. "$TESTS/lib.sh"
plan 5
plugin_made slow <<'C'
#include <hospes.h>

static volatile int turns;

__attribute__((constructor)) static void
never_ends(void)
{
	for (;;)
		turns++;
}

static int
handler(hospes_ctx *ctx)
{
	return hospes_reply(ctx, json_object());
}

HOSPES_AGENT("slow", "1.0.0", "Never done with its constructor", handler)
C
host_start 'cells = { load = "5s"; };'
cp "$T/slow.so" "$DROP/slow.so"
wait_for '[ -n "$(cell_pids)" ]'
drop echo
holds 'wait_for "[ -n \"\$(active echo)\" ]"' "another is active"
holds '! logged "plugin refused.*slow.so"' "while the slow one is still tried"
run echo '{"a": 1}'
succeeds "it answers"
holds 'wait_for "logged \"plugin refused.*slow.so\""' "the slow one is refused in its time"
holds '[ -z "$(active slow)" ]' "and is no agent"
