/*
 * briefer: a brief of fixed form made from the sources: a point a document, which is the document's first line.  The first
 * word of the question says what else: "none" finds nothing, "wait" waits for ever, "fail" fails.
 */

#include <stdlib.h>
#include <string.h>

#include <hospes.h>

#define READ_MAX 4096

static bool
begins(const char *question, const char *word)
{
	return strncmp(question, word, strlen(word)) == 0;
}

/* A point and a source of one document, numbered `n`. */
static int
add_point(hospes_ctx *ctx, const json_t *document, size_t n, json_t *points, json_t *sources, hospes_evidence *evidence)
{
	const char *digest = json_string_value(json_object_get(document, "digest")), *text;
	const char *name = json_string_value(json_object_get(document, "document"));
	hospes_source source = {.document = name, .digest = digest};
	hospes_value *part;
	char *quote;
	int rc = hospes_document(ctx, "sources", digest, 0, READ_MAX, &part);

	if (rc != 0)
		return rc;
	text = hospes_text(part, "text");
	source.to = strcspn(text, "\n");
	quote = strndup(text, source.to);
	source.quote = quote;
	json_array_append_new(points, json_pack("{s:s s:[I]}", "text", quote, "cites", (json_int_t)n));
	json_array_append_new(sources, json_pack("{s:I s:s s:s s:i s:I s:s}", "n", (json_int_t)n, "document", name,
					   "digest", digest, "from", 0, "to", (json_int_t)source.to, "quote", quote));
	hospes_evidence_claim(evidence, quote, true);
	rc = hospes_evidence_source(evidence, &source);
	free(quote);
	return rc;
}

static int
briefer(hospes_ctx *ctx)
{
	const char *question = hospes_text(hospes_input(ctx), "question");
	json_t *points = json_array(), *sources = json_array(), *brief;
	hospes_evidence *evidence = hospes_evidence_new(ctx);
	const json_t *documents;
	hospes_value *list;
	bool none = begins(question, "none");
	size_t n;
	int rc = hospes_documents(ctx, "sources", NULL, 0, &list);

	if (rc != 0)
		return rc;
	if (begins(question, "fail"))
		return hospes_fail(ctx, HOSPES_EFAILED, "told to fail");
	if (begins(question, "wait"))
		return hospes_sleep(ctx, (int64_t)3600 * 1000000000);
	documents = json_object_get(hospes_json(list), "documents");
	n = json_array_size(documents);
	for (size_t i = 0; rc == 0 && i < n && !none; i++) {
		hospes_progress(ctx, (double)i / (double)n, "document %zu of %zu", i + 1, n);
		rc = add_point(ctx, json_array_get(documents, i), i + 1, points, sources, evidence);
	}
	if (rc != 0)
		return rc;
	brief = hospes_evidence_json(evidence, none ? 0 : 0.5);
	json_object_set_new(brief, "question", json_string(question));
	json_object_set_new(brief, "answer", json_string(none ? "none" : "found"));
	json_object_set_new(brief, "points", points);
	json_object_set_new(brief, "contradictions", json_array());
	json_object_set_new(brief, "sources", sources);
	json_object_set_new(brief, "documents", json_integer((json_int_t)n));
	return hospes_reply(ctx, brief);
}

HOSPES_STRATEGY("briefer", "1.0.0", "Says how each source begins", briefer)
HOSPES_NEEDS("memory:sources")
