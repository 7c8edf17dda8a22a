/*
 * The API over a real unix socket, with hostile clients; the rooms below it are fakes.
 */

#include "config.h"

#include "cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
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

/* ---- Answers ---- */

static void
test_listings(void **state)
{
	struct world *w = *state;

	expect(w, "GET", "/v1/host", "", 200, "\"degraded\":false");
	expect(w, "GET", "/v1/agents", "", 200, "\"capabilities\":[\"count.words\"]");
	expect(w, "GET", "/v1/versions", "", 200, "\"object\":\"abc\"");
	expect(w, "GET", "/v1/versions?name=other", "", 200, "[]");
	expect(w, "GET", "/v1/runs?limit=7", "", 200, "[7]");
	expect(w, "POST", "/v1/agents/wordcount/rollback", "{\"why\":\"slow\"}", 200, "\"name\":\"wordcount\"");
	expect(w, "GET", "/v1/breakers", "", 200, "[]");
	expect(w, "POST", "/v1/breakers/reset", "{\"name\":\"https://a:443\",\"why\":\"up again\"}", 200,
	    "\"why\":\"up again\"");
	expect(w, "POST", "/v1/breakers/reset", "{\"name\":\"b\",\"version\":\"1.0.0\"}", 200, "\"by\":\"uid:");
	expect(w, "POST", "/v1/agents/wordcount/rollback", "", 200, "\"name\":\"wordcount\"");
	expect(w, "POST", "/v1/agents/wordcount/withdraw", "{\"version\":\"1.0.0\"}", 200, "wordcount");
	expect(w, "POST", "/v1/plugins", "\177ELF", 200, "\"state\":\"active\"");
	assert_int_equal(fakes.installed_bytes, 4);
}

static void
test_bad_requests(void **state)
{
	struct world *w = *state;

	expect(w, "GET", "/", "", 404, "not_found");
	expect(w, "GET", "/v1/runs/" RUN_ID "/nothing", "", 404, "not_found");
	expect(w, "DELETE", "/v1/host", "", 405, "takes GET and no other");
	expect(w, "POST", "/v1/erase", "{}", 400, "a run or a document");
	expect(w, "POST", "/v1/erase", "{\"document\":\"abc\"}", 400, "64 hexadecimal digits");
	expect(w, "POST", "/v1/erase", "{\"runs\":\"abc\"}", 400, "which are texts");
	expect(w, "POST", "/v1/erase", "{\"run\":\"abc\"}", 404, "no_such_run");
	expect(w, "POST", "/v1/erase",
	    "{\"document\":\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}", 200, "\"runs\":[]");
	expect(w, "PUT", "/v1/runs", "{}", 405, "bad_input");
	expect(w, "HEAD", "/v1/plugins", "", 405, "");
	expect(w, "BREW", "/v1/host", "", 501, "bad_input");
	expect(w, "GET", "/v1/versions?name=..", "", 400, "bad_input");
	expect(w, "GET", "/v1/versions?name=a%0ab", "", 400, "bad_input");
	expect(w, "GET", "/v1/runs?limit=0", "", 400, "bad_input");
	expect(w, "GET", "/v1/runs?limit=99999999999999999999", "", 400, "bad_input");
	expect(w, "GET", "/v1/runs/..", "", 404, "no_such_run");
	expect(w, "GET", "/v1/runs/" RUN_ID, "", 404, "no_such_run");
	expect(w, "POST", "/v1/agents/%2e%2e/rollback", "{}", 400, "bad_input");
	expect(w, "POST", "/v1/agents/a%0ab/rollback", "{}", 400, "0x0a");
	expect(w, "POST", "/v1/agents/a%00b/rollback", "{}", 400, "0x00");
	expect(w, "POST", "/v1/agents/a%2fb/rollback", "{}", 400, "0x2f");
	expect(w, "POST", "/v1/agents/a%zz/rollback", "{}", 400, "bad_input");
	expect(w, "POST", "/v1/agents/nobody/rollback", "{}", 404, "no_such_agent");
	expect(w, "POST", "/v1/breakers/reset", "{\"name\":\"nobody\"}", 404, "not_found");
	expect(w, "POST", "/v1/breakers/reset", "{}", 400, "name is missing");
	expect(w, "POST", "/v1/breakers/reset", "{\"name\":7}", 400, "name has to be a text of at most 320 bytes");
	expect(w, "POST", "/v1/breakers/reset", "{\"name\":\"b\",\"wyh\":\"x\"}", 400, "wyh");
	expect(w, "POST", "/v1/agents/wordcount/rollback", "{\"versoin\":1}", 400, "versoin");
	expect(w, "POST", "/v1/agents/wordcount/withdraw", "{}", 400, "version is missing");
	expect(w, "POST", "/v1/plugins", "", 400, "bad_plugin");
	expect(w, "GET", "/v1/host", "body", 413, "too_large");
}

static void
test_bad_run_requests(void **state)
{
	struct world *w = *state;
	_cleanup_(free_p) char *deep = xmalloc(100001);

	expect(w, "POST", "/v1/runs", "", 400, "bad_input");
	expect(w, "POST", "/v1/runs", "{\"plugin\":", 400, "bad_input");
	expect(w, "POST", "/v1/runs", "[]", 400, "bad_input");
	expect(w, "POST", "/v1/runs", "{}", 400, "plugin has to name");
	expect(w, "POST", "/v1/runs", "{\"plugin\":7}", 400, "plugin has to name");
	expect(w, "POST", "/v1/runs", "{\"plugin\":\"../x\"}", 400, "plugin has to name");
	expect(w, "POST", "/v1/runs", "{\"plugin\":\"a\\nb\"}", 400, "plugin has to name");
	expect(w, "POST", "/v1/runs", "{\"plugin\":\"wordcount\",\"imput\":1}", 400, "imput");
	expect(w, "POST", "/v1/runs", "{\"plugin\":\"\xff\"}", 400, "bad_input");
	expect(w, "POST", "/v1/runs", "{\"plugin\":\"nobody\"}", 404, "no_such_agent");
	memset(deep, '[', 100000);
	deep[100000] = '\0';
	expect(w, "POST", "/v1/runs", deep, 400, "bad_input");
	assert_null(fakes.request);
}

static void
test_huge_body(void **state)
{
	struct world *w = *state;
	size_t len = 100 * 1000 * 1000;
	_cleanup_(free_p) char *body = xcalloc(1, len), *answer = NULL;

	memset(body, 'x', len);
	answer = ask(w, "POST", "/v1/runs", body, len);
	assert_non_null(strstr(answer, "HTTP/1.1 413"));
	assert_non_null(strstr(answer, "\"code\":\"too_large\""));
	assert_non_null(strstr(answer, "application/json"));
	expect(w, "GET", "/v1/host", "", 200, "version");
}

/* What is no HTTP at all is answered in the one form too, or closed. */
static void
test_not_http(void **state)
{
	static const char *const lines[] = {"nonsense\r\n\r\n", "GET /v1/host\r\n\r\n", "\r\n\r\n\r\n",
	    "GET /v1/host HTTP/9.9\r\n\r\n", "GET http://[ HTTP/1.1\r\nHost: h\r\n\r\n",
	    "POST /v1/runs HTTP/1.1\r\nHost: h\r\nContent-Length: -5\r\n\r\n",
	    "POST /v1/runs HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n",
	    "POST /v1/runs HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzzzz\r\n"};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		_cleanup_(close_p) int fd = dial(w);
		_cleanup_(buf_free) struct buf in = {0};

		send_all(w, fd, lines[i], strlen(lines[i]));
		shutdown(fd, SHUT_WR);
		receive(w, fd, &in, NULL);
		assert_null(in.len > 0 ? strstr(buf_text(&in), "<HTML>") : NULL);
	}
	expect(w, "GET", "/v1/host", "", 200, "version");
}

/* ---- Runs ---- */

static void
test_wait(void **state)
{
	struct world *w = *state;
	_cleanup_(buf_free) struct buf in = {0};
	_cleanup_(close_p) int fd = -1;

	start_run(w);
	expect(w, "GET", "/v1/runs/" RUN_ID, "", 200, "\"state\":\"open\"");
	fd = request_open(w, "/v1/runs/" RUN_ID "/wait");
	assert_int_equal(fakes.watches, 1);
	fake_event(NULL);
	receive(w, fd, &in, "\"result\":42");
	assert_int_equal(fakes.watches, 0);
	expect(w, "GET", "/v1/runs/" RUN_ID "/wait", "", 200, "\"result\":42");
	fakes.has_run = false;
	fakes.store_has_run = true;
	expect(w, "GET", "/v1/runs/" RUN_ID "/wait", "", 200, "\"state\":\"ended\"");
	expect(w, "POST", "/v1/runs/" RUN_ID "/cancel", "", 409, "conflict");
	fakes.store_has_run = false;
	expect(w, "POST", "/v1/runs/" RUN_ID "/cancel", "", 404, "no_such_run");
	assert_int_equal(fakes.cancels, 0);
}

static void
test_cancel(void **state)
{
	struct world *w = *state;

	start_run(w);
	expect(w, "POST", "/v1/runs/" RUN_ID "/cancel", "", 200, RUN_ID);
	assert_int_equal(fakes.cancels, 1);
}

static void
test_resolve(void **state)
{
	struct world *w = *state;

	start_run(w);
	expect(w, "POST", "/v1/runs/" RUN_ID "/resolve", "{\"call\": \"/0/3\", \"outcome\": \"done\"}", 200, RUN_ID);
	assert_non_null(strstr(fakes.resolved, "uid:"));
	assert_non_null(strstr(fakes.resolved, " done"));
	expect(w, "POST", "/v1/runs/" RUN_ID "/resolve", "{}", 409, "nothing waits there");
	fakes.has_run = false;
	fakes.store_has_run = true;
	expect(w, "POST", "/v1/runs/" RUN_ID "/resolve", "{}", 409, "has ended already");
	fakes.store_has_run = false;
	expect(w, "POST", "/v1/runs/" RUN_ID "/resolve", "{}", 404, "no_such_run");
}

static void
test_reviews(void **state)
{
	static const char path[] = "/v1/reviews/" REVIEW_ID_TEXT, decide[] = "/v1/reviews/" REVIEW_ID_TEXT "/decide";
	struct world *w = *state;

	expect(w, "GET", "/v1/reviews", "", 200, "[false,100]");
	expect(w, "GET", "/v1/reviews?all=1&limit=7", "", 200, "[true,7]");
	expect(w, "GET", "/v1/reviews?limit=0", "", 400, "bad_input");
	expect(w, "GET", path, "", 200, "\"open\"");
	expect(w, "GET", "/v1/reviews/x", "", 404, "not_found");
	expect(w, "POST", decide, "{\"decision\": \"approve\", \"hash\": \"wrong\"}", 409, "conflict");
	expect(w, "POST", decide, "{\"decision\": \"approve\", \"hash\": \"right\"}", 200, "\"decided\"");
	expect(w, "POST", decide, "{\"decision\": \"reject\", \"hash\": \"right\"}", 409,
	    "was decided before: approve by uid:7");
	expect(w, "POST", "/v1/reviews/x/decide", "{\"decision\": \"reject\", \"hash\": \"right\"}", 404, "not_found");
}

/* A client that leaves is no longer watched, at once and not when the run ends. */
static void
test_client_leaves(void **state)
{
	struct world *w = *state;
	int64_t give_up = clock_mono_ns() + 10 * NS_PER_S;
	int fd;

	start_run(w);
	fd = request_open(w, "/v1/runs/" RUN_ID "/wait");
	assert_int_equal(fakes.watches, 1);
	close(fd);
	while (fakes.watches > 0 && clock_mono_ns() < give_up)
		turn(w);
	assert_int_equal(fakes.watches, 0);

	fd = request_open(w, "/v1/runs/" RUN_ID "/events");
	assert_int_equal(fakes.watches, 1);
	close(fd);
	while (fakes.watches > 0 && clock_mono_ns() < give_up)
		turn(w);
	assert_int_equal(fakes.watches, 0);
}

/* One that only closed its sending half still wants the answer. */
static void
test_half_closed(void **state)
{
	struct world *w = *state;
	_cleanup_(buf_free) struct buf in = {0};
	_cleanup_(close_p) int fd = -1;

	start_run(w);
	fd = request_open(w, "/v1/runs/" RUN_ID "/wait");
	shutdown(fd, SHUT_WR);
	turn(w);
	fake_event(NULL);
	receive(w, fd, &in, "\"result\":42");
}

/* Many requests are answered in their order, each with its run or its error. */
static void
test_many(void **state)
{
	struct world *w = *state;
	struct buf many = {0};

	expect(w, "POST", "/v1/runs", "[{\"plugin\":\"nobody\"},{\"plugin\":\"wordcount\",\"imput\":1},7]", 202,
	    "[{\"error\"");
	assert_null(fakes.request);
	expect(w, "POST", "/v1/runs", "[{\"plugin\":\"nobody\"},{\"plugin\":\"wordcount\"}]", 202,
	    "no_such_agent\",\"message\":\"there is no such agent\",\"hint\":");
	assert_non_null(fakes.request);
	expect(
	    w, "POST", "/v1/runs", "[{\"plugin\":\"nobody\"},{\"plugin\":\"wordcount\"}]", 202, "},{\"id\":\"" RUN_ID);
	buf_appends(&many, "[");
	for (int i = 0; i < MANY_MAX; i++)
		buf_appends(&many, "{},");
	buf_appends(&many, "{}]");
	expect(w, "POST", "/v1/runs", buf_text(&many), 400, "1 to 1000");
	buf_free(&many);
}

/* What is set aside and what is parsed together are what was asked for, however it is written. */
static void
test_inputs(void **state)
{
	static const char *const bodies[] = {
	    " { \"plugin\" : \"wordcount\" , \"input\" : {\"a\": [1, \"x\"]} } ",
	    "[{\"input\":{\"a\":[1,\"x\"]},\"plugin\":\"wordcount\"}]",
	    "{\"plugin\":\"wordcount\",\"in\\u0070ut\":{\"a\":[1,\"x\"]}}",
	    "{\"plugin\":\"wordcount\",\"input\":{\"a\":[1,\"\\u0078\"]}}",
	    "{\"plugin\":\"word\\u0063ount\",\"input\":{\"a\":[1,\"x\"]}}",
	};
	static const char *const bad[] = {
	    "{\"plugin\":\"wordcount\",\"input\":1,\"input\":2}",
	    "{\"plugin\":\"wordcount\",\"input\":1,\"in\\u0070ut\":2}",
	    "{\"plugin\":\"wordcount\",\"input\":}",
	    "{\"plugin\":\"wordcount\",\"input\":1}}",
	    "{\"plugin\":\"wordcount\",\"input\":{\"a\":1,\"a\":2}}",
	    "[{\"plugin\":\"wordcount\",\"input\":1}",
	    "[{\"plugin\":\"wordcount\",\"input\":1},]",
	    "{\"plugin\":\"wordcount\",\"input\":\"\xff\"}",
	};
	_cleanup_(json_p) json_t *wanted = json_pack("{s:[i, s]}", "a", 1, "x");
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		expect(w, "POST", "/v1/runs", bodies[i], 202, RUN_ID);
		assert_true(json_equal(json_object_get(fakes.request, "input"), wanted));
		json_decref(fakes.request);
		fakes.request = NULL;
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		expect(w, "POST", "/v1/runs", bad[i], 400, "bad_input");
	assert_null(fakes.request);
}

#define WAIT_BODY "{\"runs\":[\"" RUN_ID "\",\"01BX5ZZKBKACTAV9WEVGEMMVS0\",\"" RUN_ID "\"]}"

static int
wait_open(struct world *w)
{
	int fd = dial(w);
	_cleanup_(free_p) char *head = xasprintf(
	    "POST /v1/runs/wait HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\n%s", strlen(WAIT_BODY), WAIT_BODY);

	send_all(w, fd, head, strlen(head));
	turn(w);
	return fd;
}

/* Waiting for many: none is told of before all have ended. */
static void
test_wait_many(void **state)
{
	struct world *w = *state;
	_cleanup_(buf_free) struct buf in = {0};
	_cleanup_(close_p) int fd = -1;
	char byte;

	expect(w, "POST", "/v1/runs/wait", "{}", 400, "bad_input");
	expect(w, "POST", "/v1/runs/wait", "{\"runs\":[]}", 400, "bad_input");
	expect(w, "POST", "/v1/runs/wait", "{\"runs\":[\"..\"]}", 400, "bad_input");
	expect(w, "POST", "/v1/runs/wait", "{\"runs\":[7]}", 400, "bad_input");
	expect(w, "POST", "/v1/runs/wait", "{\"runs\":[\"" RUN_ID "\"],\"x\":1}", 400, "bad_input");
	expect(w, "POST", "/v1/runs/wait", "{\"runs\":[\"" RUN_ID "\"]}", 200, "[{\"error\"");
	start_run(w);
	fd = wait_open(w);
	assert_int_equal(recv(fd, &byte, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(fakes.watches, 2);
	fake_event(NULL);
	receive(w, fd, &in, "\"result\":42},{\"error\":");
	receive(w, fd, &in, "\"result\":42}]");
	assert_int_equal(fakes.watches, 0);
}

/* One who leaves while it waits for many is forgotten, also when the store still owes it an answer. */
static void
test_leaving_many(void **state)
{
	struct world *w = *state;
	int64_t give_up = clock_mono_ns() + 10 * NS_PER_S;
	int fd;

	fakes.views_wait = true;
	start_run(w);
	fd = wait_open(w);
	assert_non_null(fakes.view_done);
	close(fd);
	while (!TAILQ_EMPTY(&w->api->exchanges) && clock_mono_ns() < give_up)
		turn(w);
	assert_true(TAILQ_EMPTY(&w->api->exchanges));
	fake_view();
	assert_int_equal(fakes.watches, 0);
}

/* A view that comes when its client has gone finds nobody, and nothing breaks. */
static void
test_view_after_leaving(void **state)
{
	struct world *w = *state;
	int64_t give_up = clock_mono_ns() + 10 * NS_PER_S;
	int fd;

	fakes.views_wait = fakes.store_has_run = true;
	fd = request_open(w, "/v1/runs/" RUN_ID "/tree");
	assert_non_null(fakes.view_done);
	close(fd);
	while (!TAILQ_EMPTY(&w->api->exchanges) && clock_mono_ns() < give_up)
		turn(w);
	assert_true(TAILQ_EMPTY(&w->api->exchanges));
	fake_view();
	turn(w);
}

static void
test_durable_first(void **state)
{
	struct world *w = *state;
	static const char body[] = "{\"plugin\":\"wordcount\"}";
	_cleanup_(free_p) char *head =
	    xasprintf("POST /v1/runs HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);

	expect_once_durable(w, head, RUN_ID);
}

/* That a run has ended is not told before its end is durable, not even by what refuses to cancel it. */
static void
test_refused_durable_first(void **state)
{
	struct world *w = *state;
	static const char head[] = "POST /v1/runs/" RUN_ID "/cancel HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n";

	start_run(w);
	fakes.run.state = RUN_ENDED;
	expect_once_durable(w, head, "has ended already");
	assert_int_equal(fakes.cancels, 0);
}

/* ---- The socket ---- */

static void
test_socket_in_use(void **state)
{
	struct world *w = *state;
	struct api_options options = options_of(w);
	struct api *second = NULL;
	struct fault fault;
	struct stat st;

	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(api_open(&second, &options, &fault), HOSPES_EINUSE);
	assert_null(second);
	expect(w, "GET", "/v1/host", "", 200, "version");
}

static void
test_socket_stale(void **state)
{
	struct world *w = *state;
	struct api_options options = options_of(w);
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct fault fault;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), file;

	api_close(&w->api);
	strcpy(at.sun_path, w->path);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	close(fd);
	assert_int_equal(api_open(&w->api, &options, &fault), 0);
	expect(w, "GET", "/v1/host", "", 200, "version");
	api_close(&w->api);

	/* What is no socket is not ours to remove. */
	file = open(w->path, O_CREAT | O_WRONLY, 0600);
	close(file);
	assert_int_equal(api_open(&w->api, &options, &fault), HOSPES_EINUSE);
	assert_int_equal(unlink(w->path), 0);
}

int
main(void)
{
#define WITH_WORLD(f) cmocka_unit_test_setup_teardown(f, world_set_up, world_tear_down)
	const struct CMUnitTest tests[] = {
	    WITH_WORLD(test_listings),
	    WITH_WORLD(test_bad_requests),
	    WITH_WORLD(test_bad_run_requests),
	    WITH_WORLD(test_huge_body),
	    WITH_WORLD(test_not_http),
	    WITH_WORLD(test_wait),
	    WITH_WORLD(test_many),
	    WITH_WORLD(test_inputs),
	    WITH_WORLD(test_wait_many),
	    WITH_WORLD(test_leaving_many),
	    WITH_WORLD(test_cancel),
	    WITH_WORLD(test_resolve),
	    WITH_WORLD(test_reviews),
	    WITH_WORLD(test_client_leaves),
	    WITH_WORLD(test_half_closed),
	    WITH_WORLD(test_view_after_leaving),
	    WITH_WORLD(test_durable_first),
	    WITH_WORLD(test_refused_durable_first),
	    WITH_WORLD(test_socket_in_use),
	    WITH_WORLD(test_socket_stale),
	};

	log_set_level(LOG_LEVEL_INFO);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
