/*
 * Documents to the host: the question which are missing, and batches of about 4 MiB in the form of memory_load.
 */

#include "config.h"

#include <assert.h>
#include <string.h>

#include "base/json.h"
#include "base/util.h"
#include "cli/source_set.h"

#define ASK_AT_ONCE 50000 /* digests: 3.4 MB of JSON */

bool
source_batch_full(const struct source_batch *b, size_t more)
{
	return b->n > 0 && (b->bytes.len + more > SOURCE_BATCH || b->n == SOURCE_BATCH_DOCUMENTS);
}

void
source_batch_add(struct source_batch *b, struct source_file *file, const struct buf *text)
{
	_cleanup_(json_p) json_t *head =
	    json_pack("{s:s, s:I, s:s}", "document", file->name, "bytes", (json_int_t)text->len, "media", file->media);
	_cleanup_(free_p) char *line = json_text(head);
	size_t from = b->bytes.len;

	if (b->n == b->cap) {
		b->cap = b->cap == 0 ? 16 : 2 * b->cap;
		b->parts = xrealloc(b->parts, b->cap * sizeof(*b->parts));
	}
	buf_appends(&b->bytes, line);
	buf_append(&b->bytes, "\n", 1);
	buf_append(&b->bytes, text->data, text->len);
	b->parts[b->n++] = (struct source_part){.file = file, .from = from, .to = b->bytes.len};
}

void
source_batch_free(struct source_batch *b)
{
	buf_free(&b->bytes);
	for (size_t i = 0; i < b->n; i++)
		free(b->parts[i].refused);
	free(b->parts);
	*b = (struct source_batch){0};
}

/* Asks for `digests`, takes them over; the answer as a set of texts: {digest: true}. */
static int
missing(const struct source_sender *to, json_t *digests, json_t **ret, struct fault *fault)
{
	_cleanup_(free_p) char *path = client_path("/v1/memory/", to->space, "/missing");
	_cleanup_(json_p) json_t *request = json_pack("{s:o}", "digests", digests);
	_cleanup_(json_p) json_t *answer = NULL;
	const json_t *list, *one;
	size_t i;
	int rc = client_post(to->client, path, request, &answer, fault);

	if (rc != 0)
		return rc;
	list = json_object_get(answer, "missing");
	if (!json_is_array(list))
		return fault_set(fault, HOSPES_EBUG, "the host did not say which documents it misses");
	*ret = json_object();
	json_array_foreach(list, i, one) if (json_is_string(one))
	    json_object_set_new(*ret, json_string_value(one), json_true());
	return 0;
}

/* Takes out of the batch what the space has already. */
static int
drop_known(struct source_batch *b, const struct source_sender *to, struct fault *fault)
{
	json_t *digests = json_array();
	_cleanup_(json_p) json_t *wanted = NULL;
	size_t end = 0, kept = 0;
	int rc;

	for (size_t i = 0; i < b->n; i++)
		json_array_append_new(digests, json_string(b->parts[i].file->hex));
	rc = missing(to, digests, &wanted, fault);
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < b->n; i++) {
		struct source_part part = b->parts[i];
		size_t len = part.to - part.from;

		if (json_object_get(wanted, part.file->hex) == NULL)
			continue;
		if (part.from != end)
			memmove(b->bytes.data + end, b->bytes.data + part.from, len);
		b->parts[kept++] = (struct source_part){.file = part.file, .from = end, .to = end + len};
		end += len;
	}
	b->n = kept;
	b->bytes.len = end;
	return 0;
}

/* The host has hashed what came: it has to be what was sent. */
static int
check_answer(const struct source_part *parts, size_t n, const json_t *answer, size_t *sent, struct fault *fault)
{
	if (json_array_size(answer) != n)
		return fault_set(fault, HOSPES_EBUG, "%zu documents were sent and the host tells of %zu", n,
		    json_array_size(answer));
	for (size_t i = 0; i < n; i++) {
		const json_t *one = json_array_get(answer, i);

		if (strcmp(cli_text(one, "digest"), parts[i].file->hex) != 0)
			return fault_set(fault, HOSPES_EBUG,
			    "the document %s arrived at the host as another text than it was sent",
			    parts[i].file->name);
		if (json_is_true(json_object_get(one, "new")))
			(*sent)++;
	}
	return 0;
}

/* `n` parts that follow each other, in one request. */
static int
post(const struct source_batch *b, struct source_part *parts, size_t n, const struct source_sender *to, size_t *sent,
    struct fault *fault)
{
	_cleanup_(free_p) char *path = client_path("/v1/memory/", to->space, "/documents");
	_cleanup_(json_p) json_t *answer = NULL;
	size_t from = parts[0].from, len = parts[n - 1].to - from;
	int rc = client_post_bytes(to->client, path, b->bytes.data + from, len, &answer, fault);

	return rc != 0 ? rc : check_answer(parts, n, answer, sent, fault);
}

int
source_batch_send(struct source_batch *b, const struct source_sender *to, size_t *sent, struct fault *fault)
{
	int rc = to->ask_missing && b->n > 0 ? drop_known(b, to, fault) : 0;

	if (rc != 0 || b->n == 0)
		return rc;
	rc = post(b, b->parts, b->n, to, sent, fault);
	if (rc != HOSPES_ETOOLARGE)
		return rc;
	/* None of a batch is taken when one of it is too large. */
	for (size_t i = 0; i < b->n; i++) {
		rc = post(b, &b->parts[i], 1, to, sent, fault);
		if (rc == HOSPES_ETOOLARGE)
			b->parts[i].refused = xstrdup(fault->text);
		else if (rc != 0)
			return rc;
	}
	return 0;
}

int
source_ask_missing(struct source_set *s, const struct source_sender *to, struct fault *fault)
{
	for (size_t i = 0; i < s->n;) {
		json_t *digests = json_array();
		_cleanup_(json_p) json_t *wanted = NULL;
		size_t end = i;
		int rc;

		for (; end < s->n && json_array_size(digests) < ASK_AT_ONCE; end++)
			if (s->files[end].state == SOURCE_DOCUMENT)
				json_array_append_new(digests, json_string(s->files[end].hex));
		rc = missing(to, digests, &wanted, fault);
		if (rc != 0)
			return rc;
		for (; i < end; i++)
			s->files[i].wanted =
			    s->files[i].state == SOURCE_DOCUMENT && json_object_get(wanted, s->files[i].hex) != NULL;
	}
	return 0;
}
