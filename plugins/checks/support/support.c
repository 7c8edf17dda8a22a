/*
 * support: does what is quoted bear out what is claimed?
 *
 * The check `quotes` finds that a quote stands where it is said to stand; this one finds that it says what the claim says:
 * the same numbers and dates, the same subject, nothing denied on one side alone, the same duty, quantity and direction.
 * It compares words and numbers and understands nothing: README beside this file says how often it is right.
 *
 * The score is the share of the claims that hold.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hospes.h>

#include "common/brief.h"
#include "common/need.h"
#include "common/statement.h"
#include "support.h"

#define TOLD  50u   /* failures that are told; the others are counted */
#define SHOWN 400u  /* bytes of a text in them */
#define BYTES 32768 /* of a claim and its quotes; more is not looked at and does not hold */

struct work {
	json_t *failed;
	json_t *points;   /* texts of a brief's points: true for each */
	json_t *headings; /* "digest from to" of a brief's sources: what they stand under */
	const char *synonyms;
	size_t claims, held;
};

static json_t *
shown(const char *text)
{
	size_t n = strlen(text);
	char *cut = need(strndup(text, n > SHOWN ? SHOWN : n));
	json_t *json;

	text_whole(cut, strlen(cut));
	json = json_string(cut);
	free(cut);
	return json != NULL ? json : json_string("(no text)");
}

static void
tell(struct work *work, size_t index, const hospes_claim *claim, const char *why, const hospes_source *source)
{
	json_t *told;

	if (json_array_size(work->failed) >= TOLD)
		return;
	told = json_pack("{s:I s:o s:o}", "claim", (json_int_t)index, "text", shown(claim->text), "why", shown(why));
	if (source != NULL) {
		json_object_set_new(told, "quote", shown(source->quote));
		json_object_set_new(told, "document", shown(source->document));
	}
	json_array_append_new(work->failed, told);
}

static bool
is_too_long(const hospes_claim *claim)
{
	size_t len = strlen(claim->text);

	for (size_t i = 0; i < claim->n_sources && len <= BYTES; i++)
		len += strlen(claim->sources[i].quote) + strlen(claim->sources[i].document);
	return len > BYTES;
}

static void
place_key(char key[128], const char *digest, size_t from, size_t to)
{
	(void)snprintf(key, 128, "%.64s %zu %zu", digest, from, to);
}

/* ---- Briefs ------------------------------------------------------------------------------------------------------ */

/* A point may be led in by the heading above its quote.  That the heading stands there is for the check `quotes`, which looks
 * at points alone, so headings are known for claims that are points. */
static void
read_brief(struct work *work, const json_t *output)
{
	const json_t *one;
	char key[128];
	size_t i;

	json_array_foreach(json_object_get(output, "points"), i, one)
	{
		const json_t *text = json_object_get(one, "text");

		if (json_is_string(text))
			json_object_set_new(work->points, json_string_value(text), json_true());
	}
	json_array_foreach(json_object_get(output, "sources"), i, one)
	{
		const char *digest = json_string_value(json_object_get(one, "digest"));
		json_t *heading = json_object_get(one, "heading");

		if (digest == NULL || !json_is_string(heading))
			continue;
		place_key(key, digest, (size_t)json_integer_value(json_object_get(one, "from")),
		    (size_t)json_integer_value(json_object_get(one, "to")));
		json_object_set(work->headings, key, heading);
	}
}

static const char *
heading_of(const struct work *work, const hospes_claim *claim, const hospes_source *source)
{
	char key[128];

	if (json_object_get(work->points, claim->text) == NULL)
		return NULL;
	place_key(key, source->digest, source->from, source->to);
	return json_string_value(json_object_get(work->headings, key));
}

/* ---- Claims ------------------------------------------------------------------------------------------------------ */

static bool
claim_holds(struct work *work, size_t index, const hospes_claim *claim)
{
	const char **texts, **quotes, **names, **headings;
	struct support_case support = {.claim = claim->text, .n = claim->n_sources, .synonyms = work->synonyms};
	struct support_verdict verdict;

	if (claim->n_sources == 0) {
		if (claim->critical)
			tell(work, index, claim, "a critical claim without a source: expected at least one", NULL);
		return !claim->critical;
	}
	if (is_too_long(claim)) {
		tell(work, index, claim,
		    "it was not looked at: expected a claim and its quotes of 32 KiB at most, found more", NULL);
		return false;
	}
	texts = need(calloc(3 * claim->n_sources, sizeof(*texts)));
	support.quotes = quotes = texts;
	support.names = names = texts + claim->n_sources;
	support.headings = headings = names + claim->n_sources;
	for (size_t i = 0; i < claim->n_sources; i++) {
		quotes[i] = claim->sources[i].quote;
		names[i] = claim->sources[i].document;
		headings[i] = heading_of(work, claim, &claim->sources[i]);
	}
	support_judge(&support, &verdict);
	free(texts);
	if (verdict.kind != SUPPORT_HOLDS)
		tell(work, index, claim, verdict.why, &claim->sources[verdict.quote]);
	return verdict.kind == SUPPORT_HOLDS;
}

static int
support(hospes_ctx *ctx)
{
	const hospes_value *output = hospes_get(hospes_input(ctx), "output");
	const hospes_evidence *evidence = hospes_evidence_read(ctx, output);
	const char *synonyms = hospes_config_text(ctx, "synonyms");
	struct work work = {.synonyms = synonyms != NULL ? synonyms : ""};
	const hospes_claim *claims = NULL;

	if (evidence == NULL) /* nothing that can be looked at: it does not pass */
		return hospes_status(ctx) != 0 ? hospes_status(ctx) : HOSPES_EINPUT;
	work.failed = json_array();
	work.points = json_object();
	work.headings = json_object();
	read_brief(&work, hospes_json(output));
	work.claims = hospes_evidence_claims(evidence, &claims);
	for (size_t i = 0; i < work.claims; i++)
		work.held += claim_holds(&work, i, &claims[i]);
	json_decref(work.points);
	json_decref(work.headings);
	return hospes_reply(
	    ctx, json_pack("{s:f s:o s:[o]}", "score", work.claims == 0 ? 1.0 : (double)work.held / (double)work.claims,
		     "failed", work.failed, "reasons",
		     json_sprintf("%zu of %zu claims are borne out by their quotes", work.held, work.claims)));
}

static int
support_init(void)
{
	return lexicon_init();
}

HOSPES_CHECK("support", "1.0.0", "Holds every claim against what its quotes say", support, .init = support_init)
HOSPES_CONFIG("synonyms", "file", "synonyms")
HOSPES_INPUT("{\"type\":\"object\",\"required\":[\"output\"]}")
HOSPES_OUTPUT("{\"type\":\"object\",\"required\":[\"score\",\"failed\",\"reasons\"],\"properties\":{"
	      "\"score\":{\"type\":\"number\",\"minimum\":0,\"maximum\":1},\"failed\":{\"type\":\"array\"},"
	      "\"reasons\":{\"type\":\"array\"}}}")
