/*
 * A host for the tests of libhospes: the runtime serves in a forked child, the test says the frames by hand.
 */

#ifndef TESTS_SDK_HOST_H
#define TESTS_SDK_HOST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#include <cmocka.h>

#include "hospes.h"
#include "runtime.h"

struct host {
	int fd;
	pid_t cell;
	struct wire_page *page;
	uint8_t *early; /* came while we wrote; heard first */
	size_t early_at, early_len, early_cap;
};

/* A frame that the cell sent. */
struct said {
	struct wire_frame frame;
	uint8_t *bytes; /* frame.length of them and a zero */
	/* of an op */
	struct wire_op op;
	char target[WIRE_KEY_MAX + 1];
	const uint8_t *input;
	size_t input_len;
	/* of a reply */
	struct wire_reply reply;
	const char *partial; /* partial_len bytes */
	const char *text;    /* value or sentence */
};

/* The child serves `handler` with at most `fibers` calls, or what hospes_plugin_v1 of the file `object` says. */
void host_start(struct host *host, hospes_handler *handler, unsigned fibers);
void host_start_object(struct host *host, const char *object);

/* Sends STOP and expects the child to leave well. */
void host_stop(struct host *host);

/* Ends a child that would not leave. */
void host_kill(struct host *host);

void host_send(
    struct host *host, uint16_t type, uint64_t call, uint32_t ordinal, int32_t status, const void *bytes, size_t len);
void host_call(struct host *host, uint64_t call, const char *config, const char *input);
void host_call_again(struct host *host, uint64_t call, const char *config, const char *input, const char *findings);
void host_answer(struct host *host, uint64_t call, uint32_t ordinal, const char *json);
void host_refuse(struct host *host, uint64_t call, uint32_t ordinal, int status, const char *sentence);
void host_answer_bytes(struct host *host, uint64_t call, uint32_t ordinal, const void *bytes, size_t len);

/* The next frame; `said` is freed by the next one into it, or by said_free. */
void host_read(struct host *host, struct said *said);
void said_free(struct said *said);

/* The next frame has to be this. */
void host_expect(struct host *host, struct said *said, uint16_t type, uint64_t call);
void host_expect_op(
    struct host *host, struct said *said, uint64_t call, uint32_t ordinal, uint16_t kind, const char *target);
void host_expect_reply(struct host *host, uint64_t call, int status, const char *text);

/* Nothing is on its way: the answer to a ping is the next thing that comes. */
void host_expect_silence(struct host *host);

#endif
