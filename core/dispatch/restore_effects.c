/*
 * Ops from the record that had begun: effects outside the host with their intents, changes of memory with their commands; and what
 * effects cost.
 */

#include "dispatch/restore.h"

#include "dispatch/guard.h"

/* What one request costs is as its first intent says, whatever the policy says by now. */
static int
take_price(struct op *op, const struct record *rec, struct fault *fault)
{
	int64_t price = record_int(rec, TAG_MICROS);

	if (price < 0 || price > POLICY_PRICE_MAX || (op->state == OP_OPEN && price != op->price_micros))
		return restore_senseless(rec, "its price is none, or another one than before", fault);
	op->price_known = true;
	op->price_micros = price;
	return 0;
}

static void
take_intent(const struct restore *r, struct op *op, const struct record *rec)
{
	/* A human may have had it begin with another input than it was asked for with. */
	payload_unref(&op->input);
	op->input = payload_ref(r->input);
	op->effect = (uint8_t)record_int(rec, TAG_EFFECT);
	op->attempt = rec->head.attempt;
	op->begun = (uint16_t)(record_int(rec, TAG_NUMBER) + 1);
	op->sent = (uint16_t)(op->sent + (op->sent < UINT16_MAX)); /* it may have been */
	op->repetition = record_find(rec, TAG_GUARD) != NULL ? REPETITION_AGAIN : REPETITION_NONE;
	op->probe = op->state == OP_NEW ? record_find(rec, TAG_REASON) != NULL : op->probe;
	free(op->key);
	op->key = record_text(rec, TAG_KEY);
	if (record_int(rec, TAG_DEADLINE) > 0)
		op->deadline_real_ns = record_int(rec, TAG_DEADLINE);
}

int
restore_under_way(struct restore *r, struct op *op, const struct record *rec, struct fault *fault)
{
	bool intent = record_kind(&rec->head) == RECORD_OP_INTENT;

	if (op->kind == WIRE_OP_CALL)
		return restore_senseless(rec, "a call has no such record", fault);
	if (intent ? r->input == NULL : !op_memory_changes(op->kind))
		return restore_senseless(rec, "it is no change, or its input is in none of the records before", fault);
	if (op->kind == WIRE_OP_HTTP && take_price(op, rec, fault) != 0)
		return fault->status;
	op->intent_real_ns = rec->head.real_ns;
	op->intent_seq = rec->head.seq;
	if (intent)
		take_intent(r, op, rec);
	if (op->state != OP_OPEN)
		return pipeline_restore(r->d, op, fault);
	return op->sent > 1 ? budget_again_restore(op, fault) : 0;
}

int
restore_cost(struct op *op, const struct record *rec, struct fault *fault)
{
	if (op->kind != WIRE_OP_HTTP)
		return 0;
	op->cost_micros = record_int(rec, TAG_MICROS);
	if (op->cost_micros >= 0 && op->cost_micros <= op->reserved_least[QUANTITY_MONEY])
		return 0;
	return restore_senseless(rec, "it has cost more than its price, or less than nothing", fault);
}
