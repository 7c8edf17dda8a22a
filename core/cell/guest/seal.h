/* Sealing: the plugin's writable data made read-only once its init hook has returned, and writable again for its exit. */

#ifndef CELL_SEAL_H
#define CELL_SEAL_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEAL_RANGES 8

struct seal {
	size_t n;
	struct {
		uintptr_t at, end;
	} ranges[SEAL_RANGES];
	bool sealed;
};

/* Finds the writable segments of the object loaded at `base` (its link map's l_addr): 0, or -errno when it can't be told. */
int seal_find(struct seal *seal, const struct link_map *map);
int seal_set(struct seal *seal, bool sealed);

/* Async-signal-safe. */
bool seal_covers(const struct seal *seal, uintptr_t address);

#endif
