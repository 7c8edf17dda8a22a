/* Streams that are taken up again: what has an id comes once, whether the run is open, has ended, or is in the store alone. */

#include "config.h"

#include "cmocka_all.h"

#include "api/serve.h"
#include "api_fakes.h"
#include "api_world.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/log.h"
#include "base/util.h"

#define EVENTS "/v1/runs/" RUN_ID "/events"

static int
resume(struct world *w, const char *path, const char *id)
{
	_cleanup_(free_p) char *head = xasprintf("GET %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n%s%s%s\r\n", path,
	    id[0] != '\0' ? "Last-Event-ID: " : "", id, id[0] != '\0' ? "\r\n" : "");
	int fd = dial(w);

	send_all(w, fd, head, strlen(head));
	turn(w);
	return fd;
}

/* All that comes after this id is these parts, and the end with an id of its own. */
static void
expect_rest(struct world *w, const char *id, unsigned from, unsigned to)
{
	_cleanup_(close_p) int fd = resume(w, EVENTS, id);
	_cleanup_(buf_free) struct buf in = {0};
	const char *at;
	char part[64];

	receive(w, fd, &in, NULL);
	at = buf_text(&in);
	for (unsigned n = from; n < to; n++) {
		snprintf(part, sizeof(part), "id: %u\nevent: progress\ndata: {\"type\":\"part\",\"n\":%u,", n + 1, n);
		at = strstr(at, part);
		assert_non_null(at);
	}
	assert_non_null(strstr(at, "id: end\nevent: end\n"));
	snprintf(part, sizeof(part), "\"n\":%u,", from - 1);
	assert_null(from > 0 ? strstr(buf_text(&in), part) : NULL);
	snprintf(part, sizeof(part), "\"n\":%u,", to);
	assert_null(strstr(buf_text(&in), part));
}

static void
every_cut(struct world *w)
{
	char id[8];

	expect_rest(w, "", 0, 3);
	for (unsigned n = 0; n <= 3; n++) {
		snprintf(id, sizeof(id), "%u", n);
		expect_rest(w, id, n, 3);
	}
	expect_rest(w, "17", 4, 4); /* never given, and nothing to tell behind it */
}

static void
test_ended(void **state)
{
	struct world *w = *state;

	fakes.parts = 3;
	fakes.part_bytes = 10;
	fakes.has_run = true;
	fakes.run.state = RUN_ENDED;
	fakes.store_has_run = true;
	every_cut(w);
	fakes.has_run = false; /* it left memory, or the host was started again */
	every_cut(w);
	assert_int_equal(fakes.watches, 0);
}

static void
test_open(void **state)
{
	struct world *w = *state;
	_cleanup_(json_p) json_t *more = json_pack("{s:s}", "type", "parts");
	_cleanup_(json_p) json_t *event = json_pack("{s:s s:b}", "type", "log", "provisional", 1);
	_cleanup_(buf_free) struct buf in = {0};
	_cleanup_(close_p) int fd = -1;

	fakes.parts = 2;
	fakes.part_bytes = 1;
	fakes.has_run = true;
	fakes.run.state = RUN_OPEN;
	fd = resume(w, EVENTS "?parts=9", "1"); /* the header says more than the path */
	receive(w, fd, &in, "id: 2\nevent: progress\n");
	fake_event(event);
	receive(w, fd, &in, "\r\nevent: progress\ndata: {\"type\":\"log\",\"provisional\":true}\n\n"); /* no id */
	fakes.parts = 3;
	fake_event(more);
	receive(w, fd, &in, "id: 3\nevent: progress\n");
	fake_event(NULL);
	receive(w, fd, &in, "id: end\nevent: end\n");
	assert_null(strstr(buf_text(&in), "\"n\":0"));

	/* One that was resumed has said less again than its client knows: that waits, and is not told twice. */
	fakes.run.state = RUN_OPEN;
	fakes.parts = 0;
	buf_clear(&in);
	close(fd);
	fd = resume(w, EVENTS, "2");
	fakes.parts = 3;
	fake_event(more);
	receive(w, fd, &in, "id: 3\nevent: progress\n");
	assert_null(strstr(buf_text(&in), "\"n\":1"));
	fake_event(NULL);
	receive(w, fd, &in, "id: end\n");
}

static void
test_after_the_end(void **state)
{
	struct world *w = *state;
	_cleanup_(buf_free) struct buf in = {0};
	_cleanup_(close_p) int fd = -1;

	fakes.store_has_run = true;
	fd = resume(w, EVENTS, "end");
	receive(w, fd, &in, NULL);
	assert_memory_equal(buf_text(&in), "HTTP/1.1 204", 12);
}

static void
test_foreign_ids(void **state)
{
	static const char *const ids[] = {"x", "-1", "1x", "99999999999999999999", "end2", "\xff"};
	struct world *w = *state;

	fakes.has_run = true;
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		_cleanup_(buf_free) struct buf in = {0};
		_cleanup_(close_p) int fd = resume(w, EVENTS, ids[i]);

		receive(w, fd, &in, NULL);
		assert_memory_equal(buf_text(&in), "HTTP/1.1 400", 12);
	}
	assert_int_equal(fakes.watches, 0);
}

/* Slow readers of a reply that is on record alone. */
static void
test_large_past(void **state)
{
	struct world *w = *state;
	_cleanup_(buf_free) struct buf in = {0};
	_cleanup_(close_p) int fd = -1;

	fakes.store_has_run = true;
	fakes.parts = 1000;
	fakes.part_bytes = 10000;
	fd = resume(w, EVENTS, "");
	assert_true(stream_queued(TAILQ_FIRST(&w->api->exchanges)) <= STREAM_QUEUE_MAX);
	receive(w, fd, &in, "id: 1000\n");
	receive(w, fd, &in, "id: end\n");
	close(resume(w, EVENTS, ""));
	turn(w);
}

/* Lines of the log have the numbers of one host: to those of another nothing can be added. */
static void
test_log_ids(void **state)
{
	struct world *w = *state;
	_cleanup_(buf_free) struct buf in = {0}, rest = {0}, all = {0};
	_cleanup_(close_p) int fd = -1, again = -1, other = -1;
	_cleanup_(free_p) char *id = NULL;
	const char *at;

	log_info("one");
	log_info("two");
	fd = resume(w, "/v1/logs", "");
	receive(w, fd, &in, "caught_up");
	at = strstr(buf_text(&in), "id: ") + 4;
	id = xstrndup(at, strcspn(at, "\n"));
	again = resume(w, "/v1/logs", id);
	receive(w, again, &rest, "caught_up");
	assert_null(strstr(buf_text(&rest), "msg=one"));
	assert_non_null(strstr(buf_text(&rest), "msg=two"));
	other = resume(w, "/v1/logs", "0-2");
	receive(w, other, &all, "caught_up");
	assert_non_null(strstr(buf_text(&all), "msg=one"));
}

int
main(void)
{
#define WITH_WORLD(f) cmocka_unit_test_setup_teardown(f, world_set_up, world_tear_down)
	const struct CMUnitTest tests[] = {
	    WITH_WORLD(test_ended),
	    WITH_WORLD(test_open),
	    WITH_WORLD(test_after_the_end),
	    WITH_WORLD(test_foreign_ids),
	    WITH_WORLD(test_large_past),
	    WITH_WORLD(test_log_ids),
	};

	log_set_level(LOG_LEVEL_INFO);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
