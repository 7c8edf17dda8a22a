/*
 * JSON at the edges: jansson with the host's bounds, and the part of JSON Schema that plugins may use.
 */

#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>

#include "base/buf.h"
#include "base/fault.h"

static inline void
json_p(json_t **j)
{
	json_decref(*j);
}

/* Parses foreign bytes: any value at the root, duplicates refused, nesting bounded.  `what` names it in the fault. */
json_t *json_read(const void *data, size_t len, const char *what, struct fault *fault);

/* Over the value that begins at text[*at] and the white space around it, when it is one that json_read would take and plain
 * enough to see that at a glance; false says nothing.  `text` is UTF-8 (payload_scan). */
bool json_plain(const char *text, size_t len, size_t *at);

/* The first member of an object that is none of `known` (NULL-terminated), borrowed; NULL: there is none. */
const char *json_stranger(const json_t *object, const char *const known[]);

/* Compact text of a value, keys in the order that they have. */
struct payload *json_payload(const json_t *j);
char *json_text(const json_t *j);
void json_append(struct buf *out, const char *text); /* UTF-8, as a JSON string */

/*
 * JSON Schema (draft 2020-12), the part that is checked: type, properties, required, additionalProperties, items,
 * enum, const, minimum, maximum, minLength, maxLength, minItems, maxItems, description, title, default.  Any other
 * keyword is refused by schema_valid, so that no author believes in a check that does not happen.
 */
int schema_valid(const json_t *schema, struct fault *fault);
int schema_check(const json_t *schema, const json_t *value, const char *what, struct fault *fault); /* bad_input */

#endif
