# A plugin gets what its notes declare, narrowed by the operator, and nothing else.
. "$TESTS/lib.sh"
plan 6
host_start 'grants = { spender = { needs = [ "call:nobody" ]; }; };'
plugin echo
plugin spender
plugin_made stranger <<'C'
#include <hospes.h>
static int
stranger(hospes_ctx *ctx)
{
	hospes_value *said;
	int rc = hospes_call(ctx, "echo", hospes_input(ctx), &said);
	return rc != 0 ? rc : hospes_reply_value(ctx, said);
}
HOSPES_AGENT("stranger", "1.0.0", "Calls what it did not declare", stranger)
C
cp "$T/stranger.so" "$DROP/"
wait_for '[ -n "$(active stranger)" ]'

run stranger '{}';                              fails_with permission_denied "what the notes do not declare is refused"
                                                says echo
journal_has '.guard == "permission"' 1          "the refusal is on record"
journal_has '.kind == "call_start"' 1           "and echo was not called"
run spender '{}';                               result .refusal '"permission_denied"' "what the operator took away is refused"
                                                result .calls 0 "from the first call on"
