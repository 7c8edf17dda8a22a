/* Cutting a text into passages: lines make blocks, blocks are headings or go into passages. */

#include <string.h>

#include "memory/lines.h"
#include "memory/passage.h"

enum block_kind { BLOCK_TEXT, BLOCK_ITEM, BLOCK_OPTION, BLOCK_HEADING };

/* Lines that belong together. */
struct block {
	enum block_kind kind;
	size_t from, to;
	size_t next; /* where the next begins, or what is blank before it */
	size_t indent;
	unsigned level;   /* of a heading */
	size_t title_to;  /* of an item or an option: the end of what it is called, if that says something */
	bool after_blank; /* or at the beginning */
};

void
cutter_init(struct cutter *c, const char *text, size_t len)
{
	*c = (struct cutter){.text = text, .len = len};
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

static void
trim(const char *text, size_t *from, size_t *to)
{
	while (*from < *to && is_space(text[*from]))
		++*from;
	while (*to > *from && is_space(text[*to - 1]))
		--*to;
}

/* ---- Blocks ----------------------------------------------------------------------------------------------------------- */

static struct line
line_after(const struct cutter *c, const struct line *l)
{
	if (l->next >= c->len)
		return (struct line){.from = c->len, .to = c->len, .next = c->len, .blank = true};
	return line_at(c->text, c->len, l->next);
}

/* "4. Redistribution. You may": what the item is called stands before its text. */
static size_t
item_title(const char *text, size_t words, size_t to)
{
	size_t limit = words + 48 < to ? words + 48 : to;

	while (words < limit && is_space(text[words]))
		words++;
	if (words >= limit || text[words] < 'A' || text[words] > 'Z')
		return 0;
	for (size_t at = words; at + 1 < limit; at++)
		if (text[at] == '.' && is_space(text[at + 1]))
			return ends_sentence(text, words, at + 1) ? at + 1 : 0;
		else if (text[at] == '\n' || text[at] == ',')
			return 0;
	return 0;
}

/* "License: GPL-2+" above a line that is indented by one. */
static bool
is_field(const struct cutter *c, const struct line *l, const struct line *after)
{
	const char *colon = memchr(c->text + l->from, ':', l->to - l->from);
	size_t name = colon == NULL ? 0 : (size_t)(colon - (c->text + l->from));

	if (l->indent != 0 || after->blank || after->indent != 1 || name < 3 || name > 20 || l->to - l->from > 100)
		return false;
	for (size_t at = l->from; at < l->from + name; at++)
		if (c->text[at] == ' ')
			return false;
	return true;
}

/* Whether the first line of a block leads what comes, and is a block by itself. */
static unsigned
heading_level(const struct cutter *c, const struct line *l, const struct line *after)
{
	char rule = after->blank ? 0 : line_rule(c->text, after);
	size_t words;
	enum marker marker = line_marker(c->text, l, &words);
	unsigned level;

	if (rule != 0 && l->to - l->from <= 100 && line_rule(c->text, l) == 0 &&
	    (marker == MARKER_NONE || marker == MARKER_NUMBER) && after->indent <= l->indent + 2)
		return rule == '=' || rule == '#' ? LEVEL_RULED : LEVEL_RULED + 1;
	if (is_field(c, l, after))
		return LEVEL_FIELD;
	level = line_heading(c->text, l);
	if (level == LEVEL_COLON && l->indent == 0 && after->blank) /* "Definitions:" above all that comes */
		level = LEVEL_TITLE;
	if (level == 0 || after->blank || (level < LEVEL_CAPITALS && l->indent == 0))
		return level;
	if (c->text[l->from] == '#')
		return level;
	/* A list stands directly below its name. */
	if ((level == LEVEL_CAPITALS || level == LEVEL_COLON) && marker == MARKER_NONE && after->indent > l->indent &&
	    line_marker(c->text, after, &words) != MARKER_NONE)
		return level;
	/* A section of a man page stands directly above what is indented more. */
	return l->indent <= 3 && after->indent >= l->indent + 3 && level != LEVEL_COLON ? level : 0;
}

/* A few short lines in the middle of the page, or in capitals, are a heading too. */
static bool
is_centred(const struct cutter *c, const struct line *first, struct line *last)
{
	struct line l = *first;

	for (unsigned n = 0; n < 3 && !l.blank; n++) {
		if ((l.indent < 12 && line_heading(c->text, &l) != LEVEL_CAPITALS) || l.to - l.from > 80 ||
		    strchr(".;,:", c->text[l.to - 1]) != NULL || !line_title(c->text, &l) ||
		    line_marker(c->text, &l, &(size_t){0}) != MARKER_NONE || line_option(c->text, &l))
			return false;
		*last = l;
		l = line_after(c, &l);
	}
	return l.blank;
}

/* Whether a line in the middle of a block begins the next one. */
static bool
begins_block(
    const struct cutter *c, const struct block *b, enum marker marker, const struct line *before, const struct line *l)
{
	size_t words;
	enum marker own = line_marker(c->text, l, &words);

	if (line_rule(c->text, l) != 0)
		return true;
	if (line_option(c->text, l))
		return b->kind == BLOCK_OPTION ? l->indent <= b->indent : ends_sentence(c->text, b->from, before->to);
	if (own == MARKER_NONE)
		/* back to the left of an item: what follows is not of it */
		return b->kind == BLOCK_ITEM && l->indent < b->indent && ends_sentence(c->text, b->from, before->to);
	if (c->comment && own == MARKER_BULLET)
		return false;
	if (own == marker && l->indent <= b->indent + 1)
		return true;
	return ends_sentence(c->text, b->from, before->to) || (own == MARKER_BULLET && l->indent > before->indent);
}

static void
read_lines(struct cutter *c, struct block *b, struct line l, enum marker marker)
{
	for (;;) {
		struct line after = line_after(c, &l);

		b->to = l.to;
		b->next = l.next;
		if (after.blank || begins_block(c, b, marker, &l, &after))
			return;
		l = after;
	}
}

/* The next block at or after c->at; false at the end.  Rules and the trailers of changelogs are stepped over. */
static bool
read_block(struct cutter *c, struct block *b)
{
	struct line l = {.next = c->at}, after, last = {0};
	size_t words = 0, at = c->at;
	enum marker marker;

	do {
		if (l.next >= c->len)
			return false;
		l = line_at(c->text, c->len, l.next);
	} while (l.blank || line_rule(c->text, &l) != 0 ||
		 (l.indent == 1 && l.to - l.from > 3 && memcmp(c->text + l.from, "-- ", 3) == 0));
	after = line_after(c, &l);
	if (l.to - l.from >= 2 && memcmp(c->text + l.from, "/*", 2) == 0)
		c->comment = true;
	else if (c->comment && c->text[l.from] != '*')
		c->comment = false;
	*b = (struct block){.kind = BLOCK_HEADING,
	    .from = l.from,
	    .to = l.to,
	    .next = l.next,
	    .indent = l.indent,
	    .after_blank = at == 0 || l.from > at};
	if (is_centred(c, &l, &last)) {
		b->level = LEVEL_CAPITALS - 1;
		b->to = last.to;
		b->next = last.next;
		return true;
	}
	b->level = heading_level(c, &l, &after);
	if (b->level != 0)
		return true;
	marker = c->comment ? MARKER_NONE : line_marker(c->text, &l, &words);
	b->kind = marker != MARKER_NONE ? BLOCK_ITEM : line_option(c->text, &l) ? BLOCK_OPTION : BLOCK_TEXT;
	read_lines(c, b, l, marker);
	if (marker == MARKER_NUMBER)
		b->title_to = item_title(c->text, words, b->to);
	if (b->kind == BLOCK_OPTION)
		b->title_to = l.to - l.from <= 100 ? l.to : 0;
	return true;
}

/* An option's line and, after a blank one, what is indented more belong together. */
static void
join_option(struct cutter *c, struct block *b)
{
	struct cutter look = *c;
	struct block more;

	if (b->kind != BLOCK_OPTION || b->to - b->from > 100)
		return;
	look.at = b->next;
	if (!read_block(&look, &more) || more.kind == BLOCK_OPTION || more.indent <= b->indent)
		return;
	b->to = more.to;
	b->next = more.next;
}

/* ---- Headings --------------------------------------------------------------------------------------------------------- */

static void
push_heading(struct cutter *c, size_t from, size_t to, unsigned level, size_t indent)
{
	while (c->n_headings > 0 && c->headings[c->n_headings - 1].level >= level)
		c->n_headings--;
	if (c->n_headings == HEADINGS)
		c->n_headings--;
	c->headings[c->n_headings].from = from;
	c->headings[c->n_headings].to = to;
	c->headings[c->n_headings].level = level;
	c->headings[c->n_headings].indent = indent;
	c->n_headings++;
}

/* Whether a heading is over for a block: an option, for what is not indented below it; a line that led a list in, for what
 * is no item and does not follow at once. */
static bool
is_over(const struct cutter *c, size_t i, const struct block *b)
{
	size_t indent = c->headings[i].indent;

	switch (c->headings[i].level) {
	case LEVEL_COLON:
		return b->kind == BLOCK_TEXT && b->indent <= indent && c->told > c->headings[i].to;
	case LEVEL_LEADING:
		return b->indent <= indent;
	default:
		return c->headings[i].level >= LEVEL_OPTION && b->indent <= indent;
	}
}

static void
drop_headings(struct cutter *c, const struct block *b)
{
	while (c->n_headings > 0 && is_over(c, c->n_headings - 1, b))
		c->n_headings--;
}

/* "... provided that the following conditions are met:" is said of all items that come. */
static void
push_lead(struct cutter *c, const struct block *b)
{
	size_t from = b->to, least = b->to > b->from + 240 ? b->to - 240 : b->from;

	if (b->kind == BLOCK_OPTION || b->to - b->from < 2 || c->text[b->to - 1] != ':')
		return;
	for (from = b->to - 1; from > least; from--)
		if (is_space(c->text[from]) && c->text[from - 1] != ';' && ends_sentence(c->text, b->from, from))
			break;
	if (from == least && least != b->from)
		return;
	while (is_space(c->text[from]))
		from++;
	push_heading(c, from, b->to, b->kind == BLOCK_ITEM ? LEVEL_LEADING : LEVEL_COLON, b->indent);
}

/* ---- Passages --------------------------------------------------------------------------------------------------------- */

/* Where a long paragraph is cut: at the end of a sentence near an even share, else of a line, a word, a character. */
static size_t
cut_at(const char *text, size_t from, size_t to)
{
	size_t pieces = (to - from + PASSAGE_MAX - 1) / PASSAGE_MAX, end = from + (to - from) / pieces + 150;
	size_t line = 0, word = 0;

	if (pieces <= 1)
		return to;
	if (end > from + PASSAGE_MAX)
		end = from + PASSAGE_MAX;
	for (size_t at = end; at > from + PASSAGE_MAX / 4; at--) {
		if (!is_space(text[at]))
			continue;
		if (ends_sentence(text, from, at) && text[at - 1] != ':')
			return at;
		line = line == 0 && text[at] == '\n' ? at : line;
		word = word == 0 ? at : word;
	}
	if (line != 0 || word != 0)
		return line != 0 ? line : word;
	while (((unsigned char)text[end] & 0xc0) == 0x80)
		end--;
	return end;
}

static void
set_passage(struct cutter *c, size_t from, size_t to, struct passage *ret)
{
	size_t i = c->n_headings, lead;

	*ret = (struct passage){.from = from, .to = to};
	while (i > 0 && c->headings[i - 1].to > from) /* one that the passage begins with is in it */
		i--;
	/* The section's number says more than the sentence that leads its items in. */
	for (lead = i; lead > 0 && c->headings[lead - 1].level >= LEVEL_COLON; lead--)
		;
	if (lead > 0 && c->headings[lead - 1].level > LEVEL_NUMBERED && c->headings[lead - 1].level < LEVEL_FIELD)
		i = lead;
	if (i > 0) {
		ret->heading_from = c->headings[i - 1].from;
		ret->heading_to = c->headings[i - 1].to;
	}
	c->told = to;
}

/* What is left of a paragraph that was too long. */
static bool
next_piece(struct cutter *c, struct passage *ret)
{
	size_t from = c->rest, to;

	if (c->rest_to == 0)
		return false;
	to = cut_at(c->text, from, c->rest_to);
	c->rest = to;
	if (to == c->rest_to)
		c->rest_to = 0;
	trim(c->text, &from, &to);
	if (from == to)
		return next_piece(c, ret);
	set_passage(c, from, to, ret);
	return true;
}

/* What is shorter than a sentence has to be. */
static bool
is_short(const struct cutter *c, const struct block *b)
{
	size_t len = b->to - b->from;

	return len < PASSAGE_MIN && (b->kind != BLOCK_TEXT || len < 24 || c->text[b->to - 1] != '.');
}

/* Short blocks take in those that follow, while these are under their heading. */
static void
join_short(struct cutter *c, struct block *b)
{
	while (is_short(c, b)) {
		struct cutter look = *c;
		struct block more;

		look.at = b->next;
		if (!read_block(&look, &more) || more.kind == BLOCK_HEADING || more.kind == BLOCK_OPTION ||
		    more.to - b->from > PASSAGE_MAX || more.title_to > 0 || more.indent < b->indent)
			return;
		if (more.to - more.from >= 4 * PASSAGE_MIN && b->kind == BLOCK_ITEM)
			return;
		b->to = more.to;
		b->next = more.next;
	}
}

bool
cutter_next(struct cutter *c, struct passage *ret)
{
	struct block b;

	if (next_piece(c, ret))
		return true;
	while (read_block(c, &b)) {
		if (b.kind == BLOCK_HEADING) {
			drop_headings(c, &b);
			push_heading(c, b.from, b.to, b.level, b.indent);
			c->at = b.next;
			continue;
		}
		drop_headings(c, &b);
		if (b.title_to > 0)
			push_heading(c, b.from, b.title_to,
			    b.kind == BLOCK_OPTION ? LEVEL_OPTION + (unsigned)(b.indent < 50 ? b.indent : 50)
						   : LEVEL_NUMBERED + 1,
			    b.indent);
		join_option(c, &b);
		join_short(c, &b);
		push_lead(c, &b);
		c->at = b.next;
		c->rest = b.from;
		c->rest_to = b.to;
		return next_piece(c, ret);
	}
	c->at = c->len;
	if (c->n_headings > 0 && c->headings[c->n_headings - 1].to > c->told) { /* a heading with nothing below */
		size_t from = c->headings[c->n_headings - 1].from, to = c->headings[c->n_headings - 1].to;

		c->n_headings = 0;
		set_passage(c, from, to, ret);
		return true;
	}
	return false;
}
