/* JSON from outside, and the schemas that it is checked against. */

#include "cmocka_all.h"

#include "base/json.h"

static json_t *
parse(const char *text, struct fault *fault)
{
	return json_read(text, strlen(text), "input", fault);
}

static void
any_value_is_read(void **state)
{
	static const char *const good[] = {"1", "\"x\"", "null", "true", "[]", "{\"a\":[1,2.5]}", " [1] "};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		_cleanup_(json_p) json_t *j = parse(good[i], NULL);

		assert_non_null(j);
	}
}

static void
what_is_not_json_is_refused(void **state)
{
	static const char *const bad[] = {"", " ", "{", "[1,]", "{\"a\":1,\"a\":2}", "[1] 2", "\"\\u0000\"", "nul",
	    "'x'", "\"\\ud800\"", "1e999", "\"a\nb\""};
	struct fault fault;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		fault = (struct fault){0};
		assert_null(parse(bad[i], &fault));
		assert_int_equal(fault.status, HOSPES_EINPUT);
		assert_memory_equal(fault.text, "input must be JSON", 18);
	}
	assert_null(json_read("\"\0\"", 3, "input", NULL));
	assert_null(parse("\"\xff\"", &fault));
	assert_non_null(strstr(fault.text, "UTF-8"));
}

static void
plain_is_what_the_parser_takes_too(void **state)
{
	static const char *const plain[] = {"1", "-0.5", "\"x\"", "null", " true ", "[]", "{ }",
	    "{\"a\":[1,2.5],\"b\":{\"a\":\"\\n\"}}", "\"\xc3\xa4 and more than eight\"", "[[[1]],[],{}]"};
	static const char *const other[] = {"", " ", "{", "[1,]", "{\"a\":1,\"a\":2}", "nul", "'x'", "\"\\u0000\"",
	    "\"\\ud800\"", "1e999", "1.", "01", "-", ".5", "1234567890123456", "\"a\nb\"", "\"1234567a\nb\"", "\"a",
	    "\"a\\", "\"\\x\"", "{\"a\"}", "{\"a\":}", "{a:1}", "]", "{\"a\\n\":1}"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
		_cleanup_(json_p) json_t *j = parse(plain[i], NULL);
		size_t at = 0;

		assert_true(json_plain(plain[i], strlen(plain[i]), &at));
		assert_int_equal(at, strlen(plain[i]));
		assert_non_null(j);
	}
	for (size_t i = 0; i < ARRAY_LEN(other); i++) {
		size_t at = 0;

		assert_false(json_plain(other[i], strlen(other[i]), &at));
	}
	for (size_t at = 0, n = 1; n < 60; n++, at = 0) { /* whatever is cut off is no value */
		const char *text = "{\"a\":[true,-12.5,\"x\\ty and what follows\"],\"b\":null,\"c\":{}} ";

		assert_int_equal(json_plain(text, n, &at), n >= strlen(text) - 1);
	}
}

static void
text_is_quoted(void **state)
{
	_cleanup_(buf_free) struct buf out = {0};

	(void)state;
	json_append(&out, "a\"b\\c\n\x01 \xc3\xa4");
	assert_string_equal(buf_text(&out), "\"a\\u0022b\\u005cc\\u000a\\u0001 \xc3\xa4\"");
}

static void
depth_is_bounded_before_parsing(void **state)
{
	struct buf b = {0};
	struct fault fault;

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_appends(&b, "[");
	assert_null(json_read(b.data, b.len, "input", &fault));
	assert_non_null(strstr(fault.text, "128 deep"));
	buf_free(&b);
}

static void
text_is_compact_and_in_order(void **state)
{
	_cleanup_(json_p) json_t *j = parse("{ \"z\": 1, \"a\": [ true, null ] }", NULL);
	_cleanup_(free_p) char *text = json_text(j);
	_cleanup_(payload_unref) struct payload *p = json_payload(j);

	(void)state;
	assert_string_equal(text, "{\"z\":1,\"a\":[true,null]}");
	assert_int_equal(p->len, strlen(text));
	assert_memory_equal(p->data, text, p->len);
}

static const struct {
	const char *schema, *value;
	const char *fault; /* NULL: fits */
} checks[] = {
    {"true", "1", NULL},
    {"false", "1", "x: nothing is allowed here"},
    {"{}", "{}", NULL},
    {"{\"type\":\"integer\"}", "1.0", NULL},
    {"{\"type\":\"integer\"}", "1.5", "x: expected the type \"integer\", found number"},
    {"{\"type\":\"number\"}", "1", NULL},
    {"{\"type\":[\"string\",\"null\"]}", "null", NULL},
    {"{\"type\":[\"string\",\"null\"]}", "[]", "x: expected the type [\"string\",\"null\"], found array"},
    {"{\"type\":\"boolean\"}", "false", NULL},
    {"{\"type\":\"boolean\"}", "0", "x: expected the type \"boolean\", found integer"},
    {"{\"enum\":[\"a\",2]}", "2.0", NULL},
    {"{\"enum\":[\"a\",2]}", "\"b\"", "x: expected one of [\"a\",2]"},
    {"{\"const\":{\"a\":[1]}}", "{\"a\":[1.0]}", NULL},
    {"{\"const\":{\"a\":[1]}}", "{\"a\":[1,2]}", "x: expected exactly {\"a\":[1]}"},
    {"{\"minimum\":1}", "0", "x: expected at least 1, found 0"},
    {"{\"minimum\":1}", "\"text\"", NULL},
    {"{\"maximum\":9007199254740993}", "9007199254740992", NULL},
    {"{\"maximum\":9007199254740992}", "9007199254740993", "x: expected at most 9.0072e+15, found 9.0072e+15"},
    {"{\"minLength\":2}", "\"\xc3\xa9\"", "x: expected at least 2 characters, found 1"},
    {"{\"maxLength\":1}", "\"\xc3\xa9\"", NULL},
    {"{\"minItems\":1}", "[]", "x: expected at least 1 items, found 0"},
    {"{\"maxItems\":1}", "[1,2]", "x: expected at most 1 items, found 2"},
    {"{\"required\":[\"a\"]}", "{\"b\":1}", "x: the member \"a\" is required and missing"},
    {"{\"required\":[\"a\"]}", "[]", NULL},
    {"{\"properties\":{\"a\":{\"items\":{\"type\":\"string\"}}}}", "{\"a\":[\"s\",1]}",
	"x: /a/1: expected the type \"string\", found integer"},
    {"{\"properties\":{\"a\":{}},\"additionalProperties\":false}", "{\"a\":1,\"b\":2}",
	"x: the member \"b\" is not known here"},
    {"{\"additionalProperties\":{\"type\":\"null\"}}", "{\"b\":2}", "x: /b: expected the type \"null\", found integer"},
    {"{\"additionalProperties\":true,\"title\":\"t\",\"description\":\"d\",\"default\":1}", "{\"b\":2}", NULL},
};

static void
values_are_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
		_cleanup_(json_p) json_t *schema = parse(checks[i].schema, NULL), *value = parse(checks[i].value, NULL);
		struct fault fault = {0};

		assert_int_equal(schema_valid(schema, &fault), 0);
		assert_int_equal(schema_check(schema, value, "x", &fault), checks[i].fault == NULL ? 0 : HOSPES_EINPUT);
		assert_string_equal(fault.text, checks[i].fault == NULL ? "" : checks[i].fault);
		assert_int_equal(schema_check(schema, value, "x", NULL), checks[i].fault == NULL ? 0 : HOSPES_EINPUT);
	}
}

static void
schemas_that_would_not_be_checked_are_refused(void **state)
{
	static const char *const bad[] = {"1", "[]", "{\"pattern\":\"a\"}", "{\"type\":\"text\"}", "{\"type\":[1]}",
	    "{\"properties\":[]}", "{\"properties\":{\"a\":1}}", "{\"items\":{\"oneOf\":[]}}", "{\"required\":\"a\"}",
	    "{\"required\":[1]}", "{\"enum\":1}", "{\"minimum\":\"1\"}", "{\"minLength\":-1}", "{\"maxItems\":1.5}",
	    "{\"additionalProperties\":0}", "{\"title\":1}"};
	struct fault fault;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		_cleanup_(json_p) json_t *schema = parse(bad[i], NULL);

		assert_int_equal(schema_valid(schema, &fault), HOSPES_EINPUT);
	}
	{
		_cleanup_(json_p) json_t *schema = parse("{\"properties\":{\"a\":{\"items\":{\"$ref\":\"#\"}}}}", NULL);

		schema_valid(schema, &fault);
		assert_string_equal(fault.text,
		    "schema: /properties/a/items: the keyword \"$ref\" is not one that is checked; leave it out");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(any_value_is_read),
	    cmocka_unit_test(what_is_not_json_is_refused),
	    cmocka_unit_test(plain_is_what_the_parser_takes_too),
	    cmocka_unit_test(text_is_quoted),
	    cmocka_unit_test(depth_is_bounded_before_parsing),
	    cmocka_unit_test(text_is_compact_and_in_order),
	    cmocka_unit_test(values_are_checked),
	    cmocka_unit_test(schemas_that_would_not_be_checked_are_refused),
	};

	return cmocka_run_group_tests_name("base_json", tests, NULL, NULL);
}
