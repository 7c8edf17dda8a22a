/* See brief.h. */

#include "common/brief.h"
#include "common/need.h"

#include <stdlib.h>
#include <string.h>

#define OPEN  "\xe2\x80\x9c" /* U+201C and U+201D: seldom in the texts that are quoted */
#define CLOSE "\xe2\x80\x9d"
#define SAYS  " says " OPEN
#define BUT   CLOSE ", but "
#define END   CLOSE "."

/* ---- White space ------------------------------------------------------------------------------------------------- */

/* Bytes of the white space here: that of ASCII, and the no-break spaces that documents are set with. */
static size_t
space(const char *at)
{
	if (*at == ' ' || (*at >= '\t' && *at <= '\r'))
		return 1;
	if (strncmp(at, "\xc2\xa0", 2) == 0)
		return 2;
	return strncmp(at, "\xe2\x80\xaf", 3) == 0 ? 3 : 0;
}

/* Does a word that was divided at the end of a line end here: "machine-" and then "readable"?  With '-' or U+2010. */
static bool
is_divided(const char *begin, const char *end)
{
	size_t n = end - begin >= 4 && memcmp(end - 3, "\xe2\x80\x90", 3) == 0 ? 3 : 1;

	if (end - begin < 2 || (n == 1 && end[-1] != '-'))
		return false;
	end -= n;
	return (end[-1] >= 'a' && end[-1] <= 'z') || (end[-1] >= 'A' && end[-1] <= 'Z');
}

/* The sign that begins every line but the first, '*' or '#' of a comment; 0 where there is none. */
static char
edge_of(const char *text)
{
	char edge = 0;

	while ((text = strchr(text, '\n')) != NULL) {
		size_t n;

		for (text++; *text != '\n' && (n = space(text)) > 0;)
			text += n;
		if (*text == '\0' || *text == '\n')
			continue;
		if (strchr("*#%>", *text) == NULL || (edge != 0 && edge != *text) ||
		    (text[1] != '\0' && space(text + 1) == 0))
			return 0;
		edge = *text;
	}
	return edge;
}

char *
brief_plain(const char *text)
{
	char *plain = need(malloc(strlen(text) + 1)), *to = plain, edge = edge_of(text);

	while (*text != '\0') {
		size_t n;
		bool white = false, line = false;

		for (; (n = space(text)) > 0 || (line && edge != 0 && *text == edge); text += n > 0 ? n : 1) {
			white = true;
			line = n > 0 && (line || *text == '\n');
		}
		if (white && to > plain && *text != '\0' && !(line && is_divided(plain, to)))
			*to++ = ' ';
		if (*text != '\0')
			*to++ = *text++;
	}
	*to = '\0';
	return plain;
}

/* ---- Marks of list items ----------------------------------------------------------------------------------------- */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "12", "3.2", "c", "iv": what is counted with. */
static size_t
counter(const char *at)
{
	size_t n = strspn(at, "0123456789.");

	if (n > 0)
		return is_digit(*at) && n <= 8 ? n - (at[n - 1] == '.') : 0;
	n = strspn(at, "ivxIVX");
	if (n > 0 && n <= 5)
		return n;
	return (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ? 1 : 0;
}

size_t
brief_mark(const char *plain)
{
	bool opened = *plain == '(';
	size_t n;

	if (strchr("-*+o", *plain) != NULL && *plain != '\0' && plain[1] == ' ')
		return 2;
	if (strncmp(plain, "\xe2\x80\xa2 ", 4) == 0 || strncmp(plain, "\xe2\x80\x93 ", 4) == 0)
		return 4;
	n = counter(plain + opened);
	if (n == 0)
		return 0;
	n += opened;
	if (plain[n] != ')' && (opened || plain[n] != '.'))
		return 0;
	return plain[n + 1] == ' ' ? n + 2 : 0;
}

/* ---- Points ------------------------------------------------------------------------------------------------------ */

char *
brief_lead(const char *document, const char *heading)
{
	char *plain = brief_plain(heading == NULL ? "" : heading), *lead;
	size_t len = strlen(plain), name = strlen(document);

	while (len > 0 && strchr(".:;,- ", plain[len - 1]) != NULL)
		len--;
	lead = need(malloc(name + len + sizeof(", : ")));
	memcpy(lead, document, name);
	if (len > 0) {
		memcpy(lead + name, ", ", 2);
		memcpy(lead + name + 2, plain, len);
		name += 2 + len;
	}
	memcpy(lead + name, ": ", 3);
	free(plain);
	return lead;
}

static size_t
without(const char *plain, size_t len, const char *signs)
{
	while (len > 0 && strchr(signs, plain[len - 1]) != NULL)
		len--;
	return len;
}

size_t
brief_joined(const char *plain)
{
	static const char *const joints[] = {" and", " or", " and/or"};
	size_t len = without(plain, strlen(plain), ", ");

	for (size_t i = 0; i < sizeof(joints) / sizeof(*joints); i++) {
		size_t n = strlen(joints[i]);

		/* "; and": behind another sign, or none, it is a sentence that was cut. */
		if (len > n && memcmp(plain + len - n, joints[i], n) == 0 && strchr(",;", plain[len - n - 1]) != NULL)
			len -= n;
	}
	return without(plain, len, ",; ");
}

/* Does a sentence, or a part of one that stands for itself, end before this place? */
static bool
after_end(const char *begin, const char *at)
{
	while (at > begin && strchr(" \"')]", at[-1]) != NULL)
		at--;
	return at == begin || strchr(".!?:;", at[-1]) != NULL;
}

bool
brief_is_quoted(const char *text, const char *quote)
{
	const char *item = quote + brief_mark(quote), *end = quote + brief_joined(quote);
	size_t len = strlen(text);

	if (len == 0)
		return false;
	for (const char *at = quote; (at = strstr(at, text)) != NULL; at++) {
		bool begins = at == item || at == quote || (at[-1] == ' ' && after_end(quote, at));
		bool ends = at + len == end || at[len] == '\0' || (at[len] == ' ' && after_end(at, at + len));

		if (begins && ends)
			return true;
	}
	return false;
}

/* ---- Contradictions ---------------------------------------------------------------------------------------------- */

char *
brief_contrast(const struct brief_side *a, const struct brief_side *b)
{
	const char *parts[] = {a->document, SAYS, a->quote, BUT, b->document, SAYS, b->quote, END};
	size_t len = 1;
	char *text, *at;

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		len += strlen(parts[i]);
	at = text = need(malloc(len));
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		at = stpcpy(at, parts[i]);
	return text;
}

/* Is `len` bytes of `text` quoted? */
static bool
part_is_quoted(const char *text, size_t len, const char *quote)
{
	char *part = need(strndup(text, len));
	bool is = brief_is_quoted(part, quote);

	free(part);
	return is;
}

/* What follows `word`, when `at` begins with it. */
static const char *
past(const char *at, const char *word)
{
	size_t n = strlen(word);

	return at != NULL && strncmp(at, word, n) == 0 ? at + n : NULL;
}

bool
brief_is_contrast(const char *text, const struct brief_side *a, const struct brief_side *b)
{
	const char *first = past(past(text, a->document), SAYS);
	size_t len = strlen(text), end = strlen(END);

	if (first == NULL || len < end || strcmp(text + len - end, END) != 0)
		return false;
	/* The quotes may have the fixed words in them: any place may be the one between the two. */
	for (const char *but = first; (but = strstr(but, BUT)) != NULL; but++) {
		const char *second = past(past(but + strlen(BUT), b->document), SAYS);

		if (second == NULL || second > text + len - end)
			continue;
		if (part_is_quoted(first, (size_t)(but - first), a->quote) &&
		    part_is_quoted(second, (size_t)(text + len - end - second), b->quote))
			return true;
	}
	return false;
}
