# What the handler of an evicted call had allocated is lost with it.  The cell that has lost more than 16 MiB in that way takes no
# more calls, ends when it has none, and another takes its place; one whose calls leave nothing behind stays.
. "$TESTS/lib.sh"
[ "${SANITIZERS:-no}" = no ] || skip_all "builds for sanitizers do not count what is allocated"
plan 8
host_start 'cells = { evict_after = "100ms"; per_version = 1; };
run = { wall = "2h"; };'
plugin fan
cp "$TESTS/../fixtures/nap.h" "$T/"
plugin_made hoard-nap <<'C'
/* Has `kib` KiB from malloc while it naps, and says what is in the last of them. */

#include <stdlib.h>
#include <string.h>

#include <hospes.h>

#include "nap.h"

static int
hoard(hospes_ctx *ctx)
{
	size_t size = (size_t)hospes_int(hospes_input(ctx), "kib") * 1024;
	char *bytes = malloc(size + 1);
	int rc;

	if (bytes == NULL)
		return HOSPES_ENOMEM;
	memset(bytes, 7, size + 1);
	rc = nap(ctx, hospes_input(ctx));
	rc = rc != 0 ? rc : hospes_reply(ctx, json_integer(bytes[size]));
	free(bytes);
	return rc;
}

HOSPES_AGENT("hoard-nap", "1.0.0", "Sleeps on what it has", hoard)
C
cp "$T/hoard-nap.so" "$DROP/"
wait_for '[ -n "$(active hoard-nap)" ]'

pids()
{
	hospes agents --json | jq -c '.[] | select(.name == "hoard-nap") | .pids'
}

# Ten calls that are all evicted where they nap.
naps()
{
	run_start fan "{\"callee\": \"hoard-nap\", \"n\": 10, \"at_once\": 10, \"input\": {\"kib\": $1, \"until_told\": true}}"
	wait_for '[ "$(hospes show $id --json | jq "[.. | objects | select(.plugin? == \"hoard-nap\" and .state? == \"evicted\")] | length")" -eq 10 ]'
	ok $? "ten calls with $1 KiB each are evicted"
}

run hoard-nap '{"kib": 1, "ms": 1}'
first=$(pids)
naps 100
is "$(pids)" "$first" "their cell lost 1 MiB, which is not much"
go_on "$id" 10
run_wait "$id"
result '.answers | add' 70 "in it they end as if nothing had been"
is "$(pids)" "$first" "and it stays"
naps 2048
wait_for '[ "$(pids)" = "[]" ]'
ok $? "after 20 MiB more it is gone"
go_on "$id" 10
run_wait "$id"
result '.answers | add' 70 "its calls come to their end in the next one"
holds '[ "$(pids)" != "$first" ] && [ "$(pids | jq length)" -eq 1 ]' "which is another"
