/*
 * {"$file": PATH} in a run's input: read with the user's rights, so that the host needs none, and replaced by
 * {"name": PATH, "text": ...}, or {"name": PATH, "base64": ...} where the file is not UTF-8.
 *
 * PATH is relative to the current folder.  Only regular files: a symbolic link is refused, since in a list of files made
 * by somebody else it could lead anywhere.
 */

#ifndef CLI_EXPAND_H
#define CLI_EXPAND_H

#include <jansson.h>

#include "base/fault.h"
#include "base/util.h"

#define EXPAND_MAX (64 * MIB) /* of all files together */

/* Replaces in place, also at the root.  Faults name the file: bad_input, not_found, too_large, permission_denied. */
int expand_files(json_t **value, struct fault *fault);

/* RFC 4648, with padding; allocated. */
char *base64_encode(const void *data, size_t len);

#endif
