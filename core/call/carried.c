/*
 * Payloads in records: the window, written to and read from by the same rules.
 *
 *   - What is SHORT or shorter is carried as its bytes, always, and is not in the window.
 *   - A payload that is carried or named becomes the newest of the window.  An INPUT_HASH that may be there for comparison
 *     alone changes nothing (only_compared).  One with the hash of another in the window replaces it.
 *   - The oldest leave while there are more than WINDOW, or more than WINDOW_BYTES together and more than NEWEST.
 *
 * A reader may keep more than the writer did, never less.
 */

#include "call/carried.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SHORT        32u
#define WINDOW       64u
#define WINDOW_BYTES (512 * KIB)
#define NEWEST       4u

#define DELTA_LEAST 256u    /* shorter ones are not worth the search */
#define DELTA_KEPT  4096u   /* of memory for deltas, between two records */
#define NOT_FLAGS   0x7fffu /* of a record's kind */

struct delta {
	struct payload_hash base;
	uint32_t prefix, suffix;
};
static_assert(sizeof(struct delta) == 24, "the head of a delta");

static enum record_tag
hash_tag(enum record_tag tag)
{
	return tag == TAG_INPUT ? TAG_INPUT_HASH : TAG_OUTPUT_HASH;
}

static enum record_tag
delta_tag(enum record_tag tag)
{
	return tag == TAG_INPUT ? TAG_INPUT_DELTA : TAG_OUTPUT_DELTA;
}

/* ---- The window -------------------------------------------------------------------------------------------------- */

static bool
only_compared(const struct record *r, enum record_tag tag)
{
	unsigned kind = r->head.kind & NOT_FLAGS;

	return tag == TAG_INPUT && (kind == RECORD_OP_OUTCOME || kind == RECORD_REFUSAL || kind == RECORD_CALL_END ||
				       kind == RECORD_COMMAND);
}

/* Where it is in the window; n: it is not. */
static uint32_t
find(const struct carried *c, struct payload_hash hash)
{
	for (uint32_t i = c->n; i-- > 0;)
		if (c->window[i].hash_lo == hash.lo && payload_hash(c->window[i].payload).hi == hash.hi)
			return i;
	return c->n;
}

static void
take_out(struct carried *c, uint32_t at)
{
	struct payload *p = c->window[at].payload;

	c->bytes -= p->len;
	c->n--;
	memmove(&c->window[at], &c->window[at + 1], (c->n - at) * sizeof(*c->window));
	payload_unref(&p);
}

static void
put_newest(struct carried *c, struct payload *p)
{
	if (c->n == c->cap) {
		c->cap = c->cap == 0 ? 8 : c->cap * 2;
		c->window = xrealloc(c->window, c->cap * sizeof(*c->window));
	}
	c->window[c->n++] = (struct carried_payload){.hash_lo = payload_hash(p).lo, .payload = payload_ref(p)};
	c->bytes += p->len;
	while (c->n > WINDOW || (c->bytes > WINDOW_BYTES && c->n > NEWEST))
		take_out(c, 0);
}

/* It was carried as bytes or as a delta. */
static void
carry(struct carried *c, struct payload *p)
{
	uint32_t at;

	if (p->len <= SHORT)
		return;
	at = find(c, payload_hash(p));
	if (at < c->n)
		take_out(c, at);
	put_newest(c, p);
}

/* It was named by its hash. */
static void
touch(struct carried *c, uint32_t at)
{
	struct carried_payload entry = c->window[at];

	memmove(&c->window[at], &c->window[at + 1], (c->n - 1 - at) * sizeof(*c->window));
	c->window[c->n - 1] = entry;
}

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

#define STEP 256u

static size_t
common_start(const uint8_t *a, const uint8_t *b, size_t most)
{
	size_t n = 0;

	while (most - n >= STEP && memcmp(a + n, b + n, STEP) == 0)
		n += STEP;
	while (n < most && a[n] == b[n])
		n++;
	return n;
}

/* From both ends backwards. */
static size_t
common_end(const uint8_t *a_end, const uint8_t *b_end, size_t most)
{
	size_t n = 0;

	while (most - n >= STEP && memcmp(a_end - n - STEP, b_end - n - STEP, STEP) == 0)
		n += STEP;
	while (n < most && a_end[-(ptrdiff_t)n - 1] == b_end[-(ptrdiff_t)n - 1])
		n++;
	return n;
}

/* How many bytes of `base` there are in `p`; 0, without a look at all of it, when half of `base` is at neither end of `p`:
 * the end of its first half and the start of its second one tell. */
static size_t
common(const struct payload *base, const struct payload *p, struct delta *ret)
{
	size_t half = base->len / 2, most = base->len < p->len ? base->len : p->len, prefix, suffix;

	if (base->len < DELTA_LEAST || half > p->len ||
	    (memcmp(base->data + half - 8, p->data + half - 8, 8) != 0 &&
		memcmp(base->data + base->len - half, p->data + p->len - half, 8) != 0))
		return 0;
	prefix = common_start(base->data, p->data, most);
	suffix = common_end(base->data + base->len, p->data + p->len, most - prefix);
	ret->prefix = (uint32_t)prefix;
	ret->suffix = (uint32_t)suffix;
	return prefix + suffix;
}

/* The payload with which it has most in common, and at least half of itself; the first that leaves little will do. */
static const struct payload *
find_base(const struct carried *c, const struct payload *p, struct delta *ret)
{
	const struct payload *best = NULL;
	size_t found = p->len / 2;

	for (uint32_t i = c->n; i-- > 0 && found < p->len - p->len / 16;) {
		struct delta delta;
		size_t n = common(c->window[i].payload, p, &delta);

		if (n <= found)
			continue;
		found = n;
		best = c->window[i].payload;
		*ret = delta;
	}
	if (best != NULL)
		ret->base = best->hash;
	return best;
}

static bool
add_delta(struct carried *c, struct record *r, enum record_tag tag, struct payload *p)
{
	struct buf *out = &c->delta[tag == TAG_OUTPUT];
	struct delta delta;

	if (p->len < DELTA_LEAST || p->len > RECORD_MAX || find_base(c, p, &delta) == NULL)
		return false;
	if (out->cap > DELTA_KEPT)
		buf_free(out);
	buf_clear(out);
	buf_append(out, &delta, sizeof(delta));
	buf_append(out, p->data + delta.prefix, p->len - delta.prefix - delta.suffix);
	record_add(r, delta_tag(tag), out->data, out->len);
	return true;
}

void
carried_add(struct carried *c, struct record *r, enum record_tag tag, struct payload *p)
{
	struct payload_hash hash;
	uint32_t at;

	assert(tag == TAG_INPUT || tag == TAG_OUTPUT);
	if (p == NULL)
		return;
	if (p->len <= SHORT) {
		record_add(r, tag, p->data, p->len);
		return;
	}
	hash = payload_hash(p);
	at = find(c, hash);
	if (at < c->n && c->window[at].payload->len == p->len &&
	    memcmp(c->window[at].payload->data, p->data, p->len) == 0) {
		record_add(r, hash_tag(tag), &p->hash, sizeof(p->hash));
		if (!only_compared(r, tag))
			touch(c, at);
		return;
	}
	if (!add_delta(c, r, tag, p))
		record_add(r, tag, p->data, p->len);
	carry(c, p);
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

static struct payload *
read_hash(const struct carried *c, const struct record_field *f, struct fault *fault)
{
	struct payload_hash hash;
	uint32_t at;

	if (f->len != sizeof(hash)) {
		fault_set(
		    fault, HOSPES_EDAMAGED, "the hash of a payload has %u bytes in place of %zu", f->len, sizeof(hash));
		return NULL;
	}
	memcpy(&hash, f->data, sizeof(hash));
	at = find(c, hash);
	if (at == c->n) {
		fault_set(fault, HOSPES_EDAMAGED, "it names a payload that no record shortly before carries");
		return NULL;
	}
	return payload_ref(c->window[at].payload);
}

static struct payload *
read_delta(const struct carried *c, const struct record_field *f, struct fault *fault)
{
	struct cursor in = cursor_of(f->data, f->len);
	const struct payload *base;
	struct payload *p;
	struct delta delta;
	uint32_t at;
	size_t added;

	if (!cursor_get(&in, &delta, sizeof(delta))) {
		fault_set(
		    fault, HOSPES_EDAMAGED, "a change of a payload has %u bytes and needs %zu", f->len, sizeof(delta));
		return NULL;
	}
	at = find(c, delta.base);
	if (at == c->n) {
		fault_set(fault, HOSPES_EDAMAGED, "it changes a payload that no record shortly before carries");
		return NULL;
	}
	base = c->window[at].payload;
	added = cursor_left(&in);
	if ((uint64_t)delta.prefix + delta.suffix > base->len ||
	    (uint64_t)delta.prefix + delta.suffix + added > RECORD_MAX) {
		fault_set(fault, HOSPES_EDAMAGED,
		    "it changes a payload of %zu bytes, of which it keeps the first %u and the last %u", base->len,
		    delta.prefix, delta.suffix);
		return NULL;
	}
	p = payload_alloc(delta.prefix + added + delta.suffix);
	memcpy(p->data, base->data, delta.prefix);
	if (added > 0)
		memcpy(p->data + delta.prefix, in.at, added);
	memcpy(p->data + delta.prefix + added, base->data + base->len - delta.suffix, delta.suffix);
	return p;
}

/* Which payload a field is about; TAG_PATH, as good as any: none. */
static enum record_tag
names(const struct record_field *f)
{
	switch (f->tag) {
	case TAG_INPUT:
	case TAG_INPUT_HASH:
	case TAG_INPUT_DELTA:
		return TAG_INPUT;
	case TAG_OUTPUT:
	case TAG_OUTPUT_HASH:
	case TAG_OUTPUT_DELTA:
		return TAG_OUTPUT;
	default:
		return TAG_PATH;
	}
}

static struct payload *
resolve(const struct carried *c, const struct record_field *f, struct fault *fault)
{
	if (f->tag == TAG_INPUT || f->tag == TAG_OUTPUT)
		return payload_new(f->data, f->len);
	if (f->tag == TAG_INPUT_HASH || f->tag == TAG_OUTPUT_HASH)
		return read_hash(c, f, fault);
	return read_delta(c, f, fault);
}

static void
take_field(struct carried *c, const struct record *r, const struct record_field *f)
{
	enum record_tag tag = names(f);
	struct payload **got = tag == TAG_INPUT ? &c->input : &c->output;

	if (tag == TAG_PATH || *got != NULL)
		return;
	*got = resolve(c, f, NULL);
	if (*got == NULL)
		return;
	if (f->tag != hash_tag(tag))
		carry(c, *got);
	else if (!only_compared(r, tag))
		touch(c, find(c, payload_hash(*got)));
}

struct payload *
carried_read(struct carried *c, const struct record *r, enum record_tag tag, struct fault *fault)
{
	const struct record_field *f = NULL;
	struct payload *got;

	assert(tag == TAG_INPUT || tag == TAG_OUTPUT);
	if (c->read_lsn != r->head.lsn) {
		c->read_lsn = r->head.lsn;
		payload_unref(&c->input);
		payload_unref(&c->output);
		for (unsigned i = 0; i < r->head.fields; i++)
			take_field(c, r, &r->field[i]);
	}
	if (fault != NULL)
		fault->status = 0;
	got = tag == TAG_INPUT ? c->input : c->output;
	if (got != NULL)
		return payload_ref(got);
	for (unsigned i = 0; i < r->head.fields && f == NULL; i++)
		if (names(&r->field[i]) == tag)
			f = &r->field[i];
	return f == NULL ? NULL : resolve(c, f, fault);
}

void
carried_free(struct carried *c)
{
	while (c->n > 0)
		take_out(c, c->n - 1);
	free(c->window);
	buf_free(&c->delta[0]);
	buf_free(&c->delta[1]);
	payload_unref(&c->input);
	payload_unref(&c->output);
	*c = (struct carried){0};
}
