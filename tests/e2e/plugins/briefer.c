/*
 * briefer: a brief of fixed form made from the sources: a point a document, which is the first line that is not empty.  The first
 * word of the question says what else: "none" finds nothing, "wait" waits for ever, "fail" fails, "slow" takes
 * half a second and says something bright meanwhile, "long" takes four seconds.
 */

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
add_point(hospes_ctx *ctx, const json_t *document, size_t n, json_t *points, json_t *sources, json_t *claims)
{
	const char *digest = json_string_value(json_object_get(document, "digest")), *text;
	const char *name = json_string_value(json_object_get(document, "document"));
	hospes_value *part;
	json_int_t from, to;
	json_t *quote;
	int rc = hospes_document(ctx, "sources", digest, 0, READ_MAX, &part);

	if (rc != 0)
		return rc;
	text = hospes_text(part, "text");
	from = (json_int_t)strspn(text, " \t\n");
	to = from + (json_int_t)strcspn(text + from, "\n");
	quote = json_stringn(text + from, (size_t)(to - from));
	json_array_append_new(points, json_pack("{s:O s:[I]}", "text", quote, "cites", (json_int_t)n));
	json_array_append_new(sources, json_pack("{s:I s:s s:s s:I s:I s:O}", "n", (json_int_t)n, "document", name,
					   "digest", digest, "from", from, "to", to, "quote", quote));
	json_array_append_new(
	    claims, json_pack("{s:O s:b s:[{s:s s:s s:I s:I s:o}]}", "text", quote, "critical", 1, "sources",
			"document", name, "digest", digest, "from", from, "to", to, "quote", quote));
	return 0;
}

static int
briefer(hospes_ctx *ctx)
{
	const char *question = hospes_text(hospes_input(ctx), "question");
	json_t *points = json_array(), *sources = json_array(), *claims = json_array();
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
	if (begins(question, "slow")) {
		hospes_progress(ctx, 0.5, "\033[31mbright\033[2J");
		if (hospes_sleep(ctx, (int64_t)500000000) != 0)
			return hospes_status(ctx);
	}
	if (begins(question, "long") && hospes_sleep(ctx, (int64_t)4 * 1000000000) != 0)
		return hospes_status(ctx);
	documents = json_object_get(hospes_json(list), "documents");
	n = json_array_size(documents);
	for (size_t i = 0; rc == 0 && i < n && !none; i++) {
		hospes_progress(ctx, (double)i / (double)n, "document %zu of %zu", i + 1, n);
		rc = add_point(ctx, json_array_get(documents, i), i + 1, points, sources, claims);
	}
	if (rc != 0)
		return rc;
	return hospes_reply(ctx, json_pack("{s:s s:s s:o s:[] s:o s:o s:f s:I}", "question", question, "answer",
				     none ? "none" : "found", "points", points, "contradictions", "sources", sources,
				     "claims", claims, "confidence", none ? 0.0 : 0.5, "documents", (json_int_t)n));
}

HOSPES_STRATEGY("briefer", "1.0.0", "Says how each source begins", briefer)
HOSPES_NEEDS("memory:sources")
