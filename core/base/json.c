/*
 * JSON at the edges.
 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

json_t *
json_read(const void *data, size_t len, const char *what, struct fault *fault)
{
	json_error_t error;
	json_t *j;

	/* The scan bounds the nesting, and so the parser's recursion, to far less than its own limit. */
	if (payload_scan(data, len, SIZE_MAX, what, fault) != 0)
		return NULL;
	j = json_loadb(len > 0 ? data : "", len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);
	if (j == NULL)
		fault_set(fault, HOSPES_EINPUT, "%s must be JSON, and at line %d, column %d there is: %s", what,
		    error.line, error.column, error.text);
	return j;
}

char *
json_text(const json_t *j)
{
	char *text = json_dumps(j, JSON_COMPACT | JSON_ENCODE_ANY);

	assert(text != NULL); /* values have been UTF-8 and finite since they were made */
	return text;
}

void
json_append(struct buf *out, const char *text)
{
	buf_append(out, "\"", 1);
	for (const char *from = text; *text != '\0'; from = text) {
		while ((unsigned char)*text >= ' ' && *text != '"' && *text != '\\')
			text++;
		buf_append(out, from, (size_t)(text - from));
		if (*text != '\0')
			buf_printf(out, "\\u%04x", (unsigned)(unsigned char)*text++);
	}
	buf_append(out, "\"", 1);
}

const char *
json_stranger(const json_t *object, const char *const known[])
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	{
		size_t i = 0;

		while (known[i] != NULL && strcmp(known[i], name) != 0)
			i++;
		if (known[i] == NULL)
			return name;
	}
	return NULL;
}

struct payload *
json_payload(const json_t *j)
{
	_cleanup_(free_p) char *text = json_text(j);

	return payload_text(text);
}
