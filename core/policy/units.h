/* Sizes, times and rates as people write them: "16M", "2s", "100/s".  Private to the room. */

#ifndef POLICY_UNITS_H
#define POLICY_UNITS_H

#include <stdbool.h>
#include <stdint.h>

#define UNIT_TEXT 32

/* A whole number and a unit: K, M, G (of 1024; none is bytes), or ms, s, m, h, d (none is seconds).  False when the text
 * is anything else or does not fit; `ret` is then untouched.  Never negative. */
bool unit_read_size(const char *text, int64_t *ret_bytes);
bool unit_read_time(const char *text, int64_t *ret_ns);

/* "100/s": so many a second, minute, hour or day; "0" is no limit.  What is kept is the time between two of them, 0 for no
 * limit; no more than UNIT_RATE_MOST a second. */
#define UNIT_RATE_MOST 1000000
bool unit_read_rate(const char *text, int64_t *ret_ns_each);
void unit_write_rate(int64_t ns_each, char out[UNIT_TEXT]);

/* The shortest way to write it. */
void unit_write_size(int64_t bytes, char out[UNIT_TEXT]);
void unit_write_time(int64_t ns, char out[UNIT_TEXT]);

#endif
