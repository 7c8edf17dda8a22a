/*
 * Attempts and hosts that are killed: a run whose calls fail in several ways is played once undisturbed; then, for each of its
 * records, as if the host had ended just after that one.  Each time its caller has to be told the same, no attempt may begin
 * twice, and what is paid has to come out the same.
 */

#include "dispatch_kept.h"

#include <sodium.h>

#include "policy/fallbacks.h"

/* ---- Handlers ---------------------------------------------------------------------------------------------------- */

struct step {
	enum { ASK, START, PART, REPLY, FAIL, STAY } what; /* START: asks and goes on; STAY: until it is told to stop */
	const char *text;                                  /* whom; what */
	int status;
};

static const struct step root_steps[] = {
    {ASK, "b", 0},
    {ASK, "nobody", 0},
    {ASK, "a", 0},
    {ASK, "d", 0},
    {REPLY, "", 0},
};

/* Its child is still there when the next attempt begins. */
static const struct step b_steps[] = {
    {PART, "\"a part of a reply that nobody is told of, since it failed\"", 0},
    {ASK, "d", 0},
    {START, "s", 0},
    {FAIL, "b 1.0.0 ended 2 cells, the last one alone in it", HOSPES_EPOISON},
};

static const struct step old_b_steps[] = {
    {ASK, "d", 0},
    {PART, "\"a part of a reply that is told, with those after it\"", 0},
    {REPLY, "\"the older version of b has an answer\"", 0},
};

static const struct step c_steps[] = {
    {ASK, "d", 0},
    {FAIL, "c 1.0.0 got stuck, and was ended for that", HOSPES_ESTUCK},
};

static const struct step d_steps[] = {
    {REPLY, "\"d has an answer that is longer than a hash\"", 0},
};

static const struct step s_steps[] = {
    {STAY, "", 0},
};

static const struct step *
steps_of(const struct call *call)
{
	switch (call->plugin[0]) {
	case 'a':
		return root_steps;
	case 'b':
		return strcmp(call->semver, "1.0.0") == 0 ? b_steps : old_b_steps;
	case 'c':
		return c_steps;
	case 'd':
		return d_steps;
	default:
		return s_steps;
	}
}

static struct policy_fallback *
list_of(const char *of, const char *agent, const char *version)
{
	struct policy_fallback *f = fallback_add(w.policy);

	f->of = xstrdup(of);
	if (agent != NULL)
		*fallback_add_to(f) = (struct policy_stand_in){
		    .agent = xstrdup(agent), .version = version == NULL ? NULL : xstrdup(version)};
	return f;
}

static void
world_is_peopled(void)
{
	static const char *const names[] = {"a", "b", "c", "d", "s"};
	struct policy_fallback *f;

	f = list_of("b", "c", NULL);
	*fallback_add_to(f) = (struct policy_stand_in){.agent = xstrdup("b"), .version = xstrdup("0.9.0")};
	fallback_add_to(list_of("nobody", "c", NULL))->answer = xstrdup("\"a fixed answer, longer than a hash is\"");
	list_of("a", "d", NULL);
	list_of("c", "a", NULL);
	fallbacks_compile(w.policy);
	version_add("b", "0.9.0")->state = VERSION_FORMER;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		version_add(names[i], "1.0.0");
}

/* ---- Played ------------------------------------------------------------------------------------------------------ */

static uint32_t at[WORLD_MAX]; /* how far each call has come, by its handle */

static void
asks(struct call *call, const char *target)
{
	_cleanup_(payload_unref) struct payload *p = payload_text("{\"a question\":\"that is longer than a hash\"}");
	struct wire_op op = {.kind = WIRE_OP_CALL};

	w.events.op(call, call->reissued++, &op, target, NULL, NULL, p, w.events.arg);
}

static void
replies_all(struct call *call)
{
	_cleanup_(buf_free) struct buf all = {0};

	for (uint32_t i = 0; i < call->n_ops; i++)
		buf_printf(&all, "%u %d %.*s;", i, call->ops[i]->status, (int)call->ops[i]->value->len,
		    call->ops[i]->value->data);
	reply(call, 0, buf_text(&all));
}

static bool
was_stopped(const struct call *call)
{
	for (unsigned i = 0; i < w.n_cancelled; i++) {
		if (w.cancelled[i] == call)
			return true;
	}
	return false;
}

static bool
step(struct call *call)
{
	const struct step *s = &steps_of(call)[at[call->handle]];
	_cleanup_(payload_unref) struct payload *p = NULL;

	if (s->what == STAY && !was_stopped(call))
		return false;
	at[call->handle]++;
	switch (s->what) {
	case ASK:
	case START:
		asks(call, s->text);
		if (s->what == ASK && !call->ops[call->reissued - 1]->delivered) {
			call->state = CALL_PARKED;
			call->waits_for = call->reissued - 1;
			w.events.parked(call, w.events.arg);
		}
		return true;
	case PART:
		p = payload_text(s->text);
		w.events.part(call, p, w.events.arg);
		return true;
	case REPLY:
		if (s->text[0] == '\0')
			replies_all(call);
		else
			reply(call, 0, s->text);
		return true;
	case FAIL:
		reply(call, s->status, s->text);
		return true;
	case STAY:
		reply(call, HOSPES_ECANCELLED, "stopped");
		return true;
	}
	return false;
}

/* The newest first: what is stopped ends as late as it can. */
static void
plays(void)
{
	bool moved = true;

	while (moved) {
		moved = false;
		for (uint64_t i = w.calls.next_handle; i-- > 1;) {
			struct call *call = call_by_handle(&w.calls, i);

			if (call != NULL && call->state == CALL_RUNNING && call->plugin[0] != 's')
				moved |= step(call);
		}
		for (uint64_t i = 1; !moved && i < w.calls.next_handle; i++) {
			struct call *call = call_by_handle(&w.calls, i);

			if (call != NULL && call->state == CALL_RUNNING)
				moved |= step(call);
		}
	}
	assert_true(w.ended);
}

static void
begins(void)
{
	world_is_peopled();
	memset(at, 0, sizeof(at));
	run_is_recorded();
	dispatch_root(w.d, w.run);
}

/* ---- Killed ------------------------------------------------------------------------------------------------------ */

static void
kill_host(void **state)
{
	keep_records();
	teardown(state);
	setup(state);
}

static void
starts_with(unsigned n)
{
	memset(at, 0, sizeof(at));
	rebuilt_from(n);
	if (w.run->root.state == OP_DONE)
		w.ended = true;
}

/* Each attempt begins once, ends once, and is followed by one. */
static void
assert_once(unsigned cut)
{
	for (unsigned i = 0; i < w.n_records; i++) {
		struct record one = decoded(w.records[i]);

		for (unsigned k = i + 1; k < w.n_records; k++) {
			struct record other = decoded(w.records[k]);

			if (one.head.kind == other.head.kind && same_field(&one, &other, TAG_PATH) &&
			    one.head.kind != RECORD_PART)
				fail_msg("cut after %u: %s is on record twice for %.*s", cut,
				    record_kind_name((enum record_kind)one.head.kind),
				    (int)record_find(&one, TAG_PATH)->len,
				    (const char *)record_find(&one, TAG_PATH)->data);
		}
	}
}

static void
assert_settled(int64_t spent)
{
	assert_int_equal(w.run->account.reserved[QUANTITY_CALLS], 0);
	assert_int_equal(w.run->account.returnable[QUANTITY_CALLS], 0);
	assert_int_equal(w.run->account.spent[QUANTITY_CALLS], spent);
	assert_int_equal(dispatch_host_account(w.d)->reserved[QUANTITY_CALLS], 0);
	assert_int_equal(w.calls.count, 0);
}

/* ---- The tests --------------------------------------------------------------------------------------------------- */

static void
test_killed_after_each_record(void **state)
{
	_cleanup_(free_p) char *result = NULL;
	int64_t spent;

	begins();
	plays();
	result = xstrndup((const char *)w.run->root.value->data, w.run->root.value->len);
	assert_string_equal(result, "0 0 \"the older version of b has an answer\";"
				    "1 0 \"a fixed answer, longer than a hash is\";"
				    "2 0 \"d has an answer that is longer than a hash\";"
				    "3 0 \"d has an answer that is longer than a hash\";");
	assert_int_equal(records_of(RECORD_STAGE), 5);
	assert_once(0);
	spent = w.run->account.spent[QUANTITY_CALLS];
	/* a; b, d, s; c, d; b 0.9.0, d; c, d in place of nobody; d in place of a; d */
	assert_int_equal(spent, 12);
	assert_settled(spent);
	kill_host(state);
	for (unsigned n = 1; n <= n_kept; n++) {
		world_is_peopled();
		starts_with(n);
		plays();
		if (w.run->root.status != 0 || strlen(result) != w.run->root.value->len ||
		    memcmp(result, w.run->root.value->data, strlen(result)) != 0)
			fail_msg("cut after %u: %.*s, and not %s", n, (int)w.run->root.value->len,
			    (const char *)w.run->root.value->data, result);
		assert_once(n);
		assert_settled(spent);
		teardown(state);
		setup(state);
	}
	w.ended = true;
	forget_kept();
}

/* What is on record holds, whatever the policy says by now. */
static void
test_another_policy(void **state)
{
	unsigned n;

	begins();
	plays();
	kill_host(state);
	n = kept_up_to(RECORD_STAGE, 4); /* the second in place of "nobody", which is the answer */
	world_is_peopled();
	fallbacks_free(w.policy);
	starts_with(n);
	plays();
	assert_non_null(strstr((const char *)w.run->root.value->data, "1 0 \"a fixed answer"));
	assert_non_null(strstr((const char *)w.run->root.value->data, "2 -43 ")); /* and nothing new */
	forget_kept();
}

/* Stages that cannot be, as damage. */
static void
test_damage(void **state)
{
	static const struct {
		const char *path, *stage;
		int64_t number;
		int status;
		bool input, answer;
	} bad[] = {
	    {"/0/0", "{\"by\":\"fallback\",\"kind\":\"call\",\"to\":\"c\"}", 3, -21, true, false},
	    {"/0/0", "{\"by\":\"fallback\",\"kind\":\"call\",\"to\":\"c\"}", 2, 0, true, false},
	    {"/0/0", "{\"by\":\"nobody\",\"kind\":\"call\",\"to\":\"c\"}", 2, -21, true, false},
	    {"/0/0", "{\"by\":\"fallback\",\"kind\":\"call\"}", 2, -21, true, false},
	    {"/0/0", "{\"by\":\"fallback\",\"kind\":\"call\",\"to\":\"\"}", 2, -21, true, false},
	    {"/0/0", "{\"by\":\"fallback\",\"kind\":\"answer\"}", 2, -21, true, false},
	    {"/0/0", "[]", 2, -21, true, false},
	    {"/0/0", NULL, 2, -21, true, false},
	    {"/0/0#2", "{\"by\":\"fallback\",\"kind\":\"call\",\"to\":\"c\"}", 3, -21, true, false},
	    {"/0/0#1", "{\"by\":\"fallback\",\"kind\":\"call\",\"to\":\"c\"}", 2, -21, true, false},
	    {"/0/0#", "{\"by\":\"fallback\",\"kind\":\"call\",\"to\":\"c\"}", 2, -21, true, false},
	    {"/0#2", "{\"by\":\"fallback\",\"kind\":\"call\",\"to\":\"c\"}", 2, -21, true, false},
	    {"/0/1", "{\"by\":\"fallback\",\"kind\":\"call\",\"to\":\"c\"}", 2, -21, false, false},
	};
	uint16_t call = WIRE_OP_CALL;
	unsigned n;

	begins();
	plays();
	kill_host(state);
	n = kept_up_to(RECORD_CALL_START, 2);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct record r;

		world_is_peopled();
		record_init(&r, RECORD_STAGE);
		r.head.seq = n;
		r.head.status = bad[i].status;
		record_add_text(&r, TAG_PATH, bad[i].path);
		record_add_text(&r, TAG_TARGET, "b");
		record_add(&r, TAG_OP_KIND, &call, sizeof(call));
		record_add(&r, TAG_NUMBER, &bad[i].number, sizeof(bad[i].number));
		record_add_text(&r, TAG_STAGE, bad[i].stage);
		if (bad[i].input)
			record_add_text(&r, TAG_INPUT, "{}");
		assert_damage(state, n, i, &r);
	}
	w.ended = true;
	forget_kept();
}

/* The attempt that comes next ends the run, while it is built again: what comes after that was not resumed yet, and is stopped. */
static void
test_ended_by_an_attempt_that_is_resumed(void **state)
{
	static const char question[] = "{\"question\":\"Well?\",\"options\":[\"yes\",\"no\"]}";
	const struct wire_poll head = {.ballots = 1};
	const struct wire_ballot ballot = {1, 1};
	_cleanup_(buf_free) struct buf poll = {0};
	struct call *root, *c;

	begins();
	root = newest();
	ask(root, "c");
	c = newest();
	ask_with(root, WIRE_OP_CALL, "s", 0, question, strlen(question));
	buf_append(&poll, &head, sizeof(head));
	buf_append(&poll, &ballot, sizeof(ballot));
	buf_appends(&poll, question);
	ask_with(root, WIRE_OP_POLL, "", 0, poll.data, poll.len);
	reply(c, HOSPES_EPOISON, "c 1.0.0 ended 2 cells, the last one alone in it");
	kill_host(state);
	while (decoded(kept[n_kept - 1]).head.kind != RECORD_STAGE)
		free(kept[--n_kept]);
	world_is_peopled();
	w.policy->on_cycle = ON_CYCLE_END_RUN;
	starts_with(n_kept);
	plays();
	assert_int_equal(w.run->root.status, HOSPES_ECYCLE);
	assert_settled(w.run->account.spent[QUANTITY_CALLS]);
	forget_kept();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_killed_after_each_record, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_another_policy, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_damage, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_ended_by_an_attempt_that_is_resumed, setup, teardown),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
