/* Putting one checked value where its key says.  Private to the room. */

#ifndef POLICY_VALUE_H
#define POLICY_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "policy/keys.h"

/* `base` is the struct policy or struct policy_plugin that the key's table is about.  False, with nothing changed, when
 * the key does not allow the value. */
bool value_put_text(const struct key *key, void *base, const char *text);
bool value_put_number(const struct key *key, void *base, int64_t number);
bool value_put_bool(const struct key *key, void *base, bool flag);
bool value_put_list(const struct key *key, void *base, char ***list); /* takes the list over when it fits */

/* All keys with a preset get it. */
void value_preset(const struct key *keys, void *base);

/* Puts the value that a key has in `from` into `to`. */
void value_copy(const struct key *key, void *to, const void *from);

/* Adds the value as one would write it. */
void value_write(const struct key *key, const void *base, struct buf *out);

/* The value of a key whose field is a number. */
int64_t value_integer(const struct key *key, const void *base);

/* Frees what the keys of a table hold. */
void value_clear(const struct key *keys, void *base);

/* "retry"; false: no step has this name. */
bool value_step(const char *text, enum policy_step *ret);

/* [a-z][a-z0-9-]{0,63} */
bool policy_is_plugin_name(const char *name);

void texts_free(char ***texts); /* NULL-terminated; clears; accepts NULL */

#endif
