/*
 * Money that a human is asked about: past `reviews.spend` no call of a run begins, and no request that has a price, unless
 * somebody says that it may.
 *
 * What counts is the price of every call that has begun, in whatever share of the budget it lies, and of every request that was
 * sent; not what checks cost, which the host asks.  A run asks one question at a
 * time: what else would go past the sum waits for the same answer.  A yes is good for the call that asked and as much again as
 * the run may spend unasked; a no holds for the rest of the run.
 *
 * Those who wait are tried again in a turn of the loop of their own, since an answer may come from anywhere.
 */

#include <string.h>

#include "base/json.h"
#include "base/money.h"
#include "dispatch/guard.h"
#include "dispatch/review.h"

/* It calls a check, or a check asks for it. */
static bool
is_of_check(const struct op *op)
{
	return op->check || (op->caller != NULL && op->caller->op->check);
}

static int64_t
price_of(const struct op *op)
{
	if (op->kind == WIRE_OP_HTTP)
		return op->price_micros == 0 || is_of_check(op) ? 0 : op->price_micros;
	return op->kind == WIRE_OP_CALL && !op->check && op->resolved != NULL ? op->resolved->price_micros : 0;
}

/* How far the run may go. */
static int64_t
granted(const struct run *run)
{
	return run->spend_granted > run->policy->review_spend ? run->spend_granted : run->policy->review_spend;
}

static struct review *
open_review(const struct run *run)
{
	struct review *r = LIST_FIRST(&run->reviews);

	while (r != NULL && strcmp(r->cause, REVIEW_SPEND) != 0)
		r = LIST_NEXT(r, open);
	return r;
}

static enum review_answer
ask(struct dispatch *d, struct op *op, int64_t price, struct fault *why)
{
	int64_t up_to = op->run->priced + price + op->run->policy->review_spend;
	char spent_text[MONEY_TEXT], price_text[MONEY_TEXT], up_to_text[MONEY_TEXT], may_text[MONEY_TEXT];
	_cleanup_(json_p) json_t *context = NULL;
	_cleanup_(free_p) char *question = NULL;
	struct payload *value = NULL;

	money_write(op->run->priced, spent_text);
	money_write(price, price_text);
	money_write(up_to, up_to_text);
	money_write(granted(op->run), may_text);
	question =
	    xasprintf("The run has spent $%s, and %.64s would cost $%s more, past the $%s that it may spend.  May it "
		      "go on, up to $%s?",
		spent_text, op->target, price_text, may_text, up_to_text);
	context = json_pack("{s:s s:s s:s s:s s:s s:I}", "target", op->target, "spent", spent_text, "price", price_text,
	    "may", may_text, "up_to", up_to_text, REVIEW_UP_TO, (json_int_t)up_to);
	return review_about(
	    d, op, &(struct review_ask){.cause = REVIEW_SPEND, .question = question, .context = context}, &value, why);
}

static int
wait(struct op *op)
{
	op->run->spend_waiting++;
	return guard_wait(op, &op->run->spend_waiters);
}

int
spend_admit(struct dispatch *d, struct op *op, struct fault *why)
{
	struct run *run = op->run;
	int64_t price = price_of(op);
	struct review *open = price > 0 ? open_review(run) : NULL;
	enum review_answer answer;

	if (price == 0 || (run->policy->review_spend == 0 && open == NULL && run->spend_refused == NULL) ||
	    run->priced + price <= granted(run)) {
		run->priced += price;
		return GUARD_PASS;
	}
	if (run->spend_refused != NULL)
		return guard_refuse(why, HOSPES_EREJECTED, "%s", run->spend_refused);
	if (open != NULL && open->op != op)
		return wait(op);
	answer = open != NULL ? review_stands(d, open, NULL, why) : ask(d, op, price, why);
	if (answer == REVIEW_OPEN)
		return wait(op);
	if (answer == REVIEW_REJECTED)
		return GUARD_REFUSE;
	run->priced += price;
	return GUARD_PASS;
}

void
spend_undo(struct op *op)
{
	op->run->priced -= price_of(op);
}

void
spend_restore(struct op *op)
{
	op->run->priced += is_of_check(op) ? 0 : op->price_micros;
}

void
spend_again(struct op *op)
{
	op->run->priced += price_of(op);
}

void
spend_settle(struct op *op)
{
	if (op->kind == WIRE_OP_HTTP && price_of(op) > 0)
		op->run->priced -= op->reserved_least[QUANTITY_MONEY] - op->cost_micros;
}

/* ---- What was said ----------------------------------------------------------------------------------------------- */

void
spend_decided(const struct review *r)
{
	struct run *run = r->op->run;
	struct fault why;

	if (strcmp(r->cause, REVIEW_SPEND) != 0)
		return;
	if (r->answer == REVIEW_APPROVED && r->up_to_micros > run->spend_granted)
		run->spend_granted = r->up_to_micros;
	if (r->answer != REVIEW_REJECTED || r->expired || run->spend_refused != NULL)
		return;
	review_says_no(r, &why);
	run->spend_refused = xstrdup(why.text);
}

static void
try_again(evutil_socket_t fd, short what, void *arg)
{
	struct run *run = arg;
	unsigned n = run->spend_waiting;

	(void)fd, (void)what;
	run->spend_waiting = 0;
	while (n-- > 0)
		dispatch_wake(run->dispatch, &run->spend_waiters);
}

void
spend_answered(struct dispatch *d, const struct review *r)
{
	struct run *run = r->op->run;
	static const struct timeval now = {0};

	if (strcmp(r->cause, REVIEW_SPEND) != 0 || run->spend_waiting == 0)
		return;
	if (run->spend_again == NULL)
		run->spend_again = evtimer_new(d->loop, try_again, run);
	evtimer_add(run->spend_again, &now);
}

void
spend_forget(struct run *run)
{
	if (run->spend_again != NULL)
		event_free(run->spend_again);
	run->spend_again = NULL;
	free(run->spend_refused);
	run->spend_refused = NULL;
}
