/*
 * Reviews: a human decides about an op before it goes on.
 *
 * Who has a question asks it with review_about, as often as it likes: the same question about the same op is one review, on
 * record when it is raised and when it is decided, and so it outlives the host.  While it is open the op holds nothing but its
 * place; at the deadline its default is taken, also where the host was away at that time.  What is decided holds for what was
 * shown, which its hash names: another question is another review.
 *
 * An op that ends before (it was cancelled, its own time was over) takes its reviews with it: they are `expired`.  [loop]
 */

#ifndef DISPATCH_REVIEW_H
#define DISPATCH_REVIEW_H

#include "base/record.h"
#include "dispatch/dispatch.h"

#define REVIEW_QUESTION_MAX (4 * KIB)
#define REVIEW_CONTEXT_MAX  (256 * KIB) /* as text; what is larger is shown by its beginning, size and hash */
#define REVIEW_CHOICES_MAX  32u
#define REVIEW_CHOICE_MAX   200u  /* bytes */
#define REVIEWS_OF_RUN      1000u /* that a run may raise in all */

#define REVIEW_BY_DEADLINE "deadline" /* who decided it, where nobody did */
#define REVIEW_EXPIRED     "expired"  /* and what, where its op ended first */

struct review_ask {
	/* Who asks, which also says what may be answered:
	 *   "agent"                    approve, reject, edit, answer; where it gives choices one of them, or reject
	 *   "grounding", "confidence"  of a reply: approve, reject, edit (another reply)
	 *   "once"                     of an effect: approve, reject, edit (another input)
	 *   "spend"                    of a run's next call: approve, reject
	 *   "fallback"                 nobody else could: answer, reject */
	const char *cause;
	const char *question;
	json_t *context;            /* what is shown, borrowed; hashed in canonical form with question and choices */
	const char *const *choices; /* NULL-terminated; NULL: approve and reject */
	const char
	    *fallback; /* choice taken at the deadline: "approve", "reject" or one of choices; NULL: as policy says */
	int64_t deadline_real_ns; /* 0: as policy says */
};

/*
 * Raises a review about the op and records it, unless the same one (cause, hash) is on record for it: then tells how it stands.
 * When it is open, and then decided, whoever raised it is told: "grounding", "confidence": dispatch_judged; "once", "spend": the
 * op is tried again at the first guard; "agent", "fallback": the op has its outcome, for "fallback" the value.
 *
 * EDITED and ANSWERED: *value gets a reference to JSON.  REJECTED: `why` says by whom.
 */
enum review_answer review_about(
    struct dispatch *d, struct op *op, const struct review_ask *ask, struct payload **value, struct fault *why);

/* The same of one that is there. */
enum review_answer review_stands(struct dispatch *d, struct review *r, struct payload **value, struct fault *why);

/* The op is about to have its outcome: what is open of it is expired, on record. */
void review_over(struct dispatch *d, struct op *op);

/* From the record: one was raised, one was decided.  False: it makes no sense. */
bool review_restore(struct op *op, const struct record *rec);
bool review_restore_decided(struct op *op, const struct record *rec);

/* "approve", as people say it and records have it; REVIEW_OPEN: there is none of that name. */
const char *review_answer_name(enum review_answer answer);
enum review_answer review_answer_of(const char *name);

/* ---- spend.c ----------------------------------------------------------------------------------------------------- */

#define REVIEW_SPEND "spend"
#define REVIEW_UP_TO "up_to_micros" /* in its context */

int spend_admit(struct dispatch *d, struct op *op, struct fault *why);
void spend_undo(struct op *op);
void spend_restore(struct op *op);
void spend_decided(const struct review *r); /* also from the record */
void spend_answered(struct dispatch *d, const struct review *r); /* who waits for it is tried again soon */

/* ---- Private to these files -------------------------------------------------------------------------------------- */

/* The sentence of one that is rejected. */
void review_says_no(const struct review *r, struct fault *why);

/* What may be said of it, ["approve", ...]; a new reference. */
json_t *review_answers(const struct review *r);

/* It is decided, on record, and whoever waits is told.  Takes `value` over. */
void review_settle(struct dispatch *d, struct review *r, enum review_answer answer, struct payload *value,
    const char *by, const char *why);

#endif
