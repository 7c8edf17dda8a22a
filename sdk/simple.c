/*
 * Ops whose answer is not a value: the time, random bytes, sleep, and who offers a capability.
 */

#include <string.h>

#include "ctx.h"

#define RANDOM_MOST 4096u

int64_t
hospes_now_ns(hospes_ctx *ctx)
{
	int64_t now = 0;
	struct hospes_op op = {.into = &now, .into_max = sizeof(now)};
	struct op_request request = {.kind = WIRE_OP_NOW, .target = ""};
	int rc = ctx_check_op(ctx, "hospes_now_ns");

	if (rc == 0)
		rc = op_run(ctx, &op, &request);
	if (rc == 0 && op.into_len != sizeof(now))
		rc = ctx_fail(ctx, HOSPES_EPROTOCOL, "the host gave a time of %zu bytes instead of 8", op.into_len);
	return rc == 0 ? now : rc;
}

int
hospes_random(hospes_ctx *ctx, void *buffer, size_t len)
{
	uint32_t want = (uint32_t)len;
	struct hospes_op op = {.into = buffer, .into_max = len};
	struct op_request request = {.kind = WIRE_OP_RANDOM, .target = "", .input = &want, .input_len = sizeof(want)};
	int rc = ctx_check_op(ctx, "hospes_random");

	if (rc != 0 || len == 0)
		return rc;
	if (len > RANDOM_MOST)
		return ctx_fail(ctx, HOSPES_ETOOLARGE,
		    "hospes_random was asked for %zu bytes and gives %u at most; ask again for more", len, RANDOM_MOST);
	rc = op_run(ctx, &op, &request);
	if (rc == 0 && op.into_len != len)
		rc = ctx_fail(ctx, HOSPES_EPROTOCOL, "the host gave %zu random bytes instead of %zu", op.into_len, len);
	return rc;
}

int
hospes_sleep(hospes_ctx *ctx, int64_t ns)
{
	int64_t span = ns > 0 ? ns : 0;
	char nothing;
	struct hospes_op op = {.into = &nothing};
	struct op_request request = {.kind = WIRE_OP_SLEEP, .target = "", .input = &span, .input_len = sizeof(span)};
	int rc = ctx_check_op(ctx, "hospes_sleep");

	return rc != 0 ? rc : op_run(ctx, &op, &request);
}

int
hospes_find(hospes_ctx *ctx, const char *capability, size_t *n, const char *const **ret)
{
	struct hospes_op op = {.arrived = false};
	struct op_request request = {.kind = WIRE_OP_FIND, .target = capability};
	const char **names;
	json_t *found;
	size_t count;
	int rc = ctx_check_op(ctx, "hospes_find");

	if (rc != 0)
		return rc;
	if (capability == NULL || capability[0] == '\0')
		return ctx_fail(
		    ctx, HOSPES_EINPUT, "hospes_find was given no capability; expected \"count.words\" or \"count.*\"");
	rc = op_run(ctx, &op, &request);
	if (rc != 0)
		return rc;
	found = hospes_json(op.answer.value);
	count = json_array_size(found);
	names = ctx_alloc(ctx, (count + 1) * sizeof(*names));
	if (names == NULL)
		return ctx_fail(ctx, HOSPES_ENOMEM, "no memory is left for %zu names", count);
	for (size_t i = 0; i < count; i++) {
		names[i] = json_string_value(json_array_get(found, i));
		if (names[i] == NULL)
			return ctx_fail(ctx, HOSPES_EPROTOCOL, "the host's list of agents for %s holds what is no name",
			    capability);
	}
	names[count] = NULL;
	*n = count;
	*ret = names;
	return 0;
}
