/* Cutting a text into passages. */

#include <string.h>

#include "memory/passage.h"

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

void
cutter_init(struct cutter *c, const char *text, size_t len)
{
	*c = (struct cutter){.text = text, .len = len};
}

static bool
take(struct cutter *c, size_t from, size_t to, struct passage *ret)
{
	size_t end = cut_at(c->text, from, to);

	c->rest_to = end < to ? to : 0;
	if (end < to)
		c->at = end;
	trim(c->text, &from, &end);
	*ret = (struct passage){.from = from, .to = end, .heading_from = c->heading.from, .heading_to = c->heading.to};
	c->any = true;
	return true;
}

bool
cutter_next(struct cutter *c, struct passage *ret)
{
	while (c->at < c->len) {
		bool rest = c->rest_to != 0;
		size_t from = c->at, to = rest ? c->rest_to : paragraph_end(c->text, c->len, c->at);

		c->at = to;
		c->rest_to = 0;
		trim(c->text, &from, &to);
		if (from == to)
			continue;
		if (!rest && to - from <= HEADING_MAX && memchr(c->text + from, '\n', to - from) == NULL &&
		    c->text[to - 1] != '.') {
			c->heading.from = from;
			c->heading.to = to;
			c->any = false;
			continue;
		}
		return take(c, from, to, ret);
	}
	if (!c->any && c->heading.to > 0) { /* the text ends in a heading */
		c->any = true;
		*ret = (struct passage){.from = c->heading.from, .to = c->heading.to};
		return true;
	}
	return false;
}
