/*
 * The runtime of libhospes: many fibers, misuse, verdicts, frames that cannot be right, values.
 */

#include "sdk_host.h"

#include <errno.h>
#include <fenv.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* The ABI of 1.0: structs that plugins were compiled with grow at their end, if at all. */
static_assert(offsetof(hospes_options, effect) == 48 && offsetof(hospes_options, key) == 40, "hospes_options");
static_assert(offsetof(hospes_http_request, max_bytes) == 48 && offsetof(hospes_http_request, url) == 16, "http");
static_assert(offsetof(hospes_answer, tag) == 40 && offsetof(hospes_answer, value) == 24, "hospes_answer");
static_assert(offsetof(struct hospes_plugin, handler) == 16 && offsetof(struct hospes_plugin, bid) == 40, "plugin");

static struct host host;
static struct said said;

static int
teardown(void **state)
{
	(void)state;
	said_free(&said);
	return 0;
}

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

static int
waits_once(hospes_ctx *ctx)
{
	return hospes_sleep(ctx, 1);
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

/* ---- Verdicts ---------------------------------------------------------------------------------------------------- */

static int
returns_what_it_is_told(hospes_ctx *ctx)
{
	if (hospes_flag(hospes_input(ctx), "fail"))
		(void)hospes_fail(ctx, HOSPES_EINPUT, "expected %s, found %d", "a list", 3);
	return (int)hospes_int(hospes_input(ctx), "rc");
}

static void
test_verdicts(void **state)
{
	(void)state;
	host_start(&host, returns_what_it_is_told, 2);
	host_call(&host, 1, "{}", "{\"rc\":0}");
	host_expect_reply(&host, 1, HOSPES_ENOREPLY,
	    "the handler returned 0 without a reply; call hospes_reply first, or return hospes_fail with the reason");
	host_call(&host, 2, "{}", "{\"rc\":5}");
	host_expect_reply(&host, 2, HOSPES_EFAILED,
	    "the handler returned 5; expected 0 or one of the negative statuses of hospes/status.h");
	host_call(&host, 3, "{}", "{\"rc\":-777}");
	host_expect_reply(
	    &host, 3, HOSPES_EFAILED, "the handler returned -777, which is none of the statuses of hospes/status.h");
	host_call(&host, 4, "{}", "{\"rc\":-3}");
	host_expect_reply(&host, 4, HOSPES_ENOENT, "the handler gave no reason; it should return hospes_fail with one");
	host_call(&host, 5, "{}", "{\"rc\":-1,\"fail\":true}");
	host_expect_reply(&host, 5, HOSPES_EINPUT, "expected a list, found 3");
	host_stop(&host);
}

/* ---- Misuse ------------------------------------------------------------------------------------------------------ */

static hospes_ctx *other_ctx;
static hospes_op *other_op;
static hospes_group *other_group;

/* The first call leaves its pointers; the second uses them while the first is parked. */
static int
uses_anothers(hospes_ctx *ctx)
{
	hospes_op *mine[1];
	hospes_value *value;

	if (other_ctx == NULL) {
		other_ctx = ctx;
		other_op = hospes_start(ctx, "w", NULL, NULL);
		other_group = hospes_group_new(ctx, 1);
		return hospes_sleep(ctx, 1);
	}
	mine[0] = other_op;
	if (hospes_wait(other_op, &value) != HOSPES_EWRONGPLACE ||
	    hospes_wait_any(ctx, 1, mine) != HOSPES_EWRONGPLACE ||
	    hospes_wait((hospes_op *)((char *)other_op + 1), &value) != HOSPES_EWRONGPLACE ||
	    hospes_wait(NULL, &value) != HOSPES_EWRONGPLACE || hospes_op_answer(other_op) != NULL ||
	    hospes_call(other_ctx, "w", NULL, &value) != HOSPES_EWRONGPLACE ||
	    hospes_call(NULL, "w", NULL, &value) != HOSPES_EWRONGPLACE || hospes_group_next(other_group) != NULL ||
	    hospes_group_add(other_group, "w", NULL, NULL) != HOSPES_EWRONGPLACE || hospes_input(other_ctx) != NULL ||
	    hospes_reply(other_ctx, json_true()) != HOSPES_EWRONGPLACE)
		return hospes_fail(ctx, HOSPES_EFAILED, "a misuse passed");
	hospes_cancel(other_op);
	hospes_log(other_ctx, HOSPES_INFO, "no");
	hospes_partial(ctx, NULL);
	return HOSPES_EWRONGPLACE;
}

static void
test_anothers_pointers_are_refused(void **state)
{
	(void)state;
	host_start(&host, uses_anothers, 4);
	host_call(&host, 1, "{}", "1");
	host_expect(&host, &said, WIRE_OP, 1);
	host_expect(&host, &said, WIRE_OP, 1);
	host_call(&host, 2, "{}", "1");
	host_expect_reply(&host, 2, HOSPES_EWRONGPLACE,
	    "hospes_log was given the context of another call; give it the context that this handler was called with");
	host_answer_bytes(&host, 1, 1, "", 0);
	host_expect(&host, &said, WIRE_REPLY, 1);
	host_stop(&host);
}

static int
gives_nonsense(hospes_ctx *ctx)
{
	char name[300];
	hospes_op *op;
	hospes_value *value = NULL;

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	if (hospes_call(ctx, name, NULL, &value) != HOSPES_ETOOLARGE ||
	    hospes_call(ctx, NULL, NULL, &value) != HOSPES_EINPUT ||
	    hospes_call(ctx, "", NULL, &value) != HOSPES_EINPUT ||
	    hospes_call_with(ctx, "w", NULL, HOSPES_OPTIONS(.effect = "nice"), &value) != HOSPES_EINPUT ||
	    hospes_call_with(ctx, "w", NULL, HOSPES_OPTIONS(.timeout_ns = -1), &value) != HOSPES_EINPUT ||
	    hospes_call_with(ctx, "w", NULL, &(hospes_options){.timeout_ns = 1}, &value) != HOSPES_EINPUT ||
	    hospes_call_with(ctx, "w", NULL, HOSPES_OPTIONS(.version = name), &value) != HOSPES_ETOOLARGE ||
	    value != NULL)
		return hospes_fail(ctx, HOSPES_EFAILED, "nonsense passed");
	if (hospes_http(ctx, &(hospes_http_request){.url = "x"}, NULL, &value) != HOSPES_EINPUT ||
	    hospes_reply(ctx, NULL) != HOSPES_EINPUT || hospes_reply_value(ctx, NULL) != HOSPES_EINPUT ||
	    hospes_wait_any(ctx, 0, NULL) != HOSPES_EINPUT || hospes_find(ctx, NULL, NULL, NULL) != HOSPES_EINPUT ||
	    hospes_value_json(ctx, NULL) != NULL || hospes_value_bytes(ctx, NULL, 3) != NULL)
		return hospes_fail(ctx, HOSPES_EFAILED, "more nonsense passed");
	if (hospes_call(ctx, "a\nb", NULL, &value) != HOSPES_EINPUT ||
	    hospes_call(ctx, "\xc0\xaf", NULL, &value) != HOSPES_EINPUT ||
	    hospes_call(ctx, "\xed\xa0\x80", NULL, &value) != HOSPES_EINPUT ||
	    hospes_call(ctx, "a\xe2\x82", NULL, &value) != HOSPES_EINPUT ||
	    hospes_call_with(ctx, "w", NULL, HOSPES_OPTIONS(.key = "\xff"), &value) != HOSPES_EINPUT)
		return hospes_fail(ctx, HOSPES_EFAILED, "unclean text passed");
	/* What cannot be sent is an op that has failed, and takes no ordinal. */
	op = hospes_start(ctx, name, NULL, NULL);
	if (op == NULL || hospes_wait_any(ctx, 1, &op) != 0 || hospes_op_answer(op)->status != HOSPES_ETOOLARGE)
		return hospes_fail(ctx, HOSPES_EFAILED, "a long name was started");
	if (hospes_fail(ctx, 3, "a positive one") != HOSPES_EFAILED)
		return 0;
	return hospes_call(ctx, "w\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", NULL, &value);
}

static void
test_nonsense_is_refused_and_takes_no_ordinal(void **state)
{
	(void)state;
	host_start(&host, gives_nonsense, 4);
	host_call(&host, 1, "{}", "1");
	host_expect_op(&host, &said, 1, 0, WIRE_OP_CALL, "w\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
	assert_memory_equal(said.input, "null", said.input_len);
	host_refuse(&host, 1, 0, HOSPES_EDEPTH, "deep");
	host_expect_reply(&host, 1, HOSPES_EDEPTH, "w\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80: deep");
	host_stop(&host);
}

static void
test_outside_a_call(void **state)
{
	hospes_value *value;

	(void)state;
	assert_null(hospes_rt_complaint());
	hospes_rt_set_phase(HOSPES_RT_INIT);
	assert_int_equal(hospes_fail(NULL, HOSPES_EINPUT, "no"), HOSPES_EWRONGPLACE);
	assert_null(hospes_input(NULL));
	assert_null(hospes_rt_complaint());
	assert_int_equal(hospes_call(NULL, "w", NULL, &value), HOSPES_ENOTINCALL);
	assert_string_equal(hospes_rt_complaint(),
	    "hospes_call was used in the init hook; it is an op and works inside a handler only");
	assert_int_equal(hospes_wait(NULL, &value), HOSPES_ENOTINCALL);
	assert_int_equal(hospes_now_ns(NULL), HOSPES_ENOTINCALL);
	assert_null(hospes_start(NULL, "w", NULL, NULL));
	assert_null(hospes_group_next(NULL));
	/* The first is the reason. */
	assert_non_null(strstr(hospes_rt_complaint(), "hospes_call "));
}

/* ---- Frames that cannot be right --------------------------------------------------------------------------------- */

/* The cell leaves with a status; it does not crash. */
static void
expect_breach(const void *bytes, size_t len)
{
	int status;

	assert_int_equal(send(host.fd, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
	shutdown(host.fd, SHUT_WR);
	assert_int_equal(waitpid(host.cell, &status, 0), host.cell);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	close(host.fd);
}

static int
tells_findings(hospes_ctx *ctx)
{
	const hospes_value *findings = hospes_findings(ctx);

	return hospes_reply(ctx, json_pack("{s:O s:b}", "input", hospes_json(hospes_input(ctx)), "found",
				     findings != NULL && json_array_size(hospes_json(findings)) == 1));
}

/* What was wrong with the reply before goes with the input. */
static void
test_findings(void **state)
{
	(void)state;
	host_start(&host, tells_findings, 4);
	host_call(&host, 1, "{}", "7");
	host_expect(&host, &said, WIRE_REPLY, 1);
	assert_string_equal(said.text, "{\"input\":7,\"found\":false}");
	host_call_again(&host, 2, "{}", "7", "[{\"claim\":1}]");
	host_expect(&host, &said, WIRE_REPLY, 2);
	assert_string_equal(said.text, "{\"input\":7,\"found\":true}");
	assert_null(hospes_findings(NULL));
	host_stop(&host);
}

static void
test_frames_that_cannot_be_right(void **state)
{
	struct {
		struct wire_frame frame;
		struct wire_start start;
	} bad[] = {
	    {.frame = {.type = WIRE_START, .length = 3}},
	    {.frame = {.type = WIRE_START, .length = sizeof(struct wire_start)}, .start = {.config_len = UINT32_MAX}},
	    {.frame = {.type = WIRE_START, .length = sizeof(struct wire_start)}, .start = {.path_len = 1}},
	    {.frame = {.type = WIRE_START, .length = sizeof(struct wire_start)}, .start = {.findings_len = 1}},
	    {.frame = {.type = WIRE_START, .length = sizeof(struct wire_start)}, .start = {.findings_len = UINT32_MAX}},
	    {.frame = {.type = WIRE_START, .length = 16}},
	    {.frame = {.type = WIRE_OUTCOME, .length = 7}},
	    {.frame = {.type = WIRE_REPLY}},
	    {.frame = {.type = 0}},
	    {.frame = {.type = WIRE_START, .length = WIRE_FRAME_MAX + 1}},
	    {.frame = {.type = WIRE_START, .length = WIRE_FRAME_MAX}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		host_start(&host, waits_once, 2);
		expect_breach(&bad[i], sizeof(bad[i]));
	}
	host_start(&host, waits_once, 2);
	expect_breach("", 1);
}

static void
test_late_frames_are_passed_over(void **state)
{
	(void)state;
	host_start(&host, waits_once, 2);
	host_answer(&host, 99, 0, "1");
	host_send(&host, WIRE_CANCEL, 99, WIRE_NO_ORDINAL, HOSPES_ECANCELLED, NULL, 0);
	host_call(&host, 1, "{}", "1");
	host_expect(&host, &said, WIRE_OP, 1);
	host_answer(&host, 1, 7, "1");
	host_answer(&host, 1, WIRE_NO_ORDINAL, "1");
	host_expect_silence(&host);
	host_stop(&host);
}

static void
test_receive_and_send(void **state)
{
	struct wire_frame frame = {.type = WIRE_SETUP};
	char payload[8] = "";
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(hospes_rt_send(fds[0], WIRE_SETUP, 0, "12345", 5), 0);
	assert_int_equal(hospes_rt_receive(fds[1], &frame, payload, sizeof(payload)), 0);
	assert_int_equal(frame.length, 5);
	assert_string_equal(payload, "12345");
	assert_int_equal(hospes_rt_send(fds[0], WIRE_SETUP, 0, "123456789", 9), 0);
	assert_int_equal(hospes_rt_receive(fds[1], &frame, payload, sizeof(payload)), HOSPES_EPROTOCOL);
	close(fds[0]);
	assert_int_equal(hospes_rt_receive(fds[1], &frame, payload, sizeof(payload)), HOSPES_EIO);
	close(fds[1]);
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
	    cmocka_unit_test_teardown(test_10000_calls_through_512_fibers, teardown),
	    cmocka_unit_test_teardown(test_rest_gives_memory_back, teardown),
	    cmocka_unit_test_teardown(test_no_more_calls_than_fibers, teardown),
	    cmocka_unit_test_teardown(test_replies_do_not_wait_for_a_long_call, teardown),
	    cmocka_unit_test_teardown(test_lines_leave_at_once, teardown),
	    cmocka_unit_test_teardown(test_current_is_known, teardown),
	    cmocka_unit_test_teardown(test_deep_json_fits_on_a_stack, teardown),
	    cmocka_unit_test_teardown(test_overflow_is_a_fault, teardown),
	    cmocka_unit_test_teardown(test_verdicts, teardown),
	    cmocka_unit_test_teardown(test_anothers_pointers_are_refused, teardown),
	    cmocka_unit_test_teardown(test_nonsense_is_refused_and_takes_no_ordinal, teardown),
	    cmocka_unit_test_teardown(test_findings, teardown),
	    cmocka_unit_test_teardown(test_frames_that_cannot_be_right, teardown),
	    cmocka_unit_test_teardown(test_late_frames_are_passed_over, teardown),
	    cmocka_unit_test_teardown(test_receive_and_send, teardown),
	    cmocka_unit_test_teardown(test_values, teardown),
	    cmocka_unit_test_teardown(test_status_names, teardown),
	    /* Last: the complaint that it makes stays. */
	    cmocka_unit_test_teardown(test_outside_a_call, teardown),
	};

	return cmocka_run_group_tests_name("sdk-runtime", tests, NULL, NULL);
}
