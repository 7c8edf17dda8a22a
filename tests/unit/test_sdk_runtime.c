/*
 * The runtime of libhospes: many fibers, when what a handler said leaves the cell, and values.
 */

#include "sdk_world.h"

#include <errno.h>
#include <fenv.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* The ABI of 1.0: structs that plugins were compiled with grow at their end, if at all. */
static_assert(offsetof(hospes_options, effect) == 48 && offsetof(hospes_options, key) == 40, "hospes_options");
static_assert(offsetof(hospes_http_request, max_bytes) == 48 && offsetof(hospes_http_request, url) == 16, "http");
static_assert(offsetof(hospes_answer, tag) == 40 && offsetof(hospes_answer, value) == 24, "hospes_answer");
static_assert(offsetof(struct hospes_plugin, handler) == 16 && offsetof(struct hospes_plugin, bid) == 40, "plugin");

/* ---- Many fibers ------------------------------------------------------------------------------------------------- */

/* What a fiber has must be its own again after each park: locals, errno, the rounding mode. */
static int
keeps_its_own(hospes_ctx *ctx)
{
	int64_t n = hospes_int(hospes_input(ctx), "n");
	int64_t sum = 0;
	hospes_value *value;

	fesetround(n % 2 == 0 ? FE_UPWARD : FE_DOWNWARD);
	for (int i = 0; i < 3; i++) {
		errno = (int)n + i;
		if (hospes_call(ctx, "w", hospes_input(ctx), &value) != 0)
			return hospes_status(ctx);
		if (errno != (int)n + i)
			return hospes_fail(ctx, HOSPES_EFAILED, "errno is %d and was %d", errno, (int)n + i);
		if (fegetround() != (n % 2 == 0 ? FE_UPWARD : FE_DOWNWARD))
			return hospes_fail(ctx, HOSPES_EFAILED, "the rounding mode is another one's");
		sum += hospes_int(value, "v");
	}
	return hospes_reply(ctx, json_integer(sum));
}

/* 10,000 calls through 512 fibers; the outcomes of a round come in another order than they were asked for. */
static void
test_10000_calls_through_512_fibers(void **state)
{
	enum { CALLS = 10000, FIBERS = 512 };
	static uint8_t asked[CALLS + 1];
	static struct {
		uint64_t call;
		uint32_t ordinal;
	} queue[FIBERS];
	unsigned queued = 0, started = 0, ended = 0, in_flight = 0;
	char text[64];

	(void)state;
	host_start(&host, keeps_its_own, FIBERS);
	while (ended < CALLS) {
		while (started < CALLS && in_flight < FIBERS) {
			started++;
			in_flight++;
			snprintf(text, sizeof(text), "{\"n\":%u}", started);
			host_call(&host, started, "{}", text);
		}
		while (queued < in_flight) {
			host_read(&host, &said);
			if (said.frame.type == WIRE_REPLY) {
				snprintf(text, sizeof(text), "%u", 3 * (unsigned)said.frame.call);
				assert_string_equal(said.text, text);
				assert_int_equal(said.frame.status, 0);
				ended++;
				in_flight--;
				continue;
			}
			assert_int_equal(said.frame.type, WIRE_OP);
			assert_int_equal(said.frame.ordinal, asked[said.frame.call]++);
			queue[queued].call = said.frame.call;
			queue[queued++].ordinal = said.frame.ordinal;
		}
		while (queued > 0) {
			unsigned pick = (queued * 7919u) % queued;

			snprintf(text, sizeof(text), "{\"v\":%u}", (unsigned)queue[pick].call);
			host_answer(&host, queue[pick].call, queue[pick].ordinal, text);
			queue[pick] = queue[--queued];
		}
	}
	host_stop(&host);
}

static void
test_no_more_calls_than_fibers(void **state)
{
	(void)state;
	host_start(&host, waits_once, 2);
	for (uint64_t call = 1; call <= 3; call++)
		host_call(&host, call, "{}", "1");
	/* What could not begin is told as it is read; the others speak when they have run. */
	host_expect_reply(&host, 3, HOSPES_EBUSY, "the cell already has as many calls as it was set up for");
	host_expect(&host, &said, WIRE_OP, 1);
	host_expect(&host, &said, WIRE_OP, 2);
	assert_int_equal(atomic_load(&host.page->current), 0);
	host_stop(&host);
}

/* KiB that the cell has for itself. */
static long
cell_anonymous(void)
{
	char path[64], line[256];
	long kib = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)host.cell);
	f = fopen(path, "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "Anonymous: %ld", &kib) == 1)
			break;
	fclose(f);
	assert_true(kib > 0);
	return kib;
}

/* Calls 1 to n of a host, all parked at once, with an answer of many bytes. */
static void
park_and_end(uint64_t first, unsigned n)
{
	static char answer[2000];

	memset(answer, '1', sizeof(answer) - 1);
	for (uint64_t call = first; call < first + n; call++)
		host_call(&host, call, "{}", "1");
	for (unsigned i = 0; i < n; i++) {
		host_read(&host, &said);
		assert_int_equal(said.frame.type, WIRE_OP);
	}
	for (uint64_t call = first; call < first + n; call++)
		host_answer(&host, call, 0, answer);
	for (unsigned i = 0; i < n; i++) {
		host_read(&host, &said);
		assert_int_equal(said.frame.type, WIRE_REPLY);
	}
}

static void
rest(void)
{
	host_send(&host, WIRE_REST, 0, WIRE_NO_ORDINAL, 0, NULL, 0);
	host_expect_silence(&host);
	host_expect_silence(&host); /* it rests after it has sent what it had to say */
}

static int
passes_on(hospes_ctx *ctx)
{
	hospes_value *value;
	int rc = hospes_call(ctx, "w", NULL, &value);

	return rc != 0 ? rc : hospes_reply_value(ctx, value);
}

/* What 500 calls at once have left behind goes back, and the cell works on. */
static void
test_rest_gives_memory_back(void **state)
{
	long before, full;

	(void)state;
#ifdef __SANITIZE_ADDRESS__
	skip(); /* it keeps what was freed */
#endif
	host_start(&host, passes_on, 512);
	park_and_end(1, 1);
	rest();
	before = cell_anonymous();
	for (unsigned times = 0; times < 2; times++) {
		park_and_end(2 + times * 500, 500);
		full = cell_anonymous();
		assert_true(full > before + 4000);
		rest();
		assert_true(cell_anonymous() < before + 200);
	}
	/* With a call open it does not. */
	host_call(&host, 2000, "{}", "1");
	host_expect_op(&host, &said, 2000, 0, WIRE_OP_CALL, "w");
	rest();
	host_answer(&host, 2000, 0, "5");
	host_expect_reply(&host, 2000, 0, "5");
	host_stop(&host);
}

/* ---- When what was said leaves ----------------------------------------------------------------------------------- */

static int gate[2]; /* the first call waits for a byte, so that the others come in one batch */

static int
last_of_many_never_ends(hospes_ctx *ctx)
{
	int64_t n = hospes_int(hospes_input(ctx), "n");
	char byte;

	if (n == 1 && read(gate[0], &byte, 1) != 1)
		return HOSPES_EIO;
	if (n == 40)
		pause();
	return hospes_reply(ctx, json_integer(n));
}

/* What short calls said does not wait for a long one that came with them. */
static void
test_replies_do_not_wait_for_a_long_call(void **state)
{
	char text[32];

	(void)state;
	assert_int_equal(pipe(gate), 0);
	host_start(&host, last_of_many_never_ends, 64);
	for (uint64_t call = 1; call <= 40; call++) {
		snprintf(text, sizeof(text), "{\"n\":%u}", (unsigned)call);
		host_call(&host, call, "{}", text);
	}
	assert_int_equal(write(gate[1], "", 1), 1);
	for (uint64_t call = 1; call <= 24; call++) /* fewer than 16 wait, however many came with the first */
		host_expect(&host, &said, WIRE_REPLY, call);
	host_kill(&host);
	close(gate[0]);
	close(gate[1]);
}

static int
speaks_and_is_killed(hospes_ctx *ctx)
{
	hospes_log(ctx, HOSPES_DEBUG, "a line");
	hospes_progress(ctx, 0.5, "half");
	hospes_log(ctx, HOSPES_INFO, "the last one");
	return raise(SIGKILL);
}

/* Nobody asks a killed cell what it still had to say. */
static void
test_lines_leave_at_once(void **state)
{
	(void)state;
	host_start(&host, speaks_and_is_killed, 4);
	host_call(&host, 1, "{}", "1");
	host_expect(&host, &said, WIRE_LOG, 1);
	host_expect(&host, &said, WIRE_PROGRESS, 1);
	host_expect(&host, &said, WIRE_LOG, 1);
	assert_string_equal((char *)said.bytes, "the last one");
	host_kill(&host);
}

static int
shows_the_page(hospes_ctx *ctx)
{
	if (strcmp(hospes_rt_current_path(), "/0/3") != 0 || hospes_rt_current() != ctx)
		return hospes_fail(ctx, HOSPES_EFAILED, "not current");
	return hospes_reply(ctx, json_true());
}

static void
test_current_is_known(void **state)
{
	(void)state;
	assert_string_equal(hospes_rt_current_path(), "");
	assert_null(hospes_rt_current());
	host_start(&host, shows_the_page, 2);
	host_call(&host, 1, "{}", "1");
	host_expect_reply(&host, 1, 0, "true");
	host_stop(&host);
}

/* jansson works by recursion.  The deepest document that it reads has to fit on a fiber's stack; writing takes four times
 * as much, and is refused beyond what the host takes. */
static int
nests_deep(hospes_ctx *ctx)
{
	enum { DEEP = 2000 };
	char text[2 * DEEP + 1];
	hospes_value *value;
	json_t *array = json_array();

	memset(text, '[', DEEP);
	memset(text + DEEP, ']', DEEP);
	value = hospes_value_bytes(ctx, text, 2 * DEEP);
	if (hospes_json(value) == NULL || !hospes_equal(value, hospes_value_bytes(ctx, text, 2 * DEEP)))
		return hospes_fail(ctx, HOSPES_EFAILED, "not parsed");
	if (hospes_reply(ctx, json_incref(hospes_json(value))) != HOSPES_EINPUT)
		return hospes_fail(ctx, HOSPES_EFAILED, "written");
	for (int i = 1; i < 128; i++) {
		json_t *outer = json_array();

		json_array_append_new(outer, array);
		array = outer;
	}
	return hospes_reply(ctx, array);
}

static void
test_deep_json_fits_on_a_stack(void **state)
{
	(void)state;
	host_start(&host, nests_deep, 2);
	host_call(&host, 1, "{}", "1");
	host_expect(&host, &said, WIRE_REPLY, 1);
	assert_int_equal(said.frame.status, 0);
	host_stop(&host);
}

/* A frame of this is larger than a page, and only its far end is written. */
static int
overflows(hospes_ctx *ctx, unsigned depth)
{
	volatile char frame[16 * 1024];

	frame[0] = (char)depth;
	return depth == 0 ? (int)frame[0] : overflows(ctx, depth - 1) + frame[0];
}

static int
parks_or_overflows(hospes_ctx *ctx)
{
	if (hospes_flag(hospes_input(ctx), "overflow"))
		return overflows(ctx, 24); /* half as much again as the stack has: it would end in a neighbour */
	return hospes_sleep(ctx, 1);
}

static void
test_overflow_is_a_fault(void **state)
{
	int status;
	char byte;

	(void)state;
	host_start(&host, parks_or_overflows, 4);
	for (uint64_t call = 1; call <= 4; call++)
		host_call(&host, call, "{}", call == 2 ? "{\"overflow\":true}" : "{}");
	assert_int_equal(recv(host.fd, &byte, 1, 0), 0);
	assert_int_equal(waitpid(host.cell, &status, 0), host.cell);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	/* The page names the call at fault: no other fiber ran before the fault. */
	assert_int_equal(atomic_load(&host.page->current), 2);
	close(host.fd);
}

/* ---- Values ------------------------------------------------------------------------------------------------------ */

#define EXPECT(what)                                                                                                   \
	do {                                                                                                           \
		if (!(what))                                                                                           \
			return hospes_fail(ctx, HOSPES_EFAILED, "line %d: not %s", __LINE__, #what);                   \
	} while (0)

static int
looks_at_values(hospes_ctx *ctx)
{
	hospes_value *in = hospes_input(ctx), *made, *bad;
	json_t *shared = json_pack("{s:i}", "a", 1);
	size_t len;

	EXPECT(strcmp(hospes_text(in, "t"), "x") == 0 && hospes_text(in, "i") == NULL && hospes_text(in, "no") == NULL);
	EXPECT(hospes_int(in, "i") == -5 && hospes_int(in, "t") == 0 && hospes_int(in, "r") == 0);
	EXPECT(hospes_real(in, "r") == 0.5 && hospes_real(in, "i") == -5 && hospes_real(in, "t") == 0);
	EXPECT(hospes_flag(in, "b") && !hospes_flag(in, "i") && !hospes_flag(in, "no"));
	EXPECT(hospes_get(in, "o") == hospes_get(in, "o") && hospes_get(in, "no") == NULL);
	EXPECT(strcmp(hospes_bytes(hospes_get(in, "o"), &len), "{\"k\":[1,2]}") == 0 && len == 11);
	EXPECT(strcmp(hospes_bytes(hospes_get(in, "t"), NULL), "\"x\"") == 0);
	EXPECT(
	    hospes_get(hospes_get(in, "t"), "x") == NULL && hospes_get(NULL, "x") == NULL && hospes_json(NULL) == NULL);
	made = hospes_value_json(ctx, json_incref(shared));
	json_object_set_new(shared, "a", json_integer(2));
	EXPECT(strcmp(hospes_bytes(made, NULL), "{\"a\":1}") == 0);
	json_decref(shared);
	bad = hospes_value_bytes(ctx, "{oops", 5);
	EXPECT(hospes_json(bad) == NULL && hospes_json(bad) == NULL && hospes_get(bad, "x") == NULL);
	EXPECT(hospes_equal(
	    hospes_value_bytes(ctx, "{\"a\":1, \"b\":2}", 14), hospes_value_bytes(ctx, "{\"b\":2,\"a\":1}", 13)));
	EXPECT(!hospes_equal(made, bad) && hospes_equal(bad, bad) && !hospes_equal(made, NULL) &&
	       hospes_equal(NULL, NULL));
	EXPECT(json_string_length(hospes_json(hospes_value_bytes(ctx, "\"a\\u0000b\"", 10))) == 3);
	EXPECT(hospes_config_int(ctx, "n") == 4 && hospes_config_real(ctx, "f") == 1.5 &&
	       hospes_config_bool(ctx, "y") && strcmp(hospes_config_text(ctx, "s"), "v") == 0 &&
	       hospes_config_int(ctx, "none") == 0 && hospes_config_text(ctx, "none") == NULL);
	hospes_confidence(ctx, -1);
	(void)hospes_reply(ctx, json_false());
	return hospes_reply_value(ctx, hospes_get(in, "o"));
}

static void
test_values(void **state)
{
	(void)state;
	host_start(&host, looks_at_values, 2);
	host_call(&host, 1, "{\"n\":4,\"f\":1.5,\"y\":true,\"s\":\"v\"}",
	    "{\"t\": \"x\", \"i\": -5, \"r\": 0.5, \"b\": true, \"o\": {\"k\": [1, 2]}}");
	host_expect(&host, &said, WIRE_REPLY, 1);
	assert_string_equal(said.text, "{\"k\":[1,2]}");
	assert_true(said.reply.confidence == 0.0);
	host_stop(&host);
}

static void
test_status_names(void **state)
{
	(void)state;
	assert_string_equal(hospes_status_name(HOSPES_EINPUT), "bad_input");
	assert_string_equal(hospes_status_name(0), "ok");
	assert_string_equal(hospes_status_name(-9999), "unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_10000_calls_through_512_fibers, said_teardown),
	    cmocka_unit_test_teardown(test_rest_gives_memory_back, said_teardown),
	    cmocka_unit_test_teardown(test_no_more_calls_than_fibers, said_teardown),
	    cmocka_unit_test_teardown(test_replies_do_not_wait_for_a_long_call, said_teardown),
	    cmocka_unit_test_teardown(test_lines_leave_at_once, said_teardown),
	    cmocka_unit_test_teardown(test_current_is_known, said_teardown),
	    cmocka_unit_test_teardown(test_deep_json_fits_on_a_stack, said_teardown),
	    cmocka_unit_test_teardown(test_overflow_is_a_fault, said_teardown),
	    cmocka_unit_test_teardown(test_values, said_teardown),
	    cmocka_unit_test_teardown(test_status_names, said_teardown),
	    /* Last: the complaint that it makes stays. */
	};

	return cmocka_run_group_tests_name("sdk-runtime", tests, NULL, NULL);
}
