/*
 * Bytes: `struct buf` grows, `struct payload` does not.
 *
 * A payload is what travels between agents: immutable bytes with a reference count, hashed at most once, never parsed on
 * the way.  Payloads belong to the loop thread; other threads get copies.
 */

#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/util.h"

struct buf {
	uint8_t *data;
	size_t len;
	size_t cap;
};

void buf_append(struct buf *b, const void *data, size_t len);
void buf_appends(struct buf *b, const char *text);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void *buf_extend(struct buf *b, size_t len); /* room for `len` more bytes, counted in; returns its start */
void buf_consume(struct buf *b, size_t len); /* drops the first `len` bytes */
void buf_clear(struct buf *b);               /* keeps the memory */
void buf_free(struct buf *b);                /* also for _cleanup_ */
const char *buf_text(struct buf *b);         /* zero-terminated, the zero not counted */

/* A bounded reader over foreign bytes: every get checks, and once one failed all later ones fail. */
struct cursor {
	const uint8_t *at, *end;
	bool bad;
};

static inline struct cursor
cursor_of(const void *data, size_t len)
{
	return (struct cursor){.at = data, .end = (const uint8_t *)data + len};
}

const void *cursor_take(struct cursor *c, size_t len); /* NULL and bad when there is less */
bool cursor_get(struct cursor *c, void *out, size_t len);
static inline size_t
cursor_left(const struct cursor *c)
{
	return (size_t)(c->end - c->at);
}

struct payload_hash {
	uint64_t lo, hi;
};

struct payload {
	uint32_t refs;
	bool hashed;
	bool looked;  /* at all of it, by payload_look: */
	uint8_t seen; /* what there was, of enum payload_seen */
	struct payload_hash hash;
	size_t len;
	uint8_t data[]; /* a zero follows, not counted */
};

/* All [loop].  payload_ref(NULL) is NULL. */
struct payload *payload_new(const void *data, size_t len);
struct payload *payload_alloc(size_t len); /* to be filled in before anybody else sees it */
struct payload *payload_text(const char *text);
struct payload *payload_ref(struct payload *p);
void payload_unref(struct payload **p); /* clears; also for _cleanup_; accepts NULL */

/* XXH3-128 of the bytes, kept.  (xxhash.h, XXH3_128bits) */
struct payload_hash payload_hash(struct payload *p);
bool payload_hash_equal(struct payload_hash a, struct payload_hash b);

/* The one look that the host takes at a payload when it enters: well-formed UTF-8, brackets nested at most
 * PAYLOAD_NESTING deep outside strings, at most `max` bytes.  `what` names it in the fault (bad_input, too_large).
 * Whether it is JSON is found by whoever parses it. */
#define PAYLOAD_NESTING 128
int payload_scan(const void *data, size_t len, size_t max, const char *what, struct fault *fault);

/* The same, and says what there was in it; of a text that is no JSON more may be said than there is. */
enum payload_seen {
	PAYLOAD_ESCAPES = 1,  /* a backslash in a string */
	PAYLOAD_CRITICAL = 2, /* a string that is "critical" */
};
int payload_look(const void *data, size_t len, size_t max, const char *what, uint8_t *seen, struct fault *fault);
bool utf8_valid(const void *data, size_t len);

#endif
