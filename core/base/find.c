/*
 * Looking for a few bytes among many: sixteen places at a time are compared with the first and the last of them, and only where
 * both are there with the rest.
 */

#include "config.h"

#include "base/find.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#ifdef __SSE2__
static __m128i
sixteen(const uint8_t *at)
{
	return _mm_loadu_si128((const __m128i *)(const void *)at);
}

struct wanted {
	const uint8_t *bytes;
	size_t n;
	__m128i first, last; /* sixteen of each */
};

/* Begins it in the sixteen bytes at `at`?  So many and n - 1 more can be read. */
static inline const uint8_t *
among_sixteen(const uint8_t *at, const struct wanted *w)
{
	__m128i both =
	    _mm_and_si128(_mm_cmpeq_epi8(sixteen(at), w->first), _mm_cmpeq_epi8(sixteen(at + w->n - 1), w->last));

	for (unsigned places = (unsigned)_mm_movemask_epi8(both); places != 0; places &= places - 1) {
		const uint8_t *place = at + __builtin_ctz(places);

		if (memcmp(place, w->bytes, w->n) == 0)
			return place;
	}
	return NULL;
}

const void *
bytes_find(const void *among, size_t len, const void *bytes, size_t n)
{
	const uint8_t *at = among, *found = NULL, *last;
	struct wanted w = {.bytes = bytes, .n = n};

	assert(n > 0);
	if (len < n + 15)
		return memmem(among, len, bytes, n);
	w.first = _mm_set1_epi8((char)w.bytes[0]);
	w.last = _mm_set1_epi8((char)w.bytes[n - 1]);
	last = at + len - (n + 15); /* of the places from which sixteen can be looked at */
	while (at < last && (found = among_sixteen(at, &w)) == NULL)
		at += 16;
	return found != NULL ? found : among_sixteen(last, &w);
}
#else
const void *
bytes_find(const void *among, size_t len, const void *bytes, size_t n)
{
	assert(n > 0);
	return memmem(among, len, bytes, n);
}
#endif
