/* See sdk_world.h. */

#include "sdk_world.h"

#include <stdlib.h>

struct host host;
struct said said;

int
said_teardown(void **state)
{
	(void)state;
	said_free(&said);
	return 0;
}

void
expect_asks(uint32_t ordinal, uint16_t kind, const char *target, const char *input)
{
	host_expect_op(&host, &said, 1, ordinal, kind, target);
	assert_int_equal(said.op.flags, WIRE_OP_WAITS);
	assert_int_equal(said.input_len, strlen(input));
	assert_memory_equal(said.input, input, said.input_len);
}

char *
json_text_of(size_t len)
{
	char *text = malloc(len + 1);

	assert_non_null(text);
	memset(text, 'x', len);
	text[0] = text[len - 1] = '"';
	text[len] = '\0';
	return text;
}

void
expect_first(uint64_t call, uint32_t ordinal, size_t n, const uint32_t *among)
{
	host_expect_op(&host, &said, call, ordinal, WIRE_OP_FIRST, "");
	assert_int_equal(said.op.flags, WIRE_OP_WAITS);
	assert_int_equal(said.input_len, n * sizeof(uint32_t));
	assert_memory_equal(said.input, among, said.input_len);
}

void
answer_first(uint64_t call, uint32_t ordinal, uint32_t winner)
{
	host_answer_bytes(&host, call, ordinal, &winner, sizeof(winner));
}

int
waits_once(hospes_ctx *ctx)
{
	return hospes_sleep(ctx, 1);
}
