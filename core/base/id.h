/*
 * Ids: ULIDs name runs, W3C trace ids name traces.
 *
 * A ULID is 48 bits of milliseconds since 1970 and 80 random bits (github.com/ulid/spec); within one millisecond the
 * random part counts up, so ids made by one host sort in the order in which they were made.
 */

#ifndef BASE_ID_H
#define BASE_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ULID_TEXT 27 /* 26 characters of Crockford's base 32 and a zero */

struct ulid {
	uint8_t bytes[16];
};

struct trace_id {
	uint8_t bytes[16];
};

struct ulid ulid_new(void); /* [loop] */
void ulid_format(const struct ulid *id, char out[ULID_TEXT]);
bool ulid_parse(const char *text, struct ulid *ret); /* exactly 26 characters, either case */

struct trace_id trace_id_new(void); /* never all zero */
void hex_format(const void *bytes, size_t len, char *out); /* 2 * len characters and a zero, lower case */
bool hex_parse(const char *text, void *out, size_t len);   /* exactly 2 * len digits, either case */
int hex_digit(char c);                                     /* its value; -1: it is none */

#endif
