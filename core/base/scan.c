/*
 * The one look that the host takes at foreign text: is it UTF-8, and how deep are its brackets.
 *
 * One pass.  Eight bytes at a time are skipped while none of them can matter: outside a string a bracket, a quote or a
 * byte over 127, inside a string a quote, a backslash or a byte over 127.  What is not JSON is looked at in the same
 * way; for whatever a JSON parser accepts, the two agree on where strings are.
 */

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/buf.h"

#define ONES  0x0101010101010101u
#define HIGHS 0x8080808080808080u

/* The high bit of each byte that equals `c`; bits above the lowest one may be wrong, so only that one is used. */
static inline uint64_t
bytes_equal(uint64_t word, uint8_t c)
{
	uint64_t x = word ^ (ONES * c);

	return (x - ONES) & ~x & HIGHS;
}

static inline uint64_t
word_at(const uint8_t *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof word);
	return word;
}

/* Length of the well-formed character at `at`, 0 when it is none (RFC 3629: shortest form, no surrogates). */
static size_t
utf8_step(const uint8_t *at, const uint8_t *end)
{
	size_t left = (size_t)(end - at);
	uint8_t c = at[0];

	if (c < 0x80)
		return 1;
	if (c < 0xc2 || c > 0xf4)
		return 0;
	if (left < 2 || (at[1] & 0xc0) != 0x80)
		return 0;
	if (c < 0xe0)
		return 2;
	if (left < 3 || (at[2] & 0xc0) != 0x80)
		return 0;
	if (c < 0xf0) {
		if ((c == 0xe0 && at[1] < 0xa0) || (c == 0xed && at[1] > 0x9f))
			return 0;
		return 3;
	}
	if (left < 4 || (at[3] & 0xc0) != 0x80)
		return 0;
	if ((c == 0xf0 && at[1] < 0x90) || (c == 0xf4 && at[1] > 0x8f))
		return 0;
	return 4;
}

/* Over characters beyond ASCII, as they come in rows; stops at the first byte that is none. */
static const uint8_t *
skip_characters(const uint8_t *at, const uint8_t *end)
{
	size_t n;

	while (at < end && *at >= 0x80 && (n = utf8_step(at, end)) > 0)
		at += n;
	return at;
}

bool
utf8_valid(const void *data, size_t len)
{
	const uint8_t *at = data, *end = at + len;

	while (at < end) {
		size_t n;

		if (end - at >= 8 && (word_at(at) & HIGHS) == 0) {
			at += 8;
			continue;
		}
		n = utf8_step(at, end);
		if (n == 0)
			return false;
		at += n;
	}
	return true;
}

#ifdef __SSE2__
/* Of sixteen bytes, as bits: those that may matter. */
static unsigned
hits_of(const uint8_t *at, bool in_string)
{
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at),
		hits = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));

	if (in_string) {
		hits = _mm_or_si128(hits, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
	} else {
		__m128i either = _mm_or_si128(bytes, _mm_set1_epi8(0x20));

		hits = _mm_or_si128(hits, _mm_cmpeq_epi8(either, _mm_set1_epi8('{')));
		hits = _mm_or_si128(hits, _mm_cmpeq_epi8(either, _mm_set1_epi8('}')));
	}
	return (unsigned)_mm_movemask_epi8(_mm_or_si128(hits, bytes)); /* the high bit of a byte over 127 is set */
}

/* The same sixteen at a time, where a machine has words of that size.  The last sixteen may begin before `at`, but not before
 * `from`. */
static const uint8_t *
skip_sixteen(const uint8_t *from, const uint8_t *at, const uint8_t *end, bool in_string)
{
	unsigned hits = 0;

	for (; end - at >= 16; at += 16) {
		hits = hits_of(at, in_string);
		if (hits != 0)
			return at + __builtin_ctz(hits);
	}
	if (at == end || end - from < 16)
		return at;
	hits = hits_of(end - 16, in_string) >> (16 - (end - at));
	return hits == 0 ? end : at + __builtin_ctz(hits);
}
#else
static const uint8_t *
skip_sixteen(const uint8_t *from, const uint8_t *at, const uint8_t *end, bool in_string)
{
	(void)from, (void)end, (void)in_string;
	return at;
}
#endif

/* The next byte that may matter. */
static const uint8_t *
skip_plain(const uint8_t *from, const uint8_t *at, const uint8_t *end, bool in_string)
{
	at = skip_sixteen(from, at, end, in_string);
	for (; end - at >= 8; at += 8) {
		uint64_t word = word_at(at), hits = (word & HIGHS) | bytes_equal(word, '"');

		if (in_string)
			hits |= bytes_equal(word, '\\');
		else /* the two pairs of brackets differ in one bit, which is set in the curly ones */
			hits |= bytes_equal(word | ONES * 0x20, '{') | bytes_equal(word | ONES * 0x20, '}');
		if (hits != 0)
			return at + (__builtin_ctzll(hits) >> 3);
	}
	return at;
}

static int
not_utf8(const char *what, const uint8_t *start, const uint8_t *at, struct fault *fault)
{
	return fault_set(fault, HOSPES_EINPUT,
	    "%s must be UTF-8, and byte 0x%02x at position %zu does not belong there", what, *at, (size_t)(at - start));
}

static bool
is_critical(const uint8_t *at, const uint8_t *end)
{
	static const char rest[] = "critical\"";

	return (size_t)(end - at) >= sizeof(rest) - 1 && memcmp(at, rest, sizeof(rest) - 1) == 0;
}

int
payload_scan(const void *data, size_t len, size_t max, const char *what, struct fault *fault)
{
	uint8_t seen;

	return payload_look(data, len, max, what, &seen, fault);
}

int
payload_look(const void *data, size_t len, size_t max, const char *what, uint8_t *seen, struct fault *fault)
{
	const uint8_t *start = data, *at = start, *end = start + len;
	bool in_string = false;
	unsigned depth = 0;

	*seen = 0;
	if (len == 0)
		return 0;
	if (len > max)
		return fault_set(fault, HOSPES_ETOOLARGE, "%s has %zu bytes and the limit is %zu", what, len, max);
	while ((at = skip_plain(start, at, end, in_string)) < end) {
		uint8_t c = *at;

		if (c >= 0x80) {
			at = skip_characters(at, end);
			if (at < end && *at >= 0x80)
				return not_utf8(what, start, at, fault);
			continue;
		}
		at++;
		if (c == '"') {
			in_string = !in_string;
			if (in_string && at < end && *at == 'c' && is_critical(at, end))
				*seen |= PAYLOAD_CRITICAL;
		} else if (in_string) {
			*seen |= c == '\\' ? PAYLOAD_ESCAPES : 0;
			/* An escaped quote ends nothing; an escaped byte over 127 is looked at as usual. */
			at += c == '\\' && at < end && *at < 0x80;
		} else if ((c == '[' || c == '{') && ++depth > PAYLOAD_NESTING)
			return fault_set(fault, HOSPES_EINPUT,
			    "%s nests brackets more than %d deep, at position %zu; flatten it", what, PAYLOAD_NESTING,
			    (size_t)(at - 1 - start));
		else if ((c == ']' || c == '}') && depth > 0)
			depth--;
	}
	return 0;
}
