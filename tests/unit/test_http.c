/* HTTP transfers against webd: what comes back, what is refused, what is bounded, and cancelling at any time. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "webd.h"

#define MAX_BYTES (1 * MIB)
#define REDIRECTS 5
#define AT_ONCE   4

static struct event_base *loop;
static struct webd_child webd;
static struct http *http;
static struct outcome o;

static void
get(const char *url)
{
	outcome_clear(&o);
	ask(http, &webd, loop, &(struct asking){.url = url}, &o);
}

static void
ask_it(const struct asking *a)
{
	outcome_clear(&o);
	ask(http, &webd, loop, a, &o);
}

static void
failed_with(int status, const char *says)
{
	if (o.status != status || strstr(o.fault.text, says) == NULL)
		fail_msg("expected %s and \"%s\", found %s: %s", status_name(status), says, status_name(o.status),
		    o.fault.text);
	assert_null(o.answer);
}

static int64_t
count_of(const char *path)
{
	json_t *counts;
	int64_t n;

	get("/count");
	counts = outcome_json(&o);
	n = json_integer_value(json_object_get(json_object_get(counts, "paths"), path));
	json_decref(counts);
	return n;
}

/* ---- Answers ----------------------------------------------------------------------------------------------------- */

static void
test_text(void **state)
{
	(void)state;
	get("/text");
	assert_int_equal(o.status, 0);
	assert_int_equal(outcome_http_status(&o), 200);
	assert_string_equal(outcome_body(&o), "The quick brown fox jumps over the lazy dog.\n");
	assert_string_equal(outcome_header(&o, "content-type"), "text/plain; charset=utf-8");
	assert_non_null(strstr(json_string_value(json_object_get(o.answer, "url")), "/text"));
}

static void
test_any_status_is_an_answer(void **state)
{
	(void)state;
	get("/status?code=503");
	assert_int_equal(outcome_http_status(&o), 503);
	get("/status?code=304");
	assert_int_equal(outcome_http_status(&o), 304);
	get("/status?code=204");
	assert_string_equal(outcome_body(&o), "");
	ask_it(&(struct asking){.url = "/text", .input = "{\"method\": \"HEAD\"}"});
	assert_int_equal(outcome_http_status(&o), 200);
	assert_string_equal(outcome_body(&o), "");
}

static void
test_bytes(void **state)
{
	(void)state;
	get("/binary");
	assert_string_equal(json_string_value(json_object_get(o.answer, "base64")), "AAEC//5hAA==");
	assert_null(outcome_body(&o));
	get("/latin1");
	assert_string_equal(json_string_value(json_object_get(o.answer, "base64")), "Y2Fm6Qo=");
	assert_string_equal(outcome_header(&o, "x-name"), "caf\xc3\xa9");
	get("/gzip");
	assert_int_equal(strlen(outcome_body(&o)), 1000);
	assert_null(outcome_header(&o, "content-encoding"));
}

static void
test_request_as_sent(void **state)
{
	json_t *echo, *headers;

	(void)state;
	ask_it(&(struct asking){.url = "/echo?a=b",
	    .key = "run/0/3/1",
	    .input = "{\"method\": \"POST\", \"body\": \"hello\", \"headers\": [\"X-Mine: yes\", \"X-Empty:\"]}"});
	echo = outcome_json(&o);
	headers = json_object_get(echo, "headers");
	assert_string_equal(json_string_value(json_object_get(echo, "method")), "POST");
	assert_string_equal(json_string_value(json_object_get(echo, "url")), "/echo?a=b");
	assert_string_equal(json_string_value(json_object_get(echo, "body")), "hello");
	assert_string_equal(json_string_value(json_object_get(headers, "x-mine")), "yes");
	assert_string_equal(json_string_value(json_object_get(headers, "x-empty")), "");
	assert_string_equal(json_string_value(json_object_get(headers, "idempotency-key")), "run/0/3/1");
	assert_non_null(strstr(json_string_value(json_object_get(headers, "user-agent")), "hospes/"));
	assert_null(json_object_get(headers, "content-type"));
	assert_null(json_object_get(headers, "expect"));
	assert_null(json_object_get(headers, "cookie"));
	json_decref(echo);

	ask_it(&(struct asking){.url = "/echo", .input = "{\"method\": \"DELETE\"}"});
	echo = outcome_json(&o);
	assert_string_equal(json_string_value(json_object_get(echo, "method")), "DELETE");
	json_decref(echo);
	ask_it(&(struct asking){.url = "/echo", .input = "{\"method\": \"PUT\", \"body\": \"x\"}"});
	echo = outcome_json(&o);
	assert_string_equal(json_string_value(json_object_get(echo, "method")), "PUT");
	assert_string_equal(json_string_value(json_object_get(echo, "body")), "x");
	json_decref(echo);
}

static void
test_keys_that_break_out(void **state)
{
	(void)state;
	ask_it(&(struct asking){.url = "/text", .key = "a\r\nHost: evil"});
	failed_with(HOSPES_EINPUT, "idempotency key");
}

/* ---- Bad manners ------------------------------------------------------------------------------------------------- */

static void
test_too_large(void **state)
{
	(void)state;
	ask_it(&(struct asking){.url = "/big?bytes=1048576"});
	assert_int_equal(outcome_http_status(&o), 200);
	ask_it(&(struct asking){.url = "/big?bytes=1048577"});
	failed_with(HOSPES_EHTTP, "more than the 1048576 bytes");
	ask_it(&(struct asking){.url = "/big?bytes=101", .input = "{\"max_bytes\": 100}"});
	failed_with(HOSPES_EHTTP, "more than the 100 bytes");
	ask_it(&(struct asking){.url = "/big?bytes=2000000", .input = "{\"max_bytes\": 1000000000}"});
	failed_with(HOSPES_EHTTP, "more than the 1048576 bytes"); /* a plugin cannot raise it */
	get("/endless");
	failed_with(HOSPES_EHTTP, "more than the 1048576 bytes");
	get("/bomb?mib=64");
	failed_with(HOSPES_EHTTP, "more than the 1048576 bytes");
	get("/headers?n=300&bytes=1000");
	failed_with(HOSPES_EHTTP, "");
	get("/raw?kind=hints");
	failed_with(HOSPES_EHTTP, "");
}

static void
test_broken(void **state)
{
	(void)state;
	get("/drop");
	failed_with(HOSPES_EHTTP, "GET http://127.0.0.1:");
	get("/raw?kind=nothing");
	failed_with(HOSPES_EHTTP, "");
	get("/raw?kind=junk");
	failed_with(HOSPES_EHTTP, "");
	ask_it(&(struct asking){.url = "http://nowhere.invalid/"});
	failed_with(HOSPES_EHTTP, "nowhere.invalid");
}

/* On a kept connection that ends without an answer curl would send once more; a POST may have taken place by then. */
static void
test_sent_once(void **state)
{
	int64_t before = count_of("/raw");

	(void)state;
	get("/text");
	ask_it(&(struct asking){.url = "/raw?kind=nothing", .input = "{\"method\": \"POST\", \"body\": \"x\"}"});
	failed_with(HOSPES_EHTTP, "");
	assert_int_equal(count_of("/raw"), before + 1);
}

/* What may be done once and was sent: nobody can tell what became of it, and the status says so. */
static void
test_unknown_outcome(void **state)
{
	static const char post[] = "{\"method\": \"POST\", \"body\": \"x\"}";

	(void)state;
	ask_it(&(struct asking){.url = "/drop", .input = post, .once = true});
	failed_with(HOSPES_EUNKNOWN, "find out before doing it again");
	ask_it(&(struct asking){.url = "/hold", .input = post, .once = true, .timeout_ms = 50});
	failed_with(HOSPES_EUNKNOWN, "no answer within 50 ms");
	get("/release");
	ask_it(&(struct asking){.url = "http://127.0.0.1:1/", .input = post, .once = true});
	failed_with(HOSPES_EHTTP, "127.0.0.1:1");
	ask_it(&(struct asking){.url = "/text", .input = post, .once = true, .public_only = true});
	failed_with(HOSPES_EADDRESS, "");
	ask_it(&(struct asking){.url = "/text", .input = post, .once = true});
	assert_int_equal(outcome_http_status(&o), 200);
	ask_it(&(struct asking){.url = "/drop", .input = post});
	failed_with(HOSPES_EHTTP, "");
}

static void
test_heads(void **state)
{
	(void)state;
	get("/raw?kind=informed");
	assert_int_equal(outcome_http_status(&o), 200);
	assert_string_equal(outcome_header(&o, "x-late"), "yes");
	assert_null(outcome_header(&o, "x-hint"));
	get("/raw?kind=split");
	assert_string_equal(outcome_header(&o, "x-a"), "one, two");
	assert_string_equal(outcome_header(&o, "x-b"), "three");
	get("/raw?kind=control");
	assert_null(outcome_header(&o, "x-bell"));
	assert_null(outcome_header(&o, "bad name"));
	assert_string_equal(outcome_header(&o, "x-good"), "1");
	get("/raw?kind=trailer");
	assert_string_equal(outcome_header(&o, "x-seen"), "head");
	assert_string_equal(outcome_body(&o), "ok\n");
}

static void
test_too_late(void **state)
{
	(void)state;
	ask_it(&(struct asking){.url = "/hold", .timeout_ms = 50});
	failed_with(HOSPES_EHTTP, "no answer within 50 ms");
	get("/release");
}

/* ---- Addresses --------------------------------------------------------------------------------------------------- */

static void
test_private_refused(void **state)
{
	static const char *const urls[] = {"http://127.0.0.1:%u/text", "http://localhost:%u/text",
	    "http://0x7f.1:%u/text", "http://2130706433:%u/text", "http://[::ffff:127.0.0.1]:%u/text",
	    "http://[::1]:%u/text", "http://0.0.0.0:%u/text", "http://[::]:%u/text"};
	int64_t before = count_of("/text");

	(void)state;
	get("/text"); /* leaves an open connection, which must not be taken */
	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		_cleanup_(buf_free) struct buf url = {0};
		const char *at = strstr(urls[i], "%u");

		buf_append(&url, urls[i], (size_t)(at - urls[i]));
		buf_printf(&url, "%u%s", webd.port, at + 2);
		ask_it(&(struct asking){.url = buf_text(&url), .public_only = true});
		failed_with(HOSPES_EADDRESS, "only public ones are granted");
	}
	assert_int_equal(count_of("/text"), before + 1);
}

static void
test_environment_is_ignored(void **state)
{
	_cleanup_(free_p) char *proxy = xasprintf("http://127.0.0.1:%u", webd.port);

	(void)state;
	setenv("http_proxy", proxy, 1);
	setenv("ALL_PROXY", proxy, 1);
	ask_it(&(struct asking){.url = "http://nowhere.invalid/text", .public_only = true});
	failed_with(HOSPES_EHTTP, "nowhere.invalid");
	ask_it(&(struct asking){.url = "http://nowhere.invalid/text"});
	failed_with(HOSPES_EHTTP, "nowhere.invalid");
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
}

/* ---- Redirects --------------------------------------------------------------------------------------------------- */

static void
test_redirects(void **state)
{
	(void)state;
	get("/redirect?to=/json&n=5");
	assert_int_equal(outcome_http_status(&o), 200);
	assert_non_null(strstr(json_string_value(json_object_get(o.answer, "url")), "/json"));
	get("/redirect?to=/json&n=6");
	failed_with(HOSPES_EHTTP, "after 5 redirects");
	get("/redirect?to=/json&code=300"); /* a choice, not a redirect */
	assert_int_equal(outcome_http_status(&o), 300);
}

static void
test_redirects_to_no_good(void **state)
{
	(void)state;
	get("/redirect?to=file:///etc/passwd");
	failed_with(HOSPES_EHTTP, "redirected to no good URL");
	get("/redirect?to=http://user:pass@example.com/");
	failed_with(HOSPES_EHTTP, "redirected to no good URL");
	get("/raw?kind=location");
	assert_int_equal(outcome_http_status(&o) == 302 || o.status == HOSPES_EHTTP, 1);
}

static void
test_redirect_changes_method(void **state)
{
	json_t *echo;

	(void)state;
	ask_it(&(struct asking){.url = "/redirect?to=/echo", .input = "{\"method\": \"POST\", \"body\": \"x\"}"});
	echo = outcome_json(&o);
	assert_string_equal(json_string_value(json_object_get(echo, "method")), "GET");
	assert_string_equal(json_string_value(json_object_get(echo, "body")), "");
	json_decref(echo);
	ask_it(
	    &(struct asking){.url = "/redirect?to=/echo&code=307", .input = "{\"method\": \"POST\", \"body\": \"x\"}"});
	echo = outcome_json(&o);
	assert_string_equal(json_string_value(json_object_get(echo, "method")), "POST");
	assert_string_equal(json_string_value(json_object_get(echo, "body")), "x");
	json_decref(echo);
}

static int
admit_none(const struct http_request *request, void *arg, struct fault *fault)
{
	assert_ptr_equal(arg, &o);
	return fault_set(fault, HOSPES_EPERM, "%s is not granted", request->host);
}

static int
admit_and_cancel(const struct http_request *request, void *arg, struct fault *fault)
{
	struct outcome *mine = arg;

	(void)request;
	(void)fault;
	http_cancel(&mine->transfer);
	event_base_loopbreak(loop);
	return 0;
}

static void
test_redirects_are_admitted(void **state)
{
	int64_t before = count_of("/json");

	(void)state;
	ask_it(&(struct asking){.url = "/redirect?to=/json", .admit = admit_none});
	failed_with(HOSPES_EPERM, "127.0.0.1 is not granted");
	assert_int_equal(count_of("/json"), before);
}

/* ---- Order and cancelling ---------------------------------------------------------------------------------------- */

static void
test_at_once(void **state)
{
	struct http_options options = {.loop = loop, .max_bytes = MAX_BYTES, .redirects = 1, .at_once = 2};
	struct outcome held[5], own = {0};
	struct http *two;
	struct fault fault;

	(void)state;
	assert_int_equal(http_open(&two, &options, &fault), 0);
	for (size_t i = 0; i < ARRAY_LEN(held); i++)
		ask_start(two, &webd, loop, &(struct asking){.url = "/hold"}, &held[i]);
	for (size_t left = ARRAY_LEN(held); left > 0; left -= left > 1 ? 2 : 1) {
		json_t *told;

		ask(http, &webd, loop, &(struct asking){.url = left > 1 ? "/holding?n=2" : "/holding?n=1"}, &own);
		told = outcome_json(&own);
		assert_int_equal(json_integer_value(json_object_get(told, "held")), left > 1 ? 2 : 1);
		json_decref(told);
		outcome_clear(&own);
		ask(http, &webd, loop, &(struct asking){.url = "/release"}, &own);
		outcome_clear(&own);
	}
	for (size_t i = 0; i < ARRAY_LEN(held); i++) {
		ask_wait(&held[i]);
		assert_int_equal(outcome_http_status(&held[i]), 200);
		outcome_clear(&held[i]);
	}
	http_close(&two);
}

static void
test_waiting_is_in_time(void **state)
{
	struct http_options options = {.loop = loop, .max_bytes = MAX_BYTES, .redirects = 1, .at_once = 1};
	struct outcome first, second;
	struct http *one;
	struct fault fault;

	(void)state;
	assert_int_equal(http_open(&one, &options, &fault), 0);
	ask_start(one, &webd, loop, &(struct asking){.url = "/hold"}, &first);
	ask_start(one, &webd, loop, &(struct asking){.url = "/text", .timeout_ms = 20}, &second);
	ask_wait(&second);
	assert_int_equal(second.status, HOSPES_EHTTP);
	assert_non_null(strstr(second.fault.text, "waiting for its turn"));
	http_close(&one); /* with a transfer in flight: nobody is told */
	assert_false(first.over);
	get("/text");
}

struct canceller {
	struct outcome *victims;
	size_t n;
};

static void
on_done_cancel(int status, struct payload *answer, const struct fault *fault, void *arg)
{
	struct canceller *c = arg;

	(void)answer;
	(void)fault;
	assert_int_equal(status, 0);
	for (size_t i = 0; i < c->n; i++)
		http_cancel(&c->victims[i].transfer);
	event_base_loopbreak(loop);
}

static void
test_cancel(void **state)
{
	struct outcome victims[8];
	struct canceller c = {victims, ARRAY_LEN(victims)};
	struct http_request request = {0};
	struct fault fault;
	_cleanup_(free_p) char *url = xasprintf("http://127.0.0.1:%u/text", webd.port);

	(void)state;
	/* before it began */
	ask_start(http, &webd, loop, &(struct asking){.url = "/text"}, &victims[0]);
	http_cancel(&victims[0].transfer);
	assert_null(victims[0].transfer);
	http_cancel(&victims[0].transfer); /* twice does no harm */

	/* running and waiting ones, from the callback of another */
	for (size_t i = 0; i < 3; i++)
		ask_start(http, &webd, loop, &(struct asking){.url = "/hold"}, &victims[i]);
	assert_int_equal(http_request_read(url, NULL, &request, &fault), 0);
	http_start(http, &(struct http_call){.request = &request,
			     .timeout_ns = 10 * NS_PER_S,
			     .allow_private = true,
			     .done = on_done_cancel,
			     .arg = &c});
	http_request_clear(&request);
	for (size_t i = 3; i < ARRAY_LEN(victims); i++)
		ask_start(http, &webd, loop, &(struct asking){.url = "/hold"}, &victims[i]);
	while (victims[7].transfer != NULL)
		event_base_loop(loop, EVLOOP_ONCE);
	for (size_t i = 0; i < ARRAY_LEN(victims); i++)
		assert_false(victims[i].over);
	get("/text"); /* their places are free again */
	assert_int_equal(outcome_http_status(&o), 200);

	/* from its own admit */
	ask_start(
	    http, &webd, loop, &(struct asking){.url = "/redirect?to=/json", .admit = admit_and_cancel}, &victims[0]);
	while (victims[0].transfer != NULL)
		event_base_loop(loop, EVLOOP_ONCE);
	get("/text");
	assert_false(victims[0].over);
}

static int
setup(void **state)
{
	struct http_options options = {.max_bytes = MAX_BYTES, .redirects = REDIRECTS, .at_once = AT_ONCE};
	struct fault fault;

	(void)state;
	loop = event_base_new();
	options.loop = loop;
	webd_start(&webd, NULL);
	return http_open(&http, &options, &fault);
}

static int
teardown(void **state)
{
	(void)state;
	outcome_clear(&o);
	http_close(&http);
	webd_stop(&webd);
	event_base_free(loop);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_any_status_is_an_answer),
	    cmocka_unit_test(test_bytes),
	    cmocka_unit_test(test_request_as_sent),
	    cmocka_unit_test(test_keys_that_break_out),
	    cmocka_unit_test(test_too_large),
	    cmocka_unit_test(test_broken),
	    cmocka_unit_test(test_sent_once),
	    cmocka_unit_test(test_unknown_outcome),
	    cmocka_unit_test(test_heads),
	    cmocka_unit_test(test_too_late),
	    cmocka_unit_test(test_private_refused),
	    cmocka_unit_test(test_environment_is_ignored),
	    cmocka_unit_test(test_redirects),
	    cmocka_unit_test(test_redirects_to_no_good),
	    cmocka_unit_test(test_redirect_changes_method),
	    cmocka_unit_test(test_redirects_are_admitted),
	    cmocka_unit_test(test_at_once),
	    cmocka_unit_test(test_waiting_is_in_time),
	    cmocka_unit_test(test_cancel),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
