/*
 * The journal as others see it: opening, appending, waiting.  writer.c has the other thread.
 */

#include "config.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "journal/state.h"

#define SEGMENT_BYTES (16 * MIB)
#define SEGMENT_LEAST (4 * KIB)
#define SYNC_AFTER_NS (10 * NS_PER_MS)

static void
insert_wait(struct journal *j, struct wait *w)
{
	struct wait *before = j->last; /* most come in order */

	while (before != NULL && before->lsn > w->lsn)
		before = before->prev;
	w->prev = before;
	w->next = before == NULL ? j->first : before->next;
	if (w->prev == NULL)
		j->first = w;
	else
		w->prev->next = w;
	if (w->next == NULL)
		j->last = w;
	else
		w->next->prev = w;
}

static void
remove_wait(struct journal *j, struct wait *w)
{
	if (w->prev == NULL)
		j->first = w->next;
	else
		w->prev->next = w->next;
	if (w->next == NULL)
		j->last = w->prev;
	else
		w->next->prev = w->prev;
}

static void
tell_failure(struct journal *j)
{
	struct fault fault;

	pthread_mutex_lock(&j->lock);
	fault = j->failure;
	pthread_mutex_unlock(&j->lock);
	if (j->failure_told || fault.status == 0)
		return;
	j->failure_told = true;
	if (j->failed != NULL)
		j->failed(&fault, j->arg);
}

static void
on_wakeup(evutil_socket_t fd, short what, void *arg)
{
	struct journal *j = arg;
	uint64_t count;

	(void)what;
	if (read(fd, &count, sizeof count) < 0)
		assert(errno == EAGAIN || errno == EINTR);
	/* From the head each time: what is called may add waits and drop them. */
	while (j->first != NULL && j->first->lsn < atomic_load(&j->durable)) {
		struct wait w = *j->first, *old = j->first;

		remove_wait(j, old);
		free(old);
		w.done(w.arg);
	}
	pthread_mutex_lock(&j->lock);
	j->awaited = j->first != NULL;
	if (j->pending_records > 0)
		writer_wake(j);
	j->gather_until = 0;
	pthread_mutex_unlock(&j->lock);
	j->asked &= j->first != NULL;
	tell_failure(j);
	erasure_look(j);
}

static int
start_writer(struct journal *j, struct fault *fault)
{
	sigset_t all, before;
	int rc;

	/* Signals are the loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&j->writer, NULL, writer_main, j);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0)
		return fault_errno(fault, rc, "cannot start the journal's thread");
	pthread_setname_np(j->writer, "journal");
	return 0;
}

static void
free_journal(struct journal *j)
{
	while (j->first != NULL) {
		struct wait *w = j->first;

		remove_wait(j, w);
		free(w);
	}
	if (j->wakeup != NULL)
		event_free(j->wakeup);
	close_p(&j->wake_fd);
	close_p(&j->segment_fd);
	for (unsigned i = 0; i < SPARES; i++)
		spare_drop(&j->folder, &j->spares[i]);
	blocks_free(&j->blocks);
	folder_close(&j->folder);
	buf_free(&j->pending);
	buf_free(&j->writing);
	free(j->segments);
	free(j->leaving);
	pthread_mutex_destroy(&j->lock);
	pthread_cond_destroy(&j->work);
	pthread_cond_destroy(&j->synced);
	pthread_cond_destroy(&j->unheld);
	j->magic = 0;
	free(j);
}

static struct journal *
new_journal(const struct journal_options *options)
{
	struct journal *j = xcalloc(1, sizeof *j);
	pthread_condattr_t attr;

	j->magic = JOURNAL_MAGIC;
	j->segment_bytes = options->segment_bytes == 0 ? SEGMENT_BYTES : options->segment_bytes;
	j->segment_bytes = j->segment_bytes < SEGMENT_LEAST ? SEGMENT_LEAST : j->segment_bytes & ~(uint64_t)7;
	j->sync_after_ns = options->sync_after_ns == 0 ? SYNC_AFTER_NS : options->sync_after_ns;
	j->failed = options->failed;
	j->arg = options->arg;
	j->wake_fd = j->segment_fd = j->folder.fd = -1;
	for (unsigned i = 0; i < SPARES; i++)
		j->spares[i] = (struct spare)SPARE_NONE;
	j->blocks = blocks_new(&j->folder);
	pthread_mutex_init(&j->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&j->work, &attr);
	pthread_cond_init(&j->synced, &attr);
	pthread_cond_init(&j->unheld, &attr);
	pthread_condattr_destroy(&attr);
	return j;
}

static int
take_over(struct journal *j, const char *dir, const struct disk *disk, struct fault *fault)
{
	struct recovered r;
	int rc = segment_folder_open(&j->folder, dir, disk, fault);

	if (rc != 0)
		return rc;
	rc = journal_recover(&j->folder, &r, fault);
	if (rc != 0)
		return rc;
	j->segments = r.segments;
	j->segment_count = r.count;
	j->segment_fd = r.fd;
	j->write_lsn = j->pending_lsn = r.end;
	j->next_number = r.next_number;
	j->epoch = r.epoch + 1;
	atomic_store(&j->durable, r.end + sizeof(struct batch_head));
	/* The first segment now, so that a full disk is told where the operator looks. */
	return r.count > 0 ? 0 : writer_make_room(j, sizeof(struct batch_head), fault);
}

static int
watch(struct journal *j, struct event_base *loop, struct fault *fault)
{
	j->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (j->wake_fd < 0)
		return fault_errno(fault, errno, "cannot make an eventfd for the journal");
	j->wakeup = event_new(loop, j->wake_fd, EV_READ | EV_PERSIST, on_wakeup, j);
	if (j->wakeup == NULL || event_add(j->wakeup, NULL) != 0)
		return fault_set(fault, HOSPES_EIO, "cannot add the journal to the event loop");
	return 0;
}

int
journal_open_on(
    struct journal **ret, const struct journal_options *options, const struct disk *disk, struct fault *fault)
{
	struct journal *j = new_journal(options);
	struct record r;
	int rc = take_over(j, options->dir, disk, fault);

	if (rc == 0)
		rc = watch(j, options->loop, fault);
	if (rc == 0)
		rc = start_writer(j, fault);
	if (rc != 0) {
		free_journal(j);
		return rc;
	}
	record_init(&r, RECORD_HOST_START);
	journal_append(j, &r);
	*ret = j;
	return 0;
}

int
journal_open(struct journal **ret, const struct journal_options *options, struct fault *fault)
{
#ifdef HOSPES_BENCH_HOOKS
	if (getenv("HOSPES_BENCH_NO_SYNC") != NULL)
		return journal_open_on(ret, options, &disk_unsynced, fault);
#endif
	return journal_open_on(ret, options, &disk_real, fault);
}

void
journal_close(struct journal **jp)
{
	struct journal *j = *jp;
	struct record r;

	if (j == NULL)
		return;
	*jp = NULL;
	assert(j->magic == JOURNAL_MAGIC);
	erasure_end(j);
	record_init(&r, RECORD_HOST_STOP);
	journal_append(j, &r);
	pthread_mutex_lock(&j->lock);
	j->stop = true;
	writer_wake(j);
	pthread_mutex_unlock(&j->lock);
	pthread_join(j->writer, NULL);
	free_journal(j);
}

/* Where the next record will lie.  The lock is held. */
static uint64_t
end_of(const struct journal *j)
{
	return j->pending_lsn + (j->pending_records == 0 ? sizeof(struct batch_head) : j->pending.len);
}

uint64_t
journal_append(struct journal *j, struct record *r)
{
	size_t size = record_size(r);

	assert(j->magic == JOURNAL_MAGIC);
	assert(size <= RECORD_MAX);
	pthread_mutex_lock(&j->lock);
	if (j->pending_records == 0) {
		buf_clear(&j->pending);
		memset(buf_extend(&j->pending, sizeof(struct batch_head)), 0, sizeof(struct batch_head));
		j->pending_since = clock_mono_ns();
		j->asked = false;
		j->batch_lsn = j->pending_lsn;
		writer_wake(j); /* its 10 ms begin */
	}
	r->head.lsn = j->pending_lsn + j->pending.len;
	r->head.epoch = j->epoch;
	record_encode(r, buf_extend(&j->pending, size));
	j->pending_records++;
	pthread_mutex_unlock(&j->lock);
	return r->head.lsn;
}

/* The lock is held. */
static void
want(struct journal *j, uint64_t below)
{
	assert(below <= end_of(j)); /* or it would be waited for for ever */
	if (below <= j->wanted)
		return;
	j->wanted = below;
	writer_wake(j);
}

void
journal_await(struct journal *j, uint64_t lsn, journal_done *done, void *arg)
{
	struct wait *w;

	assert(j->magic == JOURNAL_MAGIC);
	/* One that is durable already still stands behind smaller ones whose turn has not come yet. */
	if (lsn < atomic_load(&j->durable) && (j->first == NULL || j->first->lsn > lsn)) {
		done(arg);
		return;
	}
	w = xmalloc(sizeof *w);
	*w = (struct wait){.lsn = lsn, .done = done, .arg = arg};
	insert_wait(j, w);
	/* A batch that was asked for is written with all that is appended to it until then, and the loop is told. */
	if (j->asked && lsn >= j->batch_lsn)
		return;
	pthread_mutex_lock(&j->lock);
	j->awaited = true;
	j->asked = lsn >= j->batch_lsn;
	want(j, lsn + 1);
	if (lsn < atomic_load(&j->durable)) /* nobody else would come back to it */
		writer_tell_loop(j);
	pthread_mutex_unlock(&j->lock);
}

void
journal_forget(struct journal *j, void *arg)
{
	for (struct wait *w = j->first, *next; w != NULL; w = next) {
		next = w->next;
		if (w->arg != arg)
			continue;
		remove_wait(j, w);
		free(w);
	}
}

uint64_t
journal_durable(const struct journal *j)
{
	return atomic_load(&j->durable);
}

uint64_t
journal_end(const struct journal *j)
{
	struct journal *own = (struct journal *)j; /* for its lock */
	uint64_t end;

	pthread_mutex_lock(&own->lock);
	end = end_of(j);
	pthread_mutex_unlock(&own->lock);
	return end;
}

uint64_t
journal_epoch(const struct journal *j)
{
	return j->epoch;
}

void
journal_sync(struct journal *j, uint64_t lsn)
{
	assert(j->magic == JOURNAL_MAGIC);
	pthread_mutex_lock(&j->lock);
	want(j, lsn);
	j->gather_until = 0;
	writer_wake(j);
	while (!j->failing && atomic_load(&j->durable) < lsn)
		pthread_cond_wait(&j->synced, &j->lock);
	pthread_mutex_unlock(&j->lock);
}

uint64_t
journal_syncs(struct journal *j)
{
	uint64_t syncs;

	pthread_mutex_lock(&j->lock);
	syncs = j->syncs;
	pthread_mutex_unlock(&j->lock);
	return syncs;
}

void
journal_usage(struct journal *j, uint64_t *bytes, unsigned *segments)
{
	pthread_mutex_lock(&j->lock);
	*bytes = 0;
	for (size_t i = 0; i < j->segment_count; i++)
		*bytes += j->segments[i].size;
	*segments = (unsigned)j->segment_count;
	pthread_mutex_unlock(&j->lock);
}

void
journal_hold(struct journal *j)
{
	pthread_mutex_lock(&j->lock);
	while (j->replacing)
		pthread_cond_wait(&j->unheld, &j->lock);
	j->held++;
	pthread_mutex_unlock(&j->lock);
}

void
journal_release(struct journal *j)
{
	pthread_mutex_lock(&j->lock);
	assert(j->held > 0);
	j->held--;
	pthread_cond_broadcast(&j->unheld);
	pthread_mutex_unlock(&j->lock);
}

size_t
journal_extents(struct journal *j, struct journal_extent **ret)
{
	struct journal_extent *all;
	uint64_t end;
	size_t n;

	pthread_mutex_lock(&j->lock);
	end = atomic_load(&j->durable) - sizeof(struct batch_head);
	n = j->segment_count;
	all = xcalloc(n + 1, sizeof *all);
	for (size_t i = 0; i < n; i++) {
		const struct segment *s = &j->segments[i];
		uint64_t to = i + 1 < n && s[1].first_lsn < end ? s[1].first_lsn : end;

		segment_name(s->first_lsn, all[i].name);
		all[i].size = s->size;
		all[i].written = sizeof(struct segment_head) + (to > s->first_lsn ? to - s->first_lsn : 0);
	}
	pthread_mutex_unlock(&j->lock);
	*ret = all;
	return n;
}
