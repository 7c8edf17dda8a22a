/*
 * Reading server-sent events (HTML Living Standard, "Interpreting an event stream") from bytes as they come.
 */

#ifndef CLI_SSE_H
#define CLI_SSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define SSE_EVENT_MAX (128 * MIB)
#define SSE_ID_MAX    64 /* ids that are longer are passed over */

/* `data` is zero-terminated.  Nonzero stops. */
typedef int sse_event(const char *event, const char *data, size_t len, void *arg);

struct sse {
	sse_event *event;
	void *arg;
	char *last_id; /* of SSE_ID_MAX bytes: gets the id of an event once that is whole; or NULL */
	struct buf line, data;
	char name[64], id[SSE_ID_MAX];
	bool cr, any_data;
};

/* Returns what the callback returned, 0 when all was taken, too_large when an event is over SSE_EVENT_MAX. */
int sse_feed(struct sse *s, const char *bytes, size_t len);
void sse_free(struct sse *s);

#endif
