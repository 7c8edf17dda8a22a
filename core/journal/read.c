/*
 * Reading what is durable: one record by its LSN, or all in order.  From any thread, beside the writer.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "journal/state.h"

/* Where the last durable batch ends. */
static uint64_t
durable_end(const struct journal *j)
{
	return atomic_load(&j->durable) - sizeof(struct batch_head);
}

/* At most `len` bytes from `at`, fewer at the end of the file. */
static int
read_some(int fd, struct buf *ret, size_t len, off_t at)
{
	uint8_t *to = buf_extend(ret, len);
	size_t got = 0;

	while (got < len) {
		ssize_t n = pread(fd, to + got, len - got, at + (off_t)got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	ret->len -= len - got;
	return 0;
}

/* The segment that has `lsn`, and where what is durable of it ends. */
static bool
find_segment(struct journal *j, uint64_t lsn, struct segment *ret, uint64_t *ret_end)
{
	uint64_t end = durable_end(j);
	size_t from = 0, to;
	bool found;

	pthread_mutex_lock(&j->lock);
	for (to = j->segment_count; from < to;) {
		size_t middle = from + (to - from) / 2;

		if (j->segments[middle].first_lsn <= lsn)
			from = middle + 1;
		else
			to = middle;
	}
	found = from > 0 && lsn < end;
	if (found) {
		*ret = j->segments[from - 1];
		*ret_end =
		    from < j->segment_count && j->segments[from].first_lsn < end ? j->segments[from].first_lsn : end;
	}
	pthread_mutex_unlock(&j->lock);
	return found;
}

static int
read_record(struct journal *j, const struct segment *s, uint64_t lsn, uint64_t end, struct buf *storage,
    struct record *r, struct fault *fault)
{
	struct record_head head;
	size_t len = end - lsn < sizeof head ? (size_t)(end - lsn) : sizeof head;
	int rc;

	buf_clear(storage);
	rc = blocks_read(j->blocks, s, lsn, end, buf_extend(storage, len), len, fault);
	if (rc != 0)
		return rc;
	if (len == sizeof head) {
		memcpy(&head, storage->data, sizeof head);
		if (head.length > len && head.length <= RECORD_MAX && head.length <= end - lsn)
			rc = blocks_read(j->blocks, s, lsn + len, end, buf_extend(storage, head.length - len),
			    head.length - len, fault);
	}
	if (rc != 0)
		return rc;
	if (record_decode(storage->data, storage->len, r, fault) < 0)
		return HOSPES_EDAMAGED;
	if (r->head.lsn != lsn)
		return fault_set(fault, HOSPES_EDAMAGED, "the record there says that it is at %" PRIu64, r->head.lsn);
	return 0;
}

static int
read_once(struct journal *j, uint64_t lsn, struct buf *storage, struct record *r, struct fault *fault)
{
	struct segment s;
	uint64_t end;
	int rc;

	if (!find_segment(j, lsn, &s, &end))
		return fault_set(fault, HOSPES_ENOENT,
		    "there is no record at %" PRIu64 "; the journal is durable up to %" PRIu64, lsn, durable_end(j));
	rc = read_record(j, &s, lsn, end, storage, r, fault);
	if (rc != 0) {
		_cleanup_(free_p) char *path = segment_path(&j->folder, s.first_lsn);

		fault_prefix(fault, "%s at offset %jd", path, (intmax_t)segment_offset(&s, lsn));
	}
	return rc;
}

/* What was read while a segment went or was written anew may be half of one and half of the other. */
int
journal_read(struct journal *j, uint64_t lsn, struct buf *storage, struct record *r, struct fault *fault)
{
	uint64_t turned;
	int rc;

	do {
		turned = atomic_load(&j->turned);
		rc = read_once(j, lsn, storage, r, fault);
	} while (turned != atomic_load(&j->turned));
	return rc;
}

int
batch_walk(const void *batch, const struct batch_head *head, journal_visit *visit, void *arg, struct fault *fault)
{
	const uint8_t *at = (const uint8_t *)batch + sizeof *head, *end = (const uint8_t *)batch + head->bytes;
	struct record r;

	for (uint32_t i = 0; i < head->records; i++) {
		uint64_t lsn = head->lsn + (uint64_t)(at - (const uint8_t *)batch);
		int64_t size = record_decode(at, (size_t)(end - at), &r, fault);
		int rc;

		if (size < 0) {
			fault_prefix(fault, "record %u of batch %" PRIu64, i, head->number);
			return HOSPES_EDAMAGED;
		}
		if (r.head.lsn != lsn)
			return fault_set(fault, HOSPES_EDAMAGED,
			    "record %u of batch %" PRIu64 " says that it is at %" PRIu64, i, head->number, r.head.lsn);
		rc = visit(&r, arg);
		if (rc != 0)
			return rc;
		at += size;
	}
	if (at != end)
		return fault_set(
		    fault, HOSPES_EDAMAGED, "batch %" PRIu64 " has bytes after its last record", head->number);
	return 0;
}

struct scan {
	uint64_t from;
	journal_visit *visit;
	void *arg; /* of visit */
};

static int
visit_from(const struct record *r, void *arg)
{
	struct scan *scan = arg;

	return r->head.lsn < scan->from ? 0 : scan->visit(r, scan->arg);
}

/* One batch at `lsn`, of which `left` bytes may be; `ret` gets its size. */
static int
scan_batch(struct journal *j, const struct segment *s, int fd, uint64_t lsn, uint64_t left, struct buf *bytes,
    struct scan *scan, uint64_t *ret, struct fault *fault)
{
	struct batch_head head = {0};
	int rc;

	buf_clear(bytes);
	rc = read_some(fd, bytes, sizeof head, segment_offset(s, lsn));
	if (rc != 0)
		return fault_errno(fault, -rc, "cannot read the journal in %s", j->folder.path);
	if (bytes->len == sizeof head)
		memcpy(&head, bytes->data, sizeof head);
	if (!batch_head_fits(&head, lsn, left))
		return fault_set(fault, HOSPES_EDAMAGED, "the batch there is bad");
	*ret = head.bytes;
	if (lsn + head.bytes <= scan->from)
		return 0;
	rc = read_some(fd, bytes, head.bytes - sizeof head, segment_offset(s, lsn) + (off_t)sizeof head);
	if (rc != 0)
		return fault_errno(fault, -rc, "cannot read the journal in %s", j->folder.path);
	if (!batch_check(bytes->data, bytes->len, lsn, s->generation, &head))
		return fault_set(fault, HOSPES_EDAMAGED, "the batch there is bad");
	return batch_walk(bytes->data, &head, visit_from, scan, fault);
}

static bool
is_held(struct journal *j, uint64_t first_lsn)
{
	bool held = false;

	pthread_mutex_lock(&j->lock);
	for (size_t i = 0; i < j->segment_count && !held; i++)
		held = j->segments[i].first_lsn == first_lsn;
	pthread_mutex_unlock(&j->lock);
	return held;
}

static int
tell_scan(struct journal *j, const struct segment *s, uint64_t lsn, const struct fault *why, struct fault *fault)
{
	_cleanup_(free_p) char *path = segment_path(&j->folder, s->first_lsn);

	if (why->status != HOSPES_EDAMAGED)
		return fault_set(fault, why->status, "%s", why->text);
	return fault_set(fault, HOSPES_EDAMAGED, "%s is damaged in the batch at offset %jd: %s", path,
	    (intmax_t)segment_offset(s, lsn), why->text);
}

/* A batch that is bad may be one that went, or was written anew, while it was read. */
static int
scan_segment(struct journal *j, const struct segment *s, uint64_t end, struct scan *scan, struct fault *fault)
{
	_cleanup_(buf_free) struct buf bytes = {0};
	_cleanup_(close_p) int fd = -1;
	uint64_t lsn = s->first_lsn, size = 0, turned = 0;
	int rc = 0;

	while (rc == 0 && lsn < end) {
		struct fault why = {0};
		struct segment again;

		if (fd < 0) {
			turned = atomic_load(&j->turned);
			rc = segment_open(&j->folder, s->first_lsn, O_RDONLY, &again, &fd, &why);
		}
		if (rc == 0)
			rc = scan_batch(j, s, fd, lsn, end - lsn, &bytes, scan, &size, &why);
		if (why.status == 0) {
			lsn += size;
			continue;
		}
		if (!is_held(j, s->first_lsn)) /* it went, before we came to it perhaps */
			return 0;
		if (turned == atomic_load(&j->turned))
			return tell_scan(j, s, lsn, &why, fault);
		close_p(&fd);
		fd = -1;
		rc = 0;
	}
	return rc;
}

int
journal_scan(struct journal *j, uint64_t from, journal_visit *visit, void *arg, struct fault *fault)
{
	struct scan scan = {.from = from, .visit = visit, .arg = arg};
	_cleanup_(free_p) struct segment *segments = NULL;
	uint64_t end;
	size_t count;
	int rc = 0;

	pthread_mutex_lock(&j->lock);
	end = durable_end(j);
	count = j->segment_count;
	segments = xcalloc(count + 1, sizeof *segments);
	memcpy(segments, j->segments, count * sizeof *segments);
	pthread_mutex_unlock(&j->lock);
	for (size_t i = 0; i < count && rc == 0; i++) {
		uint64_t stop = i + 1 < count && segments[i + 1].first_lsn < end ? segments[i + 1].first_lsn : end;

		if (stop > from && stop > segments[i].first_lsn)
			rc = scan_segment(j, &segments[i], stop, &scan, fault);
	}
	return rc;
}
