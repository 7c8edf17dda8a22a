/*
 * Scores of people: what a client says of a call of a run that has ended.
 *
 * Whose work it was is in the run's records, what was said of it before in the store; both are looked at in the store's thread.
 * One is done after the other, so that nobody scores the same call twice by asking twice at once.
 */

#include <string.h>

#include "base/json.h"
#include "call/call.h"
#include "run/state.h"

#define PATH_MAX_BYTES 1000u
#define SCORING_MAX    100u /* that wait for their turn */

struct scoring {
	struct runs *runs;
	struct ulid id;
	char id_text[ULID_TEXT];
	char *path, *why, *who; /* why: or NULL */
	double score;
	run_viewed *done;
	void *arg; /* of done */

	/* found in the store's thread */
	char *plugin, *semver, *target;
	unsigned attempt;
	unsigned said; /* by people, of this run */
	struct fault fault;

	uint64_t lsn; /* that is waited for */
	STAILQ_ENTRY(scoring) queued;
};

static void start_next(struct runs *r);

static void
scoring_free(struct scoring *s)
{
	free(s->path);
	free(s->why);
	free(s->who);
	free(s->plugin);
	free(s->semver);
	free(s->target);
	free(s);
}

/* It is the first in the queue. */
static void
end(struct scoring *s, json_t *answer, const struct fault *fault)
{
	struct runs *r = s->runs;

	STAILQ_REMOVE_HEAD(&r->scoring, queued);
	r->n_scoring--;
	start_next(r);
	s->done(answer, fault, s->arg);
	scoring_free(s);
}

void
score_node(json_t *node, const struct record *r)
{
	const struct record_field *f = record_find(r, TAG_SCORE);
	_cleanup_(json_p) json_t *score = f == NULL ? NULL : json_read(f->data, f->len, "a score", NULL);
	_cleanup_(free_p) char *who = record_text(r, TAG_ACTOR), *why = record_text(r, TAG_REASON);
	json_t *scores = json_object_get(node, "scores");

	if (scores == NULL) {
		scores = json_array();
		json_object_set_new(node, "scores", scores);
	}
	json_array_append_new(scores, json_pack("{s:O* s:O* s:s* s:s*}", "score", json_object_get(score, "score"), "by",
					  json_object_get(score, "by"), "who", who, "why", why));
}

/* ---- Who is scored [store thread] -------------------------------------------------------------------------------- */

static bool
is_path(const struct record *r, const char *path)
{
	const struct record_field *f = record_find(r, TAG_PATH);

	return f != NULL && f->len == strlen(path) && memcmp(f->data, path, f->len) == 0;
}

static void
take_call(struct scoring *s, const struct record *r)
{
	free(s->plugin);
	free(s->semver);
	free(s->target);
	s->plugin = record_text(r, TAG_CALLEE);
	s->semver = record_text(r, TAG_VERSION);
	s->target = record_text(r, TAG_TARGET);
	s->attempt = r->head.attempt;
}

static int
find_call(struct scoring *s, struct journal *j, uint64_t last)
{
	_cleanup_(record_list_free) struct record_list list = {0};
	bool ended = false;

	while (last != 0) {
		if (record_list_read(&list, j, &last, SIZE_MAX, &s->fault) == 0)
			continue;
		if (s->fault.status == HOSPES_ENOENT && last < journal_first(j))
			fault_set(&s->fault, HOSPES_ENOENT,
			    "the records of the run %s were dropped, and with them which calls it made: nothing is "
			    "left to "
			    "be scored",
			    s->id_text);
		return s->fault.status;
	}
	record_list_turn(&list);
	for (size_t i = 0; i < list.n; i++) {
		const struct record *r = &list.records[i];

		if (!is_path(r, s->path))
			continue;
		if (record_kind(&r->head) == RECORD_CALL_START)
			take_call(s, r);
		ended |= record_kind(&r->head) == RECORD_CALL_END;
	}
	if (s->plugin == NULL || s->semver == NULL || s->target == NULL)
		return fault_set(&s->fault, HOSPES_ENOENT,
		    "the run %s has no call %s; `hospes show %s` has those it made", s->id_text, s->path, s->id_text);
	return ended ? 0
		     : fault_set(&s->fault, HOSPES_ECONFLICT, "the call %s of the run %s has no outcome to be scored",
			   s->path, s->id_text);
}

static int
see_said(const void *key, size_t key_len, const void *data, size_t len, void *arg)
{
	_cleanup_(json_p) json_t *said = json_read(data, len, "a score", NULL);
	const char *path = json_string_value(json_object_get(said, "path"));
	const char *by = json_string_value(json_object_get(said, "by"));
	struct scoring *s = arg;

	(void)key, (void)key_len;
	s->said++;
	if (path != NULL && by != NULL && strcmp(path, s->path) == 0 && strcmp(by, s->who) == 0)
		fault_set(&s->fault, HOSPES_ECONFLICT,
		    "%s has scored the call %s of this run already, with %g; a call is scored once by each", by, path,
		    json_number_value(json_object_get(said, "score")));
	return s->fault.status;
}

static void
look(struct store_txn *txn, struct journal *j, void *arg)
{
	uint8_t key[SCORE_PERSON_KEY - sizeof(uint32_t)] = {SCORE_PERSONS[0]};
	_cleanup_(json_p) json_t *entry = NULL;
	struct scoring *s = arg;
	const void *data;
	size_t len;

	memcpy(key + 1, s->id.bytes, sizeof(s->id.bytes));
	if (!store_get(txn, STORE_RUNS, s->id.bytes, sizeof(s->id.bytes), &data, &len)) {
		fault_set(&s->fault, HOSPES_ENORUN, "there is no run %s; `hospes ps --all` lists those there are",
		    s->id_text);
		return;
	}
	entry = json_read(data, len, "the entry of a run", &s->fault);
	if (entry == NULL)
		return;
	if (json_object_get(entry, "last_lsn") == NULL)
		fault_set(
		    &s->fault, HOSPES_ECONFLICT, "the run %s is open; it can be scored when it has ended", s->id_text);
	else if (json_object_get(entry, "erased") != NULL)
		fault_set(&s->fault, HOSPES_ECONFLICT, "the run %s was erased; nobody can say any more how good it was",
		    s->id_text);
	else if (store_walk(txn, STORE_SCORES, key, sizeof(key), false, see_said, s) != 0)
		return;
	else if (s->said >= SCORES_OF_RUN_MAX)
		fault_set(&s->fault, HOSPES_ETOOLARGE, "the run %s has %u scores already, and no run has more",
		    s->id_text, SCORES_OF_RUN_MAX);
	else
		(void)find_call(s, j, (uint64_t)json_integer_value(json_object_get(entry, "last_lsn")));
}

/* ---- Recording --------------------------------------------------------------------------------------------------- */

static void
is_durable(void *arg)
{
	struct scoring *s = arg;

	end(s,
	    json_pack("{s:s s:s s:s s:s s:f}", "run", s->id_text, "call", s->path, "plugin", s->plugin, "version",
		s->semver, "score", s->score),
	    NULL);
}

static void
looked(void *arg)
{
	static const char cap[] = "cap:";
	struct scoring *s = arg;
	struct runs *r = s->runs;
	bool by_capability;

	if (s->fault.status == 0 && run_is_erased(r, &s->id))
		fault_set(&s->fault, HOSPES_ECONFLICT, "the run %s is just being erased", s->id_text);
	if (s->fault.status != 0) {
		struct fault fault = s->fault;

		end(s, NULL, &fault);
		return;
	}
	by_capability = strncmp(s->target, cap, strlen(cap)) == 0;
	s->lsn = dispatch_score(r->dispatch, &(struct score){.kind = SCORE_PERSON,
						 .score = s->score,
						 .plugin = s->plugin,
						 .semver = s->semver,
						 .capability = by_capability ? s->target + strlen(cap) : "",
						 .path = s->path,
						 .attempt = s->attempt,
						 .ordinal = UINT32_MAX,
						 .by = s->who,
						 .why = s->why,
						 .run_id = s->id_text,
						 .policy = r->policy});
	journal_await(r->journal, s->lsn, is_durable, s);
}

static void
start_next(struct runs *r)
{
	struct scoring *s = STAILQ_FIRST(&r->scoring);

	if (s != NULL)
		store_read(r->store, look, looked, s);
}

/* ---- Asking ------------------------------------------------------------------------------------------------------ */

static int
read_request(struct scoring *s, const char *id_text, const json_t *request, struct fault *fault)
{
	static const char *const members[] = {"call", "score", "why", NULL};
	const json_t *path = json_object_get(request, "call"), *why = json_object_get(request, "why");
	const json_t *score = json_object_get(request, "score");
	const char *stranger = json_stranger(request, members);

	if (!ulid_parse(id_text, &s->id))
		return fault_set(fault, HOSPES_ENORUN,
		    "a run's id is a ULID of 26 characters, and this is none; `hospes ps --all` lists runs");
	ulid_format(&s->id, s->id_text);
	if (stranger != NULL)
		return fault_set(
		    fault, HOSPES_EINPUT, "the request has a member %.60s; it takes call, score and why", stranger);
	if (!json_is_number(score) || !(json_number_value(score) >= 0) || !(json_number_value(score) <= 1))
		return fault_set(fault, HOSPES_EINPUT, "score has to be a number from 0, useless, to 1");
	if (path != NULL && (json_string_value(path) == NULL || json_string_value(path)[0] != '/' ||
				json_string_length(path) > PATH_MAX_BYTES))
		return fault_set(fault, HOSPES_EINPUT,
		    "call has to be the path of a call, such as \"/0/3\"; `hospes show %s` tells them", s->id_text);
	if (why != NULL && !json_is_null(why) && (!json_is_string(why) || json_string_length(why) > SCORE_WHY_MAX))
		return fault_set(fault, HOSPES_EINPUT, "why has to be a text of at most %u bytes", SCORE_WHY_MAX);
	s->score = json_number_value(score);
	s->path = xstrdup(path != NULL ? json_string_value(path) : "/0");
	s->why = json_string_length(why) > 0 ? xstrdup(json_string_value(why)) : NULL;
	return 0;
}

void
run_score(struct runs *r, const char *id_text, const json_t *request, const char *who, run_viewed *done, void *arg)
{
	struct scoring *s = xcalloc(1, sizeof(*s));
	bool first = STAILQ_EMPTY(&r->scoring);
	struct fault fault = {0};

	s->runs = r;
	s->who = xstrdup(who);
	s->done = done;
	s->arg = arg;
	if (read_request(s, id_text, request, &fault) == 0 && r->n_scoring >= SCORING_MAX)
		fault_set(&fault, HOSPES_EBUSY, "%u scores are being taken down; try again", r->n_scoring);
	if (fault.status != 0) {
		done(NULL, &fault, arg);
		scoring_free(s);
		return;
	}
	STAILQ_INSERT_TAIL(&r->scoring, s, queued);
	r->n_scoring++;
	if (first)
		start_next(r);
}

void
score_close(struct runs *r)
{
	struct scoring *s;

	while ((s = STAILQ_FIRST(&r->scoring)) != NULL) {
		STAILQ_REMOVE_HEAD(&r->scoring, queued);
		journal_forget(r->journal, s);
		scoring_free(s);
	}
}
