/* Cutting a text into passages. */

#include <stdbool.h>
#include <string.h>

#include "memory/passage.h"

#define PASSAGE_MAX 1200
#define HEADING_MAX 100

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static void
trim(const char *text, size_t *from, size_t *to)
{
	while (*from < *to && is_space(text[*from]))
		++*from;
	while (*to > *from && is_space(text[*to - 1]))
		--*to;
}

/* The end of the paragraph that begins at `at`: before an empty line. */
static size_t
paragraph_end(const char *text, size_t len, size_t at)
{
	while (at < len) {
		const char *newline = memchr(text + at, '\n', len - at);
		size_t next;

		if (newline == NULL)
			return len;
		next = (size_t)(newline - text) + 1;
		at = next;
		while (at < len && (text[at] == ' ' || text[at] == '\t' || text[at] == '\r'))
			at++;
		if (at >= len || text[at] == '\n')
			return next;
	}
	return len;
}

/* Where a long paragraph is cut: after the last sentence, else the last word, else the last character that fits. */
static size_t
cut_at(const char *text, size_t from, size_t to)
{
	size_t end = from + PASSAGE_MAX, word = 0;

	if (to - from <= PASSAGE_MAX)
		return to;
	for (size_t at = end; at > from + PASSAGE_MAX / 2; at--) {
		if (!is_space(text[at]))
			continue;
		if (text[at - 1] == '.' || text[at - 1] == ';' || text[at - 1] == '?' || text[at - 1] == '!')
			return at;
		if (word == 0)
			word = at;
	}
	if (word != 0)
		return word;
	while (((unsigned char)text[end] & 0xc0) == 0x80)
		end--;
	return end;
}

int
passages_cut(const char *text, size_t len, passage_visit *visit, void *arg)
{
	struct passage p = {0};
	size_t at = 0;
	int rc = 0;

	while (rc == 0 && at < len) {
		size_t end = paragraph_end(text, len, at), from = at, to = end;

		at = end;
		trim(text, &from, &to);
		if (from == to)
			continue;
		if (to - from <= HEADING_MAX && memchr(text + from, '\n', to - from) == NULL && text[to - 1] != '.') {
			p.heading_from = from;
			p.heading_to = to;
			continue;
		}
		while (rc == 0 && from < to) {
			p.from = from;
			p.to = from = cut_at(text, from, to);
			trim(text, &p.from, &p.to);
			if (p.from < p.to)
				rc = visit(&p, arg);
		}
	}
	if (rc == 0 && p.to == 0 && p.heading_to > 0) { /* nothing but a heading */
		p = (struct passage){.from = p.heading_from, .to = p.heading_to};
		rc = visit(&p, arg);
	}
	return rc;
}
