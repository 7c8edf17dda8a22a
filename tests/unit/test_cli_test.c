/* What `hospes run` and `hospes test` read: files in an input, cases, matchers, the ops of a run. */

#include "config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/json.h"
#include "base/util.h"
#include "cli/expand.h"
#include "cli/test_case.h"
#include "cli/test_ops.h"

static char dir[] = "/tmp/hospes-cli-XXXXXX";

static int
set_up(void **state)
{
	struct fault fault;

	(void)state;
	if (mkdtemp(dir) == NULL || chdir(dir) != 0)
		return -1;
	return fd_write_file("plain", "text\n", 5, 0600, &fault) | fd_write_file("empty", "", 0, 0600, &fault) |
	       fd_write_file("bytes", "\xff\0\x01", 3, 0600, &fault) | symlink("plain", "link") |
	       mkdir("folder", 0700) | mkfifo("fifo", 0600) | mkdir("cases", 0700);
}

static int
tear_down(void **state)
{
	_cleanup_(free_p) char *command = xasprintf("rm -r '%s'", dir);

	(void)state;
	return chdir("/") | system(command);
}

static json_t *
parsed(const char *text)
{
	json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);

	assert_non_null(json);
	return json;
}

/* ---- Files in an input ---- */

static void
expands(const char *from, const char *to)
{
	_cleanup_(json_p) json_t *value = parsed(from), *expected = parsed(to);
	struct fault fault;

	if (expand_files(&value, &fault) != 0)
		fail_msg("%s: %s", from, fault.text);
	if (!json_equal(value, expected)) {
		_cleanup_(free_p) char *text = json_text(value);

		fail_msg("%s became %s", from, text);
	}
}

static void
refuses(const char *from, int status, const char *part)
{
	_cleanup_(json_p) json_t *value = parsed(from);
	struct fault fault;

	assert_int_equal(expand_files(&value, &fault), status);
	if (strstr(fault.text, part) == NULL)
		fail_msg("no \"%s\" in: %s", part, fault.text);
}

static void
test_expand(void **state)
{
	(void)state;
	expands("7", "7");
	expands("{\"file\": \"plain\"}", "{\"file\": \"plain\"}");
	expands("{\"$file\": \"plain\"}", "{\"name\": \"plain\", \"text\": \"text\\n\"}");
	expands("[[{\"a\": {\"$file\": \"empty\"}}, 1]]", "[[{\"a\": {\"name\": \"empty\", \"text\": \"\"}}, 1]]");
	expands("[{\"$file\": \"bytes\"}]", "[{\"name\": \"bytes\", \"base64\": \"/wAB\"}]");
	refuses("{\"$file\": \"absent\"}", HOSPES_ENOENT, "absent");
	refuses("{\"$file\": \"plain/x\"}", HOSPES_ENOENT, "plain/x");
	refuses("[{\"$file\": \"link\"}]", HOSPES_EINPUT, "symbolic link");
	refuses("{\"a\": {\"$file\": \"folder\"}}", HOSPES_EINPUT, "a folder");
	refuses("{\"$file\": \"fifo\"}", HOSPES_EINPUT, "regular file");
	refuses("{\"$file\": \"\"}", HOSPES_EINPUT, "$file");
	refuses("{\"$file\": 7}", HOSPES_EINPUT, "$file");
	refuses("{\"$file\": \"plain\", \"other\": 1}", HOSPES_EINPUT, "alone");
}

static void
test_expand_too_large(void **state)
{
	int fd = open("large", O_CREAT | O_WRONLY, 0600);

	(void)state;
	assert_int_equal(ftruncate(fd, (off_t)EXPAND_MAX / 2 + 1), 0);
	close(fd);
	refuses("[{\"$file\": \"large\"}, {\"$file\": \"large\"}]", HOSPES_ETOOLARGE, "64 MiB together");
	unlink("large");
}

static void
test_base64(void **state)
{
	static const char *const pairs[][2] = {
	    {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xff\xfe\xfd", "//79"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		_cleanup_(free_p) char *text = base64_encode(pairs[i][0], strlen(pairs[i][0]));

		assert_string_equal(text, pairs[i][1]);
	}
}

/* ---- Matchers ---- */

static bool
match(const char *matcher, const char *value)
{
	_cleanup_(json_p) json_t *m = parsed(matcher), *v = parsed(value);
	_cleanup_(buf_free) struct buf why = {0};
	bool matched = test_match(m, v, "output", &why);

	assert_true(matched == (why.len == 0));
	return matched;
}

static void
test_matchers(void **state)
{
	(void)state;
	assert_true(match("{}", "{\"a\": 1}"));
	assert_true(match("{\"a\": {\"b\": 1.0}}", "{\"a\": {\"b\": 1, \"c\": 2}, \"d\": 3}"));
	assert_true(match("[1, {\"$regex\": \"^a+$\"}]", "[1, \"aaa\"]"));
	assert_true(match("null", "null"));
	assert_false(match("{\"a\": 1}", "{}"));
	assert_false(match("{\"a\": 1}", "{\"a\": 2}"));
	assert_false(match("{\"a\": 1}", "{\"a\": \"1\"}"));
	assert_false(match("[1]", "[1, 2]"));
	assert_false(match("{\"$regex\": \"^a+$\"}", "\"b\""));
	assert_false(match("{\"$regex\": \"^a+$\"}", "7"));
	assert_false(match("{\"$regex\": \"(\"}", "\"b\""));
	assert_false(match("9007199254740993", "9007199254740992"));
}

/* ---- Cases ---- */

static int
read_case(const char *text, struct test_cases *cases)
{
	const char *const names[] = {"one"};
	struct fault fault;
	int rc;

	assert_int_equal(fd_write_file("cases/one.json", text, strlen(text), 0600, &fault), 0);
	test_cases_free(cases);
	rc = test_cases_read(cases, "./plugin.so", names, 1, &fault);
	unlink("cases/one.json");
	return rc;
}

static bool
agrees(const struct test_cases *cases, const char *run)
{
	_cleanup_(json_p) json_t *json = parsed(run);
	_cleanup_(buf_free) struct buf why = {0};

	return test_case_agrees(&cases->list[0], json, &why);
}

static void
test_findings(void **state)
{
	_cleanup_(free_p) char *long_one = xmalloc(70000), *text = NULL;
	_cleanup_(test_cases_free) struct test_cases cases = {0};
	_cleanup_(json_p) json_t *request = NULL, *none = NULL, *expected = parsed("[{\"claim\": 1}]");
	const json_t *script;

	(void)state;
	assert_int_equal(read_case("{\"output\": 1, \"findings\": [{\"claim\": 1}]}", &cases), 0);
	request = test_case_request(&cases.list[0], "a", "1.0.0");
	script = json_object_get(request, "script");
	assert_true(json_equal(json_object_get(script, "findings"), expected));
	assert_int_equal(read_case("{\"output\": 1}", &cases), 0);
	none = test_case_request(&cases.list[0], "a", "1.0.0");
	assert_null(json_object_get(json_object_get(none, "script"), "findings"));
	memset(long_one, 'x', 69999);
	long_one[69999] = '\0';
	text = xasprintf("{\"output\": 1, \"findings\": [{\"why\": \"%s\"}]}", long_one);
	assert_int_equal(read_case(text, &cases), HOSPES_EINPUT);
}

static void
test_cases(void **state)
{
	static const char *const bad[] = {"", "[]", "{}", "{\"output\": 1, \"matcher\": 1}",
	    "{\"output\": 1, \"inptu\": 2}", "{\"status\": \"fine\"}", "{\"status\": 7}",
	    "{\"output\": 1, \"findings\": {}}", "{\"output\": 1, \"findings\": []}",
	    "{\"output\": 1, \"findings\": [{\"why\": \"x\"}, \"y\"]}", "{\"output\": 1, \"ops\": {}}",
	    "{\"output\": 1, \"ops\": [7]}", "{\"output\": 1, \"ops\": [{\"expect\": {\"op\": \"call\"}}]}",
	    "{\"output\": 1, \"ops\": [{\"expect\": {\"op\": \"now\"}, \"answer\": 1, \"error\": {}}]}",
	    "{\"output\": 1, \"ops\": [{\"expect\": {\"op\": \"call\"}, \"error\": {\"code\": \"odd\"}}]}",
	    "{\"output\": 1, \"ops\": [{\"expect\": {\"op\": \"sleep\"}, \"answer\": 1}]}",
	    "{\"output\": 1, \"ops\": [{\"expect\": {\"opp\": \"call\"}, \"answer\": 1}]}"};
	_cleanup_(test_cases_free) struct test_cases cases = {0};
	struct fault fault;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(read_case(bad[i], &cases), HOSPES_EINPUT);
	assert_int_equal(read_case("{\"input\": 1, \"output\": {\"a\": 1}}", &cases), 0);
	assert_string_equal(cases.list[0].name, "one");
	assert_true(agrees(&cases, "{\"status\": \"ok\", \"result\": {\"a\": 1}}"));
	assert_false(agrees(&cases, "{\"status\": \"ok\", \"result\": {\"a\": 1, \"b\": 2}}"));
	assert_false(agrees(&cases, "{\"status\": \"partial\", \"result\": {\"a\": 1}}"));
	assert_int_equal(
	    read_case("{\"output\": 1, \"ops\": [{\"expect\": {\"op\": \"recall\", \"target\": \"/last\"}, "
		      "\"answer\": {\"value\": 1, \"version\": 1}}]}",
		&cases),
	    0);
	assert_int_equal(read_case("{\"status\": \"cycle\"}", &cases), 0);
	assert_true(agrees(&cases, "{\"status\": \"cycle\"}"));
	test_cases_free(&cases);
	assert_int_equal(test_cases_read(&cases, "./plugin.so", NULL, 0, &fault), HOSPES_ENOENT);
}

/* ---- Ops ---- */

static bool
same_ops(const char *a, const char *b)
{
	_cleanup_(json_p) json_t *x = parsed(a), *y = parsed(b), *x_ops = test_ops_of(x), *y_ops = test_ops_of(y);
	_cleanup_(buf_free) struct buf why = {0};
	bool same = test_ops_equal(x_ops, "a", y_ops, "b", &why);

	assert_true(same == (why.len == 0));
	return same;
}

#define ROOT                    "{\"path\": \"/0\", \"op\": \"call\", \"target\": \"me\"}"
#define OP(n, op, target, rest) "{\"path\": \"/0/" #n "\", \"op\": \"" op "\", \"target\": \"" target "\"" rest "}"

static void
test_ops(void **state)
{
	_cleanup_(json_p) json_t *records = parsed("[" ROOT "," OP(10, "call", "b", "") "," OP(2, "now", "", "") "," OP(
	    0, "http", "u", "") "," OP(3, "remember", "/k", "") "," OP(4, "search", "sources", "") "]");
	_cleanup_(json_p) json_t *ops = test_ops_of(records);

	(void)state;
	assert_int_equal(json_array_size(ops), 5);
	assert_string_equal(json_string_value(json_object_get(json_array_get(ops, 4), "path")), "/0/10");
	assert_int_equal(test_ops_outside(ops), 4);
	assert_true(same_ops("[" ROOT "]", "[]"));
	assert_true(same_ops("[" OP(0, "call", "a", ", \"input_hash\": \"1\"") "," OP(1, "now", "", "") "]",
	    "[" OP(1, "now", "", "") "," OP(0, "call", "a", ", \"input\": {}") "]"));
	assert_false(same_ops("[" OP(0, "call", "a", "") "]", "[" OP(0, "call", "b", "") "]"));
	assert_false(same_ops("[" OP(0, "call", "a", "") "]", "[]"));
	assert_false(same_ops("[" OP(0, "call", "a", ", \"input_hash\": \"1\"") "]",
	    "[" OP(0, "call", "a", ", \"input_hash\": \"2\"") "]"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_expand),
	    cmocka_unit_test(test_expand_too_large),
	    cmocka_unit_test(test_base64),
	    cmocka_unit_test(test_matchers),
	    cmocka_unit_test(test_cases),
	    cmocka_unit_test(test_findings),
	    cmocka_unit_test(test_ops),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
