/*
 * A hash map from text to pointer, and one from 64-bit number to pointer: open addressing, linear probing.
 *
 * Keys of a text map are borrowed: they live in the value.  Not for other threads than the one that made it.
 */

#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

struct map {
	struct map_slot *slots;
	size_t cap, used, dead;
};

void *map_get(const struct map *m, const char *key);
void *map_put(struct map *m, const char *key, void *value); /* returns what was there, or NULL */
void *map_del(struct map *m, const char *key);              /* returns what was there, or NULL */
void map_free(struct map *m);                               /* not the values */

void *map_get_u64(const struct map *m, uint64_t key);
void *map_put_u64(struct map *m, uint64_t key, void *value);
void *map_del_u64(struct map *m, uint64_t key);

/* Where the value of a key lies, to be read and changed (not to NULL), until something is put or deleted.  NULL: there is none.
 * The second puts `value` where there is none. */
void **map_at_u64(const struct map *m, uint64_t key);
void **map_place_u64(struct map *m, uint64_t key, void *value);

/* Walks in no order: `*at` starts at 0; NULL at the end.  Deleting what was returned is allowed. */
void *map_next(const struct map *m, size_t *at);

#endif
