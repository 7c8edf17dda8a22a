/* What a plugin says about itself: the notes of hospes.h, read and checked. */

#ifndef CELL_NOTES_H
#define CELL_NOTES_H

#include <jansson.h>

#include "base/fault.h"
#include "cell/inspect/object.h"

/* The object that inspect_main.c describes as `notes`, owned by the caller; NULL and bad_plugin or abi_mismatch. */
json_t *notes_read(const struct object *object, struct fault *fault);

/* Of an object that is refused: {"name"?, "version"?} as far as its notes can be read, owned by the caller. */
json_t *notes_claims(const struct object *object);

/* One `key=value`; for tests.  Adds to `notes`. */
int notes_take(json_t *notes, const char *text, struct fault *fault);

#endif
