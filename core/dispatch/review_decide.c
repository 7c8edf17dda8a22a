/*
 * What humans say of reviews, and what they are shown of those that are open.
 *
 * The first to say something decides; whoever comes after is told who it was.  What is said has to be about what was shown,
 * and something that whoever asked can take.
 */

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "dispatch/guard.h"
#include "dispatch/review.h"

#define LISTED_MAX 100u

static struct review *
open_review(const struct run *run, const char *id)
{
	struct review *r = LIST_FIRST(&run->reviews);

	while (r != NULL && strcmp(r->id, id) != 0)
		r = LIST_NEXT(r, open);
	return r;
}

/* ---- What may be said -------------------------------------------------------------------------------------------- */

#define MAY(answer) (1u << (answer))

/* Bits of enum review_answer. */
static unsigned
answers_to(const struct review *r)
{
	static const struct {
		const char *cause;
		unsigned answers;
	} rows[] = {
	    {"agent", MAY(REVIEW_APPROVED) | MAY(REVIEW_REJECTED) | MAY(REVIEW_EDITED) | MAY(REVIEW_ANSWERED)},
	    {"grounding", MAY(REVIEW_APPROVED) | MAY(REVIEW_REJECTED) | MAY(REVIEW_EDITED)},
	    {"confidence", MAY(REVIEW_APPROVED) | MAY(REVIEW_REJECTED) | MAY(REVIEW_EDITED)},
	    {"once", MAY(REVIEW_APPROVED) | MAY(REVIEW_REJECTED) | MAY(REVIEW_EDITED)},
	    {"spend", MAY(REVIEW_APPROVED) | MAY(REVIEW_REJECTED)},
	    {"fallback", MAY(REVIEW_REJECTED) | MAY(REVIEW_ANSWERED)},
	};

	if (r->choices != NULL)
		return MAY(REVIEW_REJECTED) | MAY(REVIEW_ANSWERED);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (strcmp(rows[i].cause, r->cause) == 0)
			return rows[i].answers;
	}
	return MAY(REVIEW_REJECTED);
}

/* "approve, reject or edit" */
static void
list_answers(const struct review *r, struct buf *out)
{
	unsigned left = answers_to(r), n = 0;

	for (unsigned answer = REVIEW_APPROVED; answer <= REVIEW_ANSWERED; answer++) {
		if (!(left & MAY(answer)))
			continue;
		left &= ~MAY(answer);
		buf_printf(out, "%s%s",
		    n++ == 0    ? ""
		    : left == 0 ? " or "
				: ", ",
		    review_answer_name((enum review_answer)answer));
	}
	for (char **choice = r->choices; choice != NULL && *choice != NULL; choice++)
		buf_printf(out, "%s\"%s\"", choice == r->choices ? " with one of " : ", ", *choice);
}

json_t *
review_answers(const struct review *r)
{
	unsigned may = answers_to(r);
	json_t *list = json_array();

	for (unsigned answer = REVIEW_APPROVED; answer <= REVIEW_ANSWERED; answer++) {
		if (may & MAY(answer))
			json_array_append_new(list, json_string(review_answer_name((enum review_answer)answer)));
	}
	return list;
}

static int
check_choice(const struct review *r, const struct review_said *said, struct fault *fault)
{
	_cleanup_(buf_free) struct buf answers = {0};
	const char *text = json_string_value(said->value);

	for (char **choice = r->choices; text != NULL && *choice != NULL; choice++) {
		if (strcmp(*choice, text) == 0)
			return 0;
	}
	list_answers(r, &answers);
	return fault_set(
	    fault, HOSPES_EINPUT, "the answer is none of the choices; this review takes %.600s", buf_text(&answers));
}

/* What takes the place of something has to be of its kind. */
static int
check_value(const struct review *r, const struct review_said *said, struct payload *value, struct fault *fault)
{
	const struct run *run = r->op->run;
	struct http_request request;

	if (payload_scan(value->data, value->len, run->policy->payload_max, "what was written", fault) != 0)
		return fault->status;
	if (r->choices != NULL)
		return check_choice(r, said, fault);
	if (r->op->callee != NULL)
		return call_check_reply(r->op->callee, value, fault);
	if (r->op->kind != WIRE_OP_HTTP)
		return 0;
	if (http_request_read(r->op->target, value, &request, fault) != 0)
		return fault_prefix(fault, "the request as edited could not be made");
	http_request_clear(&request);
	return 0;
}

static int
read_said(const struct review *r, const struct review_said *said, enum review_answer *answer, struct payload **value,
    struct fault *fault)
{
	bool needs;

	*answer = review_answer_of(said->decision);
	if (!(answers_to(r) & MAY(*answer))) {
		_cleanup_(buf_free) struct buf answers = {0};

		list_answers(r, &answers);
		return fault_set(fault, HOSPES_EINPUT, "\"%.20s\" is no answer to this review, which takes %.600s",
		    said->decision, buf_text(&answers));
	}
	needs = *answer == REVIEW_EDITED || *answer == REVIEW_ANSWERED;
	if (needs != (said->value != NULL))
		return fault_set(fault, HOSPES_EINPUT,
		    "a value belongs to the decisions \"edit\" and \"answer\", and those need one");
	if (!needs)
		return 0;
	*value = json_payload(said->value);
	if (check_value(r, said, *value, fault) == 0)
		return 0;
	payload_unref(value);
	return fault->status;
}

/* ---- Deciding ---------------------------------------------------------------------------------------------------- */

int
dispatch_review(
    struct dispatch *d, struct run *run, const char *id, const struct review_said *said, struct fault *fault)
{
	struct review *r = open_review(run, id);
	struct payload *value = NULL;
	enum review_answer answer;

	if (r == NULL)
		return fault_set(
		    fault, HOSPES_ENOENT, "no review %s is open; `hospes reviews` lists those that are", id);
	if (strcmp(said->hash, r->hash) != 0)
		return fault_set(fault, HOSPES_ECONFLICT,
		    "what was shown had the hash %.64s, and review %s is about %s; look at it again (`hospes review "
		    "%s`)",
		    said->hash, id, r->hash, id);
	if (read_said(r, said, &answer, &value, fault) != 0)
		return fault->status;
	review_settle(d, r, answer, value, said->who, said->why);
	return 0;
}

/* ---- What is shown ----------------------------------------------------------------------------------------------- */

static json_t *
review_json(const struct review *r)
{
	_cleanup_(free_p) char *path = op_path(r->op);
	char since[CLOCK_TEXT], deadline[CLOCK_TEXT];
	json_t *json;

	clock_format(r->raised_real_ns, since);
	clock_format(r->deadline_real_ns, deadline);
	json = json_pack("{s:s s:s s:s s:s s:s s:s s:s s:o}", "id", r->id, "cause", r->cause, "question", r->question,
	    "path", path, "since", since, "deadline", deadline, "default", r->otherwise, "command",
	    json_sprintf("hospes review %s", r->id));
	return json;
}

json_t *
dispatch_reviews(const struct run *run)
{
	json_t *list = run->reviews_open == 0 ? NULL : json_array();
	unsigned newer = run->reviews_open > LISTED_MAX ? run->reviews_open - LISTED_MAX : 0;

	for (const struct review *r = LIST_FIRST(&run->reviews); r != NULL; r = LIST_NEXT(r, open)) {
		if (newer > 0)
			newer--;
		else
			json_array_insert_new(list, 0, review_json(r));
	}
	return list;
}
