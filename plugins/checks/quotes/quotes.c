/*
 * quotes: every quote is held against the document that it names.
 *
 * Each source of each claim has to be, byte for byte, what the run's sources have in that range of the document with that
 * digest, under that name; a critical claim without a source does not hold.  Where the output is a brief, its list of
 * sources has to hold as well, and its texts have to be made of the quotes that they cite (brief.c).  An output in which
 * nothing can be checked, since it has no evidence or has it in another form, does not pass.
 *
 * The score is the share that holds of claims, points, contradictions and listed sources.
 */

#include <string.h>

#include "quotes.h"

static void
check_claims(struct quotes *q, const hospes_evidence *evidence)
{
	const hospes_claim *claims = NULL;
	size_t n = hospes_evidence_claims(evidence, &claims);

	for (size_t i = 0; i < n; i++) {
		struct quotes_claim claim = {"claims", i, claims[i].text};
		bool holds = claims[i].n_sources > 0 || !claims[i].critical;

		if (!holds)
			quotes_tell(q, &claim, &(struct quotes_failure){NULL, NULL, NULL},
			    "a critical claim without a source: expected at least one");
		for (size_t k = 0; k < claims[i].n_sources; k++)
			holds = quotes_source(q, &claim, &claims[i].sources[k]) && holds;
		q->things++;
		q->held += holds;
	}
}

static json_t *
reasons(const struct quotes *q)
{
	json_t *told = json_array();

	json_array_append_new(told,
	    json_sprintf("%zu of %zu claims, points, contradictions and listed sources hold; %zu places were read",
		q->held, q->things, q->looks));
	if (q->failures > QUOTES_TOLD)
		json_array_append_new(
		    told, json_sprintf("of %zu failures the first %u are told", q->failures, QUOTES_TOLD));
	return told;
}

static int
quotes(hospes_ctx *ctx)
{
	const hospes_value *output = hospes_get(hospes_input(ctx), "output");
	const hospes_evidence *evidence = hospes_evidence_read(ctx, output);
	struct quotes q = {.ctx = ctx, .read = json_object(), .failed = json_array()};
	const struct quotes_claim whole = {"claims", 0, ""};
	json_t *told;

	if (evidence != NULL) {
		check_claims(&q, evidence);
		quotes_brief(&q, hospes_json(output));
	} else {
		q.things++;
		quotes_tell(&q, &whole, &(struct quotes_failure){NULL, NULL, NULL},
		    "there is nothing that can be checked: %s", hospes_message(ctx));
	}
	told = reasons(&q);
	json_decref(q.read);
	if (q.status != 0) {
		json_decref(q.failed);
		json_decref(told);
		return q.status;
	}
	if (q.held < q.things && json_array_size(q.failed) == 0) {
		json_decref(q.failed);
		json_decref(told);
		return hospes_fail(
		    ctx, HOSPES_EFAILED, "%zu of %zu claims hold, and what failed could not be told", q.held, q.things);
	}
	return hospes_reply(
	    ctx, json_pack("{s:f s:o s:o}", "score", q.things == 0 ? 1.0 : (double)q.held / (double)q.things, "failed",
		     q.failed, "reasons", told));
}

HOSPES_CHECK("quotes", "1.0.0", "Holds every quote against the document that it names", quotes)
HOSPES_NEEDS("memory:sources")
HOSPES_INPUT("{\"type\":\"object\",\"required\":[\"output\"]}")
HOSPES_OUTPUT("{\"type\":\"object\",\"required\":[\"score\",\"failed\",\"reasons\"],\"properties\":{"
	      "\"score\":{\"type\":\"number\",\"minimum\":0,\"maximum\":1},\"failed\":{\"type\":\"array\"},"
	      "\"reasons\":{\"type\":\"array\"}}}")
