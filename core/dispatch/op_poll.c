/*
 * The op POLL: what a call's voters have decided.
 *
 * The voters are ordinary calls that the same call began before: guarded, paid, recorded, replayed like any other.  The op names
 * them by their ordinals and says what counts; who they are, what they were given and what they answered is taken from the
 * host's own books.  It is on record with its intent, so that a host that was killed goes on with it: ballots that were in are
 * in, and its deadline is what it was.
 *
 * There is always an outcome.  It comes when the ballots settle it, when all are in, or when the time is over; those from whom
 * nothing came are then stopped.  A voter has one ballot: the first that it is listed with.
 *
 * A tie is broken by a second op, which names the first and the call that was asked.
 */

#include <string.h>

#include <xxhash.h>

#include "base/clock.h"
#include "base/json.h"
#include "dispatch/guard.h"
#include "dispatch/poll.h"

/* Polls of one call at a time; a handler, which waits in one place at a time, has one. */
#define POLLS_MAX 16u

/* ---- Who votes --------------------------------------------------------------------------------------------------- */

/* By the name it was asked by, and by that of the plugin which that led to; 0: not known. */
struct voter {
	uint64_t asked, called;
};

/* Whoever is listed a second time.  Hashes will do: two that have one are taken for one, and nobody else is harmed by that. */
static void
find_twice(struct poll *p, struct op *const *ops)
{
	_cleanup_(free_p) struct voter *voters = xcalloc(p->n, sizeof(*voters));

	for (uint32_t i = 0; !p->repeated && i < p->n; i++) {
		const struct op *op = ops[p->ballots[i].ordinal];
		struct voter *v = &voters[i];

		v->called = op->called;
		v->asked = op->target == NULL ? 0 : XXH3_64bits(op->target, strlen(op->target));
		for (uint32_t j = 0; j < i && !p->ballots[i].listed_twice; j++)
			p->ballots[i].listed_twice = (v->asked != 0 && v->asked == voters[j].asked) ||
						     (v->called != 0 && v->called == voters[j].called);
	}
}

/* Was it asked this?  One that was under way when the host ended may not have been asked again yet. */
static bool
is_ballot(const struct poll *p, const struct op *op)
{
	return op->kind == WIRE_OP_CALL && !op->check && payload_hash_equal(op->input_hash, p->asked);
}

/* Once: what a voter says may be long, and a cell could have it read again and again. */
static void
read_ballot(struct poll *p, struct ballot *b, struct op *op)
{
	static const char other[] = "it was asked another question";

	op->counted = true;
	b->voter = op->target;
	if (is_ballot(p, op))
		ballot_read(b, p->options, op->status, op->value);
	else {
		b->state = BALLOT_FAILED;
		b->message = xstrdup(other);
	}
}

/* ---- The outcome ------------------------------------------------------------------------------------------------- */

static void
detach(struct op *op)
{
	struct poll *p = op->executing;

	for (uint32_t i = 0; i < p->n; i++)
		op->caller->ops[p->ballots[i].ordinal]->poll = NULL;
	op->executing = NULL;
	op->caller->polls--;
	if (p->later != NULL)
		event_free(p->later);
	p->later = NULL;
}

/* Those who have not answered are stopped when it is on record that they are not needed, or late. */
static void
stop_rest(struct dispatch *d, struct call *call, const struct poll *p)
{
	for (uint32_t i = 0; i < p->n; i++) {
		const struct ballot *b = &p->ballots[i];
		struct op *op = call->ops[b->ordinal];

		if (b->state == BALLOT_LATE)
			dispatch_cancel(d, op, HOSPES_EDEADLINE, "the time of the poll was over");
		else
			dispatch_cancel(d, op, HOSPES_ECANCELLED, "the poll was decided without it");
	}
}

static void
decide(struct dispatch *d, struct op *op, json_t *outcome)
{
	_cleanup_(json_p) json_t *json = outcome;
	struct call *call = op->caller;
	struct poll *p = op->executing;

	call_ref(call);
	detach(op);
	pipeline_complete(d, op, 0, json_payload(json), 1);
	stop_rest(d, call, p);
	poll_free(&p);
	call_unref(d->calls, call);
}

static void
name_voters(struct poll *p, struct op *const *ops)
{
	for (uint32_t i = 0; i < p->n; i++)
		p->ballots[i].voter = ops[p->ballots[i].ordinal]->target;
}

/* What is not in, now that it is over. */
static void
mark_rest(struct poll *p, enum ballot_state state)
{
	for (uint32_t i = 0; i < p->n; i++) {
		if (p->ballots[i].state == BALLOT_OPEN)
			p->ballots[i].state = state;
	}
}

/* Completes the op where that can be done. */
static void
advance(struct dispatch *d, struct op *op)
{
	struct poll *p = op->executing;
	struct poll_decision decision;
	struct poll_count count;

	poll_count(p->ballots, p->n, (uint32_t)json_array_size(p->options), &count);
	if (p->breaks_tie) {
		if (!count.waiting)
			decide(d, op, poll_tie_json(p));
		return;
	}
	if (!count.waiting)
		poll_end(&p->terms, &count, &decision);
	else if (p->wait_all || !poll_settled(&p->terms, &count, &decision))
		return;
	mark_rest(p, BALLOT_NOT_NEEDED);
	name_voters(p, op->caller->ops);
	decide(d, op, poll_json(p, &count, &decision));
}

void
poll_noticed(struct dispatch *d, struct op *ballot)
{
	struct op *op = ballot->poll;
	struct poll *p = op->executing;
	uint32_t i = 0;

	ballot->poll = NULL;
	while (p->ballots[i].ordinal != ballot->ordinal)
		i++;
	read_ballot(p, &p->ballots[i], ballot);
	if (p->ballots[i].asked_late)
		find_twice(p, op->caller->ops);
	advance(d, op);
}

/* ---- Beginning --------------------------------------------------------------------------------------------------- */

/* Takes hold of its ballots; of those that are in it reads what they say. */
static int
attach(struct op *op, struct poll *p, bool again, struct fault *fault)
{
	struct op **ops = op->caller->ops;
	uint32_t i;

	for (i = 0; i < p->n; i++) {
		uint32_t ordinal = p->ballots[i].ordinal;
		struct op *voter = ordinal < op->ordinal ? ops[ordinal] : NULL;
		bool unasked = again && voter != NULL && voter->state == OP_NEW;

		if (voter == NULL || voter->poll != NULL || voter->counted || (!unasked && !is_ballot(p, voter)))
			break;
		voter->poll = op;
		p->ballots[i].asked_late = unasked;
	}
	if (i == p->n) {
		op->executing = p;
		op->caller->polls++;
		return 0;
	}
	fault_set(fault, HOSPES_EINPUT,
	    "op %u can be no ballot of this poll: it has to be a call that was asked this very question, and is "
	    "counted "
	    "once, in one poll",
	    p->ballots[i].ordinal);
	while (i-- > 0)
		ops[p->ballots[i].ordinal]->poll = NULL;
	return fault->status;
}

static int
take_tie(const struct op *op, struct poll *p, struct fault *fault)
{
	const struct op *first = p->first < op->ordinal ? op->caller->ops[p->first] : NULL;

	if (first == NULL || first->kind != WIRE_OP_POLL || first->state != OP_DONE || first->status != 0)
		return fault_set(
		    fault, HOSPES_EINPUT, "op %u is no poll that has an outcome, so it has no tie to break", p->first);
	return poll_read_tie(p, first->value, fault);
}

static struct poll *
prepare(struct op *op, bool again, struct fault *fault)
{
	struct poll *p = NULL;

	if (op->caller->polls >= POLLS_MAX)
		fault_set(fault, HOSPES_EINPUT, "a call has at most %u polls at a time", POLLS_MAX);
	else
		p = poll_read(op->input == NULL ? "" : (const char *)op->input->data, op->input_len, fault);
	if (p != NULL && ((p->breaks_tie && take_tie(op, p, fault) != 0) || attach(op, p, again, fault) != 0))
		poll_free(&p);
	return p;
}

/* A part of the time that its caller has is left to that: for whoever breaks a tie, and to do something about the outcome. */
static void
set_deadline(struct dispatch *d, struct op *op, const struct poll *p)
{
	int64_t left = op->caller->deadline_real_ns - clock_real_ns();
	int64_t latest = op->caller->deadline_real_ns - (left <= 0 ? 0 : p->keep_time ? left / 4 : left / 10);

	if (op->deadline_real_ns <= latest)
		return;
	op->deadline_real_ns = latest;
	if (op->timer != NULL)
		event_free(op->timer);
	op->timer = NULL;
	pipeline_arm(d, op);
}

static void
read_what_is_in(struct op *op, struct poll *p)
{
	struct op **ops = op->caller->ops;

	find_twice(p, ops);
	for (uint32_t i = 0; i < p->n; i++) {
		struct op *voter = ops[p->ballots[i].ordinal];

		if (voter->state != OP_DONE)
			continue;
		voter->poll = NULL;
		read_ballot(p, &p->ballots[i], voter);
	}
}

/* Who is listed twice need not go on; that may be all that was open. */
static void
go_on(struct dispatch *d, struct op *op)
{
	struct poll *p = op->executing;
	struct call *call = op->caller;
	_cleanup_(free_p) uint32_t *twice = xcalloc(p->n, sizeof(*twice));
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->n; i++) {
		if (p->ballots[i].listed_twice && p->ballots[i].state == BALLOT_OPEN)
			twice[n++] = p->ballots[i].ordinal;
	}
	call_ref(call);
	for (uint32_t i = 0; i < n; i++)
		dispatch_cancel(
		    d, call->ops[twice[i]], HOSPES_ECANCELLED, "its voter has a ballot in this poll already");
	if (op->state == OP_OPEN)
		advance(d, op);
	call_unref(d->calls, call);
}

static void
poll_begin(struct dispatch *d, struct op *op)
{
	struct fault fault;
	struct poll *p = prepare(op, false, &fault);

	if (p == NULL) {
		pipeline_fail(d, op, &fault);
		return;
	}
	set_deadline(d, op, p);
	op->effect = WIRE_EFFECT_DEFAULT;
	record_intent(d, op);
	repetition_polled(op);
	read_what_is_in(op, p);
	go_on(d, op);
}

/* arg: struct op. */
static void
on_later(evutil_socket_t fd, short what, void *arg)
{
	struct op *op = arg;

	(void)fd, (void)what;
	go_on(op->run->dispatch, op);
}

/* The host ended in the middle: its deadline is on record.  Whom it stops has to have begun again first. */
static void
poll_resume(struct dispatch *d, struct op *op)
{
	static const struct timeval at_once = {0};
	struct fault fault;
	struct poll *p = prepare(op, true, &fault);

	if (p == NULL) {
		pipeline_fail(d, op, &fault);
		return;
	}
	read_what_is_in(op, p);
	p->later = evtimer_new(d->loop, on_later, op);
	evtimer_add(p->later, &at_once);
}

/* The time is over, which is an outcome; or nobody wants it any more. */
static void
poll_stop(struct dispatch *d, struct op *op)
{
	struct poll *p = op->executing;
	struct poll_decision decision;
	struct poll_count count;

	if (op->cancelled != HOSPES_EDEADLINE || op->caller->cancelled != 0) {
		detach(op);
		poll_free(&p);
		return;
	}
	mark_rest(p, BALLOT_LATE);
	name_voters(p, op->caller->ops);
	poll_count(p->ballots, p->n, (uint32_t)json_array_size(p->options), &count);
	poll_end(&p->terms, &count, &decision);
	decide(d, op, p->breaks_tie ? poll_tie_json(p) : poll_json(p, &count, &decision));
}

const struct op *
poll_open_ballot(const struct op *op, uint32_t *at)
{
	const struct poll *p = op->executing;

	while (p != NULL && *at < p->n) {
		const struct ballot *b = &p->ballots[(*at)++];

		if (b->state == BALLOT_OPEN && op->caller->ops[b->ordinal]->state != OP_NEW)
			return op->caller->ops[b->ordinal];
	}
	return NULL;
}

const struct executor executor_poll = {
    .name = "poll",
    .begin = poll_begin,
    .stop = poll_stop,
    .resume = poll_resume,
};
