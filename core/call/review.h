/*
 * A review: a question about an op that a human decides.
 *
 * It is kept with its op, from when it was raised (or read from the record) until the op's call ends.  What it shows is in the
 * journal and the store; here is what deciding needs.  dispatch/review.h has what is done with it.
 */

#ifndef CALL_REVIEW_H
#define CALL_REVIEW_H

#include "call/call.h"

enum review_answer { REVIEW_OPEN, REVIEW_APPROVED, REVIEW_REJECTED, REVIEW_EDITED, REVIEW_ANSWERED };

#define REVIEW_ID   (ULID_TEXT + 11) /* the run's id, a dash, and its number in the run */
#define REVIEW_HASH 65               /* SHA-256 of what is shown, in hexadecimal digits */

struct review {
	struct review *next; /* the one that was raised about the same op before */
	struct op *op;
	char id[REVIEW_ID];
	char hash[REVIEW_HASH];
	char *cause, *question;
	char **choices;  /* NULL-terminated, or NULL: approve and reject */
	char *otherwise; /* what is taken at the deadline: "approve", "reject" or one of choices */
	int64_t raised_real_ns, deadline_real_ns;
	int64_t up_to_micros; /* of "spend": how far a yes lets the run go */

	enum review_answer answer;
	bool expired;          /* its op ended first: then it is rejected by nobody */
	struct payload *value; /* edited or answered, JSON */
	char *by, *why;

	bool awaited;         /* whoever raised it is told of the answer; else asks for it again */
	struct event *timer;  /* its deadline, while it is awaited */
	struct waitq waiting; /* the op, where it waits at a guard for this */
	LIST_ENTRY(review) open;
};

/* A review of the op, the newest of its cause; NULL: there is none. */
struct review *op_review(const struct op *op, const char *cause);

/* One that somebody waits for; NULL: the op waits for no human, or for one to resolve it. */
const struct review *op_awaits_review(const struct op *op);

/* Puts a new one at the op.  Its texts are to be filled in. */
struct review *review_new(struct op *op);

/* It is open no more: nobody is told of it. */
void review_shut(struct review *r);

#endif
