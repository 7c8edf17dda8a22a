/* What the API tells while a run goes on: events, parts of its reply and logs, also to those who read slowly. */

#include "config.h"

#include "cmocka_all.h"

#include <stdio.h>
#include <unistd.h>

#include "api/serve.h"
#include "api_fakes.h"
#include "api_world.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/log.h"
#include "base/util.h"

static void
test_events(void **state)
{
	struct world *w = *state;
	_cleanup_(json_p) json_t *event = json_pack("{s:s}", "type", "call_started");
	_cleanup_(buf_free) struct buf in = {0};
	_cleanup_(close_p) int fd = -1;

	start_run(w);
	fd = request_open(w, "/v1/runs/" RUN_ID "/events");
	receive(w, fd, &in, "\r\n\r\n"); /* headers, before there is any event */
	assert_non_null(strstr(buf_text(&in), "text/event-stream"));
	fake_event(event);
	receive(w, fd, &in, "event: progress\ndata: {\"type\":\"call_started\"}\n\n");
	fake_event(NULL);
	receive(w, fd, &in, "\"result\":42}\n\n");
	assert_non_null(strstr(buf_text(&in), "event: end\n"));
	receive(w, fd, &in, "0\r\n\r\n");
}

static void
test_parts(void **state)
{
	struct world *w = *state;
	_cleanup_(json_p) json_t *more = json_pack("{s:s}", "type", "parts"),
				 *event = json_pack("{s:s}", "type", "log");
	_cleanup_(buf_free) struct buf in = {0};
	_cleanup_(close_p) int fd = -1, late = -1;

	start_run(w);
	fakes.parts = 2;
	fakes.part_bytes = 3;
	fd = request_open(w, "/v1/runs/" RUN_ID "/events");
	receive(w, fd, &in, "data: {\"type\":\"part\",\"n\":1,\"part\":\"xxx\"}\n\n"); /* those before us too */
	assert_non_null(strstr(buf_text(&in), "\"n\":0"));
	fake_event(event);
	receive(w, fd, &in, "\"log\"");
	fakes.parts = 3;
	fake_event(more);
	receive(w, fd, &in, "\"n\":2");
	assert_null(strstr(buf_text(&in), "parts"));
	fake_event(NULL);
	receive(w, fd, &in, "\"result\":42}\n\n");
	assert_int_equal(fakes.parts_taken, 3);
	assert_int_equal(fakes.watches, 0);

	/* One that has ended lately still tells what a watcher does not have yet. */
	buf_clear(&in);
	late = request_open(w, "/v1/runs/" RUN_ID "/events?parts=1");
	receive(w, late, &in, "\"result\":42}\n\n");
	assert_null(strstr(buf_text(&in), "\"n\":0"));
	assert_non_null(strstr(buf_text(&in), "\"n\":1"));
	assert_non_null(strstr(buf_text(&in), "\"n\":2"));
	assert_int_equal(fakes.watches, 0);
	expect(w, "GET", "/v1/runs/" RUN_ID "/events?parts=some", "", 400, "parts has to be a number");
	expect(w, "GET", "/v1/runs/" RUN_ID "/events?parts=-1", "", 400, "bad_input");
}

/* Parts are many times what a slow watcher is cut off for: they wait for it, the end with them, and the queue is bounded. */
static void
test_parts_wait_for_a_slow_reader(void **state)
{
	struct world *w = *state;
	_cleanup_(json_p) json_t *event = json_pack("{s:s}", "type", "log");
	_cleanup_(buf_free) struct buf in = {0};
	_cleanup_(close_p) int fd = -1;
	const char *at;
	char next[32];

	start_run(w);
	fakes.parts = 1000;
	fakes.part_bytes = 10000;
	fd = request_open(w, "/v1/runs/" RUN_ID "/events");
	for (int i = 0; i < 100; i++) {
		fake_event(event);
		turn(w);
	}
	fake_event(NULL);
	turn(w);
	assert_in_range(fakes.parts_taken, 1, 100);
	assert_int_equal(fakes.watches, 1);
	receive(w, fd, &in, "\"result\":42}\n\n");
	at = buf_text(&in);
	for (int i = 0; i < 1000; i++) {
		snprintf(next, sizeof(next), "\"n\":%d,", i);
		at = strstr(at, next);
		assert_non_null(at);
	}
	assert_int_equal(fakes.watches, 0);
}

/* One who leaves while parts wait for it is forgotten. */
static void
test_parts_of_one_who_leaves(void **state)
{
	struct world *w = *state;
	int64_t give_up = clock_mono_ns() + 10 * NS_PER_S;

	start_run(w);
	fakes.parts = 1000;
	fakes.part_bytes = 10000;
	close(request_open(w, "/v1/runs/" RUN_ID "/events"));
	while (fakes.watches > 0 && clock_mono_ns() < give_up)
		turn(w);
	assert_int_equal(fakes.watches, 0);
}

static void
test_slow_reader_is_cut(void **state)
{
	struct world *w = *state;
	_cleanup_(free_p) char *kilobyte = xcalloc(1, 1024);
	_cleanup_(json_p) json_t *event = NULL;
	_cleanup_(close_p) int fd = -1;
	unsigned sent = 0;

	memset(kilobyte, 'x', 1023);
	event = json_pack("{s:s}", "message", kilobyte);
	start_run(w);
	fd = request_open(w, "/v1/runs/" RUN_ID "/events");
	while (fakes.watches > 0 && sent++ < 20000) {
		fake_event(event);
		turn(w);
	}
	assert_int_equal(fakes.watches, 0);
	assert_true(sent < 2000); /* 256 KiB and what the socket itself holds */
	expect(w, "GET", "/v1/host", "", 200, "version");
}

static void
test_logs(void **state)
{
	struct world *w = *state;
	_cleanup_(buf_free) struct buf in = {0};
	_cleanup_(close_p) int fd = -1;

	log_info("before");
	fd = request_open(w, "/v1/logs");
	receive(w, fd, &in, "event: caught_up");
	assert_non_null(strstr(buf_text(&in), "msg=before"));
	log_warn("after", LOG_S("name", "\"\n\xff"));
	receive(w, fd, &in, "msg=after");
	receive(w, fd, &in, "}\n\n");
	assert_non_null(strstr(buf_text(&in), "\"level\":\"warn\""));
}

/* A thousand lines and a reader that does not read: the host keeps a bounded queue, and the reader gets all when it does. */
static void
test_logs_backlog(void **state)
{
	struct world *w = *state;
	_cleanup_(free_p) char *long_line = xcalloc(1, 2001);
	_cleanup_(buf_free) struct buf in = {0};
	_cleanup_(close_p) int fd = -1;

	memset(long_line, 'y', 2000);
	for (int i = 0; i < 1200; i++)
		log_info("many", LOG_S("fill", long_line), LOG_I("n", i));
	fd = request_open(w, "/v1/logs");
	turn(w);
	assert_true(stream_queued(TAILQ_FIRST(&w->api->exchanges)) <= STREAM_QUEUE_MAX);
	receive(w, fd, &in, "event: caught_up");
	assert_null(strstr(buf_text(&in), "n=199\""));
	assert_non_null(strstr(buf_text(&in), "n=200\""));
	assert_non_null(strstr(buf_text(&in), "n=1199\""));
}

int
main(void)
{
#define WITH_WORLD(f) cmocka_unit_test_setup_teardown(f, world_set_up, world_tear_down)
	const struct CMUnitTest tests[] = {
	    WITH_WORLD(test_events),
	    WITH_WORLD(test_parts),
	    WITH_WORLD(test_parts_wait_for_a_slow_reader),
	    WITH_WORLD(test_parts_of_one_who_leaves),
	    WITH_WORLD(test_slow_reader_is_cut),
	    WITH_WORLD(test_logs),
	    WITH_WORLD(test_logs_backlog),
	};

	log_set_level(LOG_LEVEL_INFO);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
