/* Real numbers and lists of percents, KEY_REAL and KEY_PERCENTS: what value.c and keys.c do for other types.  Private to the
 * room. */

#ifndef POLICY_NUMBERS_H
#define POLICY_NUMBERS_H

#include "base/buf.h"
#include "policy/keys.h"

/* False, with nothing changed, when the key does not allow the value. */
bool value_put_real(const struct key *key, void *base, double number);
bool value_put_percents(const struct key *key, void *base, const int64_t *numbers, size_t n);

bool numbers_preset(const struct key *key, void *base);
void numbers_write(const struct key *key, const void *base, struct buf *out);
void numbers_allowed(const struct key *key, char out[KEY_ALLOWED_TEXT]);

#endif
