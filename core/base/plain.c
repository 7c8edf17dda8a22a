/*
 * Plain JSON: what most payloads are, recognised without making anything of it.
 *
 * A parser is asked where this says no: it takes more than is taken here, never less.  Not plain are \u escapes, numbers
 * of many digits or with an exponent, and objects of many members, since members may not have the same name.
 */

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/json.h"

#define LEVELS_MAX  32
#define MEMBERS_MAX 16
#define DIGITS_MAX  15

struct plain {
	const char *at, *end;
};

static bool value(struct plain *p, unsigned level);

static void
space(struct plain *p)
{
	while (p->at < p->end && (*p->at == ' ' || *p->at == '\n' || *p->at == '\t' || *p->at == '\r'))
		p->at++;
}

static bool
next_is(struct plain *p, char c)
{
	space(p);
	if (p->at == p->end || *p->at != c)
		return false;
	p->at++;
	return true;
}

#define ONES  0x0101010101010101u
#define HIGHS 0x8080808080808080u

#ifdef __SSE2__
static void
skip_sixteen(struct plain *p)
{
	const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'), control = _mm_set1_epi8(0x1f);

	for (; p->end - p->at >= 16; p->at += 16) {
		__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p->at),
			hits = _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, slash));

		/* min(byte, 31) is the byte itself for control characters alone */
		if (_mm_movemask_epi8(_mm_or_si128(hits, _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes))) != 0)
			return;
	}
}
#else
static void
skip_sixteen(struct plain *p)
{
	(void)p;
}
#endif

/* Over bytes that can neither end a string nor be wrong in one, many at a time. */
static void
skip_text(struct plain *p)
{
	skip_sixteen(p);
	for (; p->end - p->at >= 8; p->at += 8) {
		uint64_t word, quote, slash, control;

		memcpy(&word, p->at, sizeof(word));
		quote = word ^ (ONES * '"');
		slash = word ^ (ONES * '\\');
		control = (word - ONES * ' ') & ~word;
		if ((((quote - ONES) & ~quote) | ((slash - ONES) & ~slash) | control) & HIGHS)
			return;
	}
}

static bool
string(struct plain *p, bool escapes)
{
	if (!next_is(p, '"'))
		return false;
	for (skip_text(p); p->at < p->end; p->at++) {
		char c = *p->at;

		if (c == '"') {
			p->at++;
			return true;
		}
		if (c >= 0 && c < ' ')
			return false;
		if (c != '\\')
			continue;
		if (!escapes || ++p->at == p->end || strchr("\"\\/bfnrt", *p->at) == NULL || *p->at == '\0')
			return false;
	}
	return false;
}

static size_t
digits(struct plain *p)
{
	const char *from = p->at;

	while (p->at < p->end && *p->at >= '0' && *p->at <= '9')
		p->at++;
	return (size_t)(p->at - from);
}

static bool
number(struct plain *p)
{
	const char *first;
	size_t n;

	if (*p->at == '-')
		p->at++;
	first = p->at;
	n = digits(p);
	if (n == 0 || n > DIGITS_MAX || (n > 1 && *first == '0'))
		return false;
	if (p->at < p->end && *p->at == '.') {
		p->at++;
		n = digits(p);
		if (n == 0 || n > DIGITS_MAX)
			return false;
	}
	return p->at == p->end || (*p->at != 'e' && *p->at != 'E');
}

static bool
word(struct plain *p, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(p->end - p->at) < len || memcmp(p->at, text, len) != 0)
		return false;
	p->at += len;
	return true;
}

static bool
array(struct plain *p, unsigned level)
{
	p->at++;
	if (next_is(p, ']'))
		return true;
	do {
		if (!value(p, level + 1))
			return false;
	} while (next_is(p, ','));
	return next_is(p, ']');
}

struct name {
	const char *at;
	size_t len;
};

static bool
is_new(const struct name *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (names[i].len == names[n].len && memcmp(names[i].at, names[n].at, names[n].len) == 0)
			return false;
	}
	return true;
}

static bool
object(struct plain *p, unsigned level)
{
	struct name names[MEMBERS_MAX];
	size_t n = 0;

	p->at++;
	if (next_is(p, '}'))
		return true;
	do {
		space(p);
		if (n == MEMBERS_MAX)
			return false;
		names[n].at = p->at;
		if (!string(p, false))
			return false;
		names[n].len = (size_t)(p->at - names[n].at);
		if (!is_new(names, n) || !next_is(p, ':') || !value(p, level + 1))
			return false;
		n++;
	} while (next_is(p, ','));
	return next_is(p, '}');
}

static bool
value(struct plain *p, unsigned level)
{
	space(p);
	if (p->at == p->end || level > LEVELS_MAX)
		return false;
	switch (*p->at) {
	case '{':
		return object(p, level);
	case '[':
		return array(p, level);
	case '"':
		return string(p, true);
	case 't':
		return word(p, "true");
	case 'f':
		return word(p, "false");
	case 'n':
		return word(p, "null");
	default:
		return number(p);
	}
}

bool
json_plain(const char *text, size_t len, size_t *at)
{
	struct plain p = {.at = text + *at, .end = text + len};

	if (!value(&p, 0))
		return false;
	space(&p);
	*at = (size_t)(p.at - text);
	return true;
}
