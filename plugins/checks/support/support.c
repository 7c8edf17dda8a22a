/*
 * support: does what is quoted bear out what is claimed?
 *
 * The check `quotes` finds that a quote stands where it is said to stand; this one finds that it says what the claim says:
 * the same numbers and dates, the same subject, nothing denied on one side alone, the same duty, quantity and direction.
 * It compares words and numbers and understands nothing: README beside this file says how often it is right.
 *
 * The score is the share of the claims that hold.
 */

#include <stdlib.h>
#include <string.h>

#include <hospes.h>

#include "common/brief.h"
#include "common/need.h"
#include "common/statement.h"
#include "support.h"

#define TOLD  50u   /* failures that are told; the others are counted */
#define SHOWN 400u  /* bytes of a text in them */
#define BYTES 65536 /* of a claim and its quotes; more is not looked at and does not hold */

struct work {
	json_t *failed;
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

static bool
claim_holds(struct work *work, size_t index, const hospes_claim *claim)
{
	const char **quotes, **names;
	struct support_case support = {.claim = claim->text, .n = claim->n_sources, .synonyms = work->synonyms};
	struct support_verdict verdict;

	if (claim->n_sources == 0) {
		if (claim->critical)
			tell(work, index, claim, "a critical claim without a source: expected at least one", NULL);
		return !claim->critical;
	}
	if (is_too_long(claim)) {
		tell(work, index, claim,
		    "it was not looked at: expected a claim and its quotes of 64 KiB at most, found more", NULL);
		return false;
	}
	quotes = need(calloc(claim->n_sources, sizeof(*quotes)));
	names = need(calloc(claim->n_sources, sizeof(*names)));
	for (size_t i = 0; i < claim->n_sources; i++) {
		quotes[i] = claim->sources[i].quote;
		names[i] = claim->sources[i].document;
	}
	support.quotes = quotes;
	support.names = names;
	support_judge(&support, &verdict);
	free(quotes);
	free(names);
	if (verdict.kind != SUPPORT_HOLDS)
		tell(work, index, claim, verdict.why, &claim->sources[verdict.quote]);
	return verdict.kind == SUPPORT_HOLDS;
}

static int
support(hospes_ctx *ctx)
{
	const hospes_evidence *evidence = hospes_evidence_read(ctx, hospes_get(hospes_input(ctx), "output"));
	const char *synonyms = hospes_config_text(ctx, "synonyms");
	struct work work = {.synonyms = synonyms != NULL ? synonyms : ""};
	const hospes_claim *claims = NULL;

	if (evidence == NULL) /* nothing that can be looked at: it does not pass */
		return hospes_status(ctx) != 0 ? hospes_status(ctx) : HOSPES_EINPUT;
	work.failed = json_array();
	work.claims = hospes_evidence_claims(evidence, &claims);
	for (size_t i = 0; i < work.claims; i++)
		work.held += claim_holds(&work, i, &claims[i]);
	return hospes_reply(ctx,
	    json_pack("{s:f s:o s:[o]}", "score", work.claims == 0 ? 1.0 : (double)work.held / (double)work.claims,
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
