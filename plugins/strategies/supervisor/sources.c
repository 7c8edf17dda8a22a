/*
 * Which documents are looked at.
 *
 * Up to 48: all of them.  Of more, those with the passages that have most of the question, by a search over all.
 */

#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "supervisor.h"

#define FOUND      400 /* passages of the search over all */
#define FOUND_EACH 3   /* of one document */

static void *
allocate(size_t n, size_t size)
{
	void *p = need(calloc(n + 1, size));

	return p;
}

static const char *
text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static struct source *
find_source(struct sources *sources, const char *digest)
{
	for (size_t i = 0; i < sources->n; i++)
		if (sources->at[i].digest != NULL && strcmp(sources->at[i].digest, digest) == 0)
			return &sources->at[i];
	return NULL;
}

/* A document is as promising as its best passage; what its others have decides between equals. */
static void
take_found(const struct question *q, const json_t *found, struct sources *sources)
{
	const char *document = text_of(found, "document"), *digest = text_of(found, "digest"),
		   *text = text_of(found, "text");
	struct source *source;
	double covers;

	if (document == NULL || digest == NULL || text == NULL)
		return;
	covers = passage_covers(q, text, text_of(found, "heading"), document);
	source = find_source(sources, digest);
	if (source == NULL) {
		source = &sources->at[sources->n++];
		*source = (struct source){.document = document, .digest = digest, .bytes = 1, .worth = covers};
		return;
	}
	source->worth = (covers > source->worth ? covers : source->worth) + 0.01 * covers;
}

static int
by_worth(const void *a, const void *b)
{
	const struct source *s = a, *o = b;

	if (s->worth != o->worth)
		return s->worth < o->worth ? 1 : -1;
	return strcmp(s->digest, o->digest);
}

static int
search_sources(struct work *work, struct sources *ret)
{
	struct query queries[2];

	query_own(&work->question, &queries[0]);
	query_wide(&work->question, &queries[1]);
	ret->at = allocate(2 * FOUND, sizeof(*ret->at));
	for (size_t i = 0; i < 2; i++) {
		const json_t *found, *item;
		hospes_value *answer;
		size_t k;
		int rc;

		if (queries[i].len == 0)
			continue;
		rc = hospes_search(work->ctx, "sources", queries[i].text,
		    HOSPES_SEARCH(.most = FOUND, .most_each = FOUND_EACH), &answer);
		if (rc != 0)
			return rc;
		found = json_object_get(hospes_json(answer), "found");
		for (k = 0; k < FOUND && (item = json_array_get(found, k)) != NULL; k++)
			take_found(&work->question, item, ret);
	}
	if (ret->n > 0)
		qsort(ret->at, ret->n, sizeof(*ret->at), by_worth);
	return 0;
}

int
sources_list(struct work *work, struct sources *ret)
{
	const json_t *list, *item;
	hospes_value *answer;
	int rc = hospes_documents(work->ctx, "sources", NULL, DOCUMENTS_MAX, &answer);

	if (rc != 0)
		return rc;
	if (hospes_flag(answer, "more"))
		return search_sources(work, ret);
	list = json_object_get(hospes_json(answer), "documents");
	ret->at = allocate(json_array_size(list), sizeof(*ret->at));
	for (size_t i = 0; i < DOCUMENTS_MAX && (item = json_array_get(list, i)) != NULL; i++)
		if (text_of(item, "document") != NULL && text_of(item, "digest") != NULL)
			ret->at[ret->n++] = (struct source){.document = text_of(item, "document"),
			    .digest = text_of(item, "digest"),
			    .bytes = (size_t)json_integer_value(json_object_get(item, "bytes"))};
	return 0;
}

void
sources_free(struct sources *sources)
{
	free(sources->at);
	*sources = (struct sources){0};
}

/* ---- Groups ------------------------------------------------------------------------------------------------------ */

static int
by_size(const void *a, const void *b)
{
	const struct source *s = *(const struct source *const *)a, *o = *(const struct source *const *)b;

	if (s->bytes != o->bytes)
		return s->bytes < o->bytes ? 1 : -1;
	return strcmp(s->digest, o->digest);
}

/* The largest first, each to the task that has least. */
size_t
tasks_deal(const struct source *const *sources, size_t n, size_t most, struct task *tasks)
{
	const struct source **order;
	size_t tasks_n = n < most ? n : most;

	if (n == 0)
		return 0;
	order = allocate(n, sizeof(*order));
	memcpy(order, sources, n * sizeof(*order));
	qsort(order, n, sizeof(*order), by_size);
	for (size_t i = 0; i < tasks_n; i++)
		tasks[i] = (struct task){.sources = allocate(n, sizeof(*tasks[i].sources))};
	for (size_t i = 0; i < n; i++) {
		struct task *least = &tasks[0];

		for (size_t k = 1; k < tasks_n; k++)
			if (tasks[k].bytes < least->bytes || (tasks[k].bytes == least->bytes && tasks[k].n < least->n))
				least = &tasks[k];
		least->sources[least->n++] = order[i];
		least->bytes += order[i]->bytes;
	}
	free(order);
	return tasks_n;
}

void
tasks_free(struct task *tasks, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(tasks[i].sources);
}
