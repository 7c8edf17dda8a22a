/*
 * Sentences, list items and headings of plain text, as people lay it out: blank lines between paragraphs, marks before
 * items, deeper lines that belong to what stands above them (manual pages, changelogs, licences, copyright files).
 *
 * Lines become blocks (a paragraph, a list item, a heading), blocks become units (their sentences).  Nothing here is
 * sure; where a layout is not understood the units are only longer or shorter than a reader would have cut them.
 */

#include "common/need.h"
#include "common/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LEADS_MAX   8
#define HEADING_MAX 90  /* bytes of a line that may be a heading */
#define HANG        2   /* columns by which a line is deeper than the one above, to belong to it */
#define WRAPPED     55  /* bytes from which on a line is taken for one that was wrapped */
#define FIELD_MAX   400 /* bytes of a field that is quoted whole */
#define CENTRED     8   /* columns from which a line is taken for centred */
#define TERM_MAX    60  /* bytes of a line above a deeper one that may be what is explained there */

enum line_kind { LINE_BLANK, LINE_TEXT, LINE_MARK, LINE_OPTION, LINE_FIELD, LINE_RULE };

struct line {
	const char *at, *end; /* without white space around it */
	size_t indent;
	size_t mark; /* bytes, of a LINE_MARK */
	enum line_kind kind;
};

/* What introduces items: "provided that:" and where it stands. */
struct lead {
	uint32_t unit;
	size_t indent;
	char mark;  /* the kind of mark of its own item, 0: it is none */
	char items; /* the kind of mark of the items below it, 0: none yet */
};

struct reader {
	const char *text;
	struct line *lines;
	size_t lines_n;
	struct text_unit *units;
	size_t n, room;
	struct lead leads[LEADS_MAX];
	size_t leads_n;
	uint32_t block;
	bool in_fields; /* the block at hand is of fields */
};

/* ---- Lines ------------------------------------------------------------------------------------------------------- */

static size_t
roman_or_letter(const char *at, size_t len)
{
	size_t n = 0;

	while (n < len && strchr("ivxIVX", at[n]) != NULL && at[n] != '\0')
		n++;
	if (n > 0 && n <= 5 && (n == len || !text_letter(at[n])))
		return n;
	return len > 0 && text_letter(at[0]) && (unsigned char)at[0] < 0x80 && (len == 1 || !text_letter(at[1])) ? 1
														 : 0;
}

/* "3", "3.2", "10" and not "1998". */
static size_t
section_number(const char *at, size_t len)
{
	size_t n = 0, digits = 0;

	while (n < len && (text_digit(at[n]) || (at[n] == '.' && n > 0 && n + 1 < len && text_digit(at[n + 1])))) {
		digits = text_digit(at[n]) ? digits + 1 : 0;
		if (digits > 2)
			return 0;
		n++;
	}
	return n;
}

size_t
text_mark(const char *text, size_t len)
{
	size_t n = 0, name;

	if (len >= 4 && memcmp(text, "\xe2\x80\xa2", 3) == 0) { /* a bullet */
		n = 3;
	} else if (len >= 2 && strchr("*-+o", text[0]) != NULL && text[0] != '\0') {
		n = 1;
	} else if (len >= 3) {
		bool open = text[0] == '(';

		name = section_number(text + open, len - open);
		if (name == 0)
			name = roman_or_letter(text + open, len - open);
		n = open + name;
		if (name == 0 || n >= len)
			return 0;
		/* "3.2 Title" needs no more; "3 things" is no mark, nor is "a thing". */
		if (text[n] == ')' || (!open && text[n] == '.'))
			n++;
		else if (open || memchr(text, '.', n) == NULL || n + 1 >= len || text_lower(text[n + 1]) == text[n + 1])
			return 0; /* "2.1 of this License" goes on from the line above */
	}
	if (n == 0 || n >= len || (text[n] != ' ' && text[n] != '\t'))
		return 0;
	while (n < len && (text[n] == ' ' || text[n] == '\t'))
		n++;
	return n;
}

/* -v, --verbose */
static bool
is_option(const char *at, size_t len)
{
	if (len < 2 || at[0] != '-')
		return false;
	return (text_letter(at[1]) && (unsigned char)at[1] < 0x80) || text_digit(at[1]) ||
	       (len > 3 && at[1] == '-' && text_letter(at[2]));
}

/* "License: GPL-2+": a capital, letters and dashes, a colon. */
static bool
is_field(const char *at, size_t len)
{
	size_t n = 1;

	if (len < 3 || !text_capital(at[0]))
		return false;
	while (n < len && n < 32 && ((text_letter(at[n]) && (unsigned char)at[n] < 0x80) || at[n] == '-'))
		n++;
	return n > 1 && n < len && at[n] == ':' && (n + 1 == len || at[n + 1] == ' ');
}

/* Nothing to read: dashes, dots that lead to a page number, a row of numbers. */
static bool
is_rule(const char *at, size_t len)
{
	size_t letters = 0, inked = 0, dots = 0;

	for (size_t i = 0; i < len; i++) {
		letters += text_letter(at[i]) || text_digit(at[i]);
		inked += !text_space(at[i]);
		dots = at[i] == '.' || (dots > 0 && at[i] == ' ') ? dots + 1 : 0;
		if (dots >= 6)
			return true;
	}
	if (len > 3 && (memcmp(at, "```", 3) == 0 || memcmp(at, "~~~", 3) == 0)) /* a fence */
		return true;
	if (len > 3 && memcmp(at, "-- ", 3) == 0) /* a signature */
		return true;
	if (len > 3 && at[0] == '[' && at[len - 1] == ']') /* who did what follows, in a changelog */
		return true;
	if (len > 20 && strchr("*|#", at[0]) != NULL && at[len - 1] == at[0] &&
	    at[len - 2] == ' ') /* the side of a box */
		return true;
	return letters * 3 < inked || (inked > 2 && letters == 0);
}

static void
classify(struct line *line)
{
	size_t len = (size_t)(line->end - line->at);

	if (len == 0 || (len == 1 && strchr(".*#", line->at[0]) != NULL)) /* blank in control files, in comments */
		line->kind = LINE_BLANK;
	else if (len > 4 && memcmp(line->at, "*   ", 4) == 0) /* goes on in a comment */
		line->kind = LINE_TEXT;
	else if (is_rule(line->at, len))
		line->kind = LINE_RULE;
	else if ((line->mark = text_mark(line->at, len)) > 0)
		line->kind = LINE_MARK;
	else if (is_option(line->at, len))
		line->kind = LINE_OPTION;
	else if (line->indent < CENTRED && is_field(line->at, len))
		line->kind = LINE_FIELD;
	else
		line->kind = LINE_TEXT;
}

static void *
grown(void *array, size_t n, size_t *room, size_t size)
{
	if (n < *room)
		return array;
	*room = *room == 0 ? 64 : 2 * *room;
	array = need(realloc(array, *room * size));
	return array;
}

static void
read_lines(struct reader *r, size_t len)
{
	const char *at = r->text, *end = r->text + len;
	size_t room = 0;

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at)), *next;
		struct line line = {.at = at, .end = stop != NULL ? stop : end};

		next = stop != NULL ? stop + 1 : end;
		for (; line.at < line.end && text_space(*line.at); line.at++)
			line.indent = *line.at == '\t' ? (line.indent / 8 + 1) * 8 : line.indent + 1;
		while (line.end > line.at && text_space(line.end[-1]))
			line.end--;
		classify(&line);
		if (line.kind == LINE_TEXT && *line.at == '*')
			for (const char *p = line.at; *p == '*' || *p == ' ';
			     p++) /* it has something else, being no rule */
				line.indent++;
		r->lines = grown(r->lines, r->lines_n, &room, sizeof(*r->lines));
		r->lines[r->lines_n++] = line;
		at = next;
	}
}

/* ---- Headings ---------------------------------------------------------------------------------------------------- */

static bool
all_capitals(const struct line *line)
{
	size_t capitals = 0;

	for (const char *p = line->at; p < line->end; p++) {
		if (*p >= 'a' && *p <= 'z')
			return false;
		capitals += text_capital(*p);
	}
	return capitals >= 2;
}

/* Do most of the longer words begin with a capital? */
static bool
is_titled(const char *at, const char *end)
{
	size_t words = 0, capitals = 0;

	while (at < end) {
		const char *start = at;

		while (at < end && !text_space(*at))
			at++;
		if (at - start > 3 || text_capital(*start)) {
			words++;
			capitals += text_capital(*start) || text_digit(*start);
		}
		while (at < end && text_space(*at))
			at++;
	}
	return words > 0 && words <= 10 && capitals * 3 >= words * 2;
}

/* Nothing but a title begins like one: no dash of a signature, no sign of a program; and a title names few things. */
static bool
may_be_title(const struct line *line)
{
	size_t commas = 0;
	unsigned char c = (unsigned char)line->at[0];

	if (!text_letter(line->at[0]) && !text_digit(line->at[0]) && strchr("\"'(#", line->at[0]) == NULL &&
	    line->kind != LINE_MARK)
		return false;
	/* punctuation beyond ASCII, but "§" */
	if (c == 0xe2 || (c == 0xc2 && (line->end - line->at < 2 || (unsigned char)line->at[1] != 0xa7)))
		return false;
	if (c == '#' && line->indent >= 4)
		return false;
	for (const char *p = line->at; p + 2 < line->end; p++) {
		commas += *p == ',';
		if (memcmp(p, "://", 3) == 0)
			return false;
	}
	return commas <= 3;
}

/* Is the block that is this one line a heading?  `next` is what follows it, NULL at the end. */
static bool
is_heading(const struct line *line, const struct line *next)
{
	size_t len = (size_t)(line->end - line->at);
	char last;

	if (len == 0 || len > HEADING_MAX || line->kind == LINE_OPTION || line->kind == LINE_FIELD ||
	    memchr(line->at, '@', len) != NULL || (len > 9 && memcmp(line->at, "Copyright", 9) == 0) ||
	    !may_be_title(line))
		return false;
	for (const char *p = line->at; p < line->end; p++)
		if (strchr("=;{}$|[", *p) != NULL && *p != '\0') /* of a program */
			return false;
	last = line->end[-1];
	if (next != NULL && next->kind == LINE_RULE && next->at[0] != '.')
		return true;
	if (line->at[0] == '#' && (last != '.'))
		return true;
	if (strchr(",;:?!", last) != NULL)
		return false;
	if (line->kind == LINE_MARK) /* "6. Conveying Non-Source Forms." */
		return text_digit(line->at[0]) && is_titled(line->at + line->mark, line->end);
	if (last == '.')
		return false;
	return all_capitals(line) || is_titled(line->at, line->end);
}

/* A title of its own although the next line is not blank: "NAME" of a manual page, what dashes underline. */
static bool
stands_alone(const struct reader *r, size_t i)
{
	const struct line *line = &r->lines[i], *next = i + 1 < r->lines_n ? &r->lines[i + 1] : NULL;

	if (next == NULL || next->kind == LINE_BLANK || (i > 0 && r->lines[i - 1].kind == LINE_TEXT))
		return false;
	if (line->at[0] == '#' && line->kind == LINE_TEXT && next->at[0] != '#')
		return is_heading(line, next);
	if (next->kind == LINE_RULE)
		return is_heading(line, next);
	return line->kind == LINE_TEXT && line->indent <= 3 && next->indent >= line->indent + 3 &&
	       strchr(".,;:", line->end[-1]) == NULL && line->end - line->at <= TERM_MAX &&
	       (all_capitals(line) || (i > 0 && r->lines[i - 1].kind == LINE_BLANK && text_capital(line->at[0])));
}

/* ---- Blocks ------------------------------------------------------------------------------------------------------ */

static char
mark_class(const struct line *line)
{
	size_t paren = 0;

	if (line->kind == LINE_OPTION)
		return '-';
	if (line->kind != LINE_MARK)
		return 't';
	while (paren < line->mark && line->at[paren] != ')')
		paren++;
	if (text_digit(line->at[0]) || text_digit(line->at[1]))
		return paren < line->mark ? '2' : '1';
	if (text_letter(line->at[0]) || text_letter(line->at[1]))
		return paren < line->mark ? 'b' : 'a';
	return line->at[0];
}

static void
add_unit(struct reader *r, const char *from, const char *to, const struct line *line, enum text_kind kind,
    uint32_t lead, bool first)
{
	struct text_unit *unit;
	char last = to[-1];

	r->units = grown(r->units, r->n, &r->room, sizeof(*r->units));
	unit = &r->units[r->n++];
	for (const char *p = to; p > from && strchr("\"')]", last) != NULL && last != '\0'; p--)
		last = p[-1];
	*unit = (struct text_unit){.from = (uint32_t)(from - r->text),
	    .to = (uint32_t)(to - r->text),
	    .block = r->block,
	    .lead = lead,
	    .indent = (uint16_t)(line->indent > UINT16_MAX ? UINT16_MAX : line->indent),
	    .kind = (uint8_t)kind,
	    .first = first};
	unit->whole = line->kind == LINE_FIELD || last == '.' || last == '!' || last == '?' ||
		      (kind == TEXT_ITEM && (last == ';' || last == ','));
}

/* What introduces an item of this mark and depth. */
static uint32_t
lead_of(struct reader *r, const struct line *line, char mark)
{
	while (r->leads_n > 0) {
		struct lead *top = &r->leads[r->leads_n - 1];

		if ((top->items == 0 || top->items == mark) && top->mark != mark &&
		    (top->mark == 0 || top->indent <= line->indent)) {
			top->items = mark;
			return top->unit;
		}
		r->leads_n--;
	}
	return TEXT_NO_LEAD;
}

/* A copyright notice has no full stop: it ends with the line above one that begins as a sentence does, with one word in
 * capitals ("Everyone is permitted", "This program is"; not "Free Software", "University of"). */
static const char *
notice_end(const char *at, const char *end)
{
	static const char *const joins[] = {"of", "and", "for", "the", "de", "la", "van", "von", "at", "in", "by"};

	if (end - at < 12 || (strncasecmp(at, "Copyright", 9) != 0 && strncmp(at, "\xc2\xa9", 2) != 0))
		return end;
	for (const char *line = at; (line = memchr(line, '\n', (size_t)(end - line))) != NULL;) {
		const char *first, *second, *stop;
		bool joined = false;

		for (first = line; first < end && text_space(*first);)
			first++;
		for (second = first; second < end && text_letter(*second);)
			second++;
		line = first;
		if (second == end || *second != ' ' || !text_capital(*first))
			continue;
		for (stop = ++second; stop < end && text_letter(*stop);)
			stop++;
		for (size_t i = 0; i < sizeof(joins) / sizeof(*joins); i++)
			joined |= strlen(joins[i]) == (size_t)(stop - second) &&
				  memcmp(joins[i], second, (size_t)(stop - second)) == 0;
		if (stop == second || *second < 'a' || *second > 'z' || joined)
			continue;
		while (text_space(first[-1]))
			first--;
		return first;
	}
	return end;
}

static void
add_sentences(struct reader *r, const struct line *first, const char *end, enum text_kind kind)
{
	char mark = kind == TEXT_ITEM ? mark_class(first) : 0;
	uint32_t lead = kind == TEXT_ITEM ? lead_of(r, first, mark) : TEXT_NO_LEAD;
	const char *at = first->at;

	if (kind != TEXT_ITEM) /* a paragraph ends the lists above it, unless it stands deeper, in an item */
		while (r->leads_n > 0 &&
		       (first->indent <= r->leads[r->leads_n - 1].indent + HANG || r->leads[r->leads_n - 1].items == 0))
			r->leads_n--;
	while (at < end) {
		bool field = first->kind == LINE_FIELD && end - at <= FIELD_MAX;
		const char *stop = field ? end : notice_end(at, text_sentence_end(at, end));
		/* "4. Redistribution.  You may ..." begins with its title. */
		bool title = at == first->at && stop < end && first->kind == LINE_MARK && text_digit(*at) &&
			     stop - at <= HEADING_MAX && is_titled(at + first->mark, stop);

		add_unit(r, at, stop, first, title ? TEXT_HEADING : kind, title ? TEXT_NO_LEAD : lead, at == first->at);
		for (at = stop; at < end && text_space(*at);)
			at++;
	}
	if (end[-1] != ':')
		return;
	if (r->leads_n == LEADS_MAX)
		memmove(r->leads, r->leads + 1, --r->leads_n * sizeof(*r->leads));
	r->leads[r->leads_n++] = (struct lead){(uint32_t)r->n - 1, first->indent, mark, 0};
}

/* Is a line with a mark an item, and no line that was wrapped before "a." or that goes on in a comment of C? */
static bool
begins_item(const struct line *line, const struct line *above, const struct line *head, bool second)
{
	bool symbol = strchr("*-+", line->at[0]) != NULL;

	if (line->indent != above->indent || strchr(".:;,", above->end[-1]) != NULL)
		return true;
	if (symbol && above->end - above->at >= WRAPPED && line->at[line->mark] >= 'a' && line->at[line->mark] <= 'z')
		return false;
	return mark_class(line) == mark_class(head) || (second && symbol);
}

/* Does line `i` begin a block, when the block at hand began with line `first`? */
static bool
begins_block(const struct reader *r, size_t first, size_t i)
{
	const struct line *line = &r->lines[i], *above = &r->lines[i - 1], *head = &r->lines[first];
	bool hangs = first + 1 < i && r->lines[first + 1].indent >= head->indent + HANG;

	if (line->kind == LINE_BLANK || line->kind == LINE_RULE || above->kind == LINE_RULE)
		return true;
	if (line->kind == LINE_MARK)
		return begins_item(line, above, head, i == first + 1);
	if (line->kind == LINE_OPTION) /* but for "the arguments to", "-l is a number" */
		return (line->indent <= head->indent || head->kind != LINE_OPTION) &&
		       !(above->kind == LINE_TEXT && line->indent == above->indent &&
			   above->end - above->at >= WRAPPED && strchr(".:;!?", above->end[-1]) == NULL);
	if (line->kind == LINE_FIELD && line->indent <= head->indent)
		return true;
	if (hangs || (head->kind == LINE_MARK && i > first + 1))
		return hangs && line->indent <= head->indent;
	return i > first + 1 && line->indent >= above->indent + 2 * HANG; /* an example, set deeper */
}

/* Is the block of these lines a list item, or a term with what explains it? */
static bool
is_item(const struct reader *r, size_t first, size_t end)
{
	const struct line *head = &r->lines[first];

	if (head->kind == LINE_MARK || head->kind == LINE_OPTION || head->kind == LINE_FIELD)
		return true;
	return end > first + 1 && r->lines[first + 1].indent >= head->indent + 2 * HANG &&
	       head->end - head->at <= TERM_MAX && head->end[-1] != '.';
}

/* A line of its own at the margin, above a deeper list: "bash (5.2-1) unstable; urgency=medium". */
static bool
heads_list(const struct reader *r, size_t i)
{
	const struct line *line = &r->lines[i], *list = i + 2 < r->lines_n ? &r->lines[i + 2] : NULL;

	return line->indent == 0 && line->kind == LINE_TEXT && list != NULL && r->lines[i + 1].kind == LINE_BLANK &&
	       list->at < list->end && (list->kind == LINE_MARK || *list->at == '[') && list->indent > 0 &&
	       line->end - line->at <= HEADING_MAX && strchr(".:,;?!", line->end[-1]) == NULL;
}

/* Is the block a heading, perhaps one of two or three lines? */
static bool
is_title(const struct reader *r, size_t first, size_t end)
{
	const struct line *next = end < r->lines_n ? &r->lines[end] : NULL;

	if (end == first + 1 && stands_alone(r, first))
		return true;
	if (end == first + 1 && heads_list(r, first))
		return true;
	if (r->lines[first].kind == LINE_MARK && ((first > 0 && r->lines[first - 1].kind == LINE_MARK) ||
						     (next != NULL && next->kind == LINE_MARK))) /* an item of a list */
		return false;
	/* of several lines, only what is centred or in capitals */
	if (end > first + 3 ||
	    (end > first + 1 && (r->lines[first].kind != LINE_TEXT ||
				    (r->lines[first].indent < CENTRED && !all_capitals(&r->lines[first])))))
		return false;
	for (size_t i = first; i < end; i++)
		if (!is_heading(&r->lines[i], next))
			return false;
	return true;
}

static void
take_block(struct reader *r, size_t first, size_t end)
{
	const struct line *head = &r->lines[first];

	/* Fields below each other are one block, whatever hangs below them. */
	if (head->kind != LINE_FIELD || first == 0 || r->lines[first - 1].kind == LINE_BLANK || !r->in_fields)
		r->block++;
	r->in_fields = head->kind == LINE_FIELD;
	if (head->kind == LINE_RULE) {
		add_unit(r, head->at, r->lines[end - 1].end, head, TEXT_RULE, TEXT_NO_LEAD, true);
	} else if (is_title(r, first, end)) {
		add_unit(r, head->at, r->lines[end - 1].end, head, TEXT_HEADING, TEXT_NO_LEAD, true);
		r->leads_n = 0;
	} else {
		add_sentences(r, head, r->lines[end - 1].end, is_item(r, first, end) ? TEXT_ITEM : TEXT_SENTENCE);
	}
}

size_t
text_units(const char *text, size_t len, struct text_unit **ret)
{
	struct reader r = {.text = text};

	read_lines(&r, len);
	for (size_t i = 0; i < r.lines_n;) {
		size_t end = i + 1;

		if (r.lines[i].kind == LINE_BLANK) {
			i++;
			continue;
		}
		if (!stands_alone(&r, i))
			while (end < r.lines_n && !begins_block(&r, i, end))
				end++;
		take_block(&r, i, end);
		i = end;
	}
	free(r.lines);
	*ret = r.units;
	return r.n;
}
