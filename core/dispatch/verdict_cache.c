/* Verdicts that are known, by the hash of what was judged.  See verdict_cache.h. */

#include "dispatch/verdict_cache.h"

#include <string.h>

#include <sodium.h>

#include "base/map.h"
#include "base/util.h"

#define EACH 256u /* bytes that an entry counts beside what it says */

struct known {
	char key[VERDICT_KEY];
	struct payload *said;
	TAILQ_ENTRY(known) used;
};

struct verdict_cache {
	struct map by_key;
	TAILQ_HEAD(known_list, known) used; /* the one that was needed last is the first */
	size_t n, bytes;
};

void
verdict_cache_open(struct verdict_cache **ret)
{
	struct verdict_cache *cache = xcalloc(1, sizeof(*cache));

	TAILQ_INIT(&cache->used);
	*ret = cache;
}

static void
drop(struct verdict_cache *cache, struct known *known)
{
	map_del(&cache->by_key, known->key);
	TAILQ_REMOVE(&cache->used, known, used);
	cache->n--;
	cache->bytes -= EACH + known->said->len;
	payload_unref(&known->said);
	free(known);
}

void
verdict_cache_close(struct verdict_cache **cachep)
{
	struct verdict_cache *cache = *cachep;

	*cachep = NULL;
	if (cache == NULL)
		return;
	while (!TAILQ_EMPTY(&cache->used))
		drop(cache, TAILQ_FIRST(&cache->used));
	map_free(&cache->by_key);
	free(cache);
}

/* With its length, so that no two lists of parts are the same bytes. */
static void
add(crypto_generichash_state *state, const void *data, size_t len)
{
	uint64_t n = len;

	crypto_generichash_update(state, (const unsigned char *)&n, sizeof(n));
	crypto_generichash_update(state, data, len);
}

/* Not the hash that a replay compares with: that one is quick, and somebody who wants to can find two texts with the same. */
void
verdict_cache_key(char out[VERDICT_KEY], const struct run *run, const uint8_t *object, const struct payload *config,
    const struct payload *shown, const uint64_t *documents)
{
	crypto_generichash_state state;
	uint8_t hash[32];

	crypto_generichash_init(&state, NULL, 0, sizeof(hash));
	add(&state, run->client, strlen(run->client));
	add(&state, object, 32);
	add(&state, config->data, config->len);
	add(&state, shown->data, shown->len);
	if (documents != NULL) {
		add(&state, documents, sizeof(*documents));
		for (char **source = run->sources; source != NULL && *source != NULL; source++)
			add(&state, *source, strlen(*source));
	}
	crypto_generichash_final(&state, hash, sizeof(hash));
	hex_format(hash, sizeof(hash), out);
}

struct payload *
verdict_cache_get(struct verdict_cache *cache, const char *key)
{
	struct known *known = map_get(&cache->by_key, key);

	if (known == NULL)
		return NULL;
	TAILQ_REMOVE(&cache->used, known, used);
	TAILQ_INSERT_HEAD(&cache->used, known, used);
	return known->said;
}

void
verdict_cache_put(struct verdict_cache *cache, const char *key, struct payload *said)
{
	struct known *known;

	if (said->len > VERDICT_CACHE_EACH || map_get(&cache->by_key, key) != NULL)
		return;
	known = xcalloc(1, sizeof(*known));
	memcpy(known->key, key, sizeof(known->key));
	known->said = payload_ref(said);
	map_put(&cache->by_key, known->key, known);
	TAILQ_INSERT_HEAD(&cache->used, known, used);
	cache->n++;
	cache->bytes += EACH + said->len;
	while (cache->n > VERDICT_CACHE_MAX || cache->bytes > VERDICT_CACHE_BYTES)
		drop(cache, TAILQ_LAST(&cache->used, known_list));
}
