/* Erasing: segments written anew without what some records carried. */

#include "journal/erase.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "journal/state.h"
#include "wire.h"

#define SPARE_NAME "erase.spare"

/* ---- Fields ------------------------------------------------------------------------------------------------------ */

static bool
is_of_call(const struct record *r)
{
	const struct record_field *f = record_find(r, TAG_OP_KIND);

	return f == NULL || record_int(r, TAG_OP_KIND) == WIRE_OP_CALL;
}

/* The tag that a field gets; its own: it stays. */
static enum record_tag
tag_erased(const struct record *r, const struct record_field *f)
{
	switch ((enum record_tag)f->tag) {
	case TAG_INPUT:
	case TAG_INPUT_DELTA:
		return TAG_INPUT_ERASED;
	case TAG_OUTPUT:
	case TAG_OUTPUT_DELTA:
		return TAG_OUTPUT_ERASED;
	case TAG_BODY:
	case TAG_PARTIAL:
	case TAG_MESSAGE:
	case TAG_CONFIG:
	case TAG_REASON:
		return TAG_ERASED;
	case TAG_TARGET:
		return is_of_call(r) ? TAG_TARGET : TAG_ERASED;
	default:
		return (enum record_tag)f->tag;
	}
}

/* A field's head is its tag, two zero bytes and its length; only the tag changes. */
static void
overwrite(const struct record_field *f, enum record_tag tag, const struct journal_erasing *e)
{
	uint8_t *data = (uint8_t *)(uintptr_t)f->data;
	uint16_t was = f->tag, now = (uint16_t)tag;
	const uint64_t *hash = tag == TAG_INPUT_ERASED ? e->input : e->output;

	memcpy(data - 8, &now, sizeof now);
	memset(data, 0, f->len);
	if (tag == TAG_ERASED && f->len >= sizeof was)
		memcpy(data, &was, sizeof was);
	else if (tag != TAG_ERASED && f->len >= sizeof e->input)
		memcpy(data, hash, sizeof e->input);
}

bool
erase_record(struct record *r, const struct journal_erasing *e)
{
	enum record_tag tags[RECORD_FIELDS_MAX];
	bool any = false;

	for (unsigned i = 0; i < r->head.fields; i++)
		tags[i] = tag_erased(r, &r->field[i]);
	for (unsigned i = 0; i < r->head.fields; i++) {
		if (tags[i] == r->field[i].tag || r->field[i].len == 0)
			continue;
		overwrite(&r->field[i], tags[i], e);
		any = true;
	}
	return any;
}

/* ---- A segment [erasing thread] ---------------------------------------------------------------------------------- */

struct erasure {
	struct journal *j;
	struct journal_erasing *records; /* by LSN */
	size_t n;
	journal_erased *done;
	void *arg; /* of done */
	pthread_t thread;
	_Atomic bool over;
	int rc;
	struct fault fault;
};

struct image {
	struct segment s;
	int fd; /* of the file as it was */
	uint8_t *data;
	bool changed;
};

static void
image_clear(struct image *image)
{
	close_p(&image->fd);
	free(image->data);
}

/* The segment that has `lsn`; false: it was dropped. */
static bool
find(struct journal *j, uint64_t lsn, struct segment *ret, uint64_t *ret_end)
{
	bool found = false;

	pthread_mutex_lock(&j->lock);
	for (size_t i = j->segment_count; i-- > 0 && !found;) {
		if (j->segments[i].first_lsn > lsn)
			continue;
		assert(i + 1 < j->segment_count); /* nobody writes to it */
		*ret = j->segments[i];
		*ret_end = j->segments[i + 1].first_lsn;
		found = true;
	}
	pthread_mutex_unlock(&j->lock);
	return found;
}

static int
read_image(struct journal *j, struct image *image, struct fault *fault)
{
	struct segment again;
	uint64_t at = 0;
	int rc = segment_open(&j->folder, image->s.first_lsn, O_RDWR, &again, &image->fd, fault);

	if (rc != 0)
		return rc;
	image->data = xmalloc(image->s.size);
	while (at < image->s.size) {
		ssize_t n = pread(image->fd, image->data + at, image->s.size - at, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return fault_errno(fault, n < 0 ? errno : EIO, "cannot read the segment %016" PRIx64 " in %s",
			    image->s.first_lsn, j->folder.path);
		at += (uint64_t)n;
	}
	return 0;
}

static int
damaged(const struct journal *j, const struct image *image, uint64_t lsn, struct fault *fault)
{
	_cleanup_(free_p) char *path = segment_path(&j->folder, image->s.first_lsn);

	return fault_set(fault, HOSPES_EDAMAGED, "%s is damaged in the batch at offset %jd, and was not written anew",
	    path, (intmax_t)segment_offset(&image->s, lsn));
}

/* Records of one batch, those of `e` from *at on. */
static int
erase_batch(struct erasure *e, struct image *image, uint64_t lsn, const struct batch_head *head, size_t *at,
    struct fault *fault)
{
	uint8_t *batch = image->data + segment_offset(&image->s, lsn);
	bool changed = false;

	for (; *at < e->n && e->records[*at].lsn < lsn + head->bytes; ++*at) {
		uint64_t place = e->records[*at].lsn - lsn;
		struct record r;

		if (place < sizeof *head || record_decode(batch + place, head->bytes - place, &r, fault) < 0 ||
		    r.head.lsn != e->records[*at].lsn)
			return damaged(e->j, image, lsn, fault);
		changed |= erase_record(&r, &e->records[*at]);
	}
	if (changed)
		batch_seal(batch, head->bytes, head->number, lsn, head->records, image->s.generation);
	image->changed |= changed;
	return 0;
}

static int
erase_batches(struct erasure *e, struct image *image, uint64_t end, size_t *at, struct fault *fault)
{
	uint64_t lsn = image->s.first_lsn;

	while (*at < e->n && e->records[*at].lsn < end && lsn < end) {
		struct batch_head head;
		int rc = 0;

		if (!batch_check(
			image->data + segment_offset(&image->s, lsn), end - lsn, lsn, image->s.generation, &head))
			return damaged(e->j, image, lsn, fault);
		if (e->records[*at].lsn < lsn + head.bytes)
			rc = erase_batch(e, image, lsn, &head, at, fault);
		if (rc != 0)
			return rc;
		lsn += head.bytes;
	}
	return 0;
}

/* The bytes are still where the file was. */
static int
wipe(struct journal *j, struct image *image)
{
	const struct disk *disk = j->folder.disk;
	int rc;

	memset(image->data, 0, image->s.size);
	rc = disk->write(disk->arg, image->fd, image->data, image->s.size, 0);
	return rc == 0 ? disk->sync(disk->arg, image->fd) : rc;
}

/* Not while somebody copies the folder: half of it would be from before. */
static void
begin_replacing(struct journal *j)
{
	pthread_mutex_lock(&j->lock);
	while (j->held > 0)
		pthread_cond_wait(&j->unheld, &j->lock);
	j->replacing = true;
	pthread_mutex_unlock(&j->lock);
}

static void
end_replacing(struct journal *j)
{
	pthread_mutex_lock(&j->lock);
	j->replacing = false;
	pthread_cond_broadcast(&j->unheld);
	pthread_mutex_unlock(&j->lock);
}

static int
put_image(struct journal *j, struct image *image, struct fault *fault)
{
	const struct disk *disk = j->folder.disk;
	struct spare spare = SPARE_NONE;
	int rc = spare_begin(&j->folder, &spare, SPARE_NAME, image->s.size, fault);

	if (rc != 0)
		return rc;
	rc = disk->write(disk->arg, spare.fd, image->data, image->s.size, 0);
	if (rc != 0)
		fault_errno(fault, -rc, "cannot write the segment %016" PRIx64 " in %s anew", image->s.first_lsn,
		    j->folder.path);
	else
		rc = segment_replace(&j->folder, &image->s, &spare, fault);
	spare_drop(&j->folder, &spare);
	if (rc != 0)
		return fault->status;
	journal_turned(j, image->s.first_lsn);
	rc = wipe(j, image);
	return rc == 0 ? 0 : fault_errno(fault, -rc, "cannot overwrite what was erased in %s", j->folder.path);
}

static int
erase_segment(struct erasure *e, size_t *at, struct fault *fault)
{
	_cleanup_(image_clear) struct image image = {.fd = -1};
	uint64_t end;
	int rc;

	if (!find(e->j, e->records[*at].lsn, &image.s, &end)) {
		++*at;
		return 0;
	}
	rc = read_image(e->j, &image, fault);
	if (rc == 0)
		rc = erase_batches(e, &image, end, at, fault);
	if (rc != 0 || !image.changed)
		return rc;
	begin_replacing(e->j);
	rc = put_image(e->j, &image, fault);
	end_replacing(e->j);
	return rc;
}

static void *
erase_main(void *erasure)
{
	struct erasure *e = erasure;
	struct journal *j = e->j;
	size_t at = 0;

	while (at < e->n && e->rc == 0)
		e->rc = erase_segment(e, &at, &e->fault);
	atomic_store(&e->over, true);
	writer_tell_loop(j);
	return NULL;
}

/* ---- [loop] ------------------------------------------------------------------------------------------------------ */

static int
by_lsn(const void *a, const void *b)
{
	const struct journal_erasing *x = a, *y = b;

	return (x->lsn > y->lsn) - (x->lsn < y->lsn);
}

static void
erasure_free(struct erasure *e)
{
	free(e->records);
	free(e);
}

void
journal_erase(struct journal *j, const struct journal_erasing *records, size_t n, journal_erased *done, void *arg)
{
	struct erasure *e = xcalloc(1, sizeof *e);
	sigset_t all, before;
	int rc;

	assert(j->magic == JOURNAL_MAGIC && j->erasure == NULL);
	*e = (struct erasure){.j = j, .n = n, .done = done, .arg = arg};
	e->records = xcalloc(n + 1, sizeof *records);
	if (n > 0)
		memcpy(e->records, records, n * sizeof *records);
	qsort(e->records, n, sizeof *records, by_lsn);
	j->erasure = e;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&e->thread, NULL, erase_main, e);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc == 0) {
		pthread_setname_np(e->thread, "erase");
		return;
	}
	j->erasure = NULL;
	fault_errno(&e->fault, rc, "cannot start a thread for erasing");
	done(&e->fault, arg);
	erasure_free(e);
}

bool
journal_is_erasing(const struct journal *j)
{
	return j->erasure != NULL;
}

void
erasure_look(struct journal *j)
{
	struct erasure *e = j->erasure;

	if (e == NULL || !atomic_load(&e->over))
		return;
	pthread_join(e->thread, NULL);
	j->erasure = NULL;
	e->done(e->rc == 0 ? NULL : &e->fault, e->arg);
	erasure_free(e);
}

void
erasure_end(struct journal *j)
{
	if (j->erasure == NULL)
		return;
	pthread_join(j->erasure->thread, NULL);
	erasure_free(j->erasure);
	j->erasure = NULL;
}
