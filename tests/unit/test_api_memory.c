/* Memory over the API: what the room is asked for, what is refused before, and when the answer leaves. */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "api_fakes.h"
#include "api_world.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"

/* Asks, and looks how memory was asked; UID stands for who is asking. */
static void
asks(struct world *w, const char *path, const char *body, const char *asked)
{
	_cleanup_(buf_free) struct buf expected = {0};

	for (const char *uid; (uid = strstr(asked, "UID")) != NULL; asked = uid + 3) {
		buf_append(&expected, asked, (size_t)(uid - asked));
		buf_printf(&expected, "uid:%u", (unsigned)geteuid());
	}
	buf_appends(&expected, asked);
	expect(w, body != NULL ? "POST" : "GET", path, body != NULL ? body : "", 200, "{\"asked\":");
	assert_string_equal(fakes.asked, buf_text(&expected));
}

#define DIGEST "3972dc9744f6499f0f9b2dbf76696f2ae7ad8af9b23dde66d6af86c9dfb36986"

static void
test_memory(void **state)
{
	struct world *w = *state;

	asks(w, "/v1/memory", NULL, "spaces UID");
	asks(w, "/v1/memory/notes/get", "{\"key\":\"a b\"}", "get notes a b");
	asks(w, "/v1/memory/notes/keys", NULL, "list notes '' '' 0");
	asks(w, "/v1/memory/notes/keys?prefix=a%20b&after=%26&limit=7", NULL, "list notes 'a b' '&' 7");
	asks(w, "/v1/memory/notes/documents", NULL, "documents 1 notes - 0");
	asks(w, "/v1/memory/notes/documents?after=" DIGEST "&limit=10000", NULL, "documents 1 notes " DIGEST " 10000");
	asks(w, "/v1/memory/notes/document", "{\"digest\":\"" DIGEST "\",\"from\":3,\"to\":9}",
	    "document 1 notes " DIGEST " 3 9");
	asks(w, "/v1/memory/notes/search", "{\"query\":\"a b\",\"most\":3,\"within\":[\"" DIGEST "\"]}",
	    "search 1 notes 'a b' 3 0 1");
	asks(w, "/v1/memory/notes/missing", "{\"digests\":[\"" DIGEST "\"]}", "missing notes 1");
	asks(w, "/v1/memory/notes/documents", "{\"document\":\"x\",\"bytes\":1}\nx", "load notes");
	assert_int_equal(fakes.loaded, 28);
	asks(w, "/v1/memory/reindex", "", "reindex");
}

static void
test_memory_changes(void **state)
{
	struct world *w = *state;
	_cleanup_(free_p) char *large = xasprintf("{\"key\":\"k\",\"value\":\"%0200d\"}", 0);

	asks(w, "/v1/memory/notes/put", "{\"key\":\"k\",\"value\":{\"a\":[1,null]}}",
	    "put UID notes k {\"a\":[1,null]} -1 by UID");
	asks(
	    w, "/v1/memory/notes/put", "{\"key\":\"k\",\"value\":null,\"version\":0}", "put UID notes k null 0 by UID");
	asks(w, "/v1/memory/notes/forget", "{\"key\":\"k\"}", "forget notes k by UID");
	asks(w, "/v1/memory/notes/forget", "{\"document\":\"" DIGEST "\"}", "forget notes document " DIGEST " by UID");
	asks(w, "/v1/memory/notes/drop", "", "drop notes by UID");
	expect(w, "POST", "/v1/memory/notes/put", large, 413, "too_large");
}

static void
test_memory_bad_requests(void **state)
{
	static const struct {
		const char *path, *body, *part;
	} bad[] = {{"/v1/memory/sources/get", "{\"key\":\"k\"}", "cannot be the name of a space"},
	    {"/v1/memory/No/get", "{\"key\":\"k\"}", "cannot be the name of a space"},
	    {"/v1/memory/notes/get", "{}", "key is missing"}, {"/v1/memory/notes/get", "{\"key\":7}", "key is missing"},
	    {"/v1/memory/notes/get", "{\"key\":\"\"}", "a key has 1 to 255"},
	    {"/v1/memory/notes/get", "{\"key\":\"k\",\"kye\":1}", "kye"}, {"/v1/memory/notes/get", "[]", "JSON object"},
	    {"/v1/memory/notes/put", "{\"key\":\"k\"}", "value is missing"},
	    {"/v1/memory/notes/put", "{\"key\":\"k\",\"value\":1,\"version\":-1}", "whole number"},
	    {"/v1/memory/notes/put", "{\"key\":\"k\",\"value\":1,\"version\":1.5}", "whole number"},
	    {"/v1/memory/notes/forget", "{}", "key is missing"},
	    {"/v1/memory/notes/forget", "{\"key\":\"k\",\"document\":\"d\"}", "not both"},
	    {"/v1/memory/notes/forget", "{\"document\":1}", "digest"}, {"/v1/memory/notes/drop", "{\"all\":1}", "all"},
	    {"/v1/memory/notes/missing", "{\"digests\":{}}", "digests is missing"},
	    {"/v1/memory/notes/search", "{}", "query is missing"},
	    {"/v1/memory/notes/search", "{\"query\":\"x\",\"within\":\"y\"}", "array of digests"},
	    {"/v1/memory/notes/document", "{}", "digest is missing"}};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		expect(w, "POST", bad[i].path, bad[i].body, 400, bad[i].part);
	expect(w, "GET", "/v1/memory/notes/keys?limit=0", "", 400, "limit has to be");
	expect(w, "GET", "/v1/memory/notes/documents?limit=10001", "", 400, "limit has to be");
	expect(w, "GET", "/v1/memory/notes/get", "", 405, "POST");
	expect(w, "GET", "/v1/memory/notes", "", 404, "not_found");
	assert_string_equal(fakes.asked, "");
}

/* Documents come by the batch: 66 MiB, whatever else a body may have; other bodies keep their limits. */
static void
test_memory_limits(void **state)
{
	struct world *w = *state;
	size_t len = 66 * MIB;
	_cleanup_(free_p) char *body = xmalloc(len + 1), *answer = NULL, *refused = NULL, *digests = NULL;

	fakes.policy.input_max = 4096;
	api_close(&w->api);
	{
		struct api_options options = options_of(w);
		struct fault fault;

		assert_int_equal(api_open(&w->api, &options, &fault), 0);
	}
	memset(body, ' ', len + 1);
	answer = ask(w, "POST", "/v1/memory/notes/documents", body, len);
	assert_non_null(strstr(answer, "HTTP/1.1 200"));
	assert_int_equal(fakes.loaded, len);
	refused = ask(w, "POST", "/v1/memory/notes/documents", body, len + 1);
	assert_non_null(strstr(refused, "HTTP/1.1 413"));
	digests = ask(w, "POST", "/v1/memory/notes/missing", body, 8 * MIB + 1);
	assert_non_null(strstr(digests, "HTTP/1.1 413"));
	memcpy(body, "{\"digests\":[]", 13);
	body[8 * MIB - 1] = '}';
	free(digests);
	digests = ask(w, "POST", "/v1/memory/notes/missing", body, 8 * MIB);
	assert_non_null(strstr(digests, "HTTP/1.1 200"));
	free(digests);
	digests = ask(w, "POST", "/v1/runs", body, 4096 + BODY_WRAPPING + 1);
	assert_non_null(strstr(digests, "HTTP/1.1 413"));
}

/* What memory says has been applied; it is told once that is durable. */
static void
test_memory_durable_first(void **state)
{
	static const char head[] = "POST /v1/memory/notes/drop HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n";
	struct world *w = *state;

	expect_once_durable(w, head, "drop notes");
}

/* An answer that is no longer wanted is not waited for: it would come to an exchange that is gone. */
static void
test_memory_client_leaves(void **state)
{
	struct world *w = *state;
	int64_t give_up = clock_mono_ns() + 10 * NS_PER_S;
	struct fault fault;
	int fd;

	fakes.memory_waits = true;
	fd = request_open(w, "/v1/memory");
	assert_non_null(fakes.memory_done);
	close(fd);
	while (fakes.unwaited == 0 && clock_mono_ns() < give_up)
		turn(w);
	assert_int_equal(fakes.unwaited, 1);
	assert_null(fakes.memory_done);

	fd = request_open(w, "/v1/memory");
	fault_set(&fault, HOSPES_EDISK, "the disk is full");
	fake_memory(NULL, &fault);
	turn(w);
	close(fd);
	turn(w);
	assert_int_equal(fakes.unwaited, 1);
}

int
main(void)
{
#define WITH_WORLD(f) cmocka_unit_test_setup_teardown(f, world_set_up, world_tear_down)
	const struct CMUnitTest tests[] = {
	    WITH_WORLD(test_memory),
	    WITH_WORLD(test_memory_changes),
	    WITH_WORLD(test_memory_bad_requests),
	    WITH_WORLD(test_memory_limits),
	    WITH_WORLD(test_memory_durable_first),
	    WITH_WORLD(test_memory_client_leaves),
	};

	log_set_level(LOG_LEVEL_INFO);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
