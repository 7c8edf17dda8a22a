/* Memory that has to be there: a cell at the end of its memory ends, and the host tells why. */

#ifndef COMMON_NEED_H
#define COMMON_NEED_H

#include <stdlib.h>

static inline void *
need(void *memory)
{
	if (memory == NULL)
		abort(); /* the cell's memory is at its end */
	return memory;
}

#endif
