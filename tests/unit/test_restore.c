/*
 * Runs built again from their records: a run is played once undisturbed; then, for each of its records, as if the host had
 * ended just after that one.  Each time it has to end the same, and nothing that had an outcome may be done again.
 */

#include "call/review.h"
#include "dispatch_world.h"

#include <sodium.h>

#include "cmocka_all.h"

/* ---- Handlers, as lists of steps --------------------------------------------------------------------------------- */

struct step {
	enum { ASK, WAIT, PART, REPLY, REPLY_ALL } what;
	uint16_t kind;      /* ASK */
	const char *target; /* ASK; "/?": a key that is made from what op 0 drew */
	const char *input;  /* ASK, PART, REPLY */
	uint32_t waits;     /* WAIT: for this ordinal */
	uint8_t effect;
	int64_t calls; /* ASK: its share */
};

#define FIRST_OF "\x03\0\0\0\x04\0\0\0" /* ops 3 and 4 */
#define PART_OF  "\x03\0\0\0\0\0\0\0"   /* of op 3 the first */
#define POLL_ASK "{\"question\":\"Well, what is it to be?\",\"options\":[\"yes\",\"no\"]}"
/* A majority of two with a quorum of half, all waited for: ops 11 and 12. */
#define POLL_OF                                                                                                        \
	"\0\2\0\0"                                                                                                     \
	"\2\0\0\0\0\0\0\0\0\0\0\0"                                                                                     \
	"\1\0\0\0\2\0\0\0\0\0\0\0"                                                                                     \
	"\x0b\0\0\0\1\0\0\0"                                                                                           \
	"\x0c\0\0\0\1\0\0\0" POLL_ASK
#define BRIEFLY "\x40\x42\x0f\0\0\0\0\0" /* 1 ms */

static const struct step root_steps[] = {
    {.what = ASK, .kind = WIRE_OP_RANDOM, .target = "", .input = "\x08\0\0\0"},
    {.what = WAIT, .waits = 0},
    {.what = ASK, .kind = WIRE_OP_RECALL, .target = "/?", .input = "{}"},
    {.what = WAIT, .waits = 1},
    {.what = ASK, .kind = WIRE_OP_REMEMBER, .target = "/?", .input = "{\"value\":1}"},
    {.what = WAIT, .waits = 2},
    {.what = ASK, .kind = WIRE_OP_CALL, .target = "b", .input = "{\"a question that is longer than a hash\":1}"},
    {.what = ASK,
	.kind = WIRE_OP_CALL,
	.target = "c",
	.input = "{\"a question that is longer than a hash\":2}",
	.calls = 2},
    {.what = ASK, .kind = WIRE_OP_FIRST, .target = "", .input = FIRST_OF},
    {.what = WAIT, .waits = 5},
    {.what = ASK, .kind = WIRE_OP_PART, .target = "", .input = PART_OF},
    {.what = WAIT, .waits = 6},
    {.what = WAIT, .waits = 3},
    {.what = WAIT, .waits = 4},
    {.what = PART, .input = "{\"said\":\"by the root\"}"},
    {.what = ASK, .kind = WIRE_OP_SLEEP, .target = "", .input = BRIEFLY},
    {.what = ASK, .kind = WIRE_OP_HTTP, .target = "http://example.org/", .input = "{}"},
    {.what = WAIT, .waits = 7},
    {.what = WAIT, .waits = 8},
    {.what = ASK, .kind = WIRE_OP_CALL, .target = "nobody", .input = "{}"},
    {.what = WAIT, .waits = 9},
    {.what = ASK, .kind = WIRE_OP_FORGET, .target = "/?", .input = "{}"},
    {.what = WAIT, .waits = 10},
    {.what = ASK, .kind = WIRE_OP_CALL, .target = "v", .input = POLL_ASK},
    {.what = ASK, .kind = WIRE_OP_CALL, .target = "b", .input = POLL_ASK}, /* which has another answer */
    {.what = ASK, .kind = WIRE_OP_POLL, .target = "", .input = POLL_OF},
    {.what = WAIT, .waits = 13},
    {.what = ASK, .kind = WIRE_OP_REVIEW, .target = "", .input = "{\"question\":\"Is it?\"}"},
    {.what = ASK, .kind = WIRE_OP_HTTP, .target = "http://example.org/2", .input = "{}", .effect = WIRE_EFFECT_ONCE},
    {.what = WAIT, .waits = 14},
    {.what = WAIT, .waits = 15},
    {.what = REPLY_ALL},
};

static const struct step b_steps[] = {
    {.what = PART, .input = "{\"a part of the reply of b\":1}"},
    {.what = ASK, .kind = WIRE_OP_NOW, .target = "", .input = ""},
    {.what = WAIT, .waits = 0},
    {.what = ASK, .kind = WIRE_OP_SLEEP, .target = "", .input = BRIEFLY},
    {.what = WAIT, .waits = 1},
    {.what = REPLY, .input = "{\"b\":\"has an answer that is longer than a hash\"}"},
};

static const struct step c_steps[] = {
    {.what = ASK, .kind = WIRE_OP_CALL, .target = "b", .input = "{\"a question that is longer than a hash\":1}"},
    {.what = WAIT, .waits = 0},
    {.what = REPLY, .input = "{\"c\":\"has an answer that is longer than a hash\"}"},
};

static const struct step v_steps[] = {
    {.what = ASK, .kind = WIRE_OP_SLEEP, .target = "", .input = BRIEFLY},
    {.what = WAIT, .waits = 0},
    {.what = REPLY, .input = "{\"choice\":\"yes\"}"},
};

static const struct step *
steps_of(const struct call *call)
{
	switch (call->plugin[0]) {
	case 'a':
		return root_steps;
	case 'b':
		return b_steps;
	case 'v':
		return v_steps;
	default:
		return c_steps;
	}
}

/* How far each call has come, by its handle. */
static uint32_t at[WORLD_MAX];

static void
asks(struct call *call, const struct step *s)
{
	size_t len = s->kind == WIRE_OP_RANDOM ? 4
		     : s->kind == WIRE_OP_POLL ? sizeof(POLL_OF) - 1
		     : s->kind == WIRE_OP_SLEEP || s->kind == WIRE_OP_FIRST || s->kind == WIRE_OP_PART
			 ? 8
			 : strlen(s->input);
	_cleanup_(payload_unref) struct payload *p = payload_new(s->input, len);
	struct wire_op op = {.kind = s->kind, .effect = s->effect, .share_calls = s->calls};
	char key[32];

	if (strcmp(s->target, "/?") == 0)
		hex_format(call->ops[0]->value->data, 8, key + 2);
	memcpy(key, "/k", 2);
	w.events.op(
	    call, call->reissued++, &op, strcmp(s->target, "/?") == 0 ? key : s->target, NULL, NULL, p, w.events.arg);
}

/* Everything that it was told, in a line. */
static void
replies_all(struct call *call)
{
	_cleanup_(buf_free) struct buf all = {0};

	for (uint32_t i = 0; i < call->n_ops; i++) {
		struct op *op = call->ops[i];
		bool text = op->kind == WIRE_OP_CALL || op->kind == WIRE_OP_RECALL || op->kind == WIRE_OP_REMEMBER ||
			    op->kind == WIRE_OP_PART || op->kind == WIRE_OP_FORGET || op->kind == WIRE_OP_POLL ||
			    op->kind == WIRE_OP_REVIEW;

		buf_printf(
		    &all, "%u %d %.*s;", op->ordinal, op->status, text ? (int)op->value->len : 0, op->value->data);
	}
	reply(call, 0, buf_text(&all));
}

/* Lets a call go on as far as it can; true: it did something. */
static bool
goes_on(struct call *call)
{
	uint64_t handle = call->handle;
	bool moved = false;

	while (call_by_handle(&w.calls, handle) == call && call->state == CALL_RUNNING) {
		const struct step *s = &steps_of(call)[at[handle]];
		_cleanup_(payload_unref) struct payload *p = NULL;

		if (s->what == WAIT && !call->ops[s->waits]->delivered) {
			call->state = CALL_PARKED;
			call->waits_for = s->waits;
			w.events.parked(call, w.events.arg);
			return moved;
		}
		moved = true;
		at[handle]++;
		switch (s->what) {
		case ASK:
			asks(call, s);
			break;
		case PART:
			p = payload_text(s->input);
			w.events.part(call, p, w.events.arg);
			break;
		case REPLY:
			reply(call, 0, s->input);
			break;
		case REPLY_ALL:
			replies_all(call);
			break;
		case WAIT:
			break;
		}
	}
	return moved;
}

/* ---- The world outside the calls --------------------------------------------------------------------------------- */

/* What waits for a human: of a question it is edited, of an effect approved; and what nobody knows of did not take place. */
static bool
human_answers(void)
{
	_cleanup_(json_p) json_t *undecided = dispatch_undecided(w.run), *value = json_pack("{s:i}", "n", 7);
	struct decision not_done = {.outcome = DECISION_NOT_DONE, .who = "uid:7"};
	struct review *r = LIST_FIRST(&w.run->reviews);
	bool asked = r != NULL || undecided != NULL;
	struct fault fault;

	for (size_t i = 0; i < json_array_size(undecided); i++) {
		const char *path = json_string_value(json_object_get(json_array_get(undecided, i), "path"));

		assert_int_equal(dispatch_resolve(w.d, w.run, path, &not_done, &fault), 0);
	}
	if (r != NULL) {
		bool edits = strcmp(r->cause, "agent") == 0;
		struct review_said said = {.decision = edits ? "edit" : "approve",
		    .value = edits ? value : NULL,
		    .hash = r->hash,
		    .who = "uid:7"};

		assert_int_equal(dispatch_review(w.d, w.run, r->id, &said, &fault), 0);
	}
	return asked;
}

static void
world_answers(void)
{
	static const struct {
		const char *what, *answer;
	} answers[] = {{"get", "{\"value\":7,\"version\":1}"}, {"put", "{\"version\":2}"},
	    {"was put", "{\"version\":2}"}, {"forget", "{\"forgotten\":true}"}, {"forgot", "{\"forgotten\":true}"}};
	journal_done *awaited = w.awaited;

	w.awaited = NULL;
	if (awaited != NULL)
		awaited(w.awaited_arg);
	if (w.http.done != NULL) {
		_cleanup_(payload_unref) struct payload *answer = payload_text("{\"status\":200}");
		struct http_call http = w.http;

		w.http.done = NULL;
		http.done(0, answer, NULL, http.arg);
	}
	for (size_t i = 0; w.memory.done != NULL && i < ARRAY_LEN(answers); i++) {
		if (strcmp(answers[i].what, w.memory.what) == 0)
			memory_answers(answers[i].answer, NULL);
	}
}

static void
plays(void)
{
	while (!w.ended) {
		bool moved = false;

		for (uint64_t i = 1; i < w.calls.next_handle; i++) {
			if (call_by_handle(&w.calls, i) != NULL)
				moved |= goes_on(call_by_handle(&w.calls, i));
		}
		moved |= human_answers();
		world_answers();
		event_base_loop(w.loop, moved || w.awaited != NULL || w.memory.done != NULL || w.http.done != NULL
					    ? EVLOOP_NONBLOCK
					    : EVLOOP_ONCE);
	}
}

static void
world_is_peopled(void)
{
	version_add("a", "1.0.0");
	version_add("b", "1.0.0");
	version_add("c", "1.0.0");
	version_add("v", "1.0.0");
	w.policy->review_once = true;
	memset(at, 0, sizeof(at));
}

static void
run_is_recorded(void)
{
	struct record r;

	record_init(&r, RECORD_RUN_START);
	record_add_text(&r, TAG_TARGET, "a");
	carried_add(&w.run->carried, &r, TAG_INPUT, w.run->root.input);
	dispatch_record(w.d, w.run, &r);
}

/* ---- Records kept from one world to the next --------------------------------------------------------------------- */

static void *kept[WORLD_MAX];
static unsigned n_kept;

static void
keep_records(void)
{
	n_kept = w.n_records;
	memcpy(kept, w.records, n_kept * sizeof(*kept));
	w.n_records = 0;
}

static struct record
decoded(const void *bytes)
{
	struct record r;

	assert_true(record_decode(bytes, ((const struct record_head *)bytes)->length, &r, NULL) > 0);
	return r;
}

/* As the next start finds it. */
static struct restore *
restored(unsigned n, int *rc, struct fault *fault)
{
	struct restore *restore;

	payload_unref(&w.run->root.input);
	dispatch_restore_begin(w.d, w.run, &restore);
	*rc = 0;
	for (unsigned i = 0; i < n && *rc == 0; i++) {
		struct record r = decoded(kept[i]);

		*rc = dispatch_restore_record(restore, &r, fault);
		w.records[w.n_records] = xmalloc(r.head.length);
		memcpy(w.records[w.n_records], kept[i], r.head.length);
		w.kinds[w.n_records++] = r.head.kind;
	}
	return restore;
}

static void
goes_on_after(unsigned n)
{
	struct fault fault = {0};
	int rc;
	struct restore *restore = restored(n, &rc, &fault);

	if (rc != 0)
		fail_msg("after %u records: %s", n, fault.text);
	assert_int_equal(w.n_submitted, 0);
	assert_int_equal(w.n_outcomes, 0);
	assert_int_equal(w.n_records, n); /* nothing was written so far */
	if (dispatch_restore_end(&restore, &fault) != 0)
		fail_msg("after %u records: %s", n, fault.text);
	if (w.run->root.state == OP_DONE)
		w.ended = true; /* the run room sees that */
	plays();
}

static bool
same_path(const struct record *a, const struct record *b)
{
	const struct record_field *one = record_find(a, TAG_PATH), *other = record_find(b, TAG_PATH);

	return one != NULL && other != NULL && one->len == other->len && memcmp(one->data, other->data, one->len) == 0;
}

static void
assert_records_sound(unsigned cut)
{
	for (unsigned i = 0; i < w.n_records; i++) {
		struct record one = decoded(w.records[i]);

		assert_int_equal(one.head.seq, i);
		for (unsigned k = i + 1; k < w.n_records; k++) {
			struct record other = decoded(w.records[k]);
			unsigned kind = one.head.kind;

			if (!same_path(&one, &other) || kind != other.head.kind)
				continue;
			if (kind == RECORD_REVIEW || kind == RECORD_CALL_START || kind == RECORD_CALL_END ||
			    kind == RECORD_OP_OUTCOME || kind == RECORD_COMMAND)
				fail_msg("cut after %u: records %u and %u are both %s of %.*s", cut, i, k,
				    record_kind_name((enum record_kind)kind), (int)record_find(&one, TAG_PATH)->len,
				    (const char *)record_find(&one, TAG_PATH)->data);
			if (kind == RECORD_PART && record_int(&one, TAG_NUMBER) == record_int(&other, TAG_NUMBER))
				fail_msg("cut after %u: a part is on record twice", cut);
		}
	}
}

static void
assert_accounts_settled(void)
{
	assert_int_equal(w.run->account.reserved[QUANTITY_CALLS], 0);
	assert_int_equal(w.run->account.returnable[QUANTITY_CALLS], 0);
	assert_int_equal(w.run->account.spent[QUANTITY_CALLS], 6); /* a, b, c and c's b; who votes */
	assert_int_equal(dispatch_host_account(w.d)->reserved[QUANTITY_CALLS], 0);
}

/* c has used 80 and 100 % of its share. */
static void
assert_told_once(unsigned cut)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w.n_records; i++) {
		struct record r = decoded(w.records[i]);

		n += w.kinds[i] == RECORD_ALERT && record_find(&r, TAG_PATH) != NULL;
	}
	if (n != 2 || w.run->tasks_told != 2)
		fail_msg("cut after %u: %u alerts of a task", cut, n);
}

/* ---- The tests --------------------------------------------------------------------------------------------------- */

static void
test_goes_on_after_each_record(void **state)
{
	_cleanup_(free_p) char *result = NULL;

	world_is_peopled();
	run_is_recorded();
	dispatch_root(w.d, w.run);
	plays();
	assert_records_sound(0);
	assert_accounts_settled();
	assert_told_once(0);
	result = xstrndup((const char *)w.run->root.value->data, w.run->root.value->len);
	assert_non_null(strstr(result, "has an answer that is longer"));
	assert_non_null(strstr(result, "{\"outcome\":\"yes\",\"how\":\"won\""));
	keep_records();
	for (unsigned n = 1; n <= n_kept; n++) {
		teardown(state);
		setup(state);
		world_is_peopled();
		goes_on_after(n);
		assert_int_equal(w.run->root.status, 0);
		if (strlen(result) != w.run->root.value->len ||
		    memcmp(result, w.run->root.value->data, strlen(result)) != 0)
			fail_msg("cut after %u: %.*s, and not %s", n, (int)w.run->root.value->len,
			    w.run->root.value->data, result);
		assert_records_sound(n);
		assert_accounts_settled();
		assert_told_once(n);
		assert_int_equal(op_parts(&w.run->root), 1);
		assert_int_equal(w.run->memory_ops, 0);
	}
	for (unsigned i = 0; i < n_kept; i++)
		free(kept[i]);
}

static unsigned
count(uint16_t kind)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w.n_records; i++)
		n += w.kinds[i] == kind;
	return n;
}

/* Plays until there are `n` records of a kind, and keeps what there is. */
static void
plays_until(uint16_t kind, unsigned n)
{
	world_is_peopled();
	run_is_recorded();
	dispatch_root(w.d, w.run);
	while (count(kind) < n) {
		for (uint64_t i = 1; i < w.calls.next_handle; i++) {
			if (call_by_handle(&w.calls, i) != NULL)
				goes_on(call_by_handle(&w.calls, i));
		}
		if (count(kind) < n)
			world_answers();
		event_base_loop(w.loop, EVLOOP_NONBLOCK);
	}
}

static void
begin_anew(void **state)
{
	keep_records();
	teardown(state);
	setup(state);
	world_is_peopled();
}

static void
forget_kept(void)
{
	for (unsigned i = 0; i < n_kept; i++)
		free(kept[i]);
	n_kept = 0;
}

/* A run that was being stopped when the host ended is not begun again. */
static void
test_stopped_stays_stopped(void **state)
{
	struct restore *restore;
	struct fault fault;
	int rc;

	plays_until(RECORD_CALL_START, 3);
	dispatch_cancel(w.d, &w.run->root, HOSPES_ECANCELLED, "uid:7 cancelled the run");
	begin_anew(state);
	restore = restored(n_kept, &rc, &fault);
	assert_int_equal(rc, 0);
	assert_int_equal(dispatch_restore_end(&restore, &fault), 0);
	assert_true(w.ended);
	assert_int_equal(w.n_submitted, 0);
	assert_int_equal(w.run->root.status, HOSPES_ECANCELLED);
	assert_non_null(strstr((const char *)w.run->root.value->data, "a was stopped: uid:7 cancelled the run"));
	assert_int_equal(w.run->account.reserved[QUANTITY_CALLS], 0);
	forget_kept();
}

/* What a call asks for after the restart has to be what it asked for before. */
static void
test_another_op(void **state)
{
	struct restore *restore;
	struct fault fault;
	int rc;

	plays_until(RECORD_COMMAND, 1);
	begin_anew(state);
	restore = restored(n_kept, &rc, &fault);
	assert_int_equal(rc, 0);
	assert_int_equal(dispatch_restore_end(&restore, &fault), 0);
	assert_int_equal(w.run->repeating, 1);
	ask_with(w.submitted[0], WIRE_OP_RANDOM, "", 0, "\x10\0\0\0", 4);
	assert_int_equal(w.n_cancelled, 1);
	reply(w.submitted[0], HOSPES_ECANCELLED, "stopped");
	assert_int_equal(w.run->root.status, HOSPES_ENONDET);
	assert_non_null(strstr(
	    (const char *)w.run->root.value->data, "op 0 of a 1.0.0 (/0) was random  with an input of the hash"));
	forget_kept();
}

static void
test_replies_too_early(void **state)
{
	struct restore *restore;
	struct fault fault;
	int rc;

	plays_until(RECORD_COMMAND, 1);
	begin_anew(state);
	restore = restored(n_kept, &rc, &fault);
	assert_int_equal(rc, 0);
	assert_int_equal(dispatch_restore_end(&restore, &fault), 0);
	ask_with(w.submitted[0], WIRE_OP_RANDOM, "", 0, "\x08\0\0\0", 4);
	reply(w.submitted[0], 0, "{}");
	assert_int_equal(w.run->root.status, HOSPES_ENONDET);
	assert_non_null(strstr((const char *)w.run->root.value->data, "replied after 1 ops"));
	forget_kept();
}

/* How many of the records kept there are up to the nth of a kind. */
static unsigned
up_to(uint16_t kind, unsigned n)
{
	unsigned i = 0;

	while (n > 0)
		n -= decoded(kept[i++]).head.kind == kind;
	return i;
}

/* Names go on meaning what they meant to the run, and plugins have the configuration that they had. */
static void
test_pins_and_configurations(void **state)
{
	struct restore *restore;
	struct fault fault;
	int rc;

	plays_until(RECORD_CALL_START, 4);
	begin_anew(state);
	w.versions[1].state = VERSION_FORMER;
	version_add("b", "1.1.0");
	json_object_set_new(w.versions[0].config, "size", json_pack("{s:s s:i}", "type", "int", "default", 7));
	restore = restored(up_to(RECORD_CALL_START, 3), &rc, &fault); /* c has begun, and has not asked b */
	assert_int_equal(rc, 0);
	assert_int_equal(dispatch_restore_end(&restore, &fault), 0);
	assert_string_equal((const char *)w.submitted[0]->config->data, "{}");
	plays();
	assert_int_equal(w.run->root.status, 0);
	assert_int_equal(count(RECORD_CALL_START), 6);
	for (unsigned i = 0; i < w.n_records; i++) {
		struct record r = decoded(w.records[i]);
		_cleanup_(free_p) char *callee = record_text(&r, TAG_CALLEE), *semver = record_text(&r, TAG_VERSION);

		if (callee != NULL && strcmp(callee, "b") == 0)
			assert_string_equal(semver, "1.0.0");
	}
	forget_kept();
}

/* A version that is gone ends the run if a call was on it, and else changes nothing. */
static void
test_version_gone(void **state)
{
	struct restore *restore;
	struct fault fault;
	int rc;

	plays_until(RECORD_CALL_START, 3);
	begin_anew(state);
	w.versions[2].object_hex[0] = 'f'; /* c */
	restore = restored(n_kept, &rc, &fault);
	assert_int_equal(rc, 0);
	assert_int_equal(dispatch_restore_end(&restore, &fault), HOSPES_ENOVERSION);
	assert_non_null(strstr(fault.text, "c 1.0.0"));
	dispatch_restore_fail(&restore, &fault);
	assert_true(w.ended);
	assert_int_equal(w.run->root.status, HOSPES_ENOVERSION);
	assert_int_equal(count(RECORD_CALL_END), 4); /* a, b, c and what c asked for */
	assert_int_equal(w.calls.count, 0);
	forget_kept();
}

/* The last call of a run is ended before its first where the host ended in between. */
static void
test_ends_what_was_left_open(void **state)
{
	struct record end = {0};
	struct restore *restore;
	struct fault fault;
	int rc;

	plays_until(RECORD_CALL_START, 3);
	dispatch_record(w.d, w.run,
	    (record_init(&end, RECORD_CALL_END), record_add_text(&end, TAG_PATH, "/0"),
		record_add_text(&end, TAG_TARGET, "a"), record_add(&end, TAG_OUTPUT, "{}", 2), &end));
	begin_anew(state);
	restore = restored(n_kept, &rc, &fault);
	assert_int_equal(rc, 0);
	assert_int_equal(dispatch_restore_end(&restore, &fault), 0);
	assert_int_equal(w.run->root.state, OP_DONE);
	assert_int_equal(w.run->root.status, 0);
	assert_int_equal(count(RECORD_CALL_END), 4); /* a, b, c and what c asked for */
	assert_int_equal(w.calls.count, 0);
	assert_int_equal(w.run->account.reserved[QUANTITY_CALLS], 0);
	w.ended = true;
	forget_kept();
}

/* Records that make no sense are told as damage, and nothing of the run is left behind. */
static void
test_damage(void **state)
{
	static const struct {
		const char *path;
		enum record_kind kind;
		uint32_t seq; /* of the record, from the next on */
	} bad[] = {{"/0", RECORD_CALL_START, 0}, {"/0/7/7", RECORD_CALL_START, 0}, {"/1", RECORD_CALL_END, 0},
	    {"", RECORD_OP_OUTCOME, 0}, {"/0/4294967295", RECORD_OP_INTENT, 0}, {"/0/0", RECORD_OP_OUTCOME, 0},
	    {"/0/3", RECORD_PART, 0}, {"/0", RECORD_LOG, 1}, {"0/3", RECORD_LOG, 0}, {"/0/x", RECORD_REFUSAL, 0},
	    {"/0/3", RECORD_RESOLVED, 0}, {"/0", RECORD_RUN_START, 0}};

	plays_until(RECORD_CALL_START, 3);
	begin_anew(state);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct fault fault = {0};
		struct restore *restore;
		struct record r;
		int rc;

		restore = restored(n_kept, &rc, &fault);
		assert_int_equal(rc, 0);
		record_init(&r, bad[i].kind);
		r.head.seq = n_kept + bad[i].seq;
		record_add_text(&r, TAG_PATH, bad[i].path);
		record_add_text(&r, TAG_TARGET, "b");
		if (dispatch_restore_record(restore, &r, &fault) != HOSPES_EDAMAGED)
			fail_msg("case %zu was taken", i);
		dispatch_restore_fail(&restore, &fault);
		assert_true(w.ended);
		assert_int_equal(w.run->root.status, HOSPES_EDAMAGED);
		assert_int_equal(w.calls.count, 0);
		assert_int_equal(w.run->account.reserved[QUANTITY_CALLS], 0);
		teardown(state);
		setup(state);
		world_is_peopled();
	}
	forget_kept();
}

/* The same of reviews. */
static void
test_damage_of_reviews(void **state)
{
#define ASKED "{\"cause\":\"agent\",\"question\":\"q\",\"default\":\"reject\",\"hash\":\"00\"}"
	static const struct {
		enum record_kind kind;
		const char *id, *body, *decision, *input;
	} bad[] = {{RECORD_REVIEW, NULL, ASKED, NULL, "{}"}, {RECORD_REVIEW, "x", ASKED, NULL, "{}"},
	    {RECORD_REVIEW, "x-0", ASKED, NULL, "{}"}, {RECORD_REVIEW, "x-1", NULL, NULL, "{}"},
	    {RECORD_REVIEW, "x-1", "{}", NULL, "{}"}, {RECORD_REVIEW, "x-1", "[", NULL, "{}"},
	    {RECORD_REVIEW, "x-1", "{\"cause\":1,\"question\":1,\"default\":1,\"hash\":1}", NULL, "{}"},
	    {RECORD_REVIEW, "a much longer id than any review of any run could have-1", ASKED, NULL, "{}"},
	    {RECORD_REVIEW, "x-99999999999", ASKED, NULL, "{}"}, {RECORD_REVIEW, "x-1", ASKED, NULL, NULL},
	    {RECORD_RESOLVED, "x-1", NULL, "approve", NULL}, {RECORD_RESOLVED, "-1", NULL, "so", NULL},
	    {RECORD_RESOLVED, "-1", NULL, NULL, NULL}, {RECORD_RESOLVED, "-1", NULL, "open", NULL},
	    {RECORD_RESOLVED, "-1", NULL, "edit", NULL}, {RECORD_RESOLVED, "-1", NULL, "answer", NULL}};

	plays_until(RECORD_REVIEW, 1);
	begin_anew(state);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		bool another = bad[i].kind == RECORD_REVIEW;
		uint16_t kind = WIRE_OP_REVIEW;
		struct fault fault = {0};
		struct restore *restore;
		struct record r;
		int rc;

		restore = restored(n_kept, &rc, &fault);
		assert_int_equal(rc, 0);
		record_init(&r, bad[i].kind);
		r.head.seq = n_kept;
		record_add_text(&r, TAG_PATH, another ? "/0/20" : "/0/11");
		record_add_text(&r, TAG_TARGET, "");
		record_add(&r, TAG_OP_KIND, &kind, sizeof(kind));
		record_add_text(&r, TAG_REVIEW, bad[i].id);
		record_add_text(&r, TAG_BODY, bad[i].body);
		record_add_text(&r, TAG_DECISION, bad[i].decision);
		record_add_text(&r, TAG_INPUT, bad[i].input);
		if (dispatch_restore_record(restore, &r, &fault) != HOSPES_EDAMAGED)
			fail_msg("case %zu was taken", i);
		dispatch_restore_fail(&restore, &fault);
		assert_true(w.ended);
		assert_int_equal(w.run->reviews_open, 0);
		assert_int_equal(w.calls.count, 0);
		teardown(state);
		setup(state);
		world_is_peopled();
	}
	forget_kept();
}

/* A call that ended before the host did is not kept until all of the run is read. */
static void
test_ended_calls_are_let_go(void **state)
{
	struct restore *restore;
	struct fault fault;
	int rc;

	plays_until(RECORD_CALL_END, 3); /* b, and c with what it asked for */
	begin_anew(state);
	restore = restored(n_kept, &rc, &fault);
	assert_int_equal(rc, 0);
	assert_int_equal(w.calls.count, 1);
	assert_int_equal(dispatch_restore_end(&restore, &fault), 0);
	plays();
	assert_int_equal(w.run->root.status, 0);
	forget_kept();
}

/* The same of what a record says of its op: each of these would be an op that nothing can be done with. */
static void
test_damage_of_ops(void **state)
{
	static const struct {
		const char *path;
		enum record_kind kind;
		uint16_t op;
		int64_t real_ns;
	} bad[] = {{"/0/10", RECORD_CALL_START, WIRE_OP_SLEEP, 1}, {"/0/10", RECORD_OP_INTENT, WIRE_OP_RECALL, 1},
	    {"/0/10", RECORD_COMMAND, WIRE_OP_HTTP, 1}, {"/0/10", RECORD_OP_OUTCOME, WIRE_OP_RECALL, 1},
	    {"/0/10", RECORD_REFUSAL, WIRE_OP_CALL, -1}, {"/0/10", RECORD_REFUSAL, 99, 1}};

	plays_until(RECORD_CALL_START, 3);
	begin_anew(state);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct fault fault = {0};
		struct restore *restore;
		struct record r;
		int rc;

		restore = restored(n_kept, &rc, &fault);
		assert_int_equal(rc, 0);
		record_init(&r, bad[i].kind);
		r.head.seq = n_kept;
		r.head.real_ns = bad[i].real_ns;
		r.head.status = bad[i].kind == RECORD_REFUSAL ? HOSPES_EPERM : 0;
		record_add_text(&r, TAG_PATH, bad[i].path);
		record_add_text(&r, TAG_TARGET, "b");
		record_add_text(&r, TAG_CALLEE, "b");
		record_add_text(&r, TAG_VERSION, "1.0.0");
		record_add(&r, TAG_OP_KIND, &bad[i].op, sizeof(bad[i].op));
		if (bad[i].kind == RECORD_CALL_START)
			record_add_text(&r, TAG_INPUT, "{}");
		if (dispatch_restore_record(restore, &r, &fault) != HOSPES_EDAMAGED)
			fail_msg("case %zu was taken", i);
		dispatch_restore_fail(&restore, &fault);
		assert_true(w.ended);
		assert_int_equal(w.run->root.status, HOSPES_EDAMAGED);
		assert_int_equal(w.calls.count, 0);
		teardown(state);
		setup(state);
		world_is_peopled();
	}
	forget_kept();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_goes_on_after_each_record, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_stopped_stays_stopped, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_another_op, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_replies_too_early, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_pins_and_configurations, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_version_gone, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_ends_what_was_left_open, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_damage, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_damage_of_ops, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_damage_of_reviews, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_ended_calls_are_let_go, setup, teardown),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
