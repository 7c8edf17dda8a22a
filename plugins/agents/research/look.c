/* The searches: the question's own words, then their synonyms, then what relevance feedback adds. */

#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "research.h"

#define MOST      60   /* passages of a search */
#define MOST_EACH 10   /* of one document */
#define FEEDBACK  6    /* terms */
#define KEPT      0.34 /* of the best coverage: passages with less are not looked at */

static const char *const *
digests_of(const json_t *documents)
{
	size_t n = json_array_size(documents);
	const char **digests = need(calloc(n + 1, sizeof(*digests)));

	for (size_t i = 0; i < n; i++)
		digests[i] = json_string_value(json_array_get(documents, i));
	return digests;
}

static void
take_passage(const struct question *q, const json_t *found, struct passages *passages)
{
	struct passage p = {.document = json_string_value(json_object_get(found, "document")),
	    .digest = json_string_value(json_object_get(found, "digest")),
	    .heading = json_string_value(json_object_get(found, "heading")),
	    .text = json_string_value(json_object_get(found, "text")),
	    .from = (size_t)json_integer_value(json_object_get(found, "from")),
	    .to = (size_t)json_integer_value(json_object_get(found, "to"))};

	if (p.document == NULL || p.digest == NULL || p.text == NULL)
		return;
	for (size_t i = 0; i < passages->n; i++)
		if (passages->at[i].from == p.from && strcmp(passages->at[i].digest, p.digest) == 0)
			return;
	if (passages->n == passages->room) {
		passages->room = passages->room == 0 ? 64 : 2 * passages->room;
		passages->at = need(realloc(passages->at, passages->room * sizeof(*passages->at)));
	}
	p.covers = passage_covers(q, p.text, p.heading, p.document);
	passages->at[passages->n++] = p;
}

static int
look(hospes_ctx *ctx, const struct question *q, const struct query *query, const char *const *digests,
    struct passages *passages)
{
	const json_t *found, *item;
	hospes_value *answer;
	size_t i;
	int rc;

	if (query->len == 0)
		return 0;
	rc = hospes_search(ctx, "sources", query->text,
	    HOSPES_SEARCH(.most = MOST, .most_each = MOST_EACH, .within = digests), &answer);
	if (rc != 0)
		return rc;
	found = json_object_get(hospes_json(answer), "found");
	json_array_foreach(found, i, item) take_passage(q, item, passages);
	return 0;
}

static int
by_coverage(const void *a, const void *b)
{
	const struct passage *p = a, *o = b;
	int order;

	if (p->covers != o->covers)
		return p->covers < o->covers ? 1 : -1;
	order = strcmp(p->digest, o->digest);
	return order != 0 ? order : (p->from > o->from) - (p->from < o->from);
}

static void
sort_and_cut(struct passages *p)
{
	if (p->n == 0)
		return;
	qsort(p->at, p->n, sizeof(*p->at), by_coverage);
	while (p->n > 1 && p->at[p->n - 1].covers < p->at[0].covers * KEPT)
		p->n--;
}

static void
add_terms(const struct question *q, const struct passages *p, const json_t *given, struct query *query, json_t *added)
{
	char terms[FEEDBACK][64];
	size_t n = feedback_terms(q, p, FEEDBACK, terms), i;
	const json_t *term;

	json_array_foreach(given, i, term) query_add(
	    query, json_string_value(term), json_string_length(term), strchr(json_string_value(term), ' ') != NULL);
	for (i = 0; i < n; i++) {
		query_add(query, terms[i], strlen(terms[i]), false);
		json_array_append_new(added, json_string(terms[i]));
	}
}

static int
look_all(hospes_ctx *ctx, const struct question *q, const char *const *digests, const json_t *terms,
    struct passages *ret, json_t *added)
{
	struct query own, wide;
	int rc;

	query_own(q, &own);
	rc = look(ctx, q, &own, digests, ret);
	if (rc != 0)
		return rc;
	query_wide(q, &wide);
	rc = look(ctx, q, &wide, digests, ret);
	if (rc != 0)
		return rc;
	sort_and_cut(ret);
	add_terms(q, ret, terms, &own, added);
	rc = json_array_size(added) + json_array_size(terms) > 0 ? look(ctx, q, &own, digests, ret) : 0;
	sort_and_cut(ret);
	return rc;
}

int
passages_look(hospes_ctx *ctx, const struct question *q, const json_t *documents, const json_t *terms,
    struct passages *ret, json_t *added)
{
	const char *const *digests = digests_of(documents);
	int rc = look_all(ctx, q, digests, terms, ret, added);

	free((void *)(uintptr_t)digests);
	return rc;
}

void
passages_free(struct passages *p)
{
	free(p->at);
	*p = (struct passages){0};
}
