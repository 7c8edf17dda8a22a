/* What tests of effects have in common: a call that asks for requests, and a host that is killed in between. */

#ifndef TESTS_EFFECTS_WORLD_H
#define TESTS_EFFECTS_WORLD_H

#include "dispatch/state.h"
#include "dispatch_world.h"

#define URL "http://example.org/"

static struct call *root;

static inline int
begin(void **state)
{
	struct record r;

	setup(state);
	version_add("a", "1.0.0")->object[31] = 1; /* as object_hex has it */
	ulid_format(&w.run->id, w.run->id_text);
	record_init(&r, RECORD_RUN_START);
	carried_add(&w.run->carried, &r, TAG_INPUT, w.run->root.input);
	dispatch_record(w.d, w.run, &r);
	root = start();
	return 0;
}

static inline void
run_free(struct run *run)
{
	dispatch_forget(run);
	op_clear(&run->root);
	carried_free(&run->carried);
	free(run);
}

/* The host ends when no more than this many records are on disk, and another builds the run again from those. */
static inline void
killed_after(unsigned n)
{
	struct run *before = w.run, *run = xcalloc(1, sizeof(*run));
	struct restore *restore;
	struct fault fault;

	dispatch_cancel(w.d, &before->root, HOSPES_ECANCELLED, "what a dead host held is put away");
	reply(root, HOSPES_ECANCELLED, "over");
	assert_int_equal(w.calls.count, 0);
	*run = (struct run){.policy = w.policy, .target = "a", .id = before->id};
	memcpy(run->id_text, before->id_text, sizeof(run->id_text));
	account_init(&run->account, "run", NULL);
	memcpy(run->account.limit, before->account.limit, sizeof(run->account.limit));
	run->root = (struct op){.run = run,
	    .kind = WIRE_OP_CALL,
	    .target = xstrdup("a"),
	    .deadline_real_ns = before->root.deadline_real_ns};
	run_free(before);
	while (w.n_records > n)
		free(w.records[--w.n_records]);
	w.run = run;
	w.ended = false;
	w.awaited = NULL;
	dispatch_restore_begin(w.d, run, &restore);
	for (unsigned i = 0; i < n; i++) {
		struct record r;

		assert_true(record_decode(w.records[i], ((struct record_head *)w.records[i])->length, &r, &fault) > 0);
		if (dispatch_restore_record(restore, &r, &fault) != 0)
			fail_msg("record %u: %s", i, fault.text);
	}
	assert_int_equal(dispatch_restore_end(&restore, &fault), 0);
	root = run->root.callee;
}

static inline struct op *
asked(uint8_t effect, const char *key)
{
	_cleanup_(payload_unref) struct payload *input = payload_text("{}");
	struct wire_op op = {.kind = WIRE_OP_HTTP, .effect = effect, .flags = WIRE_OP_WAITS};
	uint32_t ordinal = root->reissued++;

	root->state = CALL_PARKED;
	root->waits_for = ordinal;
	w.events.op(root, ordinal, &op, URL, NULL, key, input, w.events.arg);
	return root->ops[ordinal];
}

static inline void
durable(void)
{
	journal_done *done = w.awaited;

	assert_non_null(done);
	w.awaited = NULL;
	done(w.awaited_arg);
}

static inline void
answered(const char *text)
{
	struct payload *answer = payload_text(text);

	w.http.done(0, answer, NULL, w.http.arg);
	payload_unref(&answer);
}

static inline void
failed(int status, const char *why)
{
	struct fault fault;

	fault_set(&fault, status, "%s", why);
	w.http.done(status, NULL, &fault, w.http.arg);
}

/* How many records there are up to the newest of a kind, that one included. */
static inline unsigned
until(uint16_t kind)
{
	unsigned n = w.n_records;

	while (n > 0 && w.kinds[n - 1] != kind)
		n--;
	assert_true(n > 0);
	return n;
}

#endif
