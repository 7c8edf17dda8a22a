/* What people write, as an FTS5 query. */

#ifndef MEMORY_QUERY_H
#define MEMORY_QUERY_H

#include "base/buf.h"
#include "base/fault.h"

#define QUERY_BYTES 4096
#define QUERY_WORDS 64

/* Any of the words will do; what stands in quotes has to stand together.  Nothing of FTS5's own syntax gets through.
 * Faults: bad_input where there is no word, or no UTF-8. */
int query_compose(const char *text, struct buf *ret, struct fault *fault);

#endif
