/*
 * Buffers that grow, readers that do not trust, payloads, and the look that the host takes at each payload.
 */

#include <assert.h>
#include <string.h>
#include <xxhash.h>

#include "base/buf.h"
#include "base/slab.h"

static void
buf_reserve(struct buf *b, size_t more)
{
	size_t need, cap = b->cap < 64 ? 64 : b->cap;

	need = b->len + more;
	assert(need >= b->len && need <= SIZE_MAX / 2);
	if (need <= b->cap)
		return;
	while (cap < need)
		cap *= 2;
	b->data = xrealloc(b->data, cap);
	b->cap = cap;
}

void *
buf_extend(struct buf *b, size_t len)
{
	void *start;

	buf_reserve(b, len);
	start = b->data == NULL ? NULL : b->data + b->len;
	b->len += len;
	return start;
}

void
buf_append(struct buf *b, const void *data, size_t len)
{
	if (len > 0)
		memcpy(buf_extend(b, len), data, len);
}

void
buf_appends(struct buf *b, const char *text)
{
	buf_append(b, text, strlen(text));
}

void
buf_printf(struct buf *b, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	assert(len >= 0);
	buf_reserve(b, (size_t)len + 1);
	va_start(args, format);
	vsnprintf((char *)b->data + b->len, (size_t)len + 1, format, args);
	va_end(args);
	b->len += (size_t)len;
}

void
buf_consume(struct buf *b, size_t len)
{
	assert(len <= b->len);
	if (len == 0)
		return;
	b->len -= len;
	memmove(b->data, b->data + len, b->len);
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
}

void
buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){0};
}

const char *
buf_text(struct buf *b)
{
	buf_reserve(b, 1);
	b->data[b->len] = '\0';
	return (const char *)b->data;
}

const void *
cursor_take(struct cursor *c, size_t len)
{
	const uint8_t *at = c->at;

	if (c->bad || len > cursor_left(c)) {
		c->bad = true;
		return NULL;
	}
	c->at += len;
	return at;
}

bool
cursor_get(struct cursor *c, void *out, size_t len)
{
	const void *at = cursor_take(c, len);

	if (at == NULL)
		return false;
	memcpy(out, at, len);
	return true;
}

/* Small payloads, by their size in steps; of the thread, though only the loop has any. */
#define STEP  64u
#define STEPS 16u
#define KEPT  16384u

static struct slab *
slab_for(size_t size)
{
	static _Thread_local struct slab slabs[STEPS];
	size_t step = (size - 1) / STEP;

	if (step >= STEPS)
		return NULL;
	slabs[step].size = (step + 1) * STEP;
	slabs[step].most = KEPT;
	return &slabs[step];
}

struct payload *
payload_alloc(size_t len)
{
	struct slab *slab;
	struct payload *p;

	assert(len <= SIZE_MAX - sizeof *p - 1);
	slab = slab_for(sizeof *p + len + 1);
	p = slab == NULL ? xmalloc(sizeof *p + len + 1) : slab_take(slab);
	*p = (struct payload){.refs = 1, .len = len};
	p->data[len] = 0;
	return p;
}

struct payload *
payload_new(const void *data, size_t len)
{
	struct payload *p = payload_alloc(len);

	if (len > 0)
		memcpy(p->data, data, len);
	return p;
}

struct payload *
payload_text(const char *text)
{
	return payload_new(text, strlen(text));
}

struct payload *
payload_ref(struct payload *p)
{
	if (p != NULL)
		p->refs++;
	return p;
}

void
payload_unref(struct payload **p)
{
	struct payload *old = *p;
	struct slab *slab;

	*p = NULL;
	if (old == NULL)
		return;
	assert(old->refs > 0);
	if (--old->refs > 0)
		return;
	slab = slab_for(sizeof *old + old->len + 1);
	if (slab == NULL)
		free(old);
	else
		slab_give(slab, old);
}

struct payload_hash
payload_hash(struct payload *p)
{
	if (!p->hashed) {
		XXH128_hash_t h = XXH3_128bits(p->data, p->len);

		p->hash = (struct payload_hash){.lo = h.low64, .hi = h.high64};
		p->hashed = true;
	}
	return p->hash;
}

bool
payload_hash_equal(struct payload_hash a, struct payload_hash b)
{
	return a.lo == b.lo && a.hi == b.hi;
}
