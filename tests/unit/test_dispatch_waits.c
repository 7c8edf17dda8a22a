/*
 * Calls that wait without a cell, and runs of which nothing can go on: when they go on again, what is shown of them, and who is
 * named when nobody ever will.
 */

#include "dispatch_world.h"

#include "dispatch/state.h"

static void
evict(struct call *call)
{
	assert_int_equal(call->state, CALL_PARKED);
	call->cell = NULL;
	call->state = CALL_EVICTED;
	w.events.evicted(call, w.events.arg);
}

static void
limit(const char *plugin, unsigned n)
{
	struct policy_plugin *limits = calloc(1, sizeof(*limits));

	limits->name = strdup(plugin);
	limits->concurrency = n;
	map_put(&w.policy->plugins, limits->name, limits);
}

static void
add_agents(void)
{
	version_add("a", "1.0.0");
	version_add("b", "1.0.0");
	version_add("c", "1.0.0");
}

/* ---- Evicted ----------------------------------------------------------------------------------------------------- */

static void
test_goes_on_with_what_it_waited_for(void **state)
{
	struct call *root, *child;
	unsigned before;

	(void)state;
	add_agents();
	root = start();
	ask(root, "b");
	child = newest();
	evict(root);
	reply(child, 0, "7");
	assert_int_equal(w.n_submitted, 3);
	assert_ptr_equal(newest(), root);
	assert_int_equal(root->state, CALL_RUNNING);
	root->reissued = 0;
	before = w.n_outcomes;
	ask(root, "b");
	assert_int_equal(w.n_outcomes, before + 1);
	assert_int_equal(last_status(), 0);
	assert_int_equal(w.n_submitted, 3); /* it was not called again */
	reply(root, 0, "8");
	assert_true(w.ended);
}

/* Waiting for all of several ends with the first that fails; what ends well is asked for later. */
static void
test_goes_on_with_a_failure(void **state)
{
	struct call *root, *child[3];

	(void)state;
	add_agents();
	root = start();
	for (int i = 0; i < 3; i++) {
		ask(root, "b");
		child[i] = newest();
	}
	evict(root);
	reply(child[0], 0, "1");
	assert_int_equal(root->state, CALL_EVICTED);
	reply(child[1], HOSPES_EFAILED, "no");
	assert_int_equal(root->state, CALL_RUNNING);
	assert_ptr_equal(newest(), root);
}

static void
test_stops_without_a_cell(void **state)
{
	struct call *root, *child;

	(void)state;
	add_agents();
	root = start();
	ask(root, "b");
	child = newest();
	evict(root);
	ask(child, "c");
	evict(child);
	reply(
	    newest(), HOSPES_EPOISON, "gone"); /* what a call waits for may fail and be recorded before it is stopped */
	assert_ptr_equal(newest(), child);
	child->state = CALL_PARKED;
	evict(child);
	dispatch_cancel(w.d, &w.run->root, HOSPES_ECANCELLED, "somebody wants it");
	assert_true(w.ended);
	assert_int_equal(w.run->root.status, HOSPES_ECANCELLED);
	assert_int_equal(w.n_cancelled, 0);
	assert_int_equal(w.calls.count, 0);
}

/* It takes a slot before it goes on, and goes on without another outcome when it gets one. */
static void
test_waits_for_its_slot(void **state)
{
	struct call *root, *one, *two;

	(void)state;
	add_agents();
	limit("b", 1);
	root = start();
	ask(root, "b");
	one = newest();
	ask(one, "c");
	ask(root, "b"); /* has the slot that the first gave back */
	two = newest();
	evict(one);
	reply(one->ops[0]->callee, 0, "1");
	assert_int_equal(one->state, CALL_EVICTED);
	assert_true(one->resuming);
	reply(two, 0, "2");
	assert_int_equal(one->state, CALL_RUNNING);
	assert_true(one->slot);
}

static void
test_woke_goes_on_at_once(void **state)
{
	struct call *root;

	(void)state;
	add_agents();
	root = start();
	ask(root, "b");
	evict(root);
	w.events.woke(root, w.events.arg);
	assert_int_equal(root->state, CALL_RUNNING);
	assert_ptr_equal(newest(), root);
}

/* One has the cell and needs the slot, the other has the slot and needs the cell. */
static void
test_a_slot_is_lent(void **state)
{
	struct call *root, *one, *two;

	(void)state;
	add_agents();
	limit("b", 1);
	root = start();
	ask(root, "b");
	one = newest();
	ask(one, "c");
	w.no_cells = true;
	ask(root, "b");
	two = newest();
	assert_int_equal(two->state, CALL_QUEUED);
	assert_true(two->slot);
	reply(one->ops[0]->callee, 0, "1");
	assert_int_equal(w.n_withdrawn, 1);
	assert_int_equal(one->state, CALL_RUNNING);
	assert_int_equal(two->state, CALL_EVICTED);
	assert_true(one->slot && !two->slot);
	w.no_cells = false;
	reply(one, 0, "1");
	assert_int_equal(two->state, CALL_RUNNING);
	assert_true(two->slot);
}

/* ---- Deadlock ---------------------------------------------------------------------------------------------------- */

/* The root call sits in the cell that others want. */
static struct call *
kept_by_root(const struct call *call)
{
	(void)call;
	return w.run->root.callee;
}

/* Long enough for anything that is ever found. */
static void
look(void)
{
	w.events.stalled(w.run, w.events.arg);
	for (int i = 0; i < 100; i++)
		deadlock_look(w.d);
}

static void
expect_deadlock(const char *circle)
{
	look();
	assert_int_equal(w.run->root.cancelled, HOSPES_EDEADLOCK);
	assert_non_null(strstr(w.run->root.cancel_why, circle));
}

static void
expect_none(void)
{
	look();
	assert_int_equal(w.run->root.cancelled, 0);
}

static void
test_a_child_without_a_cell(void **state)
{
	(void)state;
	add_agents();
	w.no_cells = false;
	start();
	w.no_cells = true;
	ask(w.submitted[0], "b");
	expect_none(); /* a cell is on its way */
	w.kept_by = kept_by_root;
	expect_deadlock(
	    "a (/0) waits for its child b (/0/0); b (/0/0) waits for a place in the cells of b that only a (/0) "
	    "could leave");
}

static void
test_first_looks_once_more(void **state)
{
	(void)state;
	add_agents();
	start();
	w.no_cells = true;
	w.kept_by = kept_by_root;
	ask(w.submitted[0], "b");
	w.run->moves++;
	w.events.stalled(w.run, w.events.arg);
	deadlock_look(w.d);
	assert_int_equal(w.run->root.cancelled, 0);
	w.run->moves++;
	deadlock_look(w.d);
	assert_int_equal(w.run->root.cancelled, 0);
	deadlock_look(w.d);
	assert_int_equal(w.run->root.cancelled, HOSPES_EDEADLOCK);
}

static void
test_a_slot_and_a_cell(void **state)
{
	(void)state;
	add_agents();
	limit("b", 1);
	start();
	w.no_cells = true;
	w.kept_by = kept_by_root;
	ask(w.submitted[0], "b");
	ask(w.submitted[0], "b");
	expect_deadlock(
	    "a (/0) waits for a slot of b (`limits.b.concurrency` is 1) that only b (/0/0) could give back; b (/0/0) "
	    "waits for a place");
}

/* A share that may come back is waited for: by whose owner has no cell it never does. */
static void
test_a_share_and_a_cell(void **state)
{
	struct call *root;

	(void)state;
	add_agents();
	w.run->account.limit[QUANTITY_CALLS] = 6;
	root = start();
	w.no_cells = true;
	ask_with(root, WIRE_OP_CALL, "b", 5, "{}", 2);
	ask(root, "c");
	assert_int_equal(root->ops[1]->state, OP_WAITING);
	expect_none();
	w.kept_by = kept_by_root;
	expect_deadlock("a (/0) waits for budget that only b (/0/0) could give back; b (/0/0) waits for a place");
}

/* The same with an owner that computes: it will give back. */
static void
test_a_share_in_use(void **state)
{
	struct call *root;

	(void)state;
	add_agents();
	w.run->account.limit[QUANTITY_CALLS] = 6;
	root = start();
	ask_with(root, WIRE_OP_CALL, "b", 5, "{}", 2);
	w.kept_by = kept_by_root;
	ask(root, "c");
	assert_int_equal(root->ops[1]->state, OP_WAITING);
	expect_none();
}

static void
test_first_of_two(void **state)
{
	const uint32_t both[] = {0, 1};
	struct call *root;

	(void)state;
	add_agents();
	root = start();
	w.no_cells = true;
	w.kept_by = kept_by_root;
	ask(root, "b");
	ask(root, "b");
	ask_with(root, WIRE_OP_FIRST, "", 0, both, sizeof(both));
	expect_deadlock("a (/0) waits for the first of its ops, its child b (/0/0); b (/0/0) waits for a place");
}

static void
test_next_part(void **state)
{
	const uint32_t part[] = {0, 0};
	struct call *root;

	(void)state;
	add_agents();
	root = start();
	w.no_cells = true;
	w.kept_by = kept_by_root;
	ask(root, "b");
	ask_with(root, WIRE_OP_PART, "", 0, part, sizeof(part));
	expect_deadlock(
	    "a (/0) waits for the next part of the reply of its child b (/0/0); b (/0/0) waits for a place");
}

/* Evicted calls are in nobody's way, but who waits for them waits. */
static void
test_evicted_in_the_circle(void **state)
{
	struct call *root;

	(void)state;
	add_agents();
	root = start();
	ask(root, "b");
	evict(root);
	w.no_cells = true;
	w.kept_by = kept_by_root;
	ask(newest(), "c");
	expect_deadlock("a (/0) waits for its child b (/0/0)");
	assert_true(w.ended); /* the others have the time that every call has to stop */
	reply(w.submitted[2], HOSPES_ECANCELLED, "over");
	reply(w.submitted[1], HOSPES_ECANCELLED, "over");
}

/* A timer will end, and then the run is looked at again. */
static void
test_a_timer_ends(void **state)
{
	const int64_t ns = NS_PER_MS;
	struct call *root;

	(void)state;
	add_agents();
	root = start();
	w.no_cells = true;
	w.kept_by = kept_by_root;
	ask_with(root, WIRE_OP_SLEEP, "", 0, &ns, sizeof(ns));
	ask(root, "b");
	expect_none();
	assert_false(w.run->is_stalled);
	while (root->ops[0]->state != OP_DONE)
		event_base_loop(w.loop, EVLOOP_ONCE);
	assert_true(w.run->is_stalled);
	expect_deadlock("a (/0) waits for its child b (/0/1)");
}

static void
test_an_effect_is_open(void **state)
{
	struct call *root;

	(void)state;
	add_agents();
	root = start();
	ask_with(root, WIRE_OP_HTTP, "http://example.org/", 0, "{}", 2);
	expect_none();
	assert_false(w.run->is_stalled);
}

/* ---- Shown ------------------------------------------------------------------------------------------------------- */

static const char *
waits(const json_t *all, const char *path, const char *key)
{
	const json_t *found = json_object_get(json_object_get(json_object_get(all, path), "waits"), key);

	if (json_is_array(found))
		found = json_array_get(found, 0);
	return found == NULL ? "" : json_string_value(found);
}

static void
test_what_is_shown(void **state)
{
	const uint32_t both[] = {0, 1};
	const int64_t ns = 3600 * NS_PER_S;
	struct call *root, *child;
	json_t *all, *of_run;

	(void)state;
	add_agents();
	limit("b", 1);
	root = start();
	ask(root, "b");
	child = newest();
	ask_with(child, WIRE_OP_SLEEP, "", 0, &ns, sizeof(ns));
	w.no_cells = true;
	ask(root, "c");
	ask_with(root, WIRE_OP_FIRST, "", 0, both, sizeof(both));
	root->parked_mono_ns = clock_mono_ns();
	evict(root);
	all = dispatch_waits(w.run);
	assert_string_equal(json_string_value(json_object_get(json_object_get(all, "/0"), "state")), "evicted");
	assert_string_equal(waits(all, "/0", "for"), "first");
	assert_string_equal(waits(all, "/0", "on"), "/0/0");
	assert_int_equal(strlen(waits(all, "/0", "since")), 24);
	assert_string_equal(waits(all, "/0/0", "for"), "timer");
	assert_int_equal(strlen(waits(all, "/0/0", "until")), 24);
	assert_string_equal(waits(all, "/0/0/0", "for"), "timer");
	assert_string_equal(waits(all, "/0/1", "for"), "cell");
	assert_string_equal(waits(all, "/0/2", "for"), "first");
	json_decref(all);
	of_run = dispatch_waits_of_run(w.run);
	assert_int_equal(json_array_size(json_object_get(of_run, "for")), 2);
	assert_int_equal(json_integer_value(json_object_get(of_run, "evicted")), 1);
	json_decref(of_run);
	child->state = CALL_RUNNING;
	assert_null(dispatch_waits_of_run(w.run));
}

int
main(void)
{
#define PROMISE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    PROMISE(test_goes_on_with_what_it_waited_for),
	    PROMISE(test_goes_on_with_a_failure),
	    PROMISE(test_stops_without_a_cell),
	    PROMISE(test_waits_for_its_slot),
	    PROMISE(test_woke_goes_on_at_once),
	    PROMISE(test_a_slot_is_lent),
	    PROMISE(test_a_child_without_a_cell),
	    PROMISE(test_first_looks_once_more),
	    PROMISE(test_a_slot_and_a_cell),
	    PROMISE(test_a_share_and_a_cell),
	    PROMISE(test_a_share_in_use),
	    PROMISE(test_first_of_two),
	    PROMISE(test_next_part),
	    PROMISE(test_evicted_in_the_circle),
	    PROMISE(test_a_timer_ends),
	    PROMISE(test_an_effect_is_open),
	    PROMISE(test_what_is_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
