/* How much of the heap is in use. */

#ifndef CELL_GUEST_HEAP_H
#define CELL_GUEST_HEAP_H

#include <stdint.h>

/* Bytes, kept up to date; always 0 in builds for sanitizers. */
const int64_t *heap_in_use(void);

#endif
