/* Words and phrases of a query. */

#include <stdbool.h>
#include <string.h>

#include "memory/query.h"

/* As the tokenizer has it: letters and digits of ASCII, and all that is not ASCII. */
static bool
is_word(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0x80;
}

int
query_compose(const char *text, struct buf *ret, struct fault *fault)
{
	size_t len = strnlen(text, QUERY_BYTES), words = 0;
	bool quoted = false, open = false;

	while (len > 0 && len == QUERY_BYTES && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	if (!utf8_valid(text, len))
		return fault_set(fault, HOSPES_EINPUT, "a query must be UTF-8");
	for (size_t at = 0; at < len && words < QUERY_WORDS;) {
		size_t start = at;

		if (text[at] == '"') {
			if (open)
				buf_appends(ret, "\"");
			open = false;
			quoted = !quoted;
			at++;
			continue;
		}
		while (at < len && is_word((unsigned char)text[at]))
			at++;
		if (at == start) {
			at++;
			continue;
		}
		if (open) {
			buf_appends(ret, " ");
		} else {
			buf_appends(ret, ret->len > 0 ? " OR \"" : "\"");
			open = true;
		}
		buf_append(ret, text + start, at - start);
		words++;
		if (!quoted) {
			buf_appends(ret, "\"");
			open = false;
		}
	}
	if (open)
		buf_appends(ret, "\"");
	if (words == 0)
		return fault_set(fault, HOSPES_EINPUT, "a query must have a word to look for");
	return 0;
}
