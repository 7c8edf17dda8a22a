/* Starting runs over the API: keys, in the header and in arrays. */

#include "config.h"

#include "cmocka_all.h"

#include "api/serve.h"
#include "api_fakes.h"
#include "api_world.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/util.h"

#define BODY   "{\"plugin\":\"wordcount\",\"input\":1}"

static int
post_open(struct world *w, const char *headers, const char *body)
{
	_cleanup_(free_p) char *text =
	    xasprintf("POST /v1/runs HTTP/1.1\r\nHost: h\r\nConnection: close\r\n%sContent-Length: %zu\r\n\r\n%s",
		headers, strlen(body), body);
	int fd = dial(w);

	send_all(w, fd, text, strlen(text));
	return fd;
}

static void
expect_post(struct world *w, const char *headers, const char *body, int code, const char *part)
{
	_cleanup_(close_p) int fd = post_open(w, headers, body);
	_cleanup_(buf_free) struct buf in = {0};
	int got = 0;

	receive(w, fd, &in, NULL);
	if (sscanf(buf_text(&in), "HTTP/1.1 %d", &got) != 1 || got != code || strstr(buf_text(&in), part) == NULL)
		fail_msg("%s%s: expected %d with %s, found %s", headers, body, code, part, buf_text(&in));
}

static void
test_header(void **state)
{
	struct world *w = *state;

	expect_post(w, "", BODY, 202, RUN_ID);
	assert_int_equal(fakes.lookups, 0); /* who has no key waits for no lookup */
	expect_post(w, "Idempotency-Key: k-1\r\n", BODY, 202, RUN_ID);
	expect_post(w, "idempotency-key: k-1\r\n", BODY, 200, "\"repeated\":true");
	expect_post(w, "Idempotency-Key: k-2\r\n", BODY, 202, RUN_ID);
	expect_post(w, "", "{\"plugin\":\"wordcount\",\"key\":\"k-2\"}", 200, "\"repeated\":true");
	expect_post(
	    w, "Idempotency-Key: k-2\r\n", "{\"plugin\":\"wordcount\",\"key\":\"k-2\"}", 200, "\"repeated\":true");
	assert_int_equal(fakes.started, 3);
}

static void
test_bad_keys(void **state)
{
	struct world *w = *state;
	char longest[RUN_KEY_MAX + 2];
	_cleanup_(free_p) char *header = NULL;

	memset(longest, 'k', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	header = xasprintf("Idempotency-Key: %s\r\n", longest);
	expect_post(w, header, BODY, 400, "1 to 255 visible");
	expect_post(w, "Idempotency-Key: \r\n", BODY, 400, "1 to 255 visible");
	expect_post(w, "Idempotency-Key: a b\r\n", BODY, 400, "1 to 255 visible");
	expect_post(w, "Idempotency-Key: a\tb\r\n", BODY, 400, "1 to 255 visible");
	expect_post(w, "Idempotency-Key: \xff\r\n", BODY, 400, "1 to 255 visible");
	expect_post(w, "Idempotency-Key: a\r\nIdempotency-Key: b\r\n", BODY, 400, "two different keys");
	expect_post(w, "Idempotency-Key: a\r\n", "[" BODY "]", 400, "each request of an array");
	expect_post(w, "Idempotency-Key: a\r\n", "{\"plugin\":\"wordcount\",\"key\":\"b\"}", 400, "and another as");
	expect_post(w, "Idempotency-Key: a\r\n", "{\"plugin\":\"wordcount\",\"key\":7}", 400, "and another as");
	expect_post(w, "", "{\"plugin\":\"wordcount\",\"key\":7}", 400, "1 to 255 visible");
	expect_post(w, "", "{\"plugin\":\"wordcount\",\"key\":\"\"}", 400, "1 to 255 visible");
	expect_post(w, "", "{\"plugin\":\"wordcount\",\"key\":\"a\\u0000b\"}", 400, "bad_input");
	expect_post(w, "", "{\"plugin\":\"wordcount\",\"key\":\"\xc3\xa4\"}", 400, "1 to 255 visible");
	assert_int_equal(fakes.started, 0);
}

static void
test_array(void **state)
{
	struct world *w = *state;

	expect_post(w, "",
	    "[{\"plugin\":\"wordcount\",\"key\":\"k\"},{\"plugin\":\"wordcount\",\"key\":\"k\"},"
	    "{\"plugin\":\"wordcount\",\"key\":\"\"},7]",
	    202, "},{\"id\":\"" RUN_ID "\",\"key\":\"k\",\"repeated\":true},{\"error\"");
	assert_int_equal(fakes.started, 1);
	assert_int_equal(fakes.lookups, 1); /* all together */
}

/* Who leaves while his key is looked for starts nothing: he asks again. */
static void
test_leaves(void **state)
{
	struct world *w = *state;
	int fd;

	fakes.keys_wait = true;
	fd = post_open(w, "Idempotency-Key: k\r\n", BODY);
	turn(w);
	assert_non_null(fakes.keys);
	close(fd);
	turn(w);
	fake_keys();
	assert_int_equal(fakes.started, 0);
}

/* Whoever is one too many is told when to come back; those before are answered. */
static void
test_too_many_requests(void **state)
{
	struct world *w = *state;

	w->api->exchanges_most = 0;
	expect_post(w, "", BODY, 503, "Retry-After: 1\r\n");
	expect_post(w, "", BODY, 503, "0 requests are being answered, as many as may be; try again in 1 s");
	w->api->exchanges_most = 1;
	expect_post(w, "", BODY, 202, RUN_ID);
	assert_int_equal(w->api->n_exchanges, 0);
}

int
main(void)
{
#define WITH_WORLD(f) cmocka_unit_test_setup_teardown(f, world_set_up, world_tear_down)
	const struct CMUnitTest tests[] = {
	    WITH_WORLD(test_header),
	    WITH_WORLD(test_bad_keys),
	    WITH_WORLD(test_array),
	    WITH_WORLD(test_leaves),
	    WITH_WORLD(test_too_many_requests),
	};

	log_set_level(LOG_LEVEL_INFO);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
