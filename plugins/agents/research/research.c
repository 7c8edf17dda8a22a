/*
 * research: finds the passages of given documents that answer a question, and quotes them, byte for byte.
 *
 * Takes {"question", "documents": [digest], "most"?, "terms"?}, gives {"findings", "terms", "coverage", "claims",
 * "confidence"}.  It knows no language model: what a sentence covers of the question, and in which manner, is measured.
 */

#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "research.h"

#define MOST 12 /* findings where the input does not say */

/* The words of the question that a finding has. */
static json_t *
words_of(const struct question *q, uint32_t terms)
{
	json_t *words = json_array();

	for (size_t t = 0; t < q->n; t++)
		if ((terms >> t) & 1)
			json_array_append_new(words, json_string(q->terms[t].word));
	return words;
}

/* A heading without the white space of its layout. */
static json_t *
heading_of(const struct candidate *c)
{
	size_t len, n = 0;
	const char *at = window_heading(c->window, c->first, &len);
	char *text = need(malloc(len + 1));
	json_t *json;

	for (size_t i = 0; i < len; i++)
		if (!text_space(at[i]))
			text[n++] = at[i];
		else if (n > 0 && text[n - 1] != ' ')
			text[n++] = ' ';
	json = n > 0 ? json_stringn(text, n) : NULL;
	free(text);
	return json;
}

/* Where a quote ends: an item's "; and" leads to one that is not quoted, and is left out. */
static size_t
end_of(const struct candidate *c)
{
	const struct window *w = c->window;
	size_t from = w->units[c->last].from, to = w->units[c->last].to, end = to;

	if (end > from && w->text[end - 1] == ',')
		end--;
	if (end > from + 3 && strncmp(w->text + end - 3, "and", 3) == 0)
		end -= 3;
	else if (end > from + 2 && strncmp(w->text + end - 2, "or", 2) == 0)
		end -= 2;
	else
		return to;
	while (end > from && text_space(w->text[end - 1]))
		end--;
	return end > from && (w->text[end - 1] == ';' || w->text[end - 1] == ',') ? end : to;
}

static double
rounded(double x)
{
	return (double)(int64_t)(x * 10000 + 0.5) / 10000;
}

static json_t *
finding_of(const struct question *q, const struct candidate *c)
{
	const struct window *w = c->window;
	size_t from = w->units[c->first].from, to = end_of(c);
	json_t *heading = heading_of(c);
	json_t *finding = json_pack("{s:s s:s s:I s:I s:s% s:f s:f s:o s:b s:o}", "document", w->document, "digest",
	    w->digest, "from", (json_int_t)(w->from + from), "to", (json_int_t)(w->from + to), "quote", w->text + from,
	    to - from, "score", rounded(c->score), "covers", rounded(c->covers), "terms", words_of(q, c->terms), "duty",
	    c->duty, "around", words_of(q, c->around));

	if (heading != NULL)
		json_object_set_new(finding, "heading", heading);
	return finding;
}

static int
claim(hospes_evidence *evidence, const json_t *finding)
{
	const char *quote = json_string_value(json_object_get(finding, "quote"));
	int rc = hospes_evidence_claim(evidence, quote, false);

	if (rc != 0)
		return rc;
	return hospes_evidence_source(
	    evidence, &(hospes_source){.document = json_string_value(json_object_get(finding, "document")),
			  .digest = json_string_value(json_object_get(finding, "digest")),
			  .from = (size_t)json_integer_value(json_object_get(finding, "from")),
			  .to = (size_t)json_integer_value(json_object_get(finding, "to")),
			  .quote = quote});
}

static int
answer(hospes_ctx *ctx, const struct question *q, const struct candidates *c, size_t n, json_t *added)
{
	hospes_evidence *evidence = hospes_evidence_new(ctx);
	json_t *findings = json_array(), *reply;
	double coverage = 0, score = n > 0 ? c->at[0].score : 0;
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		json_t *finding = finding_of(q, &c->at[i]);

		rc = claim(evidence, finding);
		json_array_append_new(findings, finding);
		if (c->at[i].covers > coverage)
			coverage = c->at[i].covers;
	}
	if (rc != 0) {
		json_decref(findings);
		return rc;
	}
	hospes_confidence(ctx, rounded(score));
	reply = hospes_evidence_json(evidence, rounded(score));
	json_object_set_new(reply, "findings", findings);
	json_object_set(reply, "terms", added);
	json_object_set_new(reply, "coverage", json_real(rounded(coverage)));
	return hospes_reply(ctx, reply);
}

static int
find(hospes_ctx *ctx, struct question *q, const json_t *input, json_t *added)
{
	size_t most =
	    json_object_get(input, "most") != NULL ? (size_t)json_integer_value(json_object_get(input, "most")) : MOST;
	struct passages passages = {.n = 0};
	struct windows windows = {.n = 0};
	struct candidates candidates = {.n = 0};
	int rc = passages_look(
	    ctx, q, json_object_get(input, "documents"), json_object_get(input, "terms"), &passages, added);

	if (rc == 0)
		rc = windows_read(ctx, q, &passages, &windows);
	if (rc == 0) {
		windows_weigh(&windows, q);
		candidates_find(q, &windows, &candidates);
		rc = answer(ctx, q, &candidates, candidates_choose(q, &candidates, most), added);
	}
	free(candidates.at);
	windows_free(&windows);
	passages_free(&passages);
	return rc;
}

static int
research(hospes_ctx *ctx)
{
	const json_t *input = hospes_json(hospes_input(ctx));
	const char *synonyms = hospes_config_text(ctx, "synonyms");
	json_t *added = json_array();
	struct question q;
	int rc;

	question_read(&q, json_string_value(json_object_get(input, "question")), synonyms != NULL ? synonyms : "");
	if (q.n == 0)
		rc = hospes_fail(ctx, HOSPES_EINPUT, "expected a question, found no word in it; ask about something");
	else
		rc = find(ctx, &q, input, added);
	json_decref(added);
	question_free(&q);
	return rc;
}

HOSPES_AGENT("research", "1.0.0", "Finds the passages of documents that answer a question", research)
HOSPES_CAPABILITY("find.passages")
HOSPES_NEEDS("memory:sources")
HOSPES_CONFIG("synonyms", "file", "synonyms")
HOSPES_LICENSE("MIT")
HOSPES_INPUT("{\"type\":\"object\",\"required\":[\"question\",\"documents\"],\"properties\":{"
	     "\"question\":{\"type\":\"string\",\"minLength\":1},"
	     "\"documents\":{\"type\":\"array\",\"minItems\":1,\"items\":{\"type\":\"string\"}},"
	     "\"most\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":100},"
	     "\"terms\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}}}")
HOSPES_OUTPUT(
    "{\"type\":\"object\",\"required\":[\"findings\",\"terms\",\"coverage\",\"claims\",\"confidence\"],"
    "\"properties\":{\"findings\":{\"type\":\"array\"},\"terms\":{\"type\":\"array\"},"
    "\"coverage\":{\"type\":\"number\"},\"claims\":{\"type\":\"array\"},\"confidence\":{\"type\":\"number\"}}}")
