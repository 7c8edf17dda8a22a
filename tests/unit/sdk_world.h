/* The one host that most tests of libhospes have, and what it heard. */

#ifndef TESTS_SDK_WORLD_H
#define TESTS_SDK_WORLD_H

#include "sdk_host.h"

extern struct host host;
extern struct said said; /* last */
int said_teardown(void **state);

/* The next op of call 1 is this and is waited for, with this input, byte for byte. */
void expect_asks(uint32_t ordinal, uint16_t kind, const char *target, const char *input);

/* The next op of a call waits for the first of these; the first is that one. */
void expect_first(uint64_t call, uint32_t ordinal, size_t n, const uint32_t *among);
void answer_first(uint64_t call, uint32_t ordinal, uint32_t winner);

/* A handler that sleeps once. */
int waits_once(hospes_ctx *ctx);

/* A text of so many bytes, as JSON; to be freed. */
char *json_text_of(size_t len);

#endif
