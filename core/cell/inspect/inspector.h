/* The inspector's work on the bytes of a file, without the jail around it (inspect_main.c). */

#ifndef CELL_INSPECTOR_H
#define CELL_INSPECTOR_H

#include <jansson.h>
#include <stddef.h>

#include "base/fault.h"

#define INSPECT_FILE_MAX (64 * 1024 * 1024)

/* {"notes", "imports", "needed"}, owned by the caller; or NULL and the fault. */
json_t *inspect_object(const void *data, size_t size, struct fault *fault);

/* The same as the answer that inspect_main.c describes; never NULL. */
json_t *inspect_answer(const void *data, size_t size);
json_t *inspect_refusal(const struct fault *fault);

#endif
