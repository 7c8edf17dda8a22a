/*
 * Fuzz: what a cell may forge as the question of a review, and as a score.  Whatever it is, the op fails with a sentence, waits for
 * a human, or has its outcome; and ends with its run.
 */

#include "../unit/dispatch_world.h"
#include "base/log.h"
#include "dispatch/review.h"
#include "fuzz.h"

#include <sodium.h>

static const char question[] = "{\"question\":\"?\",\"context\":{\"c\":[1]},\"choices\":[\"x\",\"y\"],"
			       "\"default\":\"x\",\"timeout_ms\":60000}";

static struct op *
asks(struct call *call, uint16_t kind, const void *input, size_t len)
{
	_cleanup_(payload_unref) struct payload *p = payload_new(input, len);
	struct wire_op op = {.kind = kind};
	uint32_t ordinal = call->reissued++;

	w.events.op(call, ordinal, &op, kind == WIRE_OP_CALL ? "b" : "", NULL, NULL, p, w.events.arg);
	return call->ops[ordinal];
}

static void
has_come_to_something(const struct op *op)
{
	fuzz_expect(op->state == OP_DONE || op_awaits_review(op) != NULL);
	fuzz_expect(op->state != OP_DONE || op->status == 0 || (op->value != NULL && op->value->len > 0));
}

/* A score that is nearly one of the call of b: its ordinal and number, then any bytes. */
static void
score(struct call *a, const uint8_t *data, size_t len)
{
	static const double numbers[] = {0, 1, 0.5, -0.1, 1.1, NAN, INFINITY};
	uint8_t input[256] = {len > 0 ? data[0] % 3 : 0};
	double number = numbers[len > 1 ? data[1] % ARRAY_LEN(numbers) : 0];
	size_t head = sizeof(uint32_t) + sizeof(number), why = len < 2 ? 0 : len - 2;

	memcpy(input + sizeof(uint32_t), &number, sizeof(number));
	why = why < sizeof(input) - head ? why : sizeof(input) - head;
	if (why > 0)
		memcpy(input + head, data + 2, why);
	has_come_to_something(asks(a, WIRE_OP_SCORE, input, head + why));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t formed_len;
	uint8_t *formed = fuzz_in_form(question, data, len, &formed_len);
	struct call *a;

	if (sodium_init() < 0)
		abort();
	log_set_level(LOG_LEVEL_ERROR);
	setup(NULL);
	version_add("a", "1.0.0");
	version_add("b", "1.0.0");
	a = start();
	(void)asks(a, WIRE_OP_CALL, "{}", 2);
	reply(newest(), 0, "{}");
	has_come_to_something(asks(a, WIRE_OP_REVIEW, formed, formed_len));
	has_come_to_something(asks(a, WIRE_OP_REVIEW, data, len));
	score(a, data, len);
	has_come_to_something(asks(a, WIRE_OP_SCORE, data, len));
	dispatch_cancel(w.d, &w.run->root, HOSPES_ECANCELLED, "the input is over");
	reply(a, HOSPES_ECANCELLED, "over");
	fuzz_expect(w.run->root.state == OP_DONE && w.calls.count == 0);
	free(formed);
	teardown(NULL);
	return 0;
}
