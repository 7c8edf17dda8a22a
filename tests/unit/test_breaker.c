/* Breakers: the window under a clock of the test's own, what counts, and the probe, which comes back whatever becomes of its op. */

#include <unistd.h>

#include "dispatch/breakers.h"
#include "dispatch/guard.h"
#include "dispatch_world.h"

#define S NS_PER_S

/* ---- One breaker, and a clock that is told ----------------------------------------------------------------------- */

static const struct breaker_rules rules = {
    .errors = 50, .least = 4, .window_ns = 60 * S, .latency_ns = 0, .open_ns = 30 * S};

/* Counts `n` outcomes at a time; true: the last of them opens it. */
static bool
count(struct breaker *b, const struct breaker_rules *r, unsigned n, bool error, int64_t at)
{
	enum breaker_cause cause;
	bool opens = false;

	while (n-- > 0)
		opens = breaker_count(b, r, error, 0, at, &cause);
	return opens;
}

static void
test_half_of_enough_opens(void **state)
{
	struct breaker b = {0};

	(void)state;
	assert_false(count(&b, &rules, 3, true, 0)); /* too few */
	assert_true(count(&b, &rules, 1, true, 0));
	b = (struct breaker){0};
	assert_false(count(&b, &rules, 5, false, 0));
	assert_false(count(&b, &rules, 4, true, 0)); /* 4 of 9 */
	assert_true(count(&b, &rules, 1, true, 0));  /* 5 of 10 */
	b = (struct breaker){0};
	assert_false(count(&b, &(struct breaker_rules){.errors = 0, .least = 1, .window_ns = S}, 100, true, 0));
	b = (struct breaker){0};
	assert_false(count(
	    &b, &(struct breaker_rules){.errors = 1, .least = 1, .window_ns = S}, 100, false, 0)); /* of none too */
}

static void
test_what_is_old_leaves_the_window(void **state)
{
	struct breaker b = {0};
	int64_t t = 1000 * S;

	(void)state;
	count(&b, &rules, 3, true, t);
	assert_int_equal(breaker_window(&b, &rules, t + 54 * S)->errors, 3); /* the twelfth bucket */
	count(&b, &rules, 1, false, t + 54 * S);
	assert_int_equal(breaker_window(&b, &rules, t + 60 * S)->errors, 0);
	assert_int_equal(breaker_window(&b, &rules, t + 60 * S)->n, 1);
	assert_int_equal(breaker_window(&b, &rules, t + 109 * S)->n, 1);
	assert_int_equal(breaker_window(&b, &rules, t + 110 * S)->n, 0);
	count(&b, &rules, 3, true, t + 200 * S);
	assert_int_equal(breaker_window(&b, &rules, t + 1000000 * S)->n, 0); /* after a long silence */
}

/* Buckets taken one by one come to the same as all that was counted in the last twelve. */
static void
test_the_sum_is_that_of_the_window(void **state)
{
	unsigned seed = 7, counted[4000] = {0};
	struct breaker b = {0};
	const struct breaker_rules never = {.errors = 0, .least = 1, .window_ns = 12 * S};
	int64_t t = 0;

	(void)state;
	for (unsigned step = 0; step < 2000; step++) {
		unsigned expected = 0;

		seed = seed * 1103515245 + 12345;
		t += (int64_t)(seed >> 16) % (step % 50 == 0 ? 20 : 2);
		count(&b, &never, 1, (seed & 4) != 0, t * S);
		counted[t]++;
		for (int64_t i = t; i >= 0 && i > t - 12; i--)
			expected += counted[i];
		assert_int_equal(breaker_window(&b, &never, t * S)->n, expected);
	}
}

static void
test_another_window_begins_anew(void **state)
{
	struct breaker_rules other = rules;
	struct breaker b = {0};

	(void)state;
	count(&b, &rules, 3, true, 10 * S);
	other.window_ns = 10 * S;
	assert_false(count(&b, &other, 1, true, 10 * S));
	assert_int_equal(b.sum.n, 1);
}

static void
test_what_is_slow_is_bad(void **state)
{
	struct breaker_rules slow = rules;
	struct breaker b = {0};
	enum breaker_cause cause;

	(void)state;
	slow.latency_ns = S;
	for (unsigned i = 0; i < 3; i++)
		assert_false(breaker_count(&b, &slow, false, 2 * S, 0, &cause));
	assert_false(breaker_count(&b, &rules, false, 2 * S, 0, &cause) &&
		     cause == BREAKER_ERRORS); /* without a limit it is not */
	assert_true(breaker_count(&b, &slow, false, S + 1, 0, &cause));
	assert_int_equal(cause, BREAKER_LATENCY);
	assert_int_equal(b.sum.slow, 4);
	assert_false(breaker_is_slow(&slow, S));
}

static void
test_money_of_a_minute(void **state)
{
	struct breaker_rules money = {
	    .errors = 50, .least = 4, .window_ns = 30 * S, .open_ns = S, .money_micros = 1000};
	struct breaker b = {0};

	(void)state;
	for (int i = 0; i < 5; i++) { /* half a minute: 500 */
		assert_int_equal(breaker_ask(&b, &money, 100, 0, 0), BREAKER_PASS);
		breaker_spend(&b, 100);
	}
	assert_int_equal(breaker_ask(&b, &money, 100, 0, 0), BREAKER_DEAR);
	assert_int_equal(breaker_ask(&b, &money, 0, 0, 0), BREAKER_PASS); /* what costs nothing may go on */
	breaker_spend(&b, -100);                                          /* one that did not go there */
	assert_int_equal(breaker_ask(&b, &money, 100, 0, 0), BREAKER_PASS);
	breaker_spend(&b, 100);
	assert_int_equal(breaker_ask(&b, &money, 100, 30 * S, 0), BREAKER_PASS);
	money.money_micros = INT64_MAX; /* no sum overflows */
	breaker_spend(&b, INT64_MAX / 8);
	assert_int_equal(breaker_ask(&b, &money, INT64_MAX / 8, 30 * S, 0), BREAKER_PASS);
	money.money_micros = 0;
	assert_int_equal(breaker_ask(&b, &money, INT64_MAX / 2, 30 * S, 0), BREAKER_PASS);
}

static void
test_open_until_its_time(void **state)
{
	_cleanup_(buf_free) struct buf told = {0};
	int64_t real = 1700000000 * S;
	struct breaker b = {0};

	(void)state;
	count(&b, &rules, 4, true, 0);
	breaker_open(&b, &rules, BREAKER_ERRORS, real);
	assert_int_equal(breaker_ask(&b, &rules, 0, 0, real), BREAKER_REFUSE);
	breaker_tell(&b, real, &told);
	assert_string_equal(buf_text(&told), "since 2023-11-14T22:13:20.000Z nothing is sent there: 4 of its last 4 in "
					     "60 s went wrong; it is tried again at "
					     "2023-11-14T22:13:50.000Z");
	assert_int_equal(breaker_ask(&b, &rules, 0, 0, real + 30 * S - 1), BREAKER_REFUSE);
	assert_int_equal(breaker_ask(&b, &rules, 0, 0, real + 30 * S), BREAKER_TRY);
	breaker_try(&b, real + 30 * S);
	b.probe = (struct op *)&b;
	assert_int_equal(breaker_ask(&b, &rules, 0, 0, real + 3000 * S), BREAKER_REFUSE); /* one, and no more */
	b.probe = NULL;
	assert_int_equal(breaker_ask(&b, &rules, 0, 0, real + 30 * S), BREAKER_TRY);
	breaker_close(&b, real + 31 * S);
	assert_int_equal(breaker_ask(&b, &rules, 0, 0, real + 31 * S), BREAKER_PASS);
	assert_int_equal(b.sum.n, 0);
}

static void
test_clocks_and_reloads_do_not_keep_it_open(void **state)
{
	struct breaker_rules shorter = rules;
	int64_t real = 1700000000 * S;
	struct breaker b = {0};

	(void)state;
	breaker_open(&b, &rules, BREAKER_ERRORS, real);
	assert_int_equal(
	    breaker_ask(&b, &rules, 0, 0, real - 86400 * S), BREAKER_REFUSE); /* the clock was put back by a day */
	assert_int_equal(breaker_ask(&b, &rules, 0, 0, real - 86400 * S + 30 * S), BREAKER_TRY);
	breaker_open(&b, &rules, BREAKER_ERRORS, real);
	shorter.open_ns = S;
	assert_int_equal(breaker_ask(&b, &shorter, 0, 0, real + 2 * S), BREAKER_TRY);
}

/* ---- The guard --------------------------------------------------------------------------------------------------- */

static struct call *root;

/* A run of "a", which may call b and c; a breaker opens after two failures, and is tried again at once. */
static int
begin(void **state)
{
	setup(state);
	version_add("a", "1.0.0");
	version_add("b", "1.0.0");
	version_add("c", "1.0.0");
	w.policy->breaker_least = 2;
	w.policy->breaker_open_ns = 3600 * S;
	root = start();
	return 0;
}

static struct breaker *
breaker_of(const char *name)
{
	return breakers_find_version(w.d, registry_active(NULL, name));
}

/* The host's policy is another one from now on. */
static void
open_for(int64_t ns)
{
	w.d->breakers.rules.open_ns = ns;
}

/* Calls b and has it end so; the status that was delivered. */
static int
b_ends(int status)
{
	unsigned before = w.n_submitted;

	ask(root, "b");
	if (w.n_submitted > before)
		reply(newest(), status, "1");
	return last_status();
}

/* b's breaker opens, and its time is over. */
static void
opened(void)
{
	b_ends(HOSPES_EFAILED);
	b_ends(HOSPES_EFAILED);
	assert_int_equal(breaker_of("b")->state, BREAKER_OPEN);
	open_for(0);
}

/* The next one is let through, ends well and closes it. */
static void
closes(void)
{
	assert_null(breaker_of("b")->probe);
	assert_int_equal(breaker_of("b")->flying, 0);
	assert_int_equal(b_ends(0), 0);
	assert_int_equal(breaker_of("b")->state, BREAKER_CLOSED);
}

static bool
state_is(const struct record *r, const char *state)
{
	const struct record_field *body = record_find(r, TAG_BODY);
	_cleanup_(json_p) json_t *json = json_loadb(body->data, body->len, 0, NULL);

	return strcmp(json_string_value(json_object_get(json, "state")), state) == 0;
}

static void
test_it_opens_and_refuses(void **state)
{
	struct record r;

	(void)state;
	b_ends(HOSPES_EFAILED);
	b_ends(HOSPES_EFAILED);
	r = record_newest(RECORD_BREAKER);
	assert_true(state_is(&r, "open"));
	assert_int_equal(b_ends(0), HOSPES_EBREAKER);
	assert_non_null(strstr(sentence(root, 2), "the breaker of b 1.0.0 is open: since 20"));
	assert_non_null(strstr(sentence(root, 2), "2 of its last 2 in 60 s went wrong; it is tried again at 20"));
	ask(root, "c"); /* somebody else */
	reply(newest(), 0, "1");
	assert_int_equal(last_status(), 0);
}

static void
test_what_counts(void **state)
{
	static const struct {
		int status;
		unsigned n, errors;
	} rows[] = {
	    {0, 1, 0}, {HOSPES_EFAILED, 1, 1}, {HOSPES_EPOISON, 1, 1}, {HOSPES_ESTUCK, 1, 1}, {HOSPES_EOUTPUT, 1, 1},
	    {HOSPES_ENOREPLY, 1, 1}, {HOSPES_ELOAD, 1, 1}, {HOSPES_EINPUT, 0, 0}, {HOSPES_EBUDGET, 0, 0},
	    {HOSPES_EBREAKER, 0, 0}, {HOSPES_EDEADLINE, 0, 0}, /* of somebody else's, that it hands on */
	    {HOSPES_ECANCELLED, 0, 0}, {HOSPES_EHTTP, 0, 0}, {HOSPES_EGROUND, 0, 0}, /* said by itself */
	};

	(void)state;
	w.d->breakers.rules.errors = 0;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct breaker_count before =
		    breaker_of("b") == NULL ? (struct breaker_count){0} : breaker_of("b")->sum;

		b_ends(rows[i].status);
		assert_int_equal(breaker_of("b")->sum.n - before.n, rows[i].n);
		assert_int_equal(breaker_of("b")->sum.errors - before.errors, rows[i].errors);
	}
}

static void
test_what_is_handed_on_counts_below(void **state)
{
	struct call *b;

	(void)state;
	for (int i = 0; i < 2; i++) {
		ask(root, "b");
		b = newest();
		ask(b, "c");
		reply(newest(), HOSPES_EFAILED, "no");
		reply(b, HOSPES_EFAILED, "c: no");
	}
	assert_int_equal(breaker_of("c")->state, BREAKER_OPEN);
	assert_int_equal(breaker_of("b")->sum.n, 0);
	ask(root, "b");
	b = newest();
	ask(b, "c");
	assert_int_equal(last_status(), HOSPES_EBREAKER);
	reply(b, HOSPES_EOUTPUT, "another failure is its own");
	assert_int_equal(breaker_of("b")->sum.errors, 1);
}

/* It is asked with so much time, which then passes. */
static void
b_is_late(void)
{
	_cleanup_(payload_unref) struct payload *input = payload_text("{}");
	struct wire_op asked = {.kind = WIRE_OP_CALL, .timeout_ns = NS_PER_MS, .flags = WIRE_OP_WAITS};
	struct call *b;

	root->state = CALL_PARKED;
	root->waits_for = root->reissued;
	w.events.op(root, root->reissued++, &asked, "b", NULL, NULL, input, w.events.arg);
	b = newest();
	while (b->op->cancelled == 0)
		event_base_loop(w.loop, EVLOOP_ONCE);
	reply(b, HOSPES_EDEADLINE, "");
}

static void
test_whose_time_is_over(void **state)
{
	struct call *b;

	(void)state;
	w.d->breakers.rules.errors = 0;
	b_is_late();
	assert_int_equal(last_status(), HOSPES_EDEADLINE);
	assert_int_equal(breaker_of("b")->sum.errors, 1);
	ask(root, "b");
	b = newest();
	ask(b, "c");
	dispatch_cancel(w.d, b->op, HOSPES_EDEADLINE, "the time of somebody above was over");
	reply(newest(), HOSPES_EDEADLINE, "");
	reply(b, HOSPES_EDEADLINE, "");
	assert_int_equal(breaker_of("c")->sum.n, 0);
	assert_int_equal(breaker_of("b")->sum.n, 1);
	w.d->breakers.rules.latency_ns = 1;
	ask(root, "b");
	dispatch_cancel(w.d, newest()->op, HOSPES_EDEADLINE, "the time of somebody above was over");
	reply(newest(), HOSPES_EDEADLINE, "");
	assert_int_equal(breaker_of("b")->sum.slow, 1); /* but it was slow already */
	ask(root, "b");
	dispatch_cancel(w.d, newest()->op, HOSPES_ECANCELLED, "nobody wants it");
	reply(newest(), HOSPES_ECANCELLED, "");
	assert_int_equal(breaker_of("b")->sum.n, 2);
}

static void
test_one_probe(void **state)
{
	struct call *probe;
	struct record r;

	(void)state;
	opened();
	ask(root, "b");
	probe = newest();
	r = record_newest(RECORD_BREAKER);
	assert_true(state_is(&r, "half_open"));
	r = record_newest(RECORD_CALL_START);
	assert_memory_equal(record_find(&r, TAG_REASON)->data, "probe", 5);
	ask(root, "b");
	assert_int_equal(last_status(), HOSPES_EBREAKER);
	assert_non_null(strstr(sentence(root, 3), "one is tried, and the others wait for how that ends"));
	reply(probe, 0, "1");
	assert_int_equal(breaker_of("b")->state, BREAKER_CLOSED);
	r = record_newest(RECORD_BREAKER);
	assert_true(state_is(&r, "closed"));
}

static void
test_a_probe_that_fails(void **state)
{
	(void)state;
	opened();
	open_for(3600 * S);
	breaker_of("b")->until_real_ns = 0;
	assert_int_equal(b_ends(HOSPES_EFAILED), HOSPES_EFAILED);
	assert_int_equal(breaker_of("b")->state, BREAKER_OPEN);
	assert_int_equal(breaker_of("b")->cause, BREAKER_PROBE);
	assert_int_equal(b_ends(0), HOSPES_EBREAKER);
	open_for(0);
	closes();
}

static void
test_a_later_guard_refuses_the_probe(void **state)
{
	(void)state;
	opened();
	ask_with(root, WIRE_OP_CALL, "b", 1000, "{}", 2); /* more than the run has */
	assert_int_equal(last_status(), HOSPES_EBUDGET);
	assert_int_equal(breaker_of("b")->state, BREAKER_HALF_OPEN);
	closes();
}

static void
test_a_later_guard_has_the_probe_wait(void **state)
{
	struct call *holder, *first;

	(void)state;
	opened();
	ask_with(root, WIRE_OP_CALL, "c", 90, "{}", 2);
	holder = newest();
	ask_with(root, WIRE_OP_CALL, "b", 50, "{}", 2); /* until that gives back what it does not need */
	assert_int_equal(root->ops[3]->state, OP_WAITING);
	assert_null(breaker_of("b")->probe);
	ask(root, "b"); /* so another one is it */
	first = newest();
	assert_ptr_equal(breaker_of("b")->probe, first->op);
	reply(holder, 0, "1"); /* tried again from the first guard, which refuses it now */
	assert_int_equal(root->ops[3]->status, HOSPES_EBREAKER);
	reply(first, 0, "1");
	assert_int_equal(breaker_of("b")->state, BREAKER_CLOSED);
}

static void
test_the_probe_is_cancelled(void **state)
{
	(void)state;
	opened();
	ask(root, "b");
	dispatch_cancel(w.d, newest()->op, HOSPES_ECANCELLED, "nobody wants it");
	assert_ptr_equal(breaker_of("b")->probe, newest()->op); /* until it has stopped */
	reply(newest(), HOSPES_ECANCELLED, "");
	assert_int_equal(breaker_of("b")->state, BREAKER_HALF_OPEN);
	closes();
}

static void
test_the_probe_waits_at_a_guard_and_is_cancelled(void **state)
{
	struct call *holder;

	(void)state;
	opened();
	ask_with(root, WIRE_OP_CALL, "c", 90, "{}", 2);
	holder = newest();
	ask_with(root, WIRE_OP_CALL, "b", 50, "{}", 2);
	dispatch_cancel(w.d, root->ops[3], HOSPES_ECANCELLED, "nobody wants it");
	reply(holder, 0, "1");
	closes();
}

static void
test_the_probe_is_late(void **state)
{
	(void)state;
	opened();
	b_is_late();
	assert_int_equal(breaker_of("b")->state, BREAKER_OPEN);
	closes();
	opened();
	ask(root, "b");
	dispatch_cancel(w.d, newest()->op, HOSPES_EDEADLINE, "the time of somebody above was over");
	reply(newest(), HOSPES_EDEADLINE, "");
	assert_int_equal(breaker_of("b")->state, BREAKER_HALF_OPEN);
	closes();
}

static void
test_the_probe_has_bad_input(void **state)
{
	(void)state;
	opened();
	registry_active(NULL, "b")->input_schema = json_pack("{s:s}", "type", "string");
	ask(root, "b");
	assert_int_equal(last_status(), HOSPES_EINPUT);
	json_decref((json_t *)(uintptr_t)registry_active(NULL, "b")->input_schema);
	registry_active(NULL, "b")->input_schema = NULL;
	closes();
}

static void
test_the_probe_is_put_aside(void **state)
{
	struct call *probe;

	(void)state;
	opened();
	ask(root, "b");
	probe = newest();
	ask_with(probe, WIRE_OP_SLEEP, "", 0, "\0\0\x10\xa5\xd4\xe8\0\0", 8);
	probe->state = CALL_EVICTED;
	w.events.evicted(probe, w.events.arg);
	assert_null(breaker_of("b")->probe);
	assert_int_equal(b_ends(0), 0);
	assert_int_equal(breaker_of("b")->state, BREAKER_CLOSED);
	probe->state = CALL_RUNNING;
	reply(probe, HOSPES_EFAILED, "it began before that");
	assert_int_equal(breaker_of("b")->sum.n, 0);
}

/* A reply may be looked at for long, by a check or a human: the probe is back as soon as it is there. */
static void
test_an_answer_counts_before_it_is_judged(void **state)
{
	static const char text[] = "grounding: { b: { checks = [ \"c\" ]; }; };";
	char path[] = "/tmp/hospes-breaker-XXXXXX";
	struct policy *with_checks;
	struct call *check;
	struct fault fault;
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	assert_int_equal(policy_load(path, true, &with_checks, &fault), 0);
	(void)unlink(path);
	opened();
	registry_active(NULL, "c")->kind = PLUGIN_CHECK;
	with_checks->repetition = 0;
	w.run->policy = with_checks;
	ask(root, "b");
	reply(newest(), 0, "1");
	check = newest();
	assert_string_equal(check->plugin, "c");
	assert_int_equal(root->ops[2]->state, OP_OPEN);
	assert_int_equal(breaker_of("b")->state, BREAKER_CLOSED);
	assert_int_equal(breaker_of("b")->flying, 0);
	reply(check, 0, "{\"score\":0,\"failed\":[{\"text\":\"x\",\"why\":\"y\"}],\"reasons\":[]}");
	assert_int_equal(last_status(), HOSPES_EGROUND);
	assert_int_equal(breaker_of("b")->sum.errors, 0); /* what it was worth is not for its breaker */
	reply(root, 0, "1");
	w.run->policy = w.policy;
	policy_unref(&with_checks);
}

static void
test_an_operator_closes_it(void **state)
{
	_cleanup_(json_p) json_t *closed = NULL;
	struct call *probe;
	struct fault fault;
	struct record r;

	(void)state;
	opened();
	ask(root, "b");
	probe = newest();
	assert_int_equal(dispatch_reset_breakers(w.d, "b", NULL, "uid:7", "repaired", &closed, &fault), 0);
	assert_int_equal(json_array_size(closed), 1);
	r = record_newest(RECORD_BREAKER);
	assert_memory_equal(record_find(&r, TAG_ACTOR)->data, "uid:7", 5);
	assert_memory_equal(record_find(&r, TAG_REASON)->data, "repaired", 8);
	assert_int_equal(b_ends(0), 0);
	reply(probe, HOSPES_EFAILED, "it is no probe any more");
	assert_int_equal(breaker_of("b")->state, BREAKER_CLOSED);
	assert_int_equal(dispatch_reset_breakers(w.d, "b", "9.9.9", "uid:7", "", &closed, &fault), HOSPES_ENOENT);
}

static void
test_another_version_has_its_own(void **state)
{
	(void)state;
	opened();
	open_for(3600 * S);
	assert_true(breaker_open_for(w.d, registry_active(NULL, "b")));
	version_add("b", "2.0.0");
	assert_false(breaker_open_for(w.d, registry_active(NULL, "b")));
	assert_int_equal(w.d->breakers.versions.n, 2); /* of a, b 1.0.0 */
}

static void
test_it_may_be_turned_off(void **state)
{
	(void)state;
	opened();
	open_for(3600 * S);
	w.policy->unnamed->breaker = false;
	breaker_of("b")->generation = 0; /* as after a reload */
	for (int i = 0; i < 10; i++)
		assert_int_equal(b_ends(HOSPES_EFAILED), HOSPES_EFAILED);
	assert_int_equal(breaker_of("b")->state, BREAKER_CLOSED);
}

/* ---- Hosts ------------------------------------------------------------------------------------------------------- */

/* Asks for a URL; whose breaker that was. */
static const char *
asked(const char *url, unsigned code)
{
	struct payload *answer = payload_text("{}");

	w.http_code = code;
	ask_with(root, WIRE_OP_HTTP, url, 0, "{}", 2);
	if (w.awaited != NULL) {
		journal_done *durable = w.awaited;

		w.awaited = NULL;
		durable(w.awaited_arg);
		w.http.done(0, answer, NULL, w.http.arg);
	}
	payload_unref(&answer);
	return TAILQ_LAST(&w.d->breakers.hosts.used, breaker_list)->name;
}

static void
test_names_of_hosts(void **state)
{
	(void)state;
	assert_string_equal(asked("https://api.example.com/v1?x=1", 200), "https://api.example.com:443");
	assert_string_equal(asked("https://api.example.com", 200), "https://api.example.com:443");
	assert_string_equal(asked("http://a-b.example:8080/x:9", 200), "http://a-b.example:8080");
	assert_string_equal(asked("http://localhost#x", 200), "http://localhost:80");
	/* whatever may be written otherwise is for the reader of URLs, which says example.org here */
	assert_string_equal(asked("http://LOCALHOST/", 200), "http://example.org:80");
	assert_string_equal(asked("http://127.1/", 200), "http://example.org:80");
	assert_string_equal(asked("http://a.b.:80/", 200), "http://example.org:80");
	assert_string_equal(asked("http://a%2eb/", 200), "http://example.org:80");
	assert_string_equal(asked("http://a.b:080/", 200), "http://example.org:80");
	assert_string_equal(asked("http://a.b:/", 200), "http://example.org:80");
	assert_string_equal(asked("http://a.b\\c", 200), "http://example.org:80");
	assert_string_equal(asked("http://[::1]/", 200), "http://example.org:80");
}

static void
test_a_host_that_fails(void **state)
{
	(void)state;
	asked("http://api.example.com/", 404);
	asked("http://api.example.com/", 503);
	assert_int_equal(w.n_http, 2);
	asked("http://api.example.com/", 200);
	assert_int_equal(w.n_http, 2);
	assert_int_equal(last_status(), HOSPES_EBREAKER);
	asked("https://api.example.com/", 200); /* another port, another service */
	assert_int_equal(w.n_http, 3);
	assert_int_equal(breaker_of("a")->sum.n, 0);
}

/* However many hosts somebody thinks of, there is an end to what is known of them; those that are open stay longest. */
static void
test_there_is_an_end_to_hosts(void **state)
{
	(void)state;
	w.d->breakers.rules = rules;
	breakers_follow(w.d, w.policy);
	for (unsigned i = 0; i < BREAKERS_MAX + 100; i++) {
		char name[64];

		snprintf(name, sizeof(name), "http://host-%u:80", i);
		assert_non_null(breakers_of_host(w.d, name));
		if (i < 10)
			breakers_trip(w.d, breakers_of_host(w.d, name), BREAKER_ERRORS, NULL);
	}
	assert_int_equal(w.d->breakers.hosts.n, BREAKERS_MAX);
	assert_int_equal(breakers_of_host(w.d, "http://host-3:80")->state, BREAKER_OPEN);
}

/* ---- Across a restart -------------------------------------------------------------------------------------------- */

static void
apply_newest(void)
{
	struct record r = record_newest(RECORD_BREAKER);
	struct fault fault;

	assert_int_equal(breakers_apply[0].apply(NULL, &r, &fault), 0);
}

/* What the store keeps is what the next host has. */
static void
test_it_is_kept(void **state)
{
	struct dispatch next = {.store = (struct store *)&next};
	struct breaker *b;

	(void)state;
	opened();
	apply_newest();
	assert_non_null(w.kept);
	breakers_open(&next);
	b = breakers_find_version(&next, registry_active(NULL, "b"));
	assert_int_equal(b->state, BREAKER_OPEN);
	assert_int_equal(b->at_opening.errors, 2);
	assert_int_equal(b->cause, BREAKER_ERRORS);
	assert_int_equal(b->since_real_ns, breaker_of("b")->since_real_ns);
	assert_true(b->until_real_ns >= b->since_real_ns + 3600 * S);
	assert_string_equal(b->semver, "1.0.0");
	breakers_close(&next);
	ask(root, "b"); /* the probe */
	apply_newest();
	breakers_open(&next);
	assert_int_equal(breakers_find_version(&next, registry_active(NULL, "b"))->state, BREAKER_HALF_OPEN);
	breakers_close(&next);
	reply(newest(), 0, "1");
	apply_newest();
	assert_null(w.kept); /* what is closed is not kept */
}

static void
test_senseless_entries(void **state)
{
	static const char *const texts[] = {"", "[]", "{}", "{\"name\":\"b\"}",
	    "{\"name\":\"b\",\"state\":\"open\",\"object\":\"zz\",\"version\":\"1\"}",
	    "{\"name\":\"b\",\"state\":\"open\",\"object\":\"00\"}",
	    "{\"name\":\"x\",\"state\":\"open\",\"samples\":-1,\"errors\":99999999999,\"cause\":7}"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct dispatch next = {.store = (struct store *)&next};

		free(w.kept);
		w.kept = xstrdup(texts[i]);
		breakers_open(&next);
		assert_int_equal(next.breakers.versions.n, 0);
		assert_int_equal(next.breakers.hosts.n, i == ARRAY_LEN(texts) - 1);
		breakers_close(&next);
	}
}

#define ALONE(f)   cmocka_unit_test(f)
#define PROMISE(f) cmocka_unit_test_setup_teardown(f, begin, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    ALONE(test_half_of_enough_opens),
	    ALONE(test_what_is_old_leaves_the_window),
	    ALONE(test_the_sum_is_that_of_the_window),
	    ALONE(test_another_window_begins_anew),
	    ALONE(test_what_is_slow_is_bad),
	    ALONE(test_money_of_a_minute),
	    ALONE(test_open_until_its_time),
	    ALONE(test_clocks_and_reloads_do_not_keep_it_open),
	    PROMISE(test_it_opens_and_refuses),
	    PROMISE(test_what_counts),
	    PROMISE(test_what_is_handed_on_counts_below),
	    PROMISE(test_whose_time_is_over),
	    PROMISE(test_one_probe),
	    PROMISE(test_a_probe_that_fails),
	    PROMISE(test_a_later_guard_refuses_the_probe),
	    PROMISE(test_a_later_guard_has_the_probe_wait),
	    PROMISE(test_the_probe_is_cancelled),
	    PROMISE(test_the_probe_waits_at_a_guard_and_is_cancelled),
	    PROMISE(test_the_probe_is_late),
	    PROMISE(test_the_probe_has_bad_input),
	    PROMISE(test_the_probe_is_put_aside),
	    PROMISE(test_an_answer_counts_before_it_is_judged),
	    PROMISE(test_an_operator_closes_it),
	    PROMISE(test_another_version_has_its_own),
	    PROMISE(test_it_may_be_turned_off),
	    PROMISE(test_names_of_hosts),
	    PROMISE(test_a_host_that_fails),
	    PROMISE(test_there_is_an_end_to_hosts),
	    PROMISE(test_it_is_kept),
	    PROMISE(test_senseless_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
