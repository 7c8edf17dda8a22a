/*
 * Guards by chance: calls that ask for anything at any time, and end in any way, under a policy that has all guards at work:
 * attempts, a ladder, polls, reviews, scores, breakers, a rate, slots.  In the middle the host ends and is started again, and calls
 * repeat what they did, or do not.  Nothing may break; in the end no call is left, and nothing is held by anybody.
 *
 * ROUNDS says how many; SEED is the first of them.
 */

#include "dispatch_kept.h"

#include <sodium.h>

#include "dispatch/guard.h"
#include "dispatch/review.h"
#include "dispatch/state.h"

/* After a start it may be another one. */
static const char policy[] =
    "run = { queue = 12; on_cycle = \"%s\"; };\n"
    "breaker = { errors = 50; least = 2; open = \"10ms\"; };\n"
    "reviews = { spend = \"%s\"; deadline = \"50ms\"; default = \"approve\"; };\n"
    "limits = { c = { concurrency = 1; }; b = { rate = \"500/s\"; burst = 1; timeout = \"20ms\"; }; d = { context = "
    "\"64K\"; }; };\n"
    "grounding: { b: { checks = [ \"v\", \"x\" ]; confidence = 0.4; on_fail = [ \"retry\", \"escalate\", \"review\", "
    "\"fail\" ];\n"
    "    escalate = \"d\"; }; c: { checks = [ \"v\" ]; on_fail = [ \"review\", \"retry\" ]; }; };\n"
    "fallbacks = ( { of = \"c\"; on = [ \"crash\", \"timeout\", \"breaker\", \"refused\", \"failed\" ];\n"
    "    to = ( { agent = \"d\"; }, { agent = \"a\"; }, { agent = \"b\"; }, { human = \"What then?\"; } ); },\n"
    "    { of = \"nobody\"; to = ( { agent = \"c\"; }, { answer = \"[1]\"; } ); },\n"
    "    { of = \"d\"; on = [ \"failed\", \"breaker\" ]; to = ( { human = \"Well?\"; } ); } );\n";

#define ASK "{\"question\":\"Well?\",\"options\":[\"yes\",\"no\"]}"

/* ---- Chance ------------------------------------------------------------------------------------------------------ */

static uint64_t seed;

static uint32_t
chance(uint32_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) % n;
}

static const char *
one_of(const char *const texts[], uint32_t n)
{
	return texts[chance(n)];
}

/* ---- What was asked ---------------------------------------------------------------------------------------------- */

struct said {
	char path[64];
	uint32_t ordinal;
	struct wire_op op;
	const char *target;
	struct payload *input;
};
static struct said said[WORLD_MAX];
static unsigned n_said;

static struct said *
said_at(const char *path, uint32_t ordinal)
{
	for (unsigned i = 0; i < n_said; i++) {
		if (said[i].ordinal == ordinal && strcmp(said[i].path, path) == 0)
			return &said[i];
	}
	return NULL;
}

static void
forget_said(void)
{
	while (n_said > 0)
		payload_unref(&said[--n_said].input);
}

/* Mostly one that can be held: of calls that were asked this, each once. */
static struct payload *
poll_input(const char *path, uint32_t before)
{
	_cleanup_(buf_free) struct buf all = {0}, ballots = {0};
	struct wire_poll head = {.rule = WIRE_POLL_MAJORITY, .flags = chance(2) == 0 ? WIRE_POLL_WAIT_ALL : 0};

	for (uint32_t i = 0; i < before; i++) {
		const struct said *s = said_at(path, i);
		struct wire_ballot b = {.ordinal = i, .weight = 1 + chance(3)};

		if (chance(10) == 0 || (s != NULL && s->op.kind == WIRE_OP_CALL && chance(3) > 0 && ++head.ballots > 0))
			buf_append(&ballots, &b, sizeof(b));
	}
	if (chance(8) == 0) {
		head.flags = (uint8_t)chance(32);
		head.first = chance(before + 1);
		head.rule = (uint8_t)chance(4);
	}
	buf_append(&all, &head, sizeof(head));
	buf_append(&all, ballots.data, ballots.len);
	buf_appends(&all, ASK);
	return payload_new(all.data, chance(20) == 0 ? all.len / 2 : all.len);
}

static struct payload *
score_input(uint32_t before)
{
	uint8_t bytes[20] = {0};
	uint32_t ordinal = chance(before + 2);
	double score = chance(12) / 10.0;

	memcpy(bytes, &ordinal, sizeof(ordinal));
	memcpy(bytes + sizeof(ordinal), &score, sizeof(score));
	memcpy(bytes + 12, "for this", 8);
	return payload_new(bytes, sizeof(bytes) - chance(20));
}

static struct payload *
first_input(uint32_t before)
{
	uint32_t ordinals[3] = {chance(before + 1), chance(before + 1), chance(before + 1)};

	return payload_new(ordinals, sizeof(ordinals[0]) * (1 + chance(3)));
}

static void
choose(struct said *s, const char *path, uint32_t before)
{
	static const char *const targets[] = {"b", "b", "c", "c", "d", "e", "e", "nobody", "a", "cap:x"};
	static const char *const reviews[] = {"{\"question\":\"Is it?\"}",
	    "{\"question\":\"Which?\",\"choices\":[\"one\",\"two\"],\"default\":\"two\",\"timeout_ms\":3}", "{}", "[",
	    "{\"question\":\"\\u001b[2J\\u202e?\",\"context\":{\"a\":[1,2]}}"};
	int64_t soon = chance(3) * NS_PER_MS;

	s->target = "";
	s->op = (struct wire_op){.flags = chance(3) > 0 ? WIRE_OP_WAITS : 0};
	switch (chance(10)) {
	case 0:
	case 1:
		s->op.kind = WIRE_OP_POLL;
		s->op.timeout_ns = chance(2) * 5 * NS_PER_MS;
		s->input = poll_input(path, before);
		return;
	case 2:
		s->op.kind = WIRE_OP_REVIEW;
		s->input = payload_text(one_of(reviews, ARRAY_LEN(reviews)));
		return;
	case 3:
		s->op.kind = WIRE_OP_SCORE;
		s->input = score_input(before);
		return;
	case 4:
		s->op.kind = WIRE_OP_FIRST;
		s->input = first_input(before);
		return;
	case 5:
		s->op.kind = WIRE_OP_SLEEP;
		s->input = payload_new(&soon, sizeof(soon));
		return;
	default:
		s->op.kind = WIRE_OP_CALL;
		s->op.timeout_ns = chance(4) == 0 ? (1 + chance(20)) * NS_PER_MS : 0;
		s->op.share_calls = chance(4) > 0 ? 0 : chance(3) == 0 ? -(int64_t)(1 + chance(4)) : 1 + chance(8);
		s->op.share_micros = chance(6) == 0 ? chance(20000) : 0;
		s->target = one_of(targets, ARRAY_LEN(targets));
		s->input = payload_text(chance(6) > 0 ? ASK : "{\"b\":1}");
	}
}

static void
asks(struct call *call)
{
	_cleanup_(free_p) char *path = op_path(call->op);
	uint32_t ordinal = call->reissued;
	struct said *s = said_at(path, ordinal);

	if (strlen(path) >= sizeof(s->path) || (s == NULL && n_said == WORLD_MAX))
		return;
	if (s == NULL) {
		s = &said[n_said++];
		*s = (struct said){.ordinal = ordinal};
		strcpy(s->path, path);
		choose(s, path, ordinal);
	} else if (chance(400) == 0) { /* and not what it asked before */
		payload_unref(&s->input);
		choose(s, path, ordinal);
	}
	call->reissued++;
	if (s->op.flags & WIRE_OP_WAITS) {
		call->state = CALL_PARKED;
		call->waits_for = ordinal;
	}
	w.events.op(call, ordinal, &s->op, s->target, NULL, NULL, s->input, w.events.arg);
}

/* ---- What happens ------------------------------------------------------------------------------------------------ */

static void
ends(struct call *call, int status, const char *text, double confidence)
{
	_cleanup_(payload_unref) struct payload *p = payload_text(text);
	struct fault fault;

	call->cell = NULL;
	if (status == HOSPES_EPOISON || status == HOSPES_ESTUCK) {
		fault_set(&fault, status, "%s", text);
		w.events.lost(call, &fault, w.events.arg);
		return;
	}
	call->state = CALL_DONE;
	w.events.reply(call, status, p, confidence, NULL, w.events.arg);
}

static void
ends_somehow(struct call *call)
{
	static const int statuses[] = {0, 0, 0, 0, 0, HOSPES_EFAILED, HOSPES_EPOISON, HOSPES_ESTUCK, HOSPES_EREJECTED,
	    HOSPES_EBREAKER, HOSPES_EUNKNOWN};
	static const char *const replies[] = {"{\"choice\":\"yes\"}", "{\"choice\":\"no\"}", "{\"choice\":null}", "1",
	    "{\"claims\":[{\"text\":\"so\",\"critical\":true}]}", "{\"score\":0.3}", "{\"score\":1}",
	    "{\"score\":0.1,\"failed\":[{\"claim\":0,\"why\":\"no\"}],\"reasons\":[\"no\"]}"};

	ends(call, statuses[chance(ARRAY_LEN(statuses))], one_of(replies, ARRAY_LEN(replies)), chance(11) / 10.0);
}

static void
is_evicted(struct call *call)
{
	call->state = CALL_EVICTED;
	call->cell = NULL;
	w.events.evicted(call, w.events.arg);
}

static struct call *
any_call_of(enum call_state state)
{
	struct call *found = NULL;
	uint32_t n = 0;

	for (uint64_t i = 1; i < w.calls.next_handle; i++) {
		struct call *call = call_by_handle(&w.calls, i);

		if (call != NULL && call->state == state && call->cell != NULL && chance(++n) == 0)
			found = call;
	}
	return found;
}

static void
somebody_decides(void)
{
	static const char *const answers[] = {"approve", "reject", "edit", "answer"};
	struct review *r = LIST_FIRST(&w.run->reviews);
	const char *decision = one_of(answers, ARRAY_LEN(answers));
	_cleanup_(json_p) json_t *value = decision[0] == 'e' || decision[1] == 'n' ? json_string("one") : NULL;
	_cleanup_(free_p) char *id = NULL;
	struct fault fault;

	for (uint32_t i = chance(3); r != NULL && i > 0 && LIST_NEXT(r, open) != NULL; i--)
		r = LIST_NEXT(r, open);
	if (r == NULL)
		return;
	id = xstrdup(r->id);
	(void)dispatch_review(w.d, w.run, id,
	    &(struct review_said){.decision = decision, .hash = r->hash, .value = value, .who = "uid:7", .why = "so"},
	    &fault);
}

static void
abandons(struct call *call)
{
	if (call->reissued > 0)
		w.events.abandon(call, chance(call->reissued), w.events.arg);
}

static void
happens(void)
{
	struct call *running = any_call_of(CALL_RUNNING), *parked = any_call_of(CALL_PARKED);
	bool replays = running != NULL && running->reissued < running->n_ops && chance(50) > 0;

	switch (chance(12)) {
	case 0:
		event_base_loop(w.loop, EVLOOP_NONBLOCK);
		return;
	case 1:
		somebody_decides();
		return;
	case 2:
		if (parked != NULL && parked->cancelled == 0 && chance(3) == 0)
			is_evicted(parked);
		return;
	case 3:
		if (running != NULL && !replays && chance(4) == 0)
			abandons(running);
		return;
	case 4:
	case 5:
	case 6:
		if (running != NULL && !replays && (depth_of(running->op) > 0 || chance(40) == 0))
			ends_somehow(running);
		return;
	default:
		if (running == NULL)
			event_base_loop(w.loop, EVLOOP_NONBLOCK);
		else if (depth_of(running->op) < 4 || replays)
			asks(running);
		else
			ends_somehow(running);
	}
}

/* ---- A round ----------------------------------------------------------------------------------------------------- */

static void
world_is_peopled(void)
{
	static const char *const names[] = {"a", "b", "c", "d", "e"};

	_cleanup_(free_p) char *text =
	    xasprintf(policy, chance(4) == 0 ? "end_run" : "refuse", chance(3) == 0 ? "0.02" : "0");

	with_policy(text);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		version_add(names[i], "1.0.0")->price_micros = (int64_t)i * 2000;
	version_add("v", "1.0.0")->kind = PLUGIN_CHECK;
	version_add("x", "1.0.0")->kind = PLUGIN_CHECK;
	ulid_format(&w.run->id, w.run->id_text);
}

static void
begins(void)
{
	run_is_recorded();
	dispatch_root(w.d, w.run);
}

static void
plays(unsigned steps)
{
	while (steps-- > 0 && !w.ended && w.n_records < WORLD_MAX - 300 && w.n_submitted < WORLD_MAX - 300 &&
	       w.n_outcomes < WORLD_MAX - 300 && w.n_cancelled < WORLD_MAX - 300)
		happens();
}

static void
tells_who_is_left(void)
{
	for (uint64_t k = 1; k < w.calls.next_handle; k++) {
		const struct call *call = call_by_handle(&w.calls, k);
		_cleanup_(free_p) char *path = call == NULL ? NULL : op_path(call->op);

		if (call != NULL)
			fprintf(stderr, "%s %s: state %d, cancelled %d, open ops %u, in a cell %d; op state %d\n", path,
			    call->plugin, (int)call->state, call->cancelled, call->open_ops, call->cell != NULL,
			    (int)call->op->state);
		for (uint32_t i = 0; call != NULL && i < call->n_ops; i++)
			fprintf(stderr, "  op %u: kind %d state %d cancelled %d check %d\n", i, call->ops[i]->kind,
			    (int)call->ops[i]->state, call->ops[i]->cancelled, call->ops[i]->check);
	}
}

/* All is stopped, and whoever is in a cell ends. */
static void
winds_up(void)
{
	dispatch_cancel(w.d, &w.run->root, HOSPES_ECANCELLED, "the test is over");
	for (unsigned i = 0; w.calls.count > 0; i++) {
		if (i == 1000)
			tells_who_is_left();
		assert_true(i < 1000);
		for (uint64_t k = 1; k < w.calls.next_handle; k++) {
			struct call *call = call_by_handle(&w.calls, k);

			if (call != NULL && call->cell != NULL &&
			    (call->state == CALL_RUNNING || call->state == CALL_PARKED))
				ends(call, HOSPES_ECANCELLED, "over", 1);
		}
		event_base_loop(w.loop, EVLOOP_NONBLOCK);
	}
	assert_true(w.ended);
	for (enum quantity q = 0; q < QUANTITIES_RESERVED; q++) {
		assert_int_equal(w.run->account.reserved[q], 0);
		assert_int_equal(w.run->account.returnable[q], 0);
		assert_int_equal(dispatch_host_account(w.d)->reserved[q], 0);
	}
	assert_int_equal(w.d->waiting, 0);
	assert_int_equal(w.d->roots, 0);
	assert_int_equal(w.run->reviews_open, 0);
	for (unsigned i = 0; i < w.n_versions; i++)
		assert_int_equal(breaker_calls_of(w.d, &w.versions[i]), 0);
}

static void
host_ends(void **state)
{
	n_kept = w.n_records;
	for (unsigned i = 0; i < n_kept; i++) {
		const struct record_head *head = w.records[i];

		kept[i] = xmalloc(head->length);
		memcpy(kept[i], w.records[i], head->length);
	}
	winds_up();
	teardown(state);
	setup(state);
	world_is_peopled();
}

static bool
is_of_run(const struct record *r)
{
	return r->head.kind != RECORD_BREAKER && !(r->head.kind == RECORD_ALERT && r->head.seq == 0) &&
	       !(r->head.kind == RECORD_COMMAND && r->head.seq == 0);
}

static void
host_starts(unsigned n)
{
	struct restore *restore;
	struct fault fault;

	payload_unref(&w.run->root.input);
	dispatch_restore_begin(w.d, w.run, &restore);
	for (unsigned i = 0; i < n; i++) {
		struct record r = decoded(kept[i]);

		if (is_of_run(&r) && dispatch_restore_record(restore, &r, &fault) != 0)
			fail_msg("record %u of %u (%s): %s", i, n, record_kind_name((enum record_kind)r.head.kind),
			    fault.text);
	}
	if (dispatch_restore_end(&restore, &fault) != 0)
		fail_msg("after %u records: %s", n, fault.text);
	if (w.run->root.state == OP_DONE)
		w.ended = true;
}

static void
test_by_chance(void **state)
{
	const char *rounds = getenv("ROUNDS"), *from = getenv("SEED");
	uint64_t first = from == NULL ? 1 : strtoull(from, NULL, 10);
	uint64_t n = rounds == NULL ? 150 : strtoull(rounds, NULL, 10);

	for (uint64_t i = first; i < first + n; i++) {
		if (from != NULL || rounds != NULL)
			fprintf(stderr, "seed %llu\n", (unsigned long long)i);
		seed = i * 7919;
		world_is_peopled();
		begins();
		plays(20 + chance(500));
		for (uint32_t kills = chance(3); kills > 0; kills--) {
			host_ends(state);
			host_starts(1 + chance(n_kept));
			plays(20 + chance(500));
			forget_kept();
			if (w.run->root.state == OP_DONE)
				break;
			break;
		}
		winds_up();
		forget_said();
		teardown(state);
		setup(state);
	}
	w.ended = true;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_by_chance, setup, teardown),
	};

	if (sodium_init() < 0)
		return 1;
	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
