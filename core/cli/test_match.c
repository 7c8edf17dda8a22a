/* Does what came out agree with the case?  See test_case.h. */

#include "config.h"

#include <math.h>
#include <regex.h>
#include <string.h>

#include "base/json.h"
#include "base/util.h"
#include "cli/command.h"
#include "cli/test_case.h"

#define SHOWN_MAX 2000 /* bytes of a value in a sentence */

static void
show(struct buf *why, const char *what, const json_t *value)
{
	_cleanup_(free_p) char *text = value != NULL ? json_text(value) : xstrdup("nothing");

	buf_printf(why, "%s %.*s%s", what, SHOWN_MAX, text, strlen(text) > SHOWN_MAX ? "..." : "");
}

static bool
differs(struct buf *why, const char *at, const json_t *expected, const json_t *found)
{
	buf_printf(why, "at %s: ", at);
	show(why, "expected", expected);
	show(why, ", found", found);
	return false;
}

static bool
match_regex(const json_t *matcher, const json_t *value, const char *at, struct buf *why)
{
	regex_t regex;
	bool matched;

	if (!json_is_string(value))
		return differs(why, at, matcher, value);
	if (regcomp(&regex, json_string_value(json_object_get(matcher, "$regex")), REG_EXTENDED | REG_NOSUB) != 0) {
		buf_printf(why, "at %s: the case's $regex is no extended regular expression", at);
		return false;
	}
	matched = regexec(&regex, json_string_value(value), 0, NULL, 0) == 0;
	regfree(&regex);
	return matched || differs(why, at, matcher, value);
}

static bool
match_object(const json_t *matcher, const json_t *value, const char *at, struct buf *why)
{
	const char *key;
	json_t *one;

	if (json_object_size(matcher) == 1 && json_is_string(json_object_get(matcher, "$regex")))
		return match_regex(matcher, value, at, why);
	if (!json_is_object(value))
		return differs(why, at, matcher, value);
	json_object_foreach((json_t *)(uintptr_t)matcher, key, one)
	{
		_cleanup_(free_p) char *inner = xasprintf("%s.%s", at, key);
		const json_t *found = json_object_get(value, key);

		if (found == NULL)
			return differs(why, inner, one, NULL);
		if (!test_match(one, found, inner, why))
			return false;
	}
	return true;
}

static bool
match_array(const json_t *matcher, const json_t *value, const char *at, struct buf *why)
{
	const json_t *one;
	size_t i;

	if (!json_is_array(value) || json_array_size(value) != json_array_size(matcher))
		return differs(why, at, matcher, value);
	json_array_foreach(matcher, i, one)
	{
		_cleanup_(free_p) char *inner = xasprintf("%s[%zu]", at, i);

		if (!test_match(one, json_array_get(value, i), inner, why))
			return false;
	}
	return true;
}

bool
test_match(const json_t *matcher, const json_t *value, const char *at, struct buf *why)
{
	if (json_is_object(matcher))
		return match_object(matcher, value, at, why);
	if (json_is_array(matcher))
		return match_array(matcher, value, at, why);
	if (json_is_number(matcher) && json_is_number(value)) {
		if (json_is_integer(matcher) && json_is_integer(value)
			? json_integer_value(matcher) == json_integer_value(value)
			: !islessgreater(json_number_value(matcher), json_number_value(value)))
			return true;
		return differs(why, at, matcher, value);
	}
	return json_equal(matcher, value) || differs(why, at, matcher, value);
}

bool
test_case_agrees(const struct test_case *c, const json_t *run, struct buf *why)
{
	const json_t *error = json_object_get(run, "error"), *result = json_object_get(run, "result");

	if (strcmp(cli_text(run, "status"), c->status) != 0) {
		buf_printf(why, "expected it to end as %s, and it ended as %s", c->status, cli_text(run, "status"));
		if (error != NULL)
			buf_printf(why, ": %s", cli_text(error, "message"));
		return false;
	}
	if (c->output != NULL && !json_equal(c->output, result))
		return differs(why, "output", c->output, result);
	return c->matcher == NULL || test_match(c->matcher, result, "output", why);
}
