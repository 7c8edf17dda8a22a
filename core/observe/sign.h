/* The secret that alerts are signed with, and signing.  Private to the room. */

#ifndef OBSERVE_SIGN_H
#define OBSERVE_SIGN_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

#define SECRET_LEAST 16u
#define SECRET_MOST  4096u

/* In memory that is guarded, and zeroed when it goes. */
struct secret {
	size_t len;
	uint8_t *bytes;
};

/* Reads a file that nobody else may read; bad_config. */
int secret_read(const char *path, struct secret *ret, struct fault *fault);
void secret_clear(struct secret *s); /* accepts one that is empty */

/* "t=1763668800,v1=<64 hexadecimal digits>": the HMAC-SHA-256 of the seconds in decimal, a dot and the body. */
#define SIGNATURE_TEXT 96
void signature_of(const struct secret *s, int64_t seconds, const void *body, size_t len, char out[SIGNATURE_TEXT]);

#endif
