/* See restore_world.h. */

#include "restore_world.h"

#include "call/review.h"

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

void
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

void
world_is_peopled(void)
{
	version_add("a", "1.0.0");
	version_add("b", "1.0.0");
	version_add("c", "1.0.0");
	version_add("v", "1.0.0");
	w.policy->review_once = true;
	memset(at, 0, sizeof(at));
}

void
plays_until(uint16_t kind, unsigned n)
{
	world_is_peopled();
	run_is_recorded();
	dispatch_root(w.d, w.run);
	while (records_of(kind) < n) {
		for (uint64_t i = 1; i < w.calls.next_handle; i++) {
			if (call_by_handle(&w.calls, i) != NULL)
				goes_on(call_by_handle(&w.calls, i));
		}
		if (records_of(kind) < n)
			world_answers();
		event_base_loop(w.loop, EVLOOP_NONBLOCK);
	}
}

void
begin_anew(void **state)
{
	keep_records();
	teardown(state);
	setup(state);
	world_is_peopled();
}
