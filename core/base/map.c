/*
 * Maps: open addressing with linear probing.
 *
 * A slot is free while its value is NULL and a grave while its value is the address of `grave`.  Text is hashed with a
 * seed of this process, so that nobody outside can choose names that all fall into one chain.
 */

#include <assert.h>
#include <stdbool.h>
#include <string.h>
#include <sys/auxv.h>
#include <xxhash.h>

#include "base/map.h"
#include "base/slab.h"
#include "base/util.h"

struct map_slot {
	uint64_t key;     /* the number, or the hash of the text */
	const char *text; /* NULL in a map of numbers */
	void *value;
};

static char grave[1];

static uint64_t
text_hash(const char *text)
{
	static uint64_t seed; /* the same for all threads, so it does not matter who finds it first */

	if (seed == 0)
		memcpy(&seed, (const void *)getauxval(AT_RANDOM), sizeof seed);
	return XXH3_64bits_withSeed(text, strlen(text), seed);
}

static size_t
home(const struct map *m, uint64_t key)
{
	key ^= key >> 32;
	key *= 0x9e3779b97f4a7c15u;
	key ^= key >> 29;
	return (size_t)key & (m->cap - 1);
}

static bool
is_live(const struct map_slot *slot)
{
	return slot->value != NULL && slot->value != grave;
}

/* Compiled twice, since most searches are for numbers. */
static inline __attribute__((always_inline)) struct map_slot *
probe(const struct map *m, uint64_t key, const char *text)
{
	if (m->used == 0)
		return NULL;
	for (size_t i = home(m, key);; i = (i + 1) & (m->cap - 1)) {
		struct map_slot *slot = &m->slots[i];

		if (slot->key == key && is_live(slot) && (text == NULL || strcmp(slot->text, text) == 0))
			return slot;
		if (slot->value == NULL)
			return NULL;
	}
}

static struct map_slot *
find(const struct map *m, uint64_t key, const char *text)
{
	return probe(m, key, text);
}

static struct map_slot *
find_u64(const struct map *m, uint64_t key)
{
	return probe(m, key, NULL);
}

static struct map_slot *
insert(struct map *m, uint64_t key, const char *text, void *value)
{
	size_t i = home(m, key);

	while (is_live(&m->slots[i]))
		i = (i + 1) & (m->cap - 1);
	if (m->slots[i].value == grave)
		m->dead--;
	m->slots[i] = (struct map_slot){.key = key, .text = text, .value = value};
	m->used++;
	return &m->slots[i];
}

/* The least there is; of most maps that come and go it is all. */
#define CAP_LEAST 16u

/* Of the thread: maps of one thread are no other's business. */
static _Thread_local struct slab least = {.size = CAP_LEAST * sizeof(struct map_slot), .most = 4096};

static struct map_slot *
slots_new(size_t cap)
{
	return cap == CAP_LEAST ? memset(slab_take(&least), 0, least.size) : xcalloc(cap, sizeof(struct map_slot));
}

static void
slots_free(struct map *m)
{
	if (m->cap == CAP_LEAST)
		slab_give(&least, m->slots);
	else
		free(m->slots);
}

/* Keeps a quarter of the slots free, so that every probe ends; graves are swept out on the way. */
static void
make_room(struct map *m)
{
	struct map old = *m;

	if ((m->used + m->dead + 1) * 4 <= m->cap * 3)
		return;
	if (m->cap == 0)
		m->cap = CAP_LEAST;
	else if (m->used * 2 >= m->cap)
		m->cap *= 2;
	m->slots = slots_new(m->cap);
	m->used = m->dead = 0;
	for (size_t i = 0; i < old.cap; i++)
		if (is_live(&old.slots[i]))
			insert(m, old.slots[i].key, old.slots[i].text, old.slots[i].value);
	slots_free(&old);
}

/* `slot` is what was found of that key: NULL, if nothing was. */
static void *
put(struct map *m, struct map_slot *slot, uint64_t key, const char *text, void *value)
{
	void *old;

	assert(value != NULL);
	if (slot == NULL) {
		make_room(m);
		insert(m, key, text, value);
		return NULL;
	}
	old = slot->value;
	slot->text = text; /* the old key dies with the old value */
	slot->value = value;
	return old;
}

static void *
del(struct map *m, struct map_slot *slot)
{
	void *old;

	if (slot == NULL)
		return NULL;
	old = slot->value;
	m->used--;
	if (m->slots[((size_t)(slot - m->slots) + 1) & (m->cap - 1)].value == NULL) {
		slot->value = NULL; /* nothing lies behind it in its chain */
	} else {
		slot->value = grave;
		m->dead++;
	}
	return old;
}

void *
map_get(const struct map *m, const char *key)
{
	struct map_slot *slot = m->used == 0 ? NULL : find(m, text_hash(key), key);

	return slot == NULL ? NULL : slot->value;
}

void *
map_put(struct map *m, const char *key, void *value)
{
	uint64_t hash = text_hash(key);

	return put(m, find(m, hash, key), hash, key, value);
}

void *
map_del(struct map *m, const char *key)
{
	return m->used == 0 ? NULL : del(m, find(m, text_hash(key), key));
}

void *
map_get_u64(const struct map *m, uint64_t key)
{
	struct map_slot *slot = find_u64(m, key);

	return slot == NULL ? NULL : slot->value;
}

void **
map_at_u64(const struct map *m, uint64_t key)
{
	struct map_slot *slot = find_u64(m, key);

	return slot == NULL ? NULL : &slot->value;
}

void **
map_place_u64(struct map *m, uint64_t key, void *value)
{
	struct map_slot *slot = find_u64(m, key);

	assert(value != NULL);
	if (slot == NULL) {
		make_room(m);
		slot = insert(m, key, NULL, value);
	}
	return &slot->value;
}

void *
map_put_u64(struct map *m, uint64_t key, void *value)
{
	return put(m, find_u64(m, key), key, NULL, value);
}

void *
map_del_u64(struct map *m, uint64_t key)
{
	return del(m, find_u64(m, key));
}

void
map_free(struct map *m)
{
	slots_free(m);
	*m = (struct map){0};
}

void *
map_next(const struct map *m, size_t *at)
{
	while (*at < m->cap) {
		const struct map_slot *slot = &m->slots[(*at)++];

		if (is_live(slot))
			return slot->value;
	}
	return NULL;
}
