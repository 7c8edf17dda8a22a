/* Fibers that are dropped where they wait. */

#include "sdk_world.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int64_t in_use; /* as the program counts it: here the handlers do */

#define HELD 100000

/* Has so many bytes and waits twice. */
static int
waits(hospes_ctx *ctx)
{
	hospes_value *value = NULL;
	int rc;

	in_use += HELD;
	rc = hospes_call(ctx, "one", NULL, &value);
	if (rc == 0)
		rc = hospes_call(ctx, "two", value, &value);
	in_use -= HELD;
	return rc != 0 ? rc : hospes_reply_value(ctx, value);
}

/* What the runtime itself allocates is not counted here: it is a few KiB that it finds given back. */
static void
expect_leaked(unsigned dropped)
{
	struct wire_pong pong;

	assert_int_equal(said.frame.length, sizeof(pong));
	memcpy(&pong, said.bytes, sizeof(pong));
	assert_in_range(pong.leaked_bytes, dropped * (HELD - HELD / 10), dropped * HELD);
}

static void
expect_evicted(uint64_t call, unsigned dropped)
{
	host_expect(&host, &said, WIRE_EVICTED, call);
	expect_leaked(dropped);
}

static void
evict(uint64_t call)
{
	host_send(&host, WIRE_EVICT, call, WIRE_NO_ORDINAL, 0, NULL, 0);
}

static void
begin(unsigned fibers)
{
	in_use = 0;
	hospes_rt_count(&in_use);
	host_start(&host, waits, fibers);
}

static void
test_dropped_and_begun_again(void **state)
{
	(void)state;
	begin(1);
	host_call(&host, 1, "{}", "null");
	host_expect_op(&host, &said, 1, 0, WIRE_OP_CALL, "one");
	evict(1);
	expect_evicted(1, 1);
	/* Its place is free, and its handle as well. */
	host_call(&host, 1, "{}", "null");
	host_expect_op(&host, &said, 1, 0, WIRE_OP_CALL, "one");
	host_answer(&host, 1, 0, "1");
	host_expect_op(&host, &said, 1, 1, WIRE_OP_CALL, "two");
	host_answer(&host, 1, 1, "2");
	host_expect_reply(&host, 1, 0, "2");
	host_stop(&host);
}

/* What its fiber was to go on with came before the word that it will not. */
static void
test_what_came_before(void **state)
{
	(void)state;
	begin(2);
	host_call(&host, 1, "{}", "null");
	host_expect_op(&host, &said, 1, 0, WIRE_OP_CALL, "one");
	host_answer(&host, 1, 0, "1");
	evict(1);
	do
		host_read(&host, &said); /* op 1, if it had its turn in between */
	while (said.frame.type == WIRE_OP);
	assert_int_equal(said.frame.type, WIRE_EVICTED);
	host_answer(&host, 1, 1, "2"); /* for nobody */
	host_call(&host, 2, "{}", "null");
	host_expect_op(&host, &said, 2, 0, WIRE_OP_CALL, "one");
	host_stop(&host);
}

static void
test_has_replied(void **state)
{
	(void)state;
	begin(1);
	host_call(&host, 1, "{}", "null");
	host_expect_op(&host, &said, 1, 0, WIRE_OP_CALL, "one");
	host_refuse(&host, 1, 0, HOSPES_EFAILED, "no");
	host_read(&host, &said);
	assert_int_equal(said.frame.type, WIRE_REPLY);
	evict(1);
	expect_evicted(1, 0);
	host_stop(&host);
}

/* Its stack is free each time, and the pong tells what was lost all in all. */
static void
test_many(void **state)
{
	(void)state;
	begin(4);
	for (uint64_t call = 1; call <= 2000; call++) {
		host_call(&host, call, "{}", "{\"a\":[1,2,3]}");
		host_expect_op(&host, &said, call, 0, WIRE_OP_CALL, "one");
		evict(call);
		expect_evicted(call, (unsigned)call);
	}
	host_send(&host, WIRE_PING, 0, WIRE_NO_ORDINAL, 0, NULL, 0);
	host_expect(&host, &said, WIRE_PONG, 0);
	expect_leaked(2000);
	host_send(&host, WIRE_REST, 0, WIRE_NO_ORDINAL, 0, NULL, 0);
	host_call(&host, 3000, "{}", "null");
	host_expect_op(&host, &said, 3000, 0, WIRE_OP_CALL, "one");
	host_stop(&host);
}

static int
ends_at_once(hospes_ctx *ctx)
{
	return hospes_reply(ctx, json_null());
}

/* Only the host's own mistake can be that: the cell leaves. */
static void
test_not_waiting(void **state)
{
	struct {
		struct wire_frame start;
		struct wire_start body;
		struct wire_frame evict;
	} both = {
	    .start = {.length = sizeof(struct wire_start), .type = WIRE_START, .call = 1},
	    .evict = {.type = WIRE_EVICT, .call = 1, .ordinal = WIRE_NO_ORDINAL},
	};
	int status;

	(void)state;
	host_start(&host, ends_at_once, 1);
	assert_int_equal(send(host.fd, &both, sizeof(both), 0), sizeof(both));
	assert_int_equal(waitpid(host.cell, &status, 0), host.cell);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	close(host.fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_dropped_and_begun_again),
	    cmocka_unit_test(test_what_came_before),
	    cmocka_unit_test(test_has_replied),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_not_waiting),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	said_free(&said);
	return rc;
}
