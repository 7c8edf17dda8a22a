/* The batch form, read with bounds. */

#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "memory/batch.h"
#include "memory/spaces.h"

void
batch_document_free(struct batch_document *d)
{
	free(d->name);
	free(d->media);
	*d = (struct batch_document){0};
}

static int
check_line(const json_t *line, uint64_t at, size_t document_max, struct fault *fault)
{
	const char *name, *media = NULL;
	json_int_t bytes;
	size_t name_len;

	if (json_unpack((json_t *)line, "{s:s%, s:I, s?s !}", "document", &name, &name_len, "bytes", &bytes, "media",
		&media) != 0)
		return fault_set(fault, HOSPES_EINPUT,
		    "the line at byte %" PRIu64
		    " of the batch must be {\"document\": name, \"bytes\": number, \"media\"?: type} and nothing more",
		    at);
	if (strlen(name) != name_len || !document_name_valid(name, name_len))
		return fault_set(fault, HOSPES_EINPUT,
		    "the document at byte %" PRIu64
		    " of the batch must have a name of 1 to %d bytes of UTF-8 without control characters",
		    at, DOCUMENT_MAX);
	if (media != NULL && !media_valid(media))
		return fault_set(fault, HOSPES_EINPUT,
		    "the media type of %s must have 1 to %d bytes of UTF-8 without control characters", name,
		    MEDIA_MAX);
	if (bytes < 0)
		return fault_set(fault, HOSPES_EINPUT, "%s cannot have %" JSON_INTEGER_FORMAT " bytes", name, bytes);
	if ((uint64_t)bytes > document_max)
		return fault_set(fault, HOSPES_ETOOLARGE,
		    "%s has %" JSON_INTEGER_FORMAT " bytes and a document may have %zu (`memory.document`)", name,
		    bytes, document_max);
	return 0;
}

int
batch_next(struct evbuffer *body, uint64_t *at, size_t document_max, struct batch_document *ret, struct fault *fault)
{
	size_t have = evbuffer_get_length(body), look = have < BATCH_LINE_MAX ? have : BATCH_LINE_MAX, len;
	const unsigned char *start = evbuffer_pullup(body, (ev_ssize_t)look), *end;
	_cleanup_(json_p) json_t *line = NULL;
	const char *media;

	end = start == NULL ? NULL : memchr(start, '\n', look);
	if (end == NULL)
		return fault_set(fault, HOSPES_EINPUT,
		    "at byte %" PRIu64 " of the batch a line of JSON must begin that ends within %d bytes", *at,
		    BATCH_LINE_MAX);
	len = (size_t)(end - start);
	line = json_read(start, len, "a document's line", fault);
	if (line == NULL)
		return fault_prefix(fault, "at byte %" PRIu64 " of the batch", *at);
	if (check_line(line, *at, document_max, fault) != 0)
		return fault->status;
	ret->bytes = (size_t)json_integer_value(json_object_get(line, "bytes"));
	if (ret->bytes > have - len - 1)
		return fault_set(fault, HOSPES_EINPUT, "%s must have %zu bytes and the batch ends after %zu of them",
		    json_string_value(json_object_get(line, "document")), ret->bytes, have - len - 1);
	ret->name = xstrdup(json_string_value(json_object_get(line, "document")));
	media = json_string_value(json_object_get(line, "media"));
	ret->media = media == NULL ? NULL : xstrdup(media);
	evbuffer_drain(body, len + 1);
	*at += len + 1;
	return 0;
}

int
batch_text(const struct batch_document *d, uint64_t at, const void *text, size_t len, struct fault *fault)
{
	const char *zero = memchr(text, '\0', len);

	if (zero != NULL)
		return fault_set(fault, HOSPES_EINPUT,
		    "%s must be text and has a zero byte, at byte %" PRIu64 " of the batch", d->name,
		    at + (uint64_t)(zero - (const char *)text));
	if (!utf8_valid(text, len))
		return fault_set(fault, HOSPES_EINPUT, "%s (at byte %" PRIu64 " of the batch) must be UTF-8 and is not",
		    d->name, at);
	return 0;
}
