/* Reviews: raised, told how they stand, settled.  See review.h. */

#include "dispatch/review.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "dispatch/guard.h"

#define SHORTENED (16 * KIB) /* bytes of a context that is too large */
#define TOLD      200        /* bytes of a question, and of a reason, in a sentence */

static const char *const names[] = {[REVIEW_OPEN] = "open",
    [REVIEW_APPROVED] = "approve",
    [REVIEW_REJECTED] = "reject",
    [REVIEW_EDITED] = "edit",
    [REVIEW_ANSWERED] = "answer"};

const char *
review_answer_name(enum review_answer answer)
{
	return names[answer];
}

enum review_answer
review_answer_of(const char *name)
{
	enum review_answer answer = REVIEW_ANSWERED;

	while (answer != REVIEW_OPEN && strcmp(names[answer], name) != 0)
		answer--;
	return answer;
}

/* ---- What is shown ----------------------------------------------------------------------------------------------- */

static void
sha256_hex(const char *text, size_t len, char out[REVIEW_HASH])
{
	uint8_t hash[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(hash, (const uint8_t *)text, len);
	hex_format(hash, sizeof(hash), out);
}

/* How many bytes of UTF-8 are whole within so many. */
static size_t
whole(const char *text, size_t most)
{
	size_t len = strnlen(text, most);

	while (text[len] != '\0' && len > 0 && (text[len] & 0xc0) == 0x80)
		len--;
	return len;
}

/* A new reference: the context as it is, or where it is too large its beginning, its size and its hash. */
static json_t *
context_shown(json_t *context)
{
	_cleanup_(free_p) char *text = context == NULL ? NULL : json_dumps(context, JSON_COMPACT | JSON_ENCODE_ANY);
	size_t len = text == NULL ? 0 : strlen(text), cut;
	char hash[REVIEW_HASH];

	if (text == NULL)
		return json_null();
	if (len <= REVIEW_CONTEXT_MAX)
		return json_incref(context);
	cut = whole(text, SHORTENED);
	sha256_hex(text, len, hash);
	return json_pack("{s:s% s:I s:s}", "begins", text, cut, "bytes", (json_int_t)len, "sha256", hash);
}

static json_t *
question_shown(const char *question)
{
	size_t len = whole(question, REVIEW_QUESTION_MAX);

	return utf8_valid(question, len) ? json_stringn(question, len) : json_string("(a question that is no text)");
}

/* All that the hash is made of, in canonical form: keys in order, no white space. */
static json_t *
shown(const struct op *op, const struct review_ask *ask)
{
	_cleanup_(free_p) char *path = op_path(op);
	json_t *json = json_pack("{s:s s:s s:s s:o s:o}", "run", op->run->id_text, "call", path, "cause", ask->cause,
	    "question", question_shown(ask->question), "context", context_shown(ask->context));
	json_t *choices = ask->choices == NULL ? NULL : json_array();

	for (const char *const *choice = ask->choices; choice != NULL && *choice != NULL; choice++)
		json_array_append_new(choices, json_string(*choice));
	if (choices != NULL)
		json_object_set_new(json, "choices", choices);
	return json;
}

static void
hash_of(const json_t *json, char out[REVIEW_HASH])
{
	_cleanup_(free_p) char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);

	assert(text != NULL);
	sha256_hex(text, strlen(text), out);
}

/* ---- Raising ----------------------------------------------------------------------------------------------------- */

static char **
choices_of(const json_t *list)
{
	size_t n = json_array_size(list);
	char **choices;

	if (list == NULL)
		return NULL;
	choices = xcalloc(n + 1, sizeof(*choices));
	for (size_t i = 0; i < n; i++)
		choices[i] = xstrdup(json_string_value(json_array_get(list, i)));
	return choices;
}

static void
fill(struct review *r, const json_t *json)
{
	r->cause = xstrdup(json_string_value(json_object_get(json, "cause")));
	r->question = xstrdup(json_string_value(json_object_get(json, "question")));
	r->otherwise = xstrdup(json_string_value(json_object_get(json, "default")));
	r->choices = choices_of(json_object_get(json, "choices"));
	r->up_to_micros = json_integer_value(json_object_get(json_object_get(json, "context"), REVIEW_UP_TO));
	(void)snprintf(r->hash, sizeof(r->hash), "%s", json_string_value(json_object_get(json, "hash")));
}

static void
record_raised(struct dispatch *d, struct op *op, const struct review *r, json_t *json)
{
	_cleanup_(free_p) char *body = NULL;

	json_object_set_new(json, "answers", review_answers(r));
	body = json_dumps(json, JSON_COMPACT);
	record_review(d, op, r, body);
	log_info("a human is asked: `hospes reviews`", LOG_S("run", op->run->id_text), LOG_S("review", r->id),
	    LOG_S("cause", r->cause));
	tell_review(d, op, r);
}

/* As asked for, or as policy has it; but some of the time of its op is left for what follows from the answer, so that what it
 * takes unanswered is taken, and does not end with its op. */
static int64_t
deadline_of(const struct op *op, const struct review_ask *ask, int64_t now)
{
	int64_t wanted = ask->deadline_real_ns != 0 ? ask->deadline_real_ns : now + op->run->policy->review_deadline_ns;
	int64_t left = op->deadline_real_ns - now, latest = now + left - left / 10;

	return op->deadline_real_ns > 0 && latest < wanted ? latest : wanted;
}

/* Takes `json` over, to which what is not hashed is added. */
static struct review *
raise(struct dispatch *d, struct op *op, const struct review_ask *ask, json_t *json, const char *hash)
{
	const struct policy *policy = op->run->policy;
	const struct call *asker = op->callee != NULL ? op->callee : op->caller;
	const char *fallback = ask->fallback != NULL                      ? ask->fallback
			       : policy->review_default == ANSWER_APPROVE ? "approve"
									  : "reject";
	struct review *r = review_new(op);
	int64_t now = clock_real_ns();

	json_object_set_new(json, "hash", json_string(hash));
	json_object_set_new(json, "default", json_string(fallback));
	if (asker != NULL)
		json_object_set_new(json, "plugin", json_string(asker->plugin));
	fill(r, json);
	(void)snprintf(r->id, sizeof(r->id), "%s-%u", op->run->id_text, op->run->reviews_raised);
	r->raised_real_ns = now;
	r->deadline_real_ns = deadline_of(op, ask, now);
	record_raised(d, op, r, json);
	json_decref(json);
	return r;
}

enum review_answer
review_about(struct dispatch *d, struct op *op, const struct review_ask *ask, struct payload **value, struct fault *why)
{
	json_t *json = shown(op, ask);
	struct review *r = op->reviews;
	char hash[REVIEW_HASH];

	hash_of(json, hash);
	while (r != NULL && (strcmp(r->cause, ask->cause) != 0 || strcmp(r->hash, hash) != 0))
		r = r->next;
	if (r != NULL) {
		json_decref(json);
		return review_stands(d, r, value, why);
	}
	if (op->run->reviews_raised >= REVIEWS_OF_RUN) {
		json_decref(json);
		fault_set(why, HOSPES_EREJECTED,
		    "this run has asked for %u reviews, as many as one run may; what needs one more is refused",
		    REVIEWS_OF_RUN);
		return REVIEW_REJECTED;
	}
	return review_stands(d, raise(d, op, ask, json, hash), value, why);
}

/* ---- How it stands ----------------------------------------------------------------------------------------------- */

void
review_says_no(const struct review *r, struct fault *why)
{
	const char *said = r->why != NULL ? r->why : "";
	int asked = (int)whole(r->question, TOLD);
	char at[CLOCK_TEXT];

	clock_format(r->deadline_real_ns, at);
	if (r->expired)
		fault_set(why, HOSPES_EDEADLINE, "the question \"%.*s\" (review %s) was not answered in time", asked,
		    r->question, r->id);
	else if (r->by == NULL || strcmp(r->by, REVIEW_BY_DEADLINE) == 0)
		fault_set(why, HOSPES_EREJECTED,
		    "nobody answered the question \"%.*s\" (review %s) until %s, and without an answer it is rejected",
		    asked, r->question, r->id, at);
	else
		fault_set(why, HOSPES_EREJECTED, "%s said no to the question \"%.*s\" (review %s)%s%.*s", r->by, asked,
		    r->question, r->id, said[0] != '\0' ? ": " : "", (int)whole(said, TOLD), said);
}

/* Nobody has answered in time. */
static void
take_default(struct dispatch *d, struct review *r)
{
	enum review_answer answer = review_answer_of(r->otherwise);
	struct payload *value = NULL;

	if (strcmp(r->cause, "fallback") == 0 && answer == REVIEW_APPROVED)
		answer = REVIEW_REJECTED; /* there is nothing that could be approved */
	if (r->choices != NULL && answer != REVIEW_REJECTED) {
		_cleanup_(json_p) json_t *choice = json_string(r->otherwise);

		answer = REVIEW_ANSWERED;
		value = json_payload(choice);
	}
	review_settle(d, r, answer, value, REVIEW_BY_DEADLINE, NULL);
}

static void
set_timer(struct review *r)
{
	int64_t left = r->deadline_real_ns - clock_real_ns();
	struct timeval tv = {0};

	if (left > 0)
		tv = (struct timeval){.tv_sec = left / NS_PER_S, .tv_usec = left % NS_PER_S / NS_PER_US + 1};
	evtimer_add(r->timer, &tv);
}

/* The loop counts from when its turn began, which may be a while before the timer was set. */
static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct review *r = arg;

	(void)fd, (void)what;
	if (clock_real_ns() < r->deadline_real_ns)
		set_timer(r);
	else
		take_default(r->op->run->dispatch, r);
}

static void
await(struct dispatch *d, struct review *r)
{
	r->awaited = true;
	if (r->timer != NULL)
		return;
	r->timer = evtimer_new(d->loop, on_deadline, r);
	set_timer(r);
}

enum review_answer
review_stands(struct dispatch *d, struct review *r, struct payload **value, struct fault *why)
{
	if (r->answer == REVIEW_OPEN && r->deadline_real_ns <= clock_real_ns()) {
		r->awaited = false; /* whoever waits for it is told here */
		take_default(d, r);
	}
	switch (r->answer) {
	case REVIEW_OPEN:
		await(d, r);
		break;
	case REVIEW_REJECTED:
		review_says_no(r, why);
		break;
	case REVIEW_EDITED:
	case REVIEW_ANSWERED:
		*value = payload_ref(r->value);
		break;
	case REVIEW_APPROVED:
		break;
	}
	return r->answer;
}

/* ---- Settling ---------------------------------------------------------------------------------------------------- */

/* Whoever waits for it goes on. */
static void
told(struct dispatch *d, struct review *r)
{
	struct op *op = r->op;
	struct fault why;

	if (strcmp(r->cause, "grounding") == 0 || strcmp(r->cause, "confidence") == 0)
		dispatch_judged(d, op);
	else if (strcmp(r->cause, "agent") == 0)
		op_reviewed(d, r);
	else if (strcmp(r->cause, "once") == 0)
		dispatch_wake(d, &r->waiting);
	else if (strcmp(r->cause, REVIEW_SPEND) == 0)
		return; /* with all others that wait for it */
	else if (r->answer == REVIEW_EDITED || r->answer == REVIEW_ANSWERED)
		pipeline_complete(d, op, 0, payload_ref(r->value), 1);
	else {
		review_says_no(r, &why);
		pipeline_fail(d, op, &why);
	}
}

/* Takes `value` over. */
static void
close_with(
    struct review *r, enum review_answer answer, bool expired, struct payload *value, const char *by, const char *why)
{
	review_shut(r);
	r->answer = answer;
	r->expired = expired;
	r->value = value;
	r->by = by == NULL ? NULL : xstrdup(by);
	r->why = why == NULL ? NULL : xstrdup(why);
	spend_decided(r);
}

void
review_settle(struct dispatch *d, struct review *r, enum review_answer answer, struct payload *value, const char *by,
    const char *why)
{
	bool awaited = r->awaited;

	assert(r->answer == REVIEW_OPEN && answer != REVIEW_OPEN);
	close_with(r, answer, false, value, by, why);
	record_reviewed(d, r, names[answer]);
	log_info("a review was decided", LOG_S("run", r->op->run->id_text), LOG_S("review", r->id),
	    LOG_S("decision", names[answer]), LOG_S("by", by));
	tell_review(d, r->op, r);
	spend_answered(d, r);
	if (awaited)
		told(d, r);
}

void
review_over(struct dispatch *d, struct op *op)
{
	for (struct review *r = op->reviews; r != NULL; r = r->next) {
		if (r->answer != REVIEW_OPEN)
			continue;
		close_with(r, REVIEW_REJECTED, true, NULL, "host", NULL);
		record_reviewed(d, r, REVIEW_EXPIRED);
		spend_answered(d, r);
	}
}

/* ---- From the record --------------------------------------------------------------------------------------------- */

static bool
has_texts(const json_t *json)
{
	static const char *const texts[] = {"cause", "question", "default", "hash"};
	const json_t *choices = json_object_get(json, "choices"), *choice;
	size_t i;

	for (i = 0; i < ARRAY_LEN(texts); i++) {
		if (!json_is_string(json_object_get(json, texts[i])))
			return false;
	}
	json_array_foreach(choices, i, choice)
	{
		if (!json_is_string(choice))
			return false;
	}
	return choices == NULL || json_is_array(choices);
}

bool
review_restore(struct op *op, const struct record *rec)
{
	const struct record_field *body = record_find(rec, TAG_BODY);
	_cleanup_(json_p) json_t *json = body == NULL ? NULL : json_loadb(body->data, body->len, 0, NULL);
	_cleanup_(free_p) char *id = record_text(rec, TAG_REVIEW);
	const char *dash = id == NULL ? NULL : strrchr(id, '-');
	unsigned long nth = dash == NULL ? 0 : strtoul(dash + 1, NULL, 10);
	struct review *r;

	if (nth == 0 || nth > UINT32_MAX || strlen(id) >= sizeof(r->id) || !has_texts(json))
		return false;
	r = review_new(op);
	op->run->reviews_raised = (uint32_t)nth;
	strcpy(r->id, id);
	fill(r, json);
	r->raised_real_ns = rec->head.real_ns;
	r->deadline_real_ns = record_int(rec, TAG_DEADLINE);
	return true;
}

bool
review_restore_decided(struct op *op, const struct record *rec)
{
	_cleanup_(free_p) char *id = record_text(rec, TAG_REVIEW), *decision = record_text(rec, TAG_DECISION);
	_cleanup_(free_p) char *by = record_text(rec, TAG_ACTOR), *why = record_text(rec, TAG_REASON);
	const struct record_field *body = record_find(rec, TAG_BODY);
	enum review_answer answer;
	struct review *r = op->reviews;
	bool expired;

	while (r != NULL && strcmp(r->id, id) != 0)
		r = r->next;
	if (r == NULL || r->answer != REVIEW_OPEN || decision == NULL)
		return false;
	expired = strcmp(decision, REVIEW_EXPIRED) == 0;
	answer = expired ? REVIEW_REJECTED : review_answer_of(decision);
	if (answer == REVIEW_OPEN || ((answer == REVIEW_EDITED || answer == REVIEW_ANSWERED) && body == NULL))
		return false;
	close_with(r, answer, expired, body == NULL ? NULL : payload_new(body->data, body->len), by, why);
	return true;
}
