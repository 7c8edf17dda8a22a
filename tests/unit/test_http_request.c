/* Requests as plugins write them, and as nobody should. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "tool/request.h"

static int
read_request(const char *url, const char *input, struct http_request *r, struct fault *fault)
{
	struct payload *p = input == NULL ? NULL : payload_text(input);
	int rc = http_request_read(url, p, r, fault);

	payload_unref(&p);
	return rc;
}

static void
test_urls_are_normalised(void **state)
{
	static const struct {
		const char *given, *url, *host, *path;
		unsigned port;
	} rows[] = {
	    {"http://Example.COM", "http://example.com/", "example.com", "/", 80},
	    {"HTTPS://example.com:443/a", "https://example.com/a", "example.com", "/a", 443},
	    {"http://example.com:8080/a?b=c#frag", "http://example.com:8080/a?b=c", "example.com", "/a", 8080},
	    {"http://example.com./", "http://example.com/", "example.com", "/", 80},
	    {"http://example.com/v1/../admin", "http://example.com/admin", "example.com", "/admin", 80},
	    {"http://example.com/v1/%2e%2E/admin", "http://example.com/admin", "example.com", "/admin", 80},
	    {"http://example.com/v1/.%2e/admin", "http://example.com/admin", "example.com", "/admin", 80},
	    {"http://example.com/%7Eme/a%2fb", "http://example.com/~me/a%2fb", "example.com", "/~me/a%2fb", 80},
	    {"http://0x7f.1/", "http://127.0.0.1/", "127.0.0.1", "/", 80},
	    {"http://0x7f.1./", "http://127.0.0.1/", "127.0.0.1", "/", 80},
	    {"http://2130706433/", "http://127.0.0.1/", "127.0.0.1", "/", 80},
	    {"http://017700000001/", "http://127.0.0.1/", "127.0.0.1", "/", 80},
	    {"http://[::FFFF:127.0.0.1]/", "http://[::ffff:127.0.0.1]/", "[::ffff:127.0.0.1]", "/", 80},
	    {"http://[0:0:0:0:0:0:0:1]:81/", "http://[::1]:81/", "[::1]", "/", 81},
	    {"http://example.com/a..b/..c", "http://example.com/a..b/..c", "example.com", "/a..b/..c", 80},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		_cleanup_(http_request_clear) struct http_request r = {0};
		struct fault fault = {0};

		if (read_request(rows[i].given, NULL, &r, &fault) != 0)
			fail_msg("%s: %s", rows[i].given, fault.text);
		assert_string_equal(r.url, rows[i].url);
		assert_string_equal(r.host, rows[i].host);
		assert_string_equal(r.path, rows[i].path);
		assert_int_equal(r.port, rows[i].port);
		assert_string_equal(r.method, "GET");
	}
}

static void
test_bad_urls(void **state)
{
	static const char *const rows[] = {"", "example.com", "/etc/passwd", "file:///etc/passwd",
	    "gopher://example.com/", "ftp://example.com/", "dict://example.com:11211/stat", "javascript:alert(1)",
	    "http:///x", "http://", "http://user@example.com/", "http://user:pass@example.com/",
	    "http://:@example.com/", "http://good.example@evil.example/", "http://example.com:0/",
	    "http://example.com:65536/", "http://example.com:80x/", "http://exam ple.com/", "http://example.com/a b",
	    "http://example.com/\r\nX: y", "http://example.com/\x01", "http://example.com\\@evil.example/",
	    "http://[fe80::1%25eth0]/", "http://[::1", "http://[v1.x]/", "http://a..b/", "http://a../",
	    "http://.example.com/", "http://..", "http://ex%00ample.com/", "http://ex%0d%0aample.com/",
	    "http://b\xc3\xbc"
	    "cher.example/",
	    "http://example.com/v1/..%2fadmin", "http://example.com/v1/..%5cadmin", "http://example.com/v1\\..\\admin",
	    "http://example.com/v1%2f..%2fadmin", "http://example.com/v1/..;/admin"};
	_cleanup_(free_p) char *tail = xmalloc(HTTP_URL_MAX + 1), *longest = NULL;
	struct http_request r = {0};
	struct fault fault;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (read_request(rows[i], NULL, &r, &fault) != HOSPES_EINPUT)
			fail_msg("%s was taken as %s", rows[i], r.url);
		assert_null(r.url);
	}
	memset(tail, 'a', HTTP_URL_MAX);
	tail[HTTP_URL_MAX] = '\0';
	longest = xasprintf("http://example.com/%s", tail);
	assert_int_equal(read_request(longest, NULL, &r, &fault), HOSPES_EINPUT);
}

static void
test_input(void **state)
{
	_cleanup_(http_request_clear) struct http_request r = {0};
	struct fault fault = {0};

	(void)state;
	assert_int_equal(
	    read_request("http://example.com/",
		"{\"method\": \"PUT\", \"headers\": [\"X-A:  b \", \"X-Empty:\"], \"base64\": \"AAEC/w==\","
		" \"max_bytes\": 77}",
		&r, &fault),
	    0);
	assert_string_equal(r.method, "PUT");
	assert_string_equal(r.headers[0], "X-A: b");
	assert_string_equal(r.headers[1], "X-Empty: ");
	assert_null(r.headers[2]);
	assert_int_equal(r.body->len, 4);
	assert_memory_equal(r.body->data, "\0\1\2\xff", 4);
	assert_int_equal(r.max_bytes, 77);
}

static void
test_bad_input(void **state)
{
	static const char *const rows[] = {"[]", "7", "{", "{\"method\": \"get\"}", "{\"method\": \"CONNECT\"}",
	    "{\"method\": \"TRACE\"}", "{\"method\": \"GET / HTTP/1.1\\r\\nX: \"}", "{\"method\": 1}",
	    "{\"method\": null}", "{\"headers\": {}}", "{\"headers\": [1]}", "{\"headers\": [\"no colon\"]}",
	    "{\"headers\": [\": no name\"]}", "{\"headers\": [\"Bad Name: x\"]}", "{\"headers\": [\" X: folded\"]}",
	    "{\"headers\": [\"X : space\"]}", "{\"headers\": [\"X: a\\r\\nHost: evil\"]}",
	    "{\"headers\": [\"X: a\\nB: c\"]}", "{\"headers\": [\"X: a\\u0001\"]}", "{\"headers\": [\"X\\r\\nY: a\"]}",
	    "{\"headers\": [\"host: evil\"]}", "{\"headers\": [\"Content-Length: 5\"]}",
	    "{\"headers\": [\"TRANSFER-ENCODING: chunked\"]}", "{\"headers\": [\"Connection: close\"]}",
	    "{\"headers\": [\"Proxy-Authorization: x\"]}", "{\"headers\": [\"X-Forwarded-For: 1.2.3.4\"]}",
	    "{\"headers\": [\"User-Agent: curl\"]}", "{\"headers\": [\"Idempotency-Key: x\"]}",
	    "{\"headers\": [\"Expect: 100-continue\"]}", "{\"body\": \"x\"}", "{\"method\": \"HEAD\", \"body\": \"x\"}",
	    "{\"method\": \"POST\", \"body\": 1}", "{\"method\": \"POST\", \"body\": \"a\", \"base64\": \"YQ==\"}",
	    "{\"method\": \"POST\", \"base64\": \"YQ\"}", "{\"method\": \"POST\", \"base64\": \"Y Q==\"}",
	    "{\"max_bytes\": -1}", "{\"max_bytes\": \"9\"}", "{\"max_bytes\": 1e3}", "{\"follow\": true}"};
	struct http_request r = {0};
	struct fault fault;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		fault = (struct fault){0};
		if (read_request("http://example.com/", rows[i], &r, &fault) != HOSPES_EINPUT)
			fail_msg("%s was accepted", rows[i]);
		assert_int_equal(fault.status, HOSPES_EINPUT);
		assert_true(fault.text[0] != '\0');
		assert_null(r.url);
		assert_null(r.method);
	}
}

static void
test_many_headers(void **state)
{
	_cleanup_(buf_free) struct buf many = {0}, big = {0};
	struct http_request r = {0};
	struct fault fault;

	(void)state;
	buf_appends(&many, "{\"headers\": [\"A: b\"");
	for (int i = 0; i < HTTP_HEADERS_MAX; i++)
		buf_appends(&many, ",\"A: b\"");
	buf_appends(&many, "]}");
	assert_int_equal(read_request("http://example.com/", buf_text(&many), &r, &fault), HOSPES_EINPUT);
	buf_appends(&big, "{\"headers\": [\"A: ");
	for (int i = 0; i < HTTP_HEADER_MAX; i++)
		buf_appends(&big, "b");
	buf_appends(&big, "\"]}");
	assert_int_equal(read_request("http://example.com/", buf_text(&big), &r, &fault), HOSPES_EINPUT);
}

/* Rows of RFC 9110, 15.4, as browsers do it. */
static void
test_redirected(void **state)
{
	static const struct {
		const char *method;
		long status;
		const char *becomes;
		bool body;
	} rows[] = {{"POST", 301, "GET", false}, {"POST", 302, "GET", false}, {"POST", 303, "GET", false},
	    {"POST", 307, "POST", true}, {"POST", 308, "POST", true}, {"PUT", 301, "PUT", true},
	    {"PUT", 302, "PUT", true}, {"PUT", 303, "GET", false}, {"DELETE", 303, "GET", false},
	    {"PATCH", 307, "PATCH", true}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		_cleanup_(http_request_clear) struct http_request r = {0}, next = {0};
		_cleanup_(free_p) char *input =
		    xasprintf("{\"method\": \"%s\", \"body\": \"b\","
			      "\"headers\": [\"Content-Type: text/plain\", \"Authorization: x\","
			      " \"COOKIE: y\", \"X-Mine: z\"]}",
			rows[i].method);
		struct fault fault;

		assert_int_equal(read_request("https://example.com/a/b", input, &r, &fault), 0);
		assert_int_equal(request_redirected(&r, rows[i].status, "../c", &next, &fault), 0);
		assert_string_equal(next.url, "https://example.com/c");
		assert_string_equal(next.method, rows[i].becomes);
		assert_int_equal(next.body != NULL, rows[i].body);
		assert_string_equal(next.headers[0], rows[i].body ? "Content-Type: text/plain" : "Authorization: x");
		assert_string_equal(next.headers[rows[i].body ? 2 : 1], "COOKIE: y");
	}
}

static void
test_secrets_stay_at_home(void **state)
{
	static const char *const elsewhere[] = {
	    "http://example.com/", "https://example.com:444/", "https://www.example.com/", "//evil.example/"};
	_cleanup_(http_request_clear) struct http_request r = {0};
	struct fault fault;

	(void)state;
	assert_int_equal(read_request("https://example.com/",
			     "{\"headers\": [\"authorization: x\", \"Cookie: y\", \"X-Mine: z\"]}", &r, &fault),
	    0);
	for (size_t i = 0; i < ARRAY_LEN(elsewhere); i++) {
		_cleanup_(http_request_clear) struct http_request next = {0};

		assert_int_equal(request_redirected(&r, 302, elsewhere[i], &next, &fault), 0);
		assert_string_equal(next.headers[0], "X-Mine: z");
		assert_null(next.headers[1]);
	}
	for (size_t i = 0; i < 3; i++) {
		static const char *const bad[] = {
		    "file:///etc/passwd", "http://u:p@example.com/", "https://example.com:99999/"};
		struct http_request next = {0};

		assert_int_equal(request_redirected(&r, 302, bad[i], &next, &fault), HOSPES_EINPUT);
		assert_null(next.url);
	}
}

static void
test_description_has_no_secrets(void **state)
{
	_cleanup_(http_request_clear) struct http_request r = {0};
	_cleanup_(buf_free) struct buf what = {0};
	struct fault fault;

	(void)state;
	assert_int_equal(read_request("https://example.com:8443/secret?token=1", NULL, &r, &fault), 0);
	request_describe(&r, &what);
	assert_string_equal(buf_text(&what), "GET https://example.com:8443");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_urls_are_normalised),
	    cmocka_unit_test(test_bad_urls),
	    cmocka_unit_test(test_input),
	    cmocka_unit_test(test_bad_input),
	    cmocka_unit_test(test_many_headers),
	    cmocka_unit_test(test_redirected),
	    cmocka_unit_test(test_secrets_stay_at_home),
	    cmocka_unit_test(test_description_has_no_secrets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
