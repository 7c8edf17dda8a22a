/* Looking at lines. */

#include <string.h>

#include "memory/lines.h"

#define HEADING_MAX 100
#define TITLE_MAX   80

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

struct line
line_at(const char *text, size_t len, size_t at)
{
	const char *newline = memchr(text + at, '\n', len - at);
	size_t end = newline == NULL ? len : (size_t)(newline - text);
	struct line l = {.from = at, .to = end, .next = newline == NULL ? len : end + 1};

	for (; l.from < end && is_blank(text[l.from]); l.from++)
		l.indent = text[l.from] == '\t' ? (l.indent / 8 + 1) * 8 : l.indent + 1;
	while (l.to > l.from && is_blank(text[l.to - 1]))
		l.to--;
	l.blank =
	    l.from == l.to || (l.to - l.from == 1 && (text[l.from] == '*' || (text[l.from] == '.' && l.indent > 0)));
	return l;
}

/* ---- Markers --------------------------------------------------------------------------------------------------------- */

/* Past "12", "2.1", "iv" or "b" at `at`; `at` itself where there is none. */
static size_t
skip_label(const char *text, const struct line *l, size_t at, enum marker *ret)
{
	size_t begin = at;

	if (is_digit(text[at])) {
		while (at < l->to && at - begin < 12 &&
		       (is_digit(text[at]) || (text[at] == '.' && at + 1 < l->to && is_digit(text[at + 1]))))
			at++;
		*ret = MARKER_NUMBER;
		return at;
	}
	while (at < l->to && at - begin < 5 && strchr("ivxIVX", text[at]) != NULL && text[at] != '\0')
		at++;
	if (at == begin && (is_lower(text[at]) || is_upper(text[at])))
		at++;
	*ret = MARKER_LETTER;
	return at;
}

enum marker
line_marker(const char *text, const struct line *l, size_t *ret_words)
{
	bool open = text[l->from] == '(';
	size_t begin = l->from + (open ? 1 : 0), at;
	enum marker kind;

	if (l->to - l->from < 3)
		return MARKER_NONE;
	if (strchr("-*+o", text[l->from]) != NULL && is_blank(text[l->from + 1])) {
		*ret_words = l->from + 2;
		return MARKER_BULLET;
	}
	if (memcmp(text + l->from, "\xe2\x80\xa2", 3) == 0) {
		*ret_words = l->from + 3;
		return MARKER_BULLET;
	}
	at = skip_label(text, l, begin, &kind);
	if (at == begin || at + 1 >= l->to)
		return MARKER_NONE;
	if (open ? text[at] != ')' : text[at] != ')' && text[at] != '.') {
		/* "2.1 Scope": more than one number needs nothing behind it */
		if (open || kind != MARKER_NUMBER || memchr(text + begin, '.', at - begin) == NULL ||
		    !is_blank(text[at]) || is_lower(text[at + 1]))
			return MARKER_NONE; /* "2.1 of this License" goes on from the line above */
		*ret_words = at + 1;
		return kind;
	}
	if (!is_blank(text[at + 1]) || (text[at] == '.' && kind == MARKER_LETTER && is_upper(text[begin])))
		return MARKER_NONE; /* "A. Author" is a name */
	*ret_words = at + 2;
	return kind;
}

bool
line_option(const char *text, const struct line *l)
{
	const char *s = text + l->from;
	size_t len = l->to - l->from;

	if (len < 2 || s[0] != '-')
		return false;
	if (s[1] == '-')
		return len > 2 && is_lower(s[2]);
	return (is_lower(s[1]) || is_upper(s[1]) || is_digit(s[1])) &&
	       (len == 2 || is_blank(s[2]) || s[2] == ',' || s[2] == '=' || s[2] == '[');
}

char
line_rule(const char *text, const struct line *l)
{
	char c = text[l->from];

	if (l->blank || l->to - l->from < 3 || strchr("=-~^*#+_", c) == NULL)
		return 0;
	for (size_t at = l->from; at < l->to; at++)
		if (text[at] != c)
			return 0;
	return c;
}

/* ---- Headings -------------------------------------------------------------------------------------------------------- */

struct looks {
	size_t words, capitalised,
	    long_words;      /* of more than three letters, and how many of those begin with a capital */
	size_t upper, lower; /* letters */
};

static struct looks
look(const char *text, size_t from, size_t to)
{
	struct looks k = {0};

	for (size_t at = from; at < to;) {
		size_t begin;

		while (at < to && is_blank(text[at]))
			at++;
		begin = at;
		for (; at < to && !is_blank(text[at]); at++) {
			k.upper += is_upper(text[at]);
			k.lower += is_lower(text[at]) || (unsigned char)text[at] >= 0x80;
		}
		k.words += at > begin;
		if (at - begin > 3) {
			k.long_words++;
			k.capitalised += is_upper(text[begin]) || text[begin] == '"';
		}
	}
	return k;
}

static bool
begins(const char *text, size_t to, size_t at, const char *with)
{
	size_t n = strlen(with);

	return to - at >= n && memcmp(text + at, with, n) == 0;
}

/* An address, a copyright line, a list of names, code: what stands alone and leads nothing. */
static bool
leads_nothing(const char *text, size_t from, size_t to)
{
	size_t commas = 0;

	for (size_t at = from; at < to; at++)
		switch (text[at]) {
		case ',':
			if (++commas > 3)
				return true;
			break;
		case '@':
		case '\\':
			return true;
		case ':':
			if (begins(text, to, at, "://"))
				return true;
			break;
		case '(':
			if (begins(text, to, at, "(C)") || begins(text, to, at, "(c)") || begins(text, to, at, "();"))
				return true;
			break;
		case ' ':
			if (begins(text, to, at, " = "))
				return true;
			break;
		case 'C':
			if (begins(text, to, at, "Copyright"))
				return true;
			break;
		case '\xc2':
			if (begins(text, to, at, "\xc2\xa9"))
				return true;
			break;
		default:
			break;
		}
	return false;
}

/* "hospes (1.0-1) unstable; urgency=low": what a version in a changelog begins with. */
static bool
is_release(const char *text, const struct line *l)
{
	return l->indent == 0 && memmem(text + l->from, l->to - l->from, "; urgency=", 10) != NULL;
}

static unsigned
number_depth(const char *text, size_t from, size_t to)
{
	unsigned depth = 1;

	for (size_t at = from; at + 1 < to && !is_blank(text[at]); at++)
		depth += text[at] == '.' && is_digit(text[at + 1]);
	return depth;
}

static unsigned
numbered_heading(const char *text, const struct line *l, size_t words)
{
	struct looks k = look(text, words, l->to);

	while (words < l->to && is_blank(text[words]))
		words++;
	if (l->to - l->from > TITLE_MAX || words >= l->to || !is_upper(text[words]) || k.words > 10)
		return 0;
	if (k.capitalised * 2 < k.long_words || strchr(";,:", text[l->to - 1]) != NULL)
		return 0;
	return LEVEL_NUMBERED + number_depth(text, l->from, l->to);
}

/* A line that begins with a capital. */
static unsigned
title_level(const char *text, const struct line *l)
{
	struct looks k = look(text, l->from, l->to);
	char last = text[l->to - 1];

	if (k.upper + k.lower < 3)
		return 0;
	if (last == ':')
		return k.words <= 4 ? LEVEL_COLON : 0;
	if (k.lower == 0 && k.upper > 3 && last != '.')
		return LEVEL_CAPITALS;
	if (l->to - l->from > TITLE_MAX || k.words > 10)
		return 0;
	if (last == '.') /* "Section 1. Definitions." and no sentence */
		return k.words <= 8 && k.capitalised == k.long_words && k.long_words > 0 ? LEVEL_TITLE : 0;
	return LEVEL_TITLE;
}

unsigned
line_heading(const char *text, const struct line *l)
{
	size_t len = l->to - l->from, words;
	char last = text[l->to - 1];
	unsigned hashes = 0, level;
	enum marker marker;

	while (hashes < len && text[l->from + hashes] == '#')
		hashes++;
	if (hashes > 0)
		return hashes <= 6 && l->indent < 4 && hashes < len && is_blank(text[l->from + hashes]) &&
			       len <= HEADING_MAX
			   ? hashes
			   : 0;
	if (len > HEADING_MAX || line_rule(text, l) != 0 || line_option(text, l))
		return 0;
	if (is_release(text, l))
		return LEVEL_RULED;
	marker = line_marker(text, l, &words);
	if (marker == MARKER_NUMBER)
		return numbered_heading(text, l, words);
	if (marker != MARKER_NONE || !(is_upper(text[l->from]) || text[l->from] == '"') || strchr(";,!?", last) != NULL)
		return 0;
	level = title_level(text, l);
	return level != 0 && leads_nothing(text, l->from, l->to) ? 0 : level;
}

bool
line_title(const char *text, const struct line *l)
{
	struct looks k = look(text, l->from, l->to);
	unsigned char first = (unsigned char)text[l->from];

	if (!is_upper(text[l->from]) && !is_digit(text[l->from]) && text[l->from] != '"' && text[l->from] != '(' &&
	    (first < 0xc3 || first == 0xe2))
		return false;
	return k.capitalised * 2 >= k.long_words && !leads_nothing(text, l->from, l->to);
}

bool
ends_sentence(const char *text, size_t from, size_t at)
{
	static const char *const short_words[] = {
	    "e.g.", "i.e.", "etc.", "Inc.", "cf.", "vs.", "No.", "Mr.", "Dr.", "St."};
	size_t end = at;

	while (end > from && strchr("\"')]", text[end - 1]) != NULL)
		end--;
	if (end == from || strchr(".;:?!", text[end - 1]) == NULL)
		return false;
	for (size_t i = 0; i < sizeof short_words / sizeof short_words[0]; i++) {
		size_t n = strlen(short_words[i]);

		if (end - from >= n && memcmp(text + end - n, short_words[i], n) == 0)
			return false;
	}
	/* an initial: "J. Doe" */
	return !(end - from >= 3 && text[end - 1] == '.' && is_upper(text[end - 2]) && is_blank(text[end - 3]));
}
