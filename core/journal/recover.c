/*
 * What is in the folder: the checks at open.
 *
 * A batch is written only when the one before it is on disk, and a segment is made only when all batches before it are.
 * So in a healthy journal every segment but the last is full to where the next one begins, and in the last one at most
 * one batch is torn, with nothing true behind it.  A torn batch was never acknowledged: it is cut.  Anything else is
 * damage, and it is told and left as it is.
 *
 * The log may begin anywhere: what was before was dropped.  Whether it was is what the store knows.
 *
 * Segments before the last are followed by the heads of their batches; what is in them is checked when it is read.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "journal/state.h"

/* The batch read last, and where: its last record has the epoch. */
struct last_batch {
	size_t segment;
	uint64_t lsn;
	uint64_t bytes; /* 0: none */
};

static int
read_exactly(int fd, void *out, size_t len, off_t at)
{
	uint8_t *to = out;

	while (len > 0) {
		ssize_t n = pread(fd, to, len, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		to += n;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
damaged_at(const struct folder *f, const struct segment *s, uint64_t lsn, const char *why, struct fault *fault)
{
	_cleanup_(free_p) char *path = segment_path(f, s->first_lsn);

	return fault_set(fault, HOSPES_EDAMAGED, "%s is damaged at offset %jd: %s; put the folder back from a backup",
	    path, (intmax_t)segment_offset(s, lsn), why);
}

/* Follows the heads in a segment that is not the last; `next` begins where this one ends. */
static int
follow_full_segment(const struct folder *f, const struct recovered *r, size_t i, int fd, struct recovered *so_far,
    struct last_batch *last, struct fault *fault)
{
	const struct segment *s = &r->segments[i];
	uint64_t lsn = s->first_lsn, end = r->segments[i + 1].first_lsn;

	while (lsn < end) {
		struct batch_head head;
		int rc = read_exactly(fd, &head, sizeof head, segment_offset(s, lsn));

		if (rc != 0)
			return fault_errno(
			    fault, -rc, "cannot read the segment %016" PRIx64 " in %s", s->first_lsn, f->path);
		if (!batch_head_fits(&head, lsn, end - lsn) || head.number != so_far->next_number)
			return damaged_at(f, s, lsn, "the batch there is bad and later ones follow", fault);
		*last = (struct last_batch){.segment = i, .lsn = lsn, .bytes = head.bytes};
		lsn += head.bytes;
		so_far->next_number++;
	}
	return 0;
}

/* A true batch behind a bad one: with a number that only a later batch can have. */
static bool
later_batch(const struct segment *s, const uint8_t *log, uint64_t from, uint64_t number, uint64_t *ret)
{
	for (uint64_t at = from; at + sizeof(struct batch_head) <= segment_capacity(s); at += 8) {
		struct batch_head head;
		uint32_t magic;

		memcpy(&magic, log + at, sizeof magic);
		if (magic != BATCH_MAGIC)
			continue;
		if (!batch_check(log + at, segment_capacity(s) - at, s->first_lsn + at, s->generation, &head))
			continue;
		if (head.number > number) {
			*ret = at;
			return true;
		}
	}
	return false;
}

/* Zeros what a crash left of a batch behind the end, so that the next one is written on clean ground. */
static int
cut_tail(const struct folder *f, const struct segment *s, int fd, uint8_t *log, uint64_t from, struct fault *fault)
{
	_cleanup_(free_p) char *path = segment_path(f, s->first_lsn);
	uint64_t to = segment_capacity(s);
	off_t offset = segment_offset(s, s->first_lsn + from);
	int rc;

	while (to > from && log[to - 1] == 0)
		to--;
	if (to == from)
		return 0;
	memset(log + from, 0, to - from);
	rc = f->disk->write(f->disk->arg, fd, log + from, to - from, offset);
	if (rc == 0)
		rc = f->disk->sync(f->disk->arg, fd);
	if (rc != 0)
		return fault_errno(fault, -rc, "cannot cut the torn end of %s", path);
	log_warn(
	    "torn end of the journal cut", LOG_S("file", path), LOG_I("offset", offset), LOG_U("bytes", to - from));
	return 0;
}

static int
check_last_segment(const struct folder *f, const struct segment *s, int fd, struct recovered *so_far,
    struct last_batch *last, struct fault *fault)
{
	uint64_t size = segment_capacity(s), at = 0, later;
	_cleanup_(free_p) uint8_t *log = xmalloc(size);
	struct batch_head head;
	int rc = read_exactly(fd, log, size, segment_offset(s, s->first_lsn));

	if (rc != 0)
		return fault_errno(fault, -rc, "cannot read the segment %016" PRIx64 " in %s", s->first_lsn, f->path);
	while (batch_check(log + at, size - at, s->first_lsn + at, s->generation, &head)) {
		if (head.number != so_far->next_number)
			return damaged_at(f, s, s->first_lsn + at, "batches before it are missing", fault);
		*last =
		    (struct last_batch){.segment = so_far->count - 1, .lsn = s->first_lsn + at, .bytes = head.bytes};
		so_far->next_number++;
		at += head.bytes;
	}
	if (later_batch(s, log, at, so_far->next_number, &later)) {
		_cleanup_(free_p) char *why =
		    xasprintf("the batch there is bad and the later one at offset %jd is good",
			(intmax_t)segment_offset(s, s->first_lsn + later));

		return damaged_at(f, s, s->first_lsn + at, why, fault);
	}
	so_far->end = s->first_lsn + at;
	return cut_tail(f, s, fd, log, at, fault);
}

static int
check_order(const struct folder *f, const struct recovered *r, size_t i, uint64_t number, struct fault *fault)
{
	const struct segment *s = &r->segments[i];

	if (i == 0 && (s->first_lsn == LSN_FIRST) != (s->first_number == 1))
		return damaged_at(f, s, s->first_lsn, "the first batch of all, and no other, has number 1", fault);
	if (i > 0 && s->first_number != number)
		return damaged_at(f, s, s->first_lsn, "the segment before it is missing or was changed", fault);
	return 0;
}

static int
take_epoch(const struct record *r, void *arg)
{
	uint64_t *epoch = arg;

	*epoch = r->head.epoch;
	return 0;
}

static int
find_epoch(const struct folder *f, struct recovered *r, const struct last_batch *last, struct fault *fault)
{
	_cleanup_(free_p) uint8_t *bytes = NULL;
	_cleanup_(close_p) int fd = -1;
	struct batch_head head;
	struct segment *s, again;
	int rc;

	if (last->bytes == 0)
		return 0;
	s = &r->segments[last->segment];
	rc = segment_open(f, s->first_lsn, O_RDONLY, &again, &fd, fault);
	if (rc != 0)
		return rc;
	bytes = xmalloc(last->bytes);
	rc = read_exactly(fd, bytes, last->bytes, segment_offset(s, last->lsn));
	if (rc != 0)
		return fault_errno(fault, -rc, "cannot read the segment %016" PRIx64 " in %s", s->first_lsn, f->path);
	if (!batch_check(bytes, last->bytes, last->lsn, s->generation, &head))
		return damaged_at(f, s, last->lsn, "the batch there is bad and a later segment follows", fault);
	return batch_walk(bytes, &head, take_epoch, &r->epoch, fault);
}

static int
recover_all(const struct folder *f, struct recovered *r, const uint64_t *lsns, struct fault *fault)
{
	struct last_batch last = {0};
	int rc;

	for (size_t i = 0; i < r->count; i++) {
		_cleanup_(close_p) int fd = -1;

		rc = segment_open(f, lsns[i], O_RDWR, &r->segments[i], &fd, fault);
		if (rc != 0)
			return rc;
		if (i > 0) {
			rc = follow_full_segment(f, r, i - 1, r->fd, r, &last, fault);
			if (rc != 0)
				return rc;
			close_p(&r->fd);
		}
		r->fd = fd;
		fd = -1;
		rc = check_order(f, r, i, r->next_number, fault);
		if (rc != 0)
			return rc;
		if (i == 0) {
			r->next_number = r->segments[0].first_number;
			r->end = r->segments[0].first_lsn;
		}
	}
	if (r->count == 0)
		return 0;
	rc = check_last_segment(f, &r->segments[r->count - 1], r->fd, r, &last, fault);
	if (rc != 0)
		return rc;
	return find_epoch(f, r, &last, fault);
}

int
journal_recover(const struct folder *f, struct recovered *ret, struct fault *fault)
{
	struct recovered r = {.fd = -1, .end = LSN_FIRST, .next_number = 1};
	_cleanup_(free_p) uint64_t *lsns = NULL;
	int rc = folder_list(f, &lsns, &r.count, fault);

	if (rc != 0)
		return rc;
	r.segments = xcalloc(r.count + 1, sizeof *r.segments);
	rc = recover_all(f, &r, lsns, fault);
	if (rc != 0) {
		close_p(&r.fd);
		free(r.segments);
		return rc;
	}
	*ret = r;
	return 0;
}
