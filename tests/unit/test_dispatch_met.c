/* What a caller keeps of the callee that it had last lets nobody through who would not be let through without. */

#include "stages_world.h"

#include "dispatch/guard.h"

static char *calls_b[] = {"call:b", NULL};
static char *calls_what_sums[] = {"call:cap:sum", NULL};
static char *sums[] = {"sum", NULL};

/* By its number. */
static void
ask_for_version(struct call *call, const char *target, const char *semver)
{
	_cleanup_(payload_unref) struct payload *p = payload_text("{}");
	struct wire_op op = {.kind = WIRE_OP_CALL};

	w.events.op(call, call->reissued++, &op, target, semver, NULL, p, w.events.arg);
}

static void
answers(const char *plugin)
{
	assert_string_equal(newest()->plugin, plugin);
	reply(newest(), 0, "1");
}

static void
drop(struct version *v)
{
	version_unref(&v);
}

static int
begin(void **state)
{
	int rc = setup(state);

	w.calls.drop = drop;
	return rc;
}

static void
assert_nobody_is_held(void)
{
	reply(w.submitted[0], 0, "{}");
	assert_true(w.ended);
	config_drop(w.run);
	resolve_drop(w.run);
	for (unsigned i = 0; i < w.n_versions; i++)
		assert_int_equal(w.versions[i].refs, 0);
}

/* ---- Permission -------------------------------------------------------------------------------------------------- */

/* A name may be called; what leads to the same agent, and was not declared, not. */
static void
test_a_name_is_no_capability(void **state)
{
	struct call *root;

	(void)state;
	root = begins();
	w.versions[0].needs = calls_b;
	w.versions[1].capabilities = sums;
	for (int i = 0; i < 2; i++) {
		ask(root, "b");
		answers("b");
		ask(root, "cap:sum");
		assert_int_equal(last_status(), HOSPES_EPERM);
	}
	ask(root, "b");
	answers("b");
	assert_nobody_is_held();
}

/* Who offers what is declared may be called by name; who offers it no longer, in the version that is used then, not. */
static void
test_another_version_is_asked_about_anew(void **state)
{
	struct call *root;
	struct version *newer;

	(void)state;
	root = begins();
	w.versions[0].needs = calls_what_sums;
	w.versions[1].capabilities = sums;
	newer = version_add("b", "2.0.0");
	newer->state = VERSION_STAGED;
	for (int i = 0; i < 2; i++) {
		ask(root, "b");
		answers("b");
		ask_for_version(root, "b", "2.0.0");
		assert_int_equal(last_status(), HOSPES_EPERM);
		ask(root, "cap:sum");
		answers("b");
	}
	ask(root, "b");
	answers("b");
	w.versions[1].state = VERSION_WITHDRAWN;
	newer->state = VERSION_ACTIVE;
	ask(root, "b");
	assert_int_equal(last_status(), HOSPES_EPERM);
	assert_nobody_is_held();
}

/* What stands in for a callee is the operator's word for that call alone. */
static void
test_who_stood_in_may_not_be_called(void **state)
{
	struct call *root;

	(void)state;
	then_agent(list_of("b"), "c", NULL);
	root = begins();
	w.versions[0].needs = calls_b;
	for (int i = 0; i < 2; i++) {
		ask(root, "b");
		reply(newest(), HOSPES_EPOISON, "b ended two cells");
		answers("c");
		assert_int_equal(last_status(), 0);
		ask(root, "c");
		assert_int_equal(last_status(), HOSPES_EPERM);
	}
	assert_nobody_is_held();
}

/* ---- Which version ----------------------------------------------------------------------------------------------- */

/* One of two callers finds that the pin is void; the other has met the version that it was. */
static void
test_a_void_pin_is_so_for_all(void **state)
{
	struct call *root, *b;

	(void)state;
	root = begins();
	ask(root, "b");
	b = newest();
	ask(root, "c");
	answers("c");
	ask(b, "c");
	answers("c");
	w.versions[2].state = VERSION_WITHDRAWN;
	version_add("c", "1.1.0");
	for (int i = 0; i < 2; i++) {
		ask(i == 0 ? b : root, "c");
		assert_string_equal(newest()->semver, "1.1.0");
		answers("c");
	}
	reply(b, 0, "1");
	assert_nobody_is_held();
}

/* A number says nothing of what the name means, before it has a meaning and after. */
static void
test_a_number_is_no_name(void **state)
{
	struct call *root;
	struct version *newer;

	(void)state;
	root = begins();
	newer = version_add("b", "2.0.0");
	newer->state = VERSION_STAGED;
	for (int i = 0; i < 2; i++) {
		ask_for_version(root, "b", "2.0.0");
		assert_string_equal(newest()->semver, "2.0.0");
		answers("b");
		ask(root, "b");
		assert_string_equal(newest()->semver, "1.0.0");
		answers("b");
	}
	assert_nobody_is_held();
}

/* ---- Cycles ------------------------------------------------------------------------------------------------------ */

/* Each caller has a chain of its own. */
static void
test_a_chain_is_of_its_caller(void **state)
{
	struct call *root, *b, *c;

	(void)state;
	root = begins();
	ask(root, "c");
	answers("c");
	ask(root, "b");
	b = newest();
	for (int i = 0; i < 2; i++) {
		ask(b, "c");
		c = newest();
		assert_string_equal(c->plugin, "c");
		ask(c, i == 0 ? "b" : "a");
		assert_int_equal(last_status(), HOSPES_ECYCLE);
		reply(c, 0, "1");
		ask(b, "b");
		assert_int_equal(last_status(), HOSPES_ECYCLE);
		ask(b, "a");
		assert_int_equal(last_status(), HOSPES_ECYCLE);
	}
	reply(b, 0, "1");
	assert_nobody_is_held();
}

int
main(void)
{
#define PROMISE(f) cmocka_unit_test_setup_teardown(f, begin, teardown)
	const struct CMUnitTest tests[] = {
	    PROMISE(test_a_name_is_no_capability),
	    PROMISE(test_another_version_is_asked_about_anew),
	    PROMISE(test_who_stood_in_may_not_be_called),
	    PROMISE(test_a_void_pin_is_so_for_all),
	    PROMISE(test_a_number_is_no_name),
	    PROMISE(test_a_chain_is_of_its_caller),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
