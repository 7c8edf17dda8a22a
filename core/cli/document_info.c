/*
 * Manuals of GNU's info: plain text, its nodes separated by a line with 0x1f and led in by one with the names of their
 * neighbours; menus and tables of where nodes begin; and what is for a reader program alone, between zeros with backspaces.
 * The text of the nodes is what is left.
 */

#include "config.h"

#include <string.h>

#include "base/util.h"
#include "cli/document.h"

#define SEPARATOR 0x1f
#define DEEP      20    /* blanks before a line of a menu that goes on */
#define LOOK      65536 /* bytes in which the first node begins */

struct line {
	uint8_t *at;
	size_t len; /* without its end */
};

static bool
begins(const struct line *l, const char *with)
{
	size_t n = strlen(with);

	return l->len >= n && memcmp(l->at, with, n) == 0;
}

/* The line at *at, which moves behind it; false at the end. */
static bool
next_line(const struct buf *b, size_t *at, struct line *ret)
{
	const uint8_t *newline;

	if (*at >= b->len)
		return false;
	newline = memchr(b->data + *at, '\n', b->len - *at);
	*ret = (struct line){.at = b->data + *at};
	ret->len = newline != NULL ? (size_t)(newline - ret->at) : b->len - *at;
	*at += ret->len + (newline != NULL);
	return true;
}

static bool
is_separator(const struct line *l)
{
	return l->len >= 1 && l->len <= 3 && l->at[0] == SEPARATOR;
}

bool
document_is_info(const struct buf *content)
{
	size_t at = 0, look = content->len < LOOK ? content->len : LOOK;
	struct line l;
	bool separator = false;

	if (memchr(content->data, SEPARATOR, look) == NULL)
		return false;
	while (at < look && next_line(content, &at, &l)) {
		if (separator)
			return begins(&l, "File: ") || begins(&l, "Indirect:");
		separator = is_separator(&l);
	}
	return false;
}

/* Bytes of the mark at `at`, "[image src=... ]" between zeros with backspaces; 0: there is none. */
static size_t
mark_len(const uint8_t *at, size_t left)
{
	static const uint8_t begin[] = {0, '\b', '['}, end[] = {0, '\b', ']'};
	const uint8_t *stop;

	if (left < sizeof(begin) || memcmp(at, begin, sizeof(begin)) != 0)
		return 0;
	stop = memmem(at + sizeof(begin), left - sizeof(begin), end, sizeof(end));
	return stop != NULL ? (size_t)(stop - at) + sizeof(end) : 0;
}

static void
drop_marks(struct buf *b)
{
	size_t to = 0;

	for (size_t at = 0; at < b->len;) {
		size_t mark = b->data[at] == 0 ? mark_len(b->data + at, b->len - at) : 0;

		if (mark == 0)
			b->data[to++] = b->data[at++];
		at += mark;
	}
	b->len = to;
}

static bool
is_deep(const struct line *l)
{
	size_t n = 0;

	while (n < l->len && l->at[n] == ' ')
		n++;
	return n >= DEEP && n < l->len;
}

/* Where nodes begin, and what an editor is told. */
static bool
begins_table(const struct line *l)
{
	return begins(l, "Tag Table:") || begins(l, "Indirect:") || begins(l, "End Tag Table") ||
	       begins(l, "Local Variables:");
}

static bool
begins_menu(const struct line *l)
{
	return begins(l, "* Menu:") || begins(l, "START-INFO-DIR-ENTRY");
}

void
document_info(struct buf *content)
{
	bool table = false, menu = false, item = false,
	     separator = true; /* the first line is of the program that made it */
	size_t at = 0, to = 0;
	struct line l;

	drop_marks(content);
	while (next_line(content, &at, &l)) {
		if (is_separator(&l)) {
			separator = true;
			continue;
		}
		if (separator) {
			table = begins_table(&l);
			menu = false;
		}
		menu |= begins_menu(&l);
		item = (menu && (begins(&l, "* ") || (item && is_deep(&l)))) ||
		       memmem(l.at, l.len, "INFO-DIR-", 9) != NULL;
		if (!separator && !table && !item) {
			memmove(content->data + to, l.at, l.len);
			to += l.len;
			content->data[to++] = '\n'; /* there was one, or the end, behind what is left out above */
		}
		separator = false;
	}
	content->len = to;
}
