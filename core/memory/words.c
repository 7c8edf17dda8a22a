/*
 * Reading words.
 *
 * Texts repeat themselves: a cache of a few thousand words, each with its stem, answers nine of ten.  Its slots also remember in
 * which text the word was seen last, so that an index which does not count needs to be told of each word once a passage.
 */

#include <assert.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "memory/words.h"

#define SLOTS    8192
#define SLOT_MAX 28 /* bytes of a word that has one */

/* A line of the processor's cache: nearly all the time that a word takes is waiting for its slot. */
struct slot {
	uint8_t len, stem_len; /* 0: empty */
	bool small;
	uint32_t seen;                       /* in which text */
	char word[SLOT_MAX], stem[SLOT_MAX]; /* zeros behind the word, so that it is compared four bytes at a time */
};
static_assert(sizeof(struct slot) == 64, "a line");

struct words {
	alignas(64) struct slot slots[SLOTS];
	uint32_t text;
	char long_word[WORD_MAX + 8], long_stem[WORD_MAX + 8]; /* the last that has no slot */
};

/* What a byte of ASCII becomes: 0 ends a word. */
static const char fold_ascii[128] = {['0'] = '0',
    ['1'] = '1',
    ['2'] = '2',
    ['3'] = '3',
    ['4'] = '4',
    ['5'] = '5',
    ['6'] = '6',
    ['7'] = '7',
    ['8'] = '8',
    ['9'] = '9',
    ['A'] = 'a',
    ['B'] = 'b',
    ['C'] = 'c',
    ['D'] = 'd',
    ['E'] = 'e',
    ['F'] = 'f',
    ['G'] = 'g',
    ['H'] = 'h',
    ['I'] = 'i',
    ['J'] = 'j',
    ['K'] = 'k',
    ['L'] = 'l',
    ['M'] = 'm',
    ['N'] = 'n',
    ['O'] = 'o',
    ['P'] = 'p',
    ['Q'] = 'q',
    ['R'] = 'r',
    ['S'] = 's',
    ['T'] = 't',
    ['U'] = 'u',
    ['V'] = 'v',
    ['W'] = 'w',
    ['X'] = 'x',
    ['Y'] = 'y',
    ['Z'] = 'z',
    ['a'] = 'a',
    ['b'] = 'b',
    ['c'] = 'c',
    ['d'] = 'd',
    ['e'] = 'e',
    ['f'] = 'f',
    ['g'] = 'g',
    ['h'] = 'h',
    ['i'] = 'i',
    ['j'] = 'j',
    ['k'] = 'k',
    ['l'] = 'l',
    ['m'] = 'm',
    ['n'] = 'n',
    ['o'] = 'o',
    ['p'] = 'p',
    ['q'] = 'q',
    ['r'] = 'r',
    ['s'] = 's',
    ['t'] = 't',
    ['u'] = 'u',
    ['v'] = 'v',
    ['w'] = 'w',
    ['x'] = 'x',
    ['y'] = 'y',
    ['z'] = 'z'};

/* U+00C0 to U+017F without their marks; a blank stays as it is. */
static const char fold_latin[] = "aaaaaa ceeeeiiii nooooo ouuuuy  aaaaaa ceeeeiiii nooooo ouuuuy y"
				 "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii  jjkk llllll  "
				 "llnnnnnn   oooooo  rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
static_assert(sizeof fold_latin == 0x180 - 0xc0 + 1, "U+00C0 to U+017F");

struct words *
words_new(void)
{
	struct words *w = aligned_alloc(alignof(struct words), sizeof *w);

	if (w == NULL)
		abort(); /* as xcalloc does */
	memset(w, 0, sizeof *w);
	return w;
}

void
words_free(struct words **w)
{
	free(*w);
	*w = NULL;
}

void
words_begin(struct words *w)
{
	if (++w->text == 0) /* once in four thousand million texts */
		memset(w, 0, sizeof *w);
}

bool
words_small(const char *word, size_t len)
{
	static const char *const small[] = {"a", "an", "and", "are", "as", "at", "be", "been", "but", "by", "for",
	    "from", "had", "has", "have", "he", "her", "his", "if", "in", "into", "is", "it", "its", "of", "on", "or",
	    "our", "she", "so", "such", "than", "that", "the", "their", "them", "then", "there", "these", "they",
	    "this", "those", "to", "was", "we", "were", "which", "will", "with", "would", "you", "your"};

	if (len > 5)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(small); i++)
		if (strncmp(small[i], word, len) == 0 && small[i][len] == '\0')
			return true;
	return false;
}

/* ---- Characters beyond ASCII --------------------------------------------------------------------------------------- */

/* One character of UTF-8 that is known to be well formed; of what is not, one byte. */
static uint32_t
decode(const unsigned char *s, size_t left, size_t *ret_len)
{
	if (s[0] >= 0xf0 && left >= 4) {
		*ret_len = 4;
		return (uint32_t)(s[0] & 7) << 18 | (uint32_t)(s[1] & 63) << 12 | (uint32_t)(s[2] & 63) << 6 |
		       (s[3] & 63);
	}
	if (s[0] >= 0xe0 && left >= 3) {
		*ret_len = 3;
		return (uint32_t)(s[0] & 15) << 12 | (uint32_t)(s[1] & 63) << 6 | (s[2] & 63);
	}
	if (s[0] >= 0xc0 && left >= 2) {
		*ret_len = 2;
		return (uint32_t)(s[0] & 31) << 6 | (s[1] & 63);
	}
	*ret_len = 1;
	return 0xfffd;
}

static bool
ends_word(uint32_t c)
{
	return c < 0xaa || (c > 0xaa && c < 0xb5) || (c > 0xb5 && c < 0xba) || (c > 0xba && c < 0xc0) || c == 0xd7 ||
	       c == 0xf7 || (c >= 0x2000 && c < 0x2c00) || (c >= 0x3000 && c < 0x3005) || (c > 0x3007 && c < 0x3041) ||
	       (c >= 0xe000 && c < 0xf900) || (c >= 0xfe00 && c < 0xfe70) || (c >= 0xff00 && c < 0xff10) ||
	       (c >= 0xfff0 && c < 0x10000);
}

/* Scripts that put no blanks between words: each character is one. */
static bool
stands_alone(uint32_t c)
{
	return (c >= 0x3041 && c < 0xa000) || (c >= 0xf900 && c < 0xfb00) || (c >= 0x20000 && c < 0x40000);
}

static uint32_t
fold(uint32_t c)
{
	if (c >= 0xc0 && c - 0xc0 < sizeof fold_latin - 1) {
		char plain = fold_latin[c - 0xc0];

		if (plain != ' ')
			return (uint32_t)plain;
		return c < 0xdf ? c + 32 : c;
	}
	if ((c >= 0x391 && c <= 0x3a9) || (c >= 0x410 && c <= 0x42f))
		return c + 32;
	if (c >= 0x400 && c <= 0x40f)
		return c + 80;
	return c;
}

static size_t
encode(uint32_t c, char out[4])
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 63));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 63));
		out[2] = (char)(0x80 | (c & 63));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 63));
	out[2] = (char)(0x80 | (c >> 6 & 63));
	out[3] = (char)(0x80 | (c & 63));
	return 4;
}

/* ---- Words -------------------------------------------------------------------------------------------------------- */

/* A word that has been read as far as it fits. */
struct reading {
	char word[WORD_MAX + 8];
	size_t len;
	uint32_t hash;
	bool plain; /* small letters of English only */
};

static void
add_byte(struct reading *r, char c)
{
	r->word[r->len++] = c;
	r->hash = (r->hash ^ (unsigned char)c) * 16777619u;
}

/* A character beyond ASCII joins the word; false: it ends it, or is a word of its own. */
static bool
read_wide(struct reading *r, const char *text, size_t len, size_t *at)
{
	size_t step;
	uint32_t c = decode((const unsigned char *)text + *at, len - *at, &step);
	char out[4];
	size_t n;

	if (c >= 0x300 && c < 0x370) { /* a mark on its own is left out */
		*at += step;
		return true;
	}
	if (ends_word(c) || (stands_alone(c) && r->len > 0))
		return false;
	n = encode(fold(c), out);
	if (n > 1)
		r->plain = false;
	if (r->len + n <= WORD_MAX)
		for (size_t i = 0; i < n; i++)
			add_byte(r, out[i]);
	*at += step;
	return !stands_alone(c);
}

/* Bytes of what divides a word at the end of a line, "hyphe‐" and "nated" of a manual page, or may divide one: U+2010 with a
 * line's end and the blanks of the next, a soft hyphen with or without; 0: nothing does here. */
static size_t
divides(const char *text, size_t len, size_t at)
{
	bool hyphen = len - at > 4 && memcmp(text + at, "\xe2\x80\x90\n", 4) == 0;
	bool soft = len - at > 2 && memcmp(text + at, "\xc2\xad", 2) == 0;
	size_t to = at + (hyphen ? 4 : soft ? 2 : 0);

	if (to == at)
		return 0;
	if (soft && text[to] == '\n')
		to++;
	while (text[to - 1] != '\xad' && to < len && (text[to] == ' ' || text[to] == '\t'))
		to++;
	return to < len && text[to] >= 'a' && text[to] <= 'z' ? to - at : 0;
}

static void
read_word(struct reading *r, const char *text, size_t len, size_t *at)
{
	r->len = 0;
	r->hash = 2166136261u;
	r->plain = true;
	while (*at < len) {
		unsigned char b = (unsigned char)text[*at];

		if (b >= 0x80) {
			size_t mark = r->len > 0 ? divides(text, len, *at) : 0;

			if (mark == 0 && !read_wide(r, text, len, at))
				return;
			*at += mark;
			continue;
		}
		if (fold_ascii[b] == 0)
			return;
		if (b <= '9')
			r->plain = false;
		if (r->len < WORD_MAX)
			add_byte(r, fold_ascii[b]);
		++*at;
	}
}

/* To where a word may begin. */
static void
skip(const char *text, size_t len, size_t *at)
{
	while (*at < len) {
		unsigned char b = (unsigned char)text[*at];
		size_t step = 1;

		if (b < 0x80 ? fold_ascii[b] != 0
			     : !ends_word(decode((const unsigned char *)text + *at, len - *at, &step)))
			return;
		*at += step;
	}
}

static bool
same_word(const char *a, const char *b, size_t len)
{
	for (size_t at = 0; at < len; at += 4) {
		uint32_t x, y;

		memcpy(&x, a + at, sizeof x);
		memcpy(&y, b + at, sizeof y);
		if (x != y)
			return false;
	}
	return true;
}

static struct slot *
look_up(struct words *w, struct reading *r)
{
	struct slot *s = &w->slots[(r->hash ^ r->hash >> 15) % SLOTS];

	memset(r->word + r->len, 0, 8);
	if (s->len == r->len && same_word(s->word, r->word, r->len))
		return s;
	s->len = (uint8_t)r->len;
	memcpy(s->word, r->word, (r->len + 3) & ~(size_t)3);
	memcpy(s->stem, r->word, r->len);
	s->small = words_small(r->word, r->len);
	s->stem_len = (uint8_t)(r->plain ? stem_word(s->stem, r->len) : r->len);
	s->seen = 0;
	return s;
}

/* Seldom, and never one of the smallest: stemmed each time, and told each time. */
static struct word
long_word(struct words *w, const struct reading *r)
{
	memcpy(w->long_word, r->word, r->len);
	memcpy(w->long_stem, r->word, r->len);
	return (struct word){.stem = w->long_stem,
	    .len = r->plain ? stem_word(w->long_stem, r->len) : r->len,
	    .word = w->long_word,
	    .word_len = r->len};
}

static struct word
short_word(struct words *w, struct reading *r, bool *ret_small)
{
	struct slot *s = look_up(w, r);
	struct word word = {
	    .stem = s->stem, .len = s->stem_len, .word = s->word, .word_len = s->len, .again = s->seen == w->text};

	*ret_small = s->small;
	s->seen = w->text;
	return word;
}

bool
words_next(struct words *w, const char *text, size_t len, size_t *at, struct word *ret)
{
	size_t gap = 0;

	for (;;) {
		struct reading r;
		bool small = false;
		size_t from;

		skip(text, len, at);
		from = *at;
		if (from >= len)
			return false;
		read_word(&r, text, len, at);
		if (r.len == 0)
			continue;
		*ret = r.len < SLOT_MAX ? short_word(w, &r, &small) : long_word(w, &r);
		if (small) {
			gap++;
			continue;
		}
		ret->from = from;
		ret->to = *at;
		ret->gap = gap;
		return true;
	}
}
