/* Money: integer micro-dollars, as people write them: "0.50". */

#ifndef BASE_MONEY_H
#define BASE_MONEY_H

#include <stdbool.h>
#include <stdint.h>

#define MONEY_TEXT 32
#define MONEY_MAX  (INT64_C(1000000000) * 1000000) /* a thousand million dollars */

/* Digits, at most six of them behind a point; a dollar sign may stand before.  False, with `ret_micros` untouched, when it is
 * anything else or more than MONEY_MAX. */
bool money_read(const char *text, int64_t *ret_micros);

/* "0.50", "0.000125": at least two digits behind the point and no more than it takes. */
void money_write(int64_t micros, char out[MONEY_TEXT]);

#endif
