/*
 * Is it one passage?  Two quotes of one paragraph, or of one item of a list, are one point to a reader.
 *
 * What stands between them decides, and only the document knows it.
 */

#include <string.h>

#include "analyse.h"
#include "common/text.h"

#define NEAR 4096 /* bytes; paragraphs are shorter */

/* A blank line, or a line that begins a list item, in the text between two quotes or at the beginning of the second. */
static bool
has_break(const char *between, size_t len, const char *second)
{
	bool line = false, blank = true; /* a line has begun; it has no more than white space so far */

	for (size_t i = 0; i < len; i++) {
		if (between[i] == '\n') {
			if (line && blank)
				return true;
			line = true;
			blank = true;
		} else if (!text_space(between[i])) {
			if (line && blank && text_mark(between + i, len - i) > 0)
				return true;
			blank = false;
		}
	}
	return line && blank && text_mark(second, strlen(second)) > 0;
}

int
passage_is_one(hospes_ctx *ctx, const struct finding *a, const struct finding *b, bool *ret)
{
	const struct finding *first = a->from <= b->from ? a : b, *second = first == a ? b : a;
	const char *between;
	hospes_value *value;
	int rc;

	*ret = false;
	if (strcmp(a->digest, b->digest) != 0)
		return 0;
	if (second->from <= first->to) {
		*ret = true;
		return 0;
	}
	if (second->from - first->to > NEAR)
		return 0;
	rc = hospes_document(ctx, "sources", first->digest, first->to, second->from, &value);
	if (rc == HOSPES_ENOENT || rc == HOSPES_EINPUT) {
		*ret = true; /* so near, and nobody knows */
		return 0;
	}
	if (rc != 0)
		return rc;
	between = hospes_text(value, "text");
	*ret = between == NULL || !has_break(between, strlen(between), second->quote);
	return 0;
}
