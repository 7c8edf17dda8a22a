/* What replies have to pass on their way: `grounding.NAME`, the list `handoffs`, and which of them a call finds. */

#include <string.h>

#include "cmocka_all.h"

#include "base/fd.h"
#include "base/util.h"
#include "policy/handoffs.h"
#include "conf_scratch.h"

/* The first check of the rule that is found; "-": it has none. */
static const char *
found(const struct policy *p, const char *from, const char *to, char *const *capabilities)
{
	const struct policy_handoff *rule =
	    policy_handoff(p, policy_plugin(p, from), to == NULL ? NULL : policy_plugin(p, to), capabilities);

	assert_non_null(rule);
	assert_ptr_equal(rule, /* what was found is kept */
	    policy_handoff(p, policy_plugin(p, from), to == NULL ? NULL : policy_plugin(p, to), capabilities));
	return rule->checks != NULL && rule->checks[0] != NULL ? rule->checks[0] : "-";
}

static void
what_the_file_says(void **state)
{
	_cleanup_(policy_unref) struct policy *p =
	    good("grounding: { a: { checks = [ \"c\" ]; confidence = 0.75; retries = 3; "
		 "escalate = \"b\"; critical = false; check_deadline = \"2s\"; "
		 "on_fail = [ \"retry\", \"escalate\", \"review\", \"pass\" ]; }; "
		 "b: { confidence = 1; }; };");
	const struct policy_handoff *rule = &policy_plugin(p, "a")->grounding;
	static const enum policy_step steps[] = {STEP_RETRY, STEP_ESCALATE, STEP_REVIEW, STEP_PASS};

	(void)state;
	assert_true(rule->confidence == 0.75);
	assert_int_equal(rule->retries, 3);
	assert_string_equal(rule->escalate, "b");
	assert_false(rule->critical);
	assert_int_equal(rule->check_deadline_ns, 2 * NS_PER_S);
	assert_int_equal(rule->n_steps, 4);
	assert_memory_equal(rule->steps, steps, sizeof(steps));
	rule = &policy_plugin(p, "b")->grounding;
	assert_true(rule->confidence == 1);
	rule = &policy_plugin(p, "nobody")->grounding; /* the defaults */
	assert_true(rule->critical);
	assert_true(rule->confidence == 0);
	assert_int_equal(rule->retries, 1);
	assert_int_equal(rule->n_steps, 1);
	assert_int_equal(rule->steps[0], STEP_FAIL);
}

static void
the_most_particular_wins(void **state)
{
	static char *both[] = {"x", "facts", NULL}, *other[] = {"x", NULL};
	_cleanup_(policy_unref) struct policy *p = good(
	    "handoffs = ( { from = \"a\"; to = \"b\"; capability = \"facts\"; checks = [ \"from-to-cap\" ]; },"
	    "{ from = \"a\"; to = \"b\"; checks = [ \"from-to\" ]; }, { from = \"a\"; capability = \"facts\"; checks = "
	    "[ "
	    "\"from-cap\" ]; }, { from = \"a\"; checks = [ \"from\" ]; }, { to = \"b\"; capability = \"facts\"; checks "
	    "= [ "
	    "\"to-cap\" ]; }, { to = \"b\"; checks = [ \"to\" ]; }, { capability = \"facts\"; checks = [ \"cap\" ]; }, "
	    "{ "
	    "checks = [ \"all\" ]; } ); grounding: { a: { checks = [ \"own\" ]; }; c: { checks = [ \"own-c\" ]; }; };");

	(void)state;
	assert_string_equal(found(p, "a", "b", both), "from-to-cap");
	assert_string_equal(found(p, "a", "b", other), "from-to");
	assert_string_equal(found(p, "a", "d", both), "from-cap");
	assert_string_equal(found(p, "a", NULL, both), "from-cap");
	assert_string_equal(
	    found(p, "a", "d", other), "from"); /* before grounding.a, which says the same less clearly */
	assert_string_equal(found(p, "d", "b", both), "to-cap");
	assert_string_equal(found(p, "d", "b", NULL), "to");
	assert_string_equal(found(p, "d", "e", both), "cap");
	assert_string_equal(found(p, "d", NULL, NULL), "all");
	assert_string_equal(found(p, "c", "b", both), "own-c"); /* it is about c, the others about anybody */
	assert_string_equal(found(p, "supervisor", NULL, NULL), "quotes");
}

static void
nothing_is_found_where_nothing_is_said(void **state)
{
	static char *facts[] = {"facts", NULL};
	_cleanup_(policy_unref) struct policy *p = good("handoffs = ( { from = \"a\"; to = \"b\"; checks = [ \"c\" ]; "
							"}, { from = \"a\"; capability = \"other\"; } );");

	(void)state;
	assert_string_equal(found(p, "b", "a", facts), "-");
	assert_string_equal(found(p, "a", NULL, facts), "-");
	assert_string_equal(found(p, "x", "y", facts), "-"); /* names that the file does not have are nobody's */
	assert_ptr_equal(policy_handoff(p, policy_plugin(p, "x"), NULL, facts), &p->unnamed->grounding);
}

/* What an entry leaves out is as in `grounding.FROM`. */
static void
entries_inherit(void **state)
{
	_cleanup_(policy_unref) struct policy *p =
	    good("handoffs = ( { from = \"a\"; to = \"b\"; confidence = 0.5; }, { to = \"b\"; } ); grounding: { a: { "
		 "checks = [ "
		 "\"c\" ]; retries = 2; on_fail = [ \"retry\" ]; confidence = 0.25; critical = false; }; };");
	const struct policy_handoff *rule = policy_handoff(p, policy_plugin(p, "a"), policy_plugin(p, "b"), NULL);

	(void)state;
	assert_true(rule->confidence == 0.5);
	assert_string_equal(rule->checks[0], "c");
	assert_int_equal(rule->retries, 2);
	assert_int_equal(rule->steps[0], STEP_RETRY);
	assert_false(rule->critical);
	rule = policy_handoff(p, policy_plugin(p, "d"), policy_plugin(p, "b"), NULL);
	assert_null(rule->checks);
	assert_true(rule->critical);
}

static void
mistakes_are_told(void **state)
{
	(void)state;
	bad("grounding: { a: { confidence = 1.5; }; };", "a number from 0 to 1");
	bad("grounding: { a: { confidence = \"high\"; }; };", "a number from 0 to 1");
	bad("grounding: { a: { confidence = nan; }; };", "");
	bad("grounding: { a: { on_fail = [ \"again\" ]; }; };", "a list of \"retry\"");
	bad("grounding: { a: { on_fail = [ \"retry\", \"retry\" ]; }; };", "each once");
	bad("grounding: { a: { on_fail = [ \"fail\", \"retry\" ]; }; };", "nothing comes after");
	bad("grounding: { a: { on_fail = [ \"escalate\" ]; }; };", "grounding.a.on_fail: \"escalate\" needs somebody");
	bad("grounding: { a: { escalate = \"a\"; }; };", "grounding.a.escalate: found the plugin itself");
	bad("grounding: { a: { escalate = \"A\"; }; };", "the name of a plugin");
	bad("grounding: { a: { retries = 0; }; };", "from 1 to 20");
	bad("grounding: { a: { from = \"b\"; }; };", "no such key");
	bad("handoffs = 7;", "a list of at most 1000 groups");
	bad("handoffs = ( 7 );", "handoffs[0]: found the number 7");
	bad("handoffs = ( { form = \"a\"; } );", "did you mean from?");
	bad("handoffs = ( { from = \"a b\"; } );", "handoffs[0].from");
	bad("handoffs = ( { from = \"a\"; on_fail = [ \"escalate\" ]; } );", "handoffs[0].on_fail");
	bad("handoffs = ( { from = \"a\"; }, { to = \"b\"; },\n{ from = \"a\"; } );",
	    ":2: handoffs[2].from: it is about the same");
}

static void
note(const struct policy_change *change, void *arg)
{
	buf_printf(
	    arg, "%s: %s -> %s%s\n", change->key, change->from, change->to, change->reloadable ? "" : " (restart)");
}

static void
reload_tells_of_them(void **state)
{
	static const char now[] =
	    "handoffs = ( { from = \"a\"; confidence = 0.5; }, { to = \"b\"; checks = [ \"c\" ]; } ); "
	    "grounding: { a: { confidence = 0.25; on_fail = [ \"pass\" ]; }; };";
	_cleanup_(policy_unref) struct policy *before = good(""), *after = NULL;
	_cleanup_(buf_free) struct buf told = {0};

	(void)state;
	assert_int_equal(fd_write_file(path, now, strlen(now), 0600, &fault), 0);
	assert_int_equal(policy_reload(before, &after, &fault), 0);
	policy_diff(before, after, note, &told);
	assert_string_equal(buf_text(&told),
	    "handoffs: ( ) -> ( { confidence = 0.5; from = a; }, { checks = [ \"c\" ]; to = b; } )\n"
	    "grounding.a.confidence: 0 -> 0.25\ngrounding.a.on_fail: [ ] -> [ \"pass\" ]\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_the_file_says),
	    cmocka_unit_test(the_most_particular_wins),
	    cmocka_unit_test(nothing_is_found_where_nothing_is_said),
	    cmocka_unit_test(entries_inherit),
	    cmocka_unit_test(mistakes_are_told),
	    cmocka_unit_test(reload_tells_of_them),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
