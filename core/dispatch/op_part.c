/*
 * Parts of a reply: kept as a call says them, handed out by the op PART to the one who called.
 *
 * Parts stay with the op that made the call, as its outcome does.  A call that begins again says them again: those that are
 * here already are compared by their hash and passed over, and one that differs ends the run as nondeterministic, because
 * somebody may have acted on the first.  Where the reply will be judged, or another attempt may follow when it fails, its parts
 * are kept and handed to nobody before.
 */

#include <assert.h>
#include <string.h>

#include "dispatch/guard.h"
#include "dispatch/stages.h"

/* ---- Said -------------------------------------------------------------------------------------------------------- */

static void
differs(struct dispatch *d, struct call *call, uint32_t nth, const struct payload *part)
{
	struct fault fault;

	fault_set(&fault, HOSPES_ENONDET,
	    "part %u of the reply of %s %s (%s) had %zu bytes when it first ran, and is another one of %zu bytes now; "
	    "a "
	    "handler has to say the same in the same order (`hospes test` finds out why it does not)",
	    nth, call->plugin, call->semver, call->path, call->op->parts->part[nth]->len, part->len);
	dispatch_cancel(d, &call->run->root, fault.status, fault.text);
}

static struct parts *
parts_of(struct call *call)
{
	struct op *op = call->op;

	if (op->parts == NULL) {
		op->parts = xcalloc(1, sizeof(*op->parts));
		op->parts->held = call->looked_at || fallback_is_set(op);
	}
	return op->parts;
}

/* Can it be kept?  It is scanned as a reply is. */
static int
part_check(const struct call *call, const struct parts *parts, const struct payload *part, struct fault *fault)
{
	size_t max = call->run->policy->payload_max;

	if (payload_scan(part->data, part->len, max, "a part of its reply", fault) != 0)
		return fault->status = fault->status == HOSPES_ETOOLARGE ? HOSPES_ETOOLARGE : HOSPES_EOUTPUT;
	if (part->len > max - parts->bytes)
		return fault_set(fault, HOSPES_ETOOLARGE,
		    "the parts of its reply are larger together than the %zu bytes that they may have (`run.payload`)",
		    max);
	if (parts->n == CALL_PARTS_MAX)
		return fault_set(
		    fault, HOSPES_ETOOLARGE, "its reply has more than the %u parts that it may have", CALL_PARTS_MAX);
	return 0;
}

/* The part of a root call can be shown, once it is durable. */
static void
tell_run(struct dispatch *d, const struct op *op)
{
	if (op->caller == NULL && op_parts(op) > 0 && d->parted != NULL)
		d->parted(op->run, d->arg);
}

static void
parts_add(struct parts *parts, struct payload *part)
{
	if (parts->n == parts->cap) {
		parts->cap = parts->cap == 0 ? 8 : parts->cap * 2;
		parts->part = xrealloc(parts->part, parts->cap * sizeof(struct payload *));
	}
	parts->part[parts->n++] = payload_ref(part);
	parts->bytes += part->len;
}

bool
parts_restore(struct call *call, int64_t nth, struct payload *part, bool held)
{
	struct op *op = call->op;

	if (nth != (op->parts == NULL ? 0 : op->parts->n) || nth == CALL_PARTS_MAX)
		return false;
	if (op->parts == NULL) {
		op->parts = xcalloc(1, sizeof(*op->parts));
		op->parts->held = held;
	}
	parts_add(op->parts, part);
	return true;
}

void
parts_said(struct dispatch *d, struct call *call, struct payload *part)
{
	struct op *op = call->op;
	struct parts *parts;
	struct fault fault;
	uint32_t nth;

	if (op->cancelled != 0 || call->cancelled != 0)
		return;
	parts = parts_of(call);
	nth = call->parts_said++;
	if (nth < parts->n) {
		if (!payload_hash_equal(payload_hash(parts->part[nth]), payload_hash(part)))
			differs(d, call, nth, part);
		return;
	}
	if (part_check(call, parts, part, &fault) != 0) {
		dispatch_cancel(d, op, fault.status, fault.text);
		return;
	}
	parts_add(parts, part);
	record_part(d, call, nth, part);
	parts_noticed(d, op);
	tell_run(d, op);
}

/* ---- Taken ------------------------------------------------------------------------------------------------------- */

struct asked {
	uint32_t ordinal, nth;
};

static bool
read_asked(const struct op *op, struct asked *ret)
{
	if (op->input == NULL || op->input->len != sizeof(*ret))
		return false;
	memcpy(ret, op->input->data, sizeof(*ret));
	return ret->ordinal < op->ordinal && op->caller->ops[ret->ordinal]->kind == WIRE_OP_CALL;
}

/* Answers a PART op when there is an answer. */
static bool
give(struct dispatch *d, struct op *op, const struct op *from)
{
	struct asked asked = {0};
	bool sound = read_asked(op, &asked);
	struct payload *part = op_part(from, asked.nth);
	struct fault fault;

	assert(sound); /* as it was when it began */
	if (part != NULL) {
		pipeline_complete(d, op, 0, payload_ref(part), 1);
		return true;
	}
	if (from->state != OP_DONE)
		return false;
	fault_set(&fault, HOSPES_ENOENT, "the reply of %s has no part %u", from->target, asked.nth);
	pipeline_fail(d, op, &fault);
	return true;
}

void
parts_noticed(struct dispatch *d, struct op *op)
{
	struct op *taker = op->taker;

	if (taker == NULL)
		return;
	op->taker = NULL;
	if (!give(d, taker, op))
		op->taker = taker;
}

void
parts_settled(struct op *op)
{
	if (op->parts == NULL || !op->parts->held)
		return;
	op->parts->held = false;
	if (op->status != 0)
		op_drop_parts(op);
}

/* What was held back goes out with a reply that passed, and nowhere with one that did not. */
void
parts_ended(struct dispatch *d, struct op *op)
{
	bool held = op->parts != NULL && op->parts->held;

	parts_settled(op);
	if (held)
		tell_run(d, op);
	parts_noticed(d, op);
}

static void
part_begin(struct dispatch *d, struct op *op)
{
	struct asked asked;
	struct op *from;
	struct fault fault;

	if (!read_asked(op, &asked)) {
		fault_set(
		    &fault, HOSPES_EINPUT, "a part was asked for of an op that is no call, or was not started before");
		pipeline_fail(d, op, &fault);
		return;
	}
	from = op->caller->ops[asked.ordinal];
	if (give(d, op, from))
		return;
	if (from->taker != NULL) {
		fault_set(&fault, HOSPES_EINPUT, "a part of the reply of %s is waited for already", from->target);
		pipeline_fail(d, op, &fault);
		return;
	}
	from->taker = op;
}

static void
part_stop(struct dispatch *d, struct op *op)
{
	struct asked asked;

	(void)d;
	if (read_asked(op, &asked))
		op->caller->ops[asked.ordinal]->taker = NULL;
}

const struct executor executor_part = {
    .name = "part",
    .begin = part_begin,
    .stop = part_stop,
};
