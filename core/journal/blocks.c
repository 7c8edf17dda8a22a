/*
 * Blocks and descriptors of segments, the least used of each given up for the next.
 *
 * Blocks lie in sets of a few, by where they are in the log, so that a look costs no search.  The lock is not held while
 * the disk is read; a block that was being read when its segment was forgotten is not kept.
 */

#include "journal/blocks.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK 16384u
#define SETS  32u
#define WAYS  4u
#define HELD  16u

struct block {
	uint64_t first_lsn; /* of its segment; 0: none */
	uint64_t nth;       /* of the blocks of that file */
	uint32_t valid;     /* bytes of it that were durable when it was read */
	uint64_t used;
	uint8_t *data;
};

/* Open as long as the table or a reader has it. */
struct held {
	uint64_t first_lsn;
	int fd;
	unsigned refs;
	uint64_t used;
};

struct blocks {
	const struct folder *folder;
	pthread_mutex_t lock; /* for all below */
	uint64_t now;         /* counts uses */
	uint64_t forgotten;   /* counts blocks_forget */
	struct block block[SETS][WAYS];
	struct held *held[HELD];
};

struct blocks *
blocks_new(const struct folder *f)
{
	struct blocks *b = xcalloc(1, sizeof(*b));

	b->folder = f;
	pthread_mutex_init(&b->lock, NULL);
	return b;
}

static void
let_go(struct held *held)
{
	if (held == NULL || --held->refs > 0)
		return;
	close(held->fd);
	free(held);
}

void
blocks_free(struct blocks **ret)
{
	struct blocks *b = *ret;

	if (b == NULL)
		return;
	*ret = NULL;
	for (size_t i = 0; i < SETS * WAYS; i++)
		free(b->block[i / WAYS][i % WAYS].data);
	for (size_t i = 0; i < HELD; i++)
		let_go(b->held[i]);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

void
blocks_forget(struct blocks *b, uint64_t first_lsn)
{
	pthread_mutex_lock(&b->lock);
	b->forgotten++;
	for (size_t i = 0; i < SETS * WAYS; i++) {
		if (b->block[i / WAYS][i % WAYS].first_lsn == first_lsn)
			b->block[i / WAYS][i % WAYS].first_lsn = 0;
	}
	for (size_t i = 0; i < HELD; i++) {
		if (b->held[i] == NULL || b->held[i]->first_lsn != first_lsn)
			continue;
		let_go(b->held[i]);
		b->held[i] = NULL;
	}
	pthread_mutex_unlock(&b->lock);
}

/* ---- Descriptors ------------------------------------------------------------------------------------------------- */

/* The lock is held. */
static struct held *
find_held(struct blocks *b, uint64_t first_lsn)
{
	for (size_t i = 0; i < HELD; i++) {
		struct held *held = b->held[i];

		if (held == NULL || held->first_lsn != first_lsn)
			continue;
		held->used = ++b->now;
		held->refs++;
		return held;
	}
	return NULL;
}

/* In place of the least used.  The lock is held. */
static void
keep_held(struct blocks *b, struct held *held)
{
	size_t at = 0;

	for (size_t i = 0; i < HELD && b->held[at] != NULL; i++) {
		if (b->held[i] == NULL || b->held[i]->used < b->held[at]->used)
			at = i;
	}
	let_go(b->held[at]);
	b->held[at] = held;
	held->used = ++b->now;
	held->refs++;
}

static int
hold(struct blocks *b, const struct segment *s, struct held **ret, uint64_t *ret_forgotten, struct fault *fault)
{
	struct held *held;
	struct segment again;
	int rc, fd;

	pthread_mutex_lock(&b->lock);
	*ret_forgotten = b->forgotten;
	held = find_held(b, s->first_lsn);
	pthread_mutex_unlock(&b->lock);
	if (held == NULL) {
		rc = segment_open(b->folder, s->first_lsn, O_RDONLY, &again, &fd, fault);
		if (rc != 0)
			return rc;
		held = xmalloc(sizeof(*held));
		*held = (struct held){.first_lsn = s->first_lsn, .fd = fd, .refs = 1};
		pthread_mutex_lock(&b->lock);
		if (b->forgotten == *ret_forgotten)
			keep_held(b, held);
		pthread_mutex_unlock(&b->lock);
	}
	*ret = held;
	return 0;
}

static int
read_all(int fd, uint8_t *to, size_t len, off_t at)
{
	while (len > 0) {
		ssize_t n = pread(fd, to, len, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? -EIO : -errno; /* a file that is shorter than its head says */
		to += n;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

/* ---- Blocks ------------------------------------------------------------------------------------------------------ */

static struct block *
set_of(struct blocks *b, uint64_t first_lsn, uint64_t nth)
{
	uint64_t mixed = (first_lsn / BLOCK + nth) * 0x9e3779b97f4a7c15u;

	return b->block[(mixed >> 32) % SETS];
}

/* Copies what is known of a block; false: too little. */
static bool
copy_known(struct blocks *b, const struct segment *s, uint64_t nth, uint32_t from, void *out, uint32_t len)
{
	struct block *set;
	bool known = false;

	pthread_mutex_lock(&b->lock);
	set = set_of(b, s->first_lsn, nth);
	for (unsigned i = 0; i < WAYS && !known; i++) {
		if (set[i].first_lsn != s->first_lsn || set[i].nth != nth || set[i].valid < from + len)
			continue;
		set[i].used = ++b->now;
		memcpy(out, set[i].data + from, len);
		known = true;
	}
	pthread_mutex_unlock(&b->lock);
	return known;
}

/* Takes over the bytes of a block.  The lock is held. */
static void
keep_block(struct blocks *b, const struct segment *s, uint64_t nth, uint32_t valid, uint8_t **data)
{
	struct block *set = set_of(b, s->first_lsn, nth), *to = set;
	uint8_t *old;

	for (unsigned i = 0; i < WAYS; i++) {
		if (set[i].first_lsn == s->first_lsn && set[i].nth == nth) { /* read shorter, or by another thread */
			to = &set[i];
			break;
		}
		if (set[i].first_lsn == 0 || (to->first_lsn != 0 && set[i].used < to->used))
			to = &set[i];
	}
	old = to->data;
	*to = (struct block){.first_lsn = s->first_lsn, .nth = nth, .valid = valid, .used = ++b->now, .data = *data};
	*data = old;
}

static int
read_block(struct blocks *b, const struct segment *s, uint64_t nth, uint32_t valid, uint32_t from, void *out,
    uint32_t len, struct fault *fault)
{
	_cleanup_(free_p) uint8_t *data = NULL;
	uint64_t forgotten;
	struct held *held;
	int rc = hold(b, s, &held, &forgotten, fault);

	if (rc != 0)
		return rc;
	data = xmalloc(BLOCK);
	rc = read_all(held->fd, data, valid, (off_t)(nth * BLOCK));
	if (rc == 0)
		memcpy(out, data + from, len);
	pthread_mutex_lock(&b->lock);
	let_go(held);
	if (rc == 0 && b->forgotten == forgotten)
		keep_block(b, s, nth, valid, &data);
	pthread_mutex_unlock(&b->lock);
	return rc == 0 ? 0 : fault_errno(fault, -rc, "cannot read the journal in %s", b->folder->path);
}

/* What is larger than a block would only drive out the others. */
static int
read_large(struct blocks *b, const struct segment *s, off_t at, void *out, size_t len, struct fault *fault)
{
	uint64_t forgotten;
	struct held *held;
	int rc = hold(b, s, &held, &forgotten, fault);

	if (rc != 0)
		return rc;
	rc = read_all(held->fd, out, len, at);
	pthread_mutex_lock(&b->lock);
	let_go(held);
	pthread_mutex_unlock(&b->lock);
	return rc == 0 ? 0 : fault_errno(fault, -rc, "cannot read the journal in %s", b->folder->path);
}

int
blocks_read(
    struct blocks *b, const struct segment *s, uint64_t lsn, uint64_t end, void *out, size_t len, struct fault *fault)
{
	uint64_t at = (uint64_t)segment_offset(s, lsn), stop = (uint64_t)segment_offset(s, end);
	uint8_t *to = out;
	int rc = 0;

	if (len > BLOCK)
		return read_large(b, s, (off_t)at, out, len, fault);
	while (len > 0 && rc == 0) {
		uint64_t nth = at / BLOCK, left = stop - nth * BLOCK;
		uint32_t from = (uint32_t)(at % BLOCK), valid = left < BLOCK ? (uint32_t)left : BLOCK;
		uint32_t n = BLOCK - from < len ? BLOCK - from : (uint32_t)len;

		if (!copy_known(b, s, nth, from, to, n))
			rc = read_block(b, s, nth, valid, from, to, n, fault);
		at += n;
		to += n;
		len -= n;
	}
	return rc;
}
