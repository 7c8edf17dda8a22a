/* Reviews of an op: see review.h. */

#include "call/review.h"

#include <string.h>

struct review *
op_review(const struct op *op, const char *cause)
{
	struct review *r = op->reviews;

	while (r != NULL && strcmp(r->cause, cause) != 0)
		r = r->next;
	return r;
}

const struct review *
op_awaits_review(const struct op *op)
{
	const struct review *r = op->reviews;

	while (r != NULL && !r->awaited)
		r = r->next;
	return r;
}

struct review *
review_new(struct op *op)
{
	struct review *r = xcalloc(1, sizeof(*r));

	r->op = op;
	r->next = op->reviews;
	op->reviews = r;
	LIST_INSERT_HEAD(&op->run->reviews, r, open);
	op->run->reviews_raised++;
	op->run->reviews_open++;
	return r;
}

void
review_shut(struct review *r)
{
	struct run *run = r->op->run;

	if (r->timer != NULL)
		event_free(r->timer);
	r->timer = NULL;
	r->awaited = false;
	if (r->answer != REVIEW_OPEN)
		return;
	r->answer = REVIEW_REJECTED;
	LIST_REMOVE(r, open);
	run->reviews_open--;
}

void
op_drop_reviews(struct op *op)
{
	struct review *r;

	while ((r = op->reviews) != NULL) {
		op->reviews = r->next;
		review_shut(r);
		for (char **choice = r->choices; choice != NULL && *choice != NULL; choice++)
			free(*choice);
		free(r->choices);
		free(r->cause);
		free(r->question);
		free(r->otherwise);
		free(r->by);
		free(r->why);
		payload_unref(&r->value);
		free(r);
	}
}
