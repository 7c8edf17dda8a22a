/* What stands in for agents that fail: the list `fallbacks`, what is wrong in it, and what a call finds. */

#include <string.h>

#include "cmocka_all.h"

#include "base/fd.h"
#include "base/util.h"
#include "policy/fallbacks.h"
#include "conf_scratch.h"

static void
what_the_file_says(void **state)
{
	_cleanup_(policy_unref) struct policy *p =
	    good("fallbacks = ( { of = \"a\"; on = [ \"failed\", \"crash\" ]; to = ( { agent = \"b\"; version = "
		 "\"1.2.0\"; }, "
		 "{ agent = \"cap:read.strict\"; }, { answer = \"{\\\"none\\\": null}\"; } ); },\n"
		 "{ of = \"cap:read.strict\"; to = ( { human = \"What does it say?\"; } ); } );\n"
		 "limits: { a: { timeout = \"2s\"; }; };");
	const struct policy_fallback *f = policy_fallback(p, "a");

	(void)state;
	assert_non_null(f);
	assert_int_equal(f->causes, FALLBACK_ON_FAILED | FALLBACK_ON_CRASH);
	assert_int_equal(f->n, 3);
	assert_string_equal(f->to[0].agent, "b");
	assert_string_equal(f->to[0].version, "1.2.0");
	assert_string_equal(f->to[1].agent, "cap:read.strict");
	assert_null(f->to[1].version);
	assert_string_equal(f->to[2].answer, "{\"none\": null}");
	f = policy_fallback(p, "cap:read.strict");
	assert_non_null(f);
	assert_int_equal(
	    f->causes, FALLBACK_ON_CRASH | FALLBACK_ON_TIMEOUT | FALLBACK_ON_BREAKER | FALLBACK_ON_REFUSED);
	assert_string_equal(f->to[0].human, "What does it say?");
	assert_null(policy_fallback(p, "b"));
	assert_null(policy_fallback(p, ""));
	assert_int_equal(policy_plugin(p, "a")->timeout_ns, 2 * NS_PER_S);
	assert_int_equal(policy_plugin(p, "b")->timeout_ns, 0);
}

static void
add(const struct policy_finding *f, void *arg)
{
	const char *line = f->at != NULL ? strrchr(f->at, ':') : NULL;

	assert_non_null(f->text);
	buf_printf(arg, "%s %s %s\n", f->mistake ? "mistake" : "warning", line != NULL ? line + 1 : "-", f->key);
}

/* "mistake LINE KEY" or "warning LINE KEY", a line each; a host refuses what has a mistake in it. */
static void
finds(const char *text, const char *expected)
{
	const struct policy_check_options options = {.root = true};
	_cleanup_(policy_unref) struct policy *p = NULL, *loaded = NULL;
	_cleanup_(buf_free) struct buf found = {0};

	assert_int_equal(fd_write_file(path, text, strlen(text), 0600, &fault), 0);
	policy_check(path, &options, add, &found, &p);
	assert_string_equal(buf_text(&found), expected);
	fault.text[0] = '\0';
	assert_int_equal(policy_load(path, false, &loaded, &fault) != 0, strstr(expected, "mistake") != NULL);
	assert_int_equal(fault.text[0] != '\0', strstr(expected, "mistake") != NULL);
}

static void
mistakes(void **state)
{
	(void)state;
	finds("fallbacks = ( );", "");
	finds("fallbacks = 1;", "mistake 1 fallbacks\n");
	finds("fallbacks = ( 1 );", "mistake 1 fallbacks[0]\n");
	finds("fallbacks = ( { } );", "mistake 1 fallbacks[0].of\nmistake 1 fallbacks[0].to\n");
	finds("fallbacks = ( { of = \"A\"; to = ( { answer = \"1\"; } ); } );", "mistake 1 fallbacks[0].of\n");
	finds("fallbacks = ( { of = \"cap:\"; to = ( { answer = \"1\"; } ); } );", "mistake 1 fallbacks[0].of\n");
	finds("fallbacks = ( { off = \"a\"; of = \"a\"; to = ( { answer = \"1\"; } ); } );",
	    "mistake 1 fallbacks[0].off\n");
	finds("fallbacks = (\n{ of = \"a\"; to = ( { answer = \"1\"; } ); },\n{ of = \"a\"; to = ( { answer = \"2\"; } "
	      "); } );",
	    "mistake 3 fallbacks[1].of\n");
	finds("fallbacks = ( { of = \"a\"; on = [ \"crash\", \"boredom\" ]; to = ( { answer = \"1\"; } ); } );",
	    "mistake 1 fallbacks[0].on\n");
	finds(
	    "fallbacks = ( { of = \"a\"; on = [ ]; to = ( { answer = \"1\"; } ); } );", "warning 1 fallbacks[0].on\n");
	finds("fallbacks = ( { of = \"a\"; to = [ \"b\" ]; } );",
	    "mistake 1 fallbacks[0].to\nmistake 1 fallbacks[0].to\n");
	finds("fallbacks = ( { of = \"a\"; to = ( \"b\" ); } );",
	    "mistake 1 fallbacks[0].to[0]\nmistake 1 fallbacks[0].to\n");
}

static void
mistakes_of_members(void **state)
{
	static const struct {
		const char *members, *expected;
	} cases[] = {
	    {"{ }", "mistake 1 fallbacks[0].to[0]\n"},
	    {"{ agent = \"b\"; answer = \"1\"; }", "mistake 1 fallbacks[0].to[0]\n"},
	    {"{ answer = \"1\"; human = \"?\"; }", "mistake 1 fallbacks[0].to[0]\n"},
	    {"{ agent = \"B b\"; }", "mistake 1 fallbacks[0].to[0]\n"},
	    {"{ answer = \"none\"; }", "mistake 1 fallbacks[0].to[0]\n"},
	    {"{ answer = \"1\"; version = \"1.0.0\"; }", "mistake 1 fallbacks[0].to[0]\n"},
	    {"{ agnet = \"b\"; }", "mistake 1 fallbacks[0].to[0].agnet\nmistake 1 fallbacks[0].to[0]\n"},
	    {"{ agent = 7; }", "mistake 1 fallbacks[0].to[0].agent\nmistake 1 fallbacks[0].to[0]\n"},
	    {"{ answer = \"\\\"none\\\"\"; }", ""},
	    {"{ answer = \"1\"; }, { agent = \"b\"; }", "warning 1 fallbacks[0].to[0]\n"},
	    {"{ human = \"?\"; }, { agent = \"b\"; }", "warning 1 fallbacks[0].to[0]\n"},
	    {"{ agent = \"a\"; }, { agent = \"a\"; version = \"0.9.0\"; }", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_(free_p) char *text =
		    xasprintf("fallbacks = ( { of = \"a\"; to = ( %s ); } );", cases[i].members);

		finds(text, cases[i].expected);
	}
}

static void
bounds(void **state)
{
	_cleanup_(buf_free) struct buf text = {0};

	(void)state;
	buf_appends(&text, "fallbacks = ( { of = \"a\"; to = ( ");
	for (unsigned i = 0; i < FALLBACK_TO_MAX; i++)
		buf_appends(&text, "{ agent = \"b\"; }, ");
	buf_appends(&text, "{ agent = \"c\"; } ); } );");
	finds(buf_text(&text), "mistake 1 fallbacks[0].to\nmistake 1 fallbacks[0].to\n");
}

static void
note_change(const struct policy_change *change, void *arg)
{
	buf_printf(arg, "%s: %s -> %s\n", change->key, change->from, change->to);
}

static void
a_change_is_told(void **state)
{
	_cleanup_(policy_unref) struct policy *was =
	    good("fallbacks = ( { of = \"a\"; to = ( { agent = \"b\"; version = \"1.0.0\"; } ); } );");
	static const char other[] =
	    "fallbacks = ( { of = \"a\"; on = [ \"crash\" ]; to = ( { answer = \"1\"; }, { human = \"?\"; } ); } );";
	_cleanup_(policy_unref) struct policy *now = NULL;
	_cleanup_(buf_free) struct buf told = {0};

	(void)state;
	assert_int_equal(fd_write_file(path, other, strlen(other), 0600, &fault), 0);
	assert_int_equal(policy_reload(was, &now, &fault), 0);
	assert_int_equal(policy_diff(was, now, note_change, &told), 1);
	assert_string_equal(buf_text(&told),
	    "fallbacks: ( { of = a; to = ( { agent = b; version = 1.0.0; } ); } ) -> "
	    "( { of = a; on = [ \"crash\" ]; to = ( { answer = 1; }, { human = ?; } ); } )\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_the_file_says),
	    cmocka_unit_test(mistakes),
	    cmocka_unit_test(mistakes_of_members),
	    cmocka_unit_test(bounds),
	    cmocka_unit_test(a_change_is_told),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
