/*
 * A journal looked at from outside: everything in it held against everything else, and nothing changed.
 *
 * A host may be writing meanwhile.  What is looked at is what was there at the beginning: the segments of that moment, and
 * of the last one as many batches as are found whole.  A segment may go or be replaced while it is read: its name is looked
 * at again behind the read, since a host takes the name away before it writes over a file.
 *
 * Behind damage the walk goes on at the next batch that is whole.  What is known of runs is then forgotten, so that one flaw
 * is told once.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "journal/chains.h"
#include "journal/segment.h"
#include "journal/state.h"

struct check {
	struct journal_check *c;
	struct folder folder;
	struct chains chains;
	uint64_t *lsns; /* of the segments, as listed at the beginning */
	size_t n;
	uint64_t next_lsn, next_number; /* where the next segment begins; 0: not known */
	int stopped;                    /* what `visit` returned */
	bool begun;                     /* a segment was there */
	bool gap;                       /* something was not readable: what follows is a new beginning */

	/* the segment that is looked at */
	struct segment s;
	char *path;
	uint8_t *log;
};

static void __attribute__((format(printf, 3, 4))) tell(struct check *k, uint64_t offset, const char *format, ...)
{
	_cleanup_(free_p) char *what = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&what, format, args) < 0)
		what = NULL;
	va_end(args);
	k->c->damages++;
	k->c->damaged(k->path, offset, what == NULL ? "" : what, k->c->arg);
}

static uint64_t
offset_at(const struct check *k, uint64_t at)
{
	return (uint64_t)segment_offset(&k->s, k->s.first_lsn + at);
}

/* ---- Reading a segment ------------------------------------------------------------------------------------------- */

enum reading { READ, GONE, BAD };

/* Whether the name still means the file that was read. */
static bool
is_still(const struct check *k, int fd, bool *ret_gone)
{
	const char *name = strrchr(k->path, '/') + 1;
	struct stat then, now;
	bool there = fstatat(k->folder.fd, name, &now, AT_SYMLINK_NOFOLLOW) == 0;

	*ret_gone = !there && errno == ENOENT;
	return there && fstat(fd, &then) == 0 && then.st_ino == now.st_ino && then.st_dev == now.st_dev;
}

static int
read_whole(struct check *k, int fd, uint64_t at, struct fault *fault)
{
	uint64_t end = segment_capacity(&k->s);

	while (at < end) {
		ssize_t n = pread(fd, k->log + at, end - at, (off_t)offset_at(k, at));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return fault_errno(fault, n < 0 ? errno : EIO, "cannot read %s", k->path);
		at += (uint64_t)n;
	}
	return 0;
}

/* One try; the descriptor is for looking again. */
static int
try_segment(struct check *k, uint64_t first_lsn, int *ret_fd, struct fault *fault)
{
	int rc = segment_open(&k->folder, first_lsn, O_RDONLY, &k->s, ret_fd, fault);

	if (rc != 0)
		return rc;
	k->log = xrealloc(k->log, segment_capacity(&k->s) + 1);
	return read_whole(k, *ret_fd, 0, fault);
}

static int
read_segment(struct check *k, uint64_t first_lsn, enum reading *ret, int *ret_fd, struct fault *fault)
{
	bool flawed = false;

	free(k->path);
	k->path = segment_path(&k->folder, first_lsn);
	for (;;) {
		_cleanup_(close_p) int fd = -1;
		bool gone = false;
		int rc = try_segment(k, first_lsn, &fd, fault);

		if (rc == 0 && is_still(k, fd, &gone)) {
			*ret = READ;
			*ret_fd = fd;
			fd = -1;
			return 0;
		}
		if (gone || (rc != 0 && access(k->path, F_OK) != 0 && errno == ENOENT)) {
			*ret = GONE;
			return 0;
		}
		if (rc == HOSPES_EDAMAGED && flawed) { /* the name was there again, so nobody took it away */
			*ret = BAD;
			return 0;
		}
		if (rc != 0 && rc != HOSPES_EDAMAGED)
			return rc;
		flawed = rc != 0;
	}
}

/* ---- Batches ----------------------------------------------------------------------------------------------------- */

static int
visit_record(const struct record *r, void *arg)
{
	struct check *k = arg;
	struct fault why = {0};

	k->c->records++;
	if (!chains_add(&k->chains, r, &why))
		tell(k, offset_at(k, r->head.lsn - k->s.first_lsn), "%s", why.text);
	if (k->c->visit != NULL)
		k->stopped = k->c->visit(r, k->c->arg);
	return k->stopped;
}

static void
look_at_records(struct check *k, uint64_t at, const struct batch_head *head)
{
	struct fault why = {0};

	k->c->batches++;
	if (batch_walk(k->log + at, head, visit_record, k, &why) != 0 && k->stopped == 0)
		tell(k, offset_at(k, at), "%s", why.text);
}

/* What is wrong with the batch that should begin here. */
static const char *
flaw_of(const struct check *k, uint64_t at, uint64_t end)
{
	struct batch_head head;

	if (end - at < sizeof head)
		return "a batch should begin here and there is no room for its head";
	memcpy(&head, k->log + at, sizeof head);
	if (head.magic != BATCH_MAGIC)
		return "a batch should begin here and there is none";
	if (!batch_head_fits(&head, k->s.first_lsn + at, end - at))
		return "the head of the batch cannot be right";
	return "the batch's checksum does not fit what is in it";
}

/* The next whole batch with a number over the one before; `end` when there is none. */
static uint64_t
next_whole(const struct check *k, uint64_t from, uint64_t end, uint64_t number)
{
	for (uint64_t at = from; at + sizeof(struct batch_head) <= end; at += 8) {
		struct batch_head head;
		uint32_t magic;

		memcpy(&magic, k->log + at, sizeof magic);
		if (magic == BATCH_MAGIC &&
		    batch_check(k->log + at, end - at, k->s.first_lsn + at, k->s.generation, &head) &&
		    head.number >= number)
			return at;
	}
	return end;
}

static void
forget_runs(struct check *k, uint64_t at)
{
	chains_gap(&k->chains, k->s.first_lsn + at + sizeof(struct batch_head));
}

static void
check_number(struct check *k, uint64_t at, const struct batch_head *head)
{
	if (head->number != k->next_number) {
		tell(k, offset_at(k, at), "the batch has number %" PRIu64 " and should have %" PRIu64, head->number,
		    k->next_number);
		forget_runs(k, at);
	}
	k->next_number = head->number + 1;
}

/* The place where a host that runs may just be writing: what it wrote before a later batch is there when that one is. */
static bool
turned_whole(struct check *k, int fd, uint64_t at, uint64_t end)
{
	struct batch_head head;
	struct fault fault;

	return read_whole(k, fd, at, &fault) == 0 &&
	       batch_check(k->log + at, end - at, k->s.first_lsn + at, k->s.generation, &head);
}

static void
check_zeros(struct check *k, uint64_t from, const char *what)
{
	uint64_t end = segment_capacity(&k->s);

	while (from < end && k->log[from] == 0)
		from++;
	if (from < end)
		tell(k, offset_at(k, from), "%s", what);
}

static uint64_t
bytes_to_zeros(const struct check *k, uint64_t from)
{
	uint64_t end = segment_capacity(&k->s);

	while (end > from && k->log[end - 1] == 0)
		end--;
	return end - from;
}

/* Up to `end`, where the next segment takes over, or (of the last one) as far as there are batches. */
static void
check_batches(struct check *k, int fd, uint64_t end, bool last)
{
	struct batch_head head;
	uint64_t at = 0;

	while (at < end && k->stopped == 0) {
		uint64_t next;

		if (batch_check(k->log + at, end - at, k->s.first_lsn + at, k->s.generation, &head)) {
			check_number(k, at, &head);
			look_at_records(k, at, &head);
			at += head.bytes;
			continue;
		}
		next = next_whole(k, at + 8, end, k->next_number);
		if (last && next < end && turned_whole(k, fd, at, end))
			continue;
		if (last && next == end)
			break;
		tell(k, offset_at(k, at), "%s", flaw_of(k, at, end));
		if (next < end) {
			memcpy(&head, k->log + next, sizeof head);
			k->next_number = head.number;
			forget_runs(k, next);
		} else {
			k->gap = true;
		}
		at = next;
	}
	k->next_lsn = k->s.first_lsn + at;
	if (last)
		k->c->torn = bytes_to_zeros(k, at);
	else if (k->stopped == 0)
		check_zeros(k, end, "there are bytes behind the last batch of the segment, where zeros belong");
}

/* ---- Segments ---------------------------------------------------------------------------------------------------- */

static void
check_begin(struct check *k)
{
	bool first = !k->begun;

	k->begun = true;
	if (first && !k->gap && k->s.first_lsn == LSN_FIRST && k->s.first_number != 1)
		tell(k, offsetof(struct segment_head, first_number),
		    "the first batch of a journal has number 1, and this segment says %" PRIu64, k->s.first_number);
	if (!first && !k->gap && k->s.first_number != k->next_number)
		tell(k, offsetof(struct segment_head, first_number),
		    "the segment says that it begins with batch %" PRIu64 " and should begin with %" PRIu64,
		    k->s.first_number, k->next_number);
	if (first || k->gap)
		chains_gap(&k->chains, k->s.first_lsn + sizeof(struct batch_head));
	if (first)
		k->c->first_lsn = k->s.first_lsn;
	k->next_number = k->s.first_number;
	k->gap = false;
}

static void
check_segment(struct check *k, size_t i, int fd)
{
	bool last = i + 1 == k->n;
	uint64_t capacity = segment_capacity(&k->s), end = last ? capacity : k->lsns[i + 1] - k->s.first_lsn;

	k->c->segments++;
	k->c->bytes += k->s.size;
	check_begin(k);
	if (end > capacity) {
		tell(k, 0,
		    "the segment that follows begins at %016" PRIx64 ", and this one ends at %016" PRIx64
		    " at the latest: one is missing",
		    k->lsns[i + 1], k->s.first_lsn + capacity);
		end = capacity;
		last = true; /* as far as there are batches */
		k->gap = true;
	}
	check_batches(k, fd, end, last);
}

/* The oldest go while a host runs, one after the other, also those that were looked at already; no other does. */
static bool
is_there(const struct check *k, uint64_t first_lsn)
{
	_cleanup_(free_p) char *path = segment_path(&k->folder, first_lsn);

	return access(path, F_OK) == 0;
}

static int
check_segments(struct check *k, struct fault *fault)
{
	for (size_t i = 0; i < k->n && k->stopped == 0; i++) {
		_cleanup_(close_p) int fd = -1;
		enum reading reading = BAD;
		struct fault why = {0};
		int rc = read_segment(k, k->lsns[i], &reading, &fd, &why);

		if (rc != 0)
			return fault_set(fault, why.status, "%s", why.text);
		if (reading == READ) {
			check_segment(k, i, fd);
		} else if (reading == BAD) {
			tell(k, 0, "%s", why.text);
			k->gap = true;
		} else if (k->begun) {
			if (is_there(k, k->lsns[i - 1]))
				tell(k, 0, "the segment went while the journal was looked at");
			k->gap = true;
		}
	}
	return k->stopped;
}

static int
open_folder(struct folder *ret, const char *dir, struct fault *fault)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return fault_set(fault, HOSPES_ENOENT, "there is no folder %s", dir);
	if (fd < 0)
		return fault_errno(fault, errno, "cannot open the folder %s", dir);
	*ret = (struct folder){.path = xstrdup(dir), .fd = fd};
	return 0;
}

int
journal_check(const char *dir, struct journal_check *c, struct fault *fault)
{
	struct check k = {.c = c, .folder.fd = -1};
	int rc = open_folder(&k.folder, dir, fault);

	if (rc == 0)
		rc = folder_list(&k.folder, &k.lsns, &k.n, fault);
	if (rc == 0 && k.n == 0)
		rc = fault_set(fault, HOSPES_ENOENT, "there is no segment of a journal in %s", dir);
	if (rc == 0) {
		c->inside = &k;
		rc = check_segments(&k, fault);
		c->inside = NULL;
		c->end_lsn = k.next_lsn;
		c->runs_ended = k.chains.ended;
		c->runs_open = chains_open(&k.chains);
	}
	chains_free(&k.chains);
	folder_close(&k.folder);
	free(k.lsns);
	free(k.path);
	free(k.log);
	return rc;
}

void
journal_check_tell(struct journal_check *c, const struct record *r, const char *what)
{
	struct check *k = c->inside;

	tell(k, offset_at(k, r->head.lsn - k->s.first_lsn), "%s", what);
}
