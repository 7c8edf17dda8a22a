/*
 * supervisor: answers a question from the documents of its run, with a brief that cites them.
 *
 * It deals the documents out to workers ("find.passages"), a few at a time, and goes on when some fail.  It replans once:
 * documents whose worker failed are tried again in smaller groups, and when nothing found has much of the question, the
 * next documents are looked at, with the terms that were useful so far.  Then the findings are analysed and the brief is
 * written.  Everybody is asked for by what they can do, so that an operator may put others in their place.
 *
 * Takes {"question", "points"?}, gives the brief with "failed" (who failed and why) and "documents" (looked at).
 */

#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "supervisor.h"

#define POINTS 8
#define POOR   0.6  /* a coverage below it asks for another round */
#define HEAVY  0.55 /* weight of a word that the question is about */
#define RARE   0.34 /* of the findings have a word that few have */
#define NEAR   0.75 /* of the best coverage: findings with less are left out */

/* How many groups the operator wants, within what there is room for. */
static size_t
groups_wanted(struct work *work)
{
	int64_t groups = hospes_config_int(work->ctx, "groups");

	return groups < 1 ? 1 : groups > GROUPS_MAX ? GROUPS_MAX : (size_t)groups;
}

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static int
first_round(struct work *work, const struct source *const *sources, size_t n)
{
	struct task tasks[GROUPS_MAX];
	size_t tasks_n = tasks_deal(sources, n, groups_wanted(work), tasks);
	int rc = round_run(work, tasks, tasks_n, false);

	tasks_free(tasks, tasks_n);
	return rc;
}

/* Is there reason to look again, and where?  The next documents; where there are none, the same ones with what was learnt. */
static size_t
next_sources(const struct work *work, const struct source *const *sources, size_t n, const struct source *const **ret)
{
	*ret = sources;
	if (work->coverage >= POOR)
		return 0;
	if (n > DOCUMENTS_MAX) {
		*ret = sources + DOCUMENTS_MAX;
		return smaller(n - DOCUMENTS_MAX, DOCUMENTS_MAX);
	}
	return work->coverage > 0 && json_object_size(work->terms) > 0 ? n : 0;
}

/* What failed is dealt out again, to twice as many at least; what still fails then has failed. */
static int
second_round(struct work *work, const struct source *const *sources, size_t n)
{
	const struct source **again = work->again;
	const struct source *const *next;
	size_t again_n = work->again_n, next_n = next_sources(work, sources, n, &next), tasks_n;
	struct task tasks[2 * GROUPS_MAX];
	int rc;

	if (again_n + next_n == 0)
		return 0;
	work->again = NULL;
	work->again_n = 0;
	tasks_n = tasks_deal(again, again_n, GROUPS_MAX, tasks);
	tasks_n += tasks_deal(next, next_n, groups_wanted(work), tasks + tasks_n);
	hospes_progress(work->ctx, 0.8, "planned again: %zu documents of workers that failed, %zu to look further",
	    again_n, next_n);
	rc = round_run(work, tasks, tasks_n, true);
	for (size_t i = 0; i < tasks_n && rc == 0; i++)
		if (tasks[i].failed != NULL)
			task_gave_up(work, &tasks[i]);
	tasks_free(tasks, tasks_n);
	free(again);
	return rc;
}

static int
look(struct work *work, const struct sources *sources)
{
	const struct source **order = need(calloc(sources->n + 1, sizeof(*order)));
	int rc;

	for (size_t i = 0; i < sources->n; i++)
		order[i] = &sources->at[i];
	rc = first_round(work, order, smaller(sources->n, DOCUMENTS_MAX));
	if (rc == 0)
		rc = second_round(work, order, sources->n);
	free(order);
	return rc;
}

/* A worker tells the best of what it was given.  Beside what others found that may be little of the question: such findings
 * are left out. */
static void
drop_poor(struct work *work)
{
	for (size_t i = json_array_size(work->findings); i-- > 0;)
		if (json_number_value(json_object_get(json_array_get(work->findings, i), "covers")) <
		    NEAR * work->coverage)
			json_array_remove(work->findings, i);
}

static bool
has_word(const json_t *finding, const char *word)
{
	const json_t *words = json_object_get(finding, "around"), *one;
	size_t i;

	json_array_foreach(
	    words, i, one) if (json_is_string(one) && strcmp(json_string_value(one), word) == 0) return true;
	return false;
}

/* Has it all that the question is about? */
static bool
has_all(const struct work *work, const json_t *finding)
{
	for (size_t t = 0; t < work->question.n; t++)
		if (work->question.terms[t].weight >= HEAVY && !has_word(finding, work->question.terms[t].word))
			return false;
	return true;
}

/* The word of the question that few findings have; NULL: all are in many. */
static const char *
rarest_word(const struct work *work)
{
	size_t n = json_array_size(work->findings), least = (size_t)(RARE * (double)n) + 1, i;
	const char *rarest = NULL;
	const json_t *finding;

	for (size_t t = 0; t < work->question.n; t++) {
		const char *word = work->question.terms[t].word;
		size_t with = 0;

		if (work->question.terms[t].weight < HEAVY)
			continue;
		json_array_foreach(work->findings, i, finding) with += has_word(finding, word);
		if (with > 0 && with < least) {
			least = with;
			rarest = word;
		}
	}
	return rarest;
}

/* When something has all that was asked for, what lacks the rarest word of it is about something else: of "zstd support in
 * dpkg", the support of other things in dpkg. */
static void
drop_beside(struct work *work)
{
	const char *rarest = rarest_word(work);
	const json_t *finding;
	bool all = false;
	size_t i;

	json_array_foreach(work->findings, i, finding) all |= has_all(work, finding);
	for (i = json_array_size(work->findings); all && rarest != NULL && i-- > 0;)
		if (!has_word(json_array_get(work->findings, i), rarest))
			json_array_remove(work->findings, i);
}

/* {"question", "points", "contradictions", "confidence"}: what the writer is given. */
static int
analyse(struct work *work, hospes_value **ret)
{
	const json_t *analysis;
	hospes_value *answer;
	int rc;

	drop_poor(work);
	drop_beside(work);
	if (json_array_size(work->findings) == 0) {
		*ret = hospes_value_json(work->ctx, json_pack("{s:s s:[] s:[] s:f}", "question", work->text, "points",
							"contradictions", "confidence", 0.0));
		return 0;
	}
	hospes_progress(work->ctx, 0.85, "comparing %zu findings", json_array_size(work->findings));
	rc = hospes_call(work->ctx, "cap:analyse.findings",
	    hospes_value_json(work->ctx, json_pack("{s:s s:O s:I}", "question", work->text, "findings", work->findings,
					     "most", (json_int_t)work->points)),
	    &answer);
	if (rc != 0)
		return rc;
	analysis = hospes_json(answer);
	*ret = hospes_value_json(work->ctx,
	    json_pack("{s:s s:O s:O s:O}", "question", work->text, "points", json_object_get(analysis, "points"),
		"contradictions", json_object_get(analysis, "contradictions"), "confidence",
		json_object_get(analysis, "confidence")));
	if (*ret == NULL)
		return hospes_fail(work->ctx, HOSPES_EFAILED,
		    "expected points, contradictions and a confidence of cap:analyse.findings, found something else");
	return 0;
}

static int
write_brief(struct work *work)
{
	hospes_value *input, *answer;
	json_t *brief;
	int rc = analyse(work, &input);

	if (rc != 0)
		return rc;
	hospes_progress(work->ctx, 0.95, "writing the brief");
	rc = hospes_call(work->ctx, "cap:write.brief", input, &answer);
	if (rc != 0)
		return rc;
	brief = json_copy(hospes_json(answer));
	if (!json_is_object(brief)) {
		json_decref(brief);
		return hospes_fail(
		    work->ctx, HOSPES_EFAILED, "expected a brief of cap:write.brief, found something else");
	}
	if (json_array_size(work->failed) > 0)
		json_object_set(brief, "failed", work->failed);
	json_object_set_new(brief, "documents", json_integer((json_int_t)work->documents));
	hospes_confidence(work->ctx, json_number_value(json_object_get(brief, "confidence")));
	return hospes_reply(work->ctx, brief);
}

static int
supervise(struct work *work)
{
	struct sources sources = {.n = 0};
	int rc = sources_list(work, &sources);

	if (rc == 0 && sources.n > 0)
		rc = look(work, &sources);
	if (rc == 0)
		rc = write_brief(work);
	sources_free(&sources);
	return rc;
}

static int
supervisor(hospes_ctx *ctx)
{
	const hospes_value *input = hospes_input(ctx);
	const char *synonyms = hospes_config_text(ctx, "synonyms");
	int64_t points = hospes_int(input, "points");
	struct work work = {.ctx = ctx,
	    .text = hospes_text(input, "question"),
	    .points = points > 0 ? (size_t)points : POINTS,
	    .findings = json_array(),
	    .seen = json_object(),
	    .terms = json_object(),
	    .failed = json_array()};
	int rc;

	question_read(&work.question, work.text, synonyms != NULL ? synonyms : "");
	if (work.question.n == 0)
		rc = hospes_fail(ctx, HOSPES_EINPUT, "expected a question, found no word in it; ask about something");
	else
		rc = supervise(&work);
	question_free(&work.question);
	json_decref(work.findings);
	json_decref(work.seen);
	json_decref(work.terms);
	json_decref(work.failed);
	free(work.again);
	return rc;
}

HOSPES_STRATEGY("supervisor", "1.0.0", "Answers a question from documents, with citations", supervisor)
HOSPES_CAPABILITY("answer.question")
HOSPES_NEEDS("call:cap:find.passages")
HOSPES_NEEDS("call:cap:analyse.findings")
HOSPES_NEEDS("call:cap:write.brief")
HOSPES_NEEDS("memory:sources")
HOSPES_CONFIG("groups", "int", "8")
HOSPES_CONFIG("at_once", "int", "4")
HOSPES_CONFIG("synonyms", "file", "synonyms")
HOSPES_INPUT("{\"type\":\"object\",\"required\":[\"question\"],\"properties\":{"
	     "\"question\":{\"type\":\"string\",\"minLength\":1},"
	     "\"points\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":50}}}")
HOSPES_OUTPUT(
    "{\"type\":\"object\",\"required\":[\"question\",\"answer\",\"points\",\"sources\",\"claims\",\"confidence\","
    "\"documents\"],\"properties\":{\"answer\":{\"enum\":[\"found\",\"none\"]},\"points\":{\"type\":\"array\"},"
    "\"sources\":{\"type\":\"array\"},\"claims\":{\"type\":\"array\"},\"documents\":{\"type\":\"integer\"}}}")
