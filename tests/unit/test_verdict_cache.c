/* Verdicts that are known: by what they are found, and which go first. */

#include <stdio.h>
#include <string.h>

#include "cmocka_all.h"

#include "base/util.h"
#include "dispatch/verdict_cache.h"

static const uint8_t object[32] = {1}, other[32] = {2};

static struct payload *
said(size_t len)
{
	struct payload *p = payload_alloc(len);

	memset(p->data, 'x', len);
	return p;
}

static void
put(struct verdict_cache *cache, unsigned n, size_t len)
{
	_cleanup_(payload_unref) struct payload *p = said(len);
	char key[VERDICT_KEY];

	snprintf(key, sizeof(key), "%064u", n);
	verdict_cache_put(cache, key, p);
}

static struct payload *
get(struct verdict_cache *cache, unsigned n)
{
	char key[VERDICT_KEY];

	snprintf(key, sizeof(key), "%064u", n);
	return verdict_cache_get(cache, key);
}

/* Each part of what was judged counts, and where it ends. */
static void
keys_differ(void **state)
{
	_cleanup_(payload_unref) struct payload *a = payload_text("{}"), *b = payload_text("{} "),
						*ab = payload_text("{}{}");
	_cleanup_(payload_unref) struct payload *none = payload_text("");
	static char *sources[] = {"terms", NULL};
	struct run one = {.client = "uid:1"}, two = {.client = "uid:2"},
		   three = {.client = "uid:1", .sources = sources};
	uint64_t first = 1, second = 2;
	char keys[11][VERDICT_KEY], again[VERDICT_KEY];

	(void)state;
	verdict_cache_key(keys[0], &one, object, a, b, NULL);
	verdict_cache_key(keys[1], &two, object, a, b, NULL);
	verdict_cache_key(keys[2], &one, other, a, b, NULL);
	verdict_cache_key(keys[3], &one, object, b, b, NULL);
	verdict_cache_key(keys[4], &one, object, a, a, NULL);
	verdict_cache_key(keys[5], &one, object, ab, none, NULL);
	verdict_cache_key(keys[6], &one, object, none, ab, NULL);
	verdict_cache_key(keys[7], &one, object, a, b, &first);
	verdict_cache_key(keys[8], &one, object, a, b, &second);
	verdict_cache_key(keys[9], &three, object, a, b, &first);
	verdict_cache_key(keys[10], &two, object, a, b, &first);
	verdict_cache_key(again, &three, object, a, b, NULL); /* who reads none of them has them not in it */
	assert_string_equal(keys[0], again);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(keys[i], keys[k]);
	}
}

static void
what_was_not_needed_goes_first(void **state)
{
	struct verdict_cache *cache;

	(void)state;
	verdict_cache_open(&cache);
	assert_null(get(cache, 1));
	for (unsigned i = 0; i < VERDICT_CACHE_MAX; i++)
		put(cache, i, 10);
	assert_non_null(get(cache, 0)); /* needed: now 1 is the one that was not for longest */
	put(cache, VERDICT_CACHE_MAX, 10);
	assert_non_null(get(cache, 0));
	assert_null(get(cache, 1));
	assert_non_null(get(cache, 2));
	put(cache, 2, 20); /* what is known stays as it is */
	assert_int_equal(get(cache, 2)->len, 10);
	verdict_cache_close(&cache);
	assert_null(cache);
}

static void
bytes_are_bounded(void **state)
{
	struct verdict_cache *cache;
	unsigned kept = 0, n = 2 * VERDICT_CACHE_BYTES / VERDICT_CACHE_EACH;

	(void)state;
	verdict_cache_open(&cache);
	put(cache, 0, VERDICT_CACHE_EACH + 1);
	assert_null(get(cache, 0));
	for (unsigned i = 1; i <= n; i++)
		put(cache, i, VERDICT_CACHE_EACH);
	for (unsigned i = 1; i <= n; i++)
		kept += get(cache, i) != NULL;
	assert_in_range(kept, 1, VERDICT_CACHE_BYTES / VERDICT_CACHE_EACH);
	assert_non_null(get(cache, n));
	verdict_cache_close(&cache);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keys_differ),
	    cmocka_unit_test(what_was_not_needed_goes_first),
	    cmocka_unit_test(bytes_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
