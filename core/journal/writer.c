/*
 * The writer: the journal's thread.
 *
 * It sleeps until a batch is due, takes it, writes it, syncs it, tells who waits, and only then looks at the next; so
 * there is never more than one batch whose fate is open.  While nothing is due and the segment is half full, it fills
 * the next segment with zeros, a slice at a time; and segments that nobody needs any more it takes away (drop.c).
 *
 * When a write or a sync fails it stops for good.  After a failed sync the kernel may have dropped the pages and
 * forgotten the error: a second try could succeed and mean nothing.
 */

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "journal/state.h"

#define SPARE_SLICE (1 * MIB)
#define BUFFER_KEEP (4 * MIB) /* a buffer that one large batch blew up is given back */

static const struct segment *
last_segment(const struct journal *j)
{
	return j->segment_count == 0 ? NULL : &j->segments[j->segment_count - 1];
}

/* When what is pending is to be written: monotonic. */
static int64_t
due_at(const struct journal *j)
{
	if (j->stop)
		return 0;
	return j->wanted > atomic_load(&j->durable) ? j->gather_until : j->pending_since + j->sync_after_ns;
}

static bool
batch_due(const struct journal *j)
{
	return j->pending_records > 0 && (due_at(j) == 0 || clock_mono_ns() >= due_at(j));
}

static const char *const spare_names[SPARES] = {"next.spare", "next2.spare"};

/* The spare that is nearest to being a segment. */
static unsigned
best_spare(const struct journal *j)
{
	unsigned best = 0;

	for (unsigned i = 1; i < SPARES; i++)
		if (j->spares[i].fd >= 0 && (j->spares[best].fd < 0 || j->spares[i].filled > j->spares[best].filled))
			best = i;
	return best;
}

/* The spare that is to be filled next; SPARES: none, for now.  A recycled one is filled at once, the first when the segment is
 * half full. */
static unsigned
spare_due(const struct journal *j)
{
	const struct segment *s = last_segment(j);
	unsigned best = best_spare(j);

	if (s == NULL || j->no_room)
		return SPARES;
	for (unsigned i = 0; i < SPARES; i++)
		if (j->spares[i].fd >= 0 && !j->spares[i].ready)
			return i;
	if (j->spares[best].ready || (j->write_lsn - s->first_lsn) * 2 < segment_capacity(s))
		return SPARES;
	return best;
}

static void
wait_for_work(struct journal *j)
{
	int64_t until = due_at(j);
	struct timespec ts = {.tv_sec = (time_t)(until / NS_PER_S), .tv_nsec = (long)(until % NS_PER_S)};

	j->asleep = true;
	if (j->pending_records == 0)
		pthread_cond_wait(&j->work, &j->lock);
	else
		pthread_cond_timedwait(&j->work, &j->lock, &ts);
	j->asleep = false;
}

/* Once: whatever else comes before it is up is found by its own look. */
void
writer_wake(struct journal *j)
{
	if (!j->asleep)
		return;
	j->asleep = false;
	pthread_cond_signal(&j->work);
}

void
writer_tell_loop(struct journal *j)
{
	uint64_t one = 1;

	/* The counter cannot overflow between two looks of the loop. */
	while (write(j->wake_fd, &one, sizeof one) < 0 && errno == EINTR)
		;
}

/* The lock is held. */
static void
fail(struct journal *j, const struct fault *fault)
{
	j->failure = *fault;
	j->failing = true;
	pthread_cond_broadcast(&j->synced);
	writer_tell_loop(j);
}

static int
fill_spare(struct journal *j, struct spare *spare, const char *name, uint64_t size, uint64_t most, struct fault *fault)
{
	if (spare->fd < 0) {
		int rc = spare_begin(&j->folder, spare, name, size, fault);

		if (rc != 0)
			return rc;
	}
	return spare->ready ? 0 : spare_fill(&j->folder, spare, most, fault);
}

static int
adopt(struct journal *j, struct spare *spare, struct fault *fault)
{
	struct segment s = {.first_lsn = j->write_lsn, .first_number = j->next_number};
	int fd, rc = spare_adopt(&j->folder, spare, &s, &fd, fault);

	if (rc != 0)
		return rc;
	close_p(&j->segment_fd);
	j->segment_fd = fd;
	j->no_room = false;
	pthread_mutex_lock(&j->lock);
	j->segments = xrealloc(j->segments, (j->segment_count + 1) * sizeof *j->segments);
	j->segments[j->segment_count++] = s;
	pthread_mutex_unlock(&j->lock);
	return 0;
}

/* Whether a segment has been asked for before this one is full. */
static bool
wants_turn(struct journal *j, const struct segment *s)
{
	bool turn;

	pthread_mutex_lock(&j->lock);
	turn = j->turn && j->write_lsn > s->first_lsn;
	j->turn = false;
	pthread_mutex_unlock(&j->lock);
	return turn;
}

/* Nothing is lost with a spare: what is left of the segment is still written. */
static void
without_spare(struct journal *j, struct spare *spare, const struct fault *fault)
{
	if (!j->no_room)
		log_warn("no room for the journal's next segment; the host stops when this one is full",
		    LOG_S("reason", fault->text), LOG_S("hint", status_hint(fault->status)));
	spare_drop(&j->folder, spare);
	j->no_room = true;
}

int
writer_make_room(struct journal *j, uint64_t bytes, struct fault *fault)
{
	const struct segment *s = last_segment(j);
	uint64_t size = j->segment_bytes, need = bytes + sizeof(struct segment_head);
	bool fits = s != NULL && segment_capacity(s) - (j->write_lsn - s->first_lsn) >= bytes;
	struct spare large = SPARE_NONE, *spare = &large;
	const char *name = "large.spare";
	int rc;

	if (s != NULL && !wants_turn(j, s) && fits)
		return 0;
	if (need <= size) {
		spare = &j->spares[best_spare(j)];
		name = spare_names[best_spare(j)];
		need = size;
	}
	rc = fill_spare(j, spare, name, need, need, fault);
	if (rc == HOSPES_EDISK && fits) { /* it was asked for, and can be done without */
		without_spare(j, spare, fault);
		return 0;
	}
	if (rc == 0)
		rc = adopt(j, spare, fault);
	spare_drop(&j->folder, &large);
	return rc;
}

static int
write_batch(struct journal *j, uint32_t records, struct fault *fault)
{
	const struct disk *disk = j->folder.disk;
	int rc = writer_make_room(j, j->writing.len, fault);
	const struct segment *s = last_segment(j);

	if (rc != 0)
		return rc;
	batch_seal(j->writing.data, j->writing.len, j->next_number, j->write_lsn, records, s->generation);
	rc = disk->write(disk->arg, j->segment_fd, j->writing.data, j->writing.len, segment_offset(s, j->write_lsn));
	if (rc == 0)
		rc = disk->sync(disk->arg, j->segment_fd);
	if (rc != 0)
		return fault_errno(fault, -rc, "cannot write the journal in %s", j->folder.path);
	j->write_lsn += j->writing.len;
	j->next_number++;
	return 0;
}

static void
empty_buffer(struct buf *b)
{
	if (b->cap > BUFFER_KEEP)
		buf_free(b);
	buf_clear(b);
}

int
writer_leave(struct journal *j, struct fault *fault)
{
	struct segment s = j->leaving[0];
	unsigned free_place = 0;
	int rc;

	memmove(j->leaving, j->leaving + 1, --j->leaving_count * sizeof *j->leaving);
	while (free_place < SPARES && j->spares[free_place].fd >= 0)
		free_place++;
	pthread_mutex_unlock(&j->lock);
	/* One after the other, each on disk before the next goes: what is left is always the end of the log, without a gap. */
	if (free_place < SPARES && s.size == j->segment_bytes)
		rc = segment_leave(&j->folder, &s, &j->spares[free_place], spare_names[free_place], fault);
	else
		rc = segment_leave(&j->folder, &s, NULL, NULL, fault);
	pthread_mutex_lock(&j->lock);
	return rc;
}

/* Takes what is pending and writes it.  The lock is held, but not meanwhile. */
static int
next_batch(struct journal *j, struct fault *fault)
{
	struct buf taken = j->pending;
	uint32_t records = j->pending_records;
	int64_t began = clock_mono_ns(), now;
	int rc;

	j->pending = j->writing;
	j->writing = taken;
	j->pending_records = 0;
	j->pending_lsn += taken.len;
	pthread_mutex_unlock(&j->lock);
	rc = write_batch(j, records, fault);
	empty_buffer(&j->writing);
	pthread_mutex_lock(&j->lock);
	if (rc != 0)
		return rc;
	j->syncs++;
	atomic_store(&j->durable, j->write_lsn + sizeof(struct batch_head));
	pthread_cond_broadcast(&j->synced);
	if (!j->awaited)
		return 0;
	/* Those who waited for this batch are likely to be back at once: without them the next one would be half of what it
	 * could be, and so would every batch after it. */
	now = clock_mono_ns();
	j->gather_until = now + (now - began) / 2;
	writer_tell_loop(j);
	return 0;
}

static int
prepare_spare(struct journal *j, unsigned which, struct fault *fault)
{
	struct spare *spare = &j->spares[which];
	int rc;

	pthread_mutex_unlock(&j->lock);
	rc = fill_spare(j, spare, spare_names[which], j->segment_bytes, SPARE_SLICE, fault);
	if (rc == HOSPES_EDISK) { /* it is tried for again when it is needed */
		without_spare(j, spare, fault);
		rc = 0;
	}
	pthread_mutex_lock(&j->lock);
	return rc;
}

void *
writer_main(void *journal)
{
	struct journal *j = journal;
	struct fault fault;
	int rc = 0;

	pthread_mutex_lock(&j->lock);
	while (rc == 0) {
		if (batch_due(j))
			rc = next_batch(j, &fault);
		else if (j->stop)
			break;
		else if (j->leaving_count > 0)
			rc = writer_leave(j, &fault);
		else if (spare_due(j) < SPARES)
			rc = prepare_spare(j, spare_due(j), &fault);
		else
			wait_for_work(j);
	}
	if (rc != 0)
		fail(j, &fault);
	pthread_mutex_unlock(&j->lock);
	return NULL;
}
