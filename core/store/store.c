/*
 * The store as others see it: opening, appending, asking.  thread.c has the other side of the queue.
 */

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "store/state.h"

/* Records are applied so many at a time while the thread would wake for its next commit anyway. */
#define TOGETHER 256u

/* Address space, no more: the file grows with what is in it, and the map when it is full. */
#define MAP_BYTES ((size_t)1024 * MIB)

static void
jobs_free(struct jobs *jobs)
{
	while (jobs->first != NULL) {
		struct job *job = jobs->first;

		jobs->first = job->next;
		free(job);
	}
	jobs_init(jobs);
}

static void
push(struct store *s, struct job *job)
{
	struct jobs used;
	bool wake;

	pthread_mutex_lock(&s->lock);
	jobs_move(&used, &s->used);
	jobs_add(&s->queue, job);
	s->queued++;
	wake = s->thread_is == STORE_SLEEPS ||
	       (s->thread_is == STORE_RESTS && (job->read != NULL || s->queued >= TOGETHER));
	if (wake)
		s->thread_is = STORE_BUSY;
	pthread_mutex_unlock(&s->lock);
	if (wake)
		pthread_cond_signal(&s->work);
	jobs_free(&used);
}

static struct job *
pop_finished(struct store *s)
{
	struct job *job;

	pthread_mutex_lock(&s->lock);
	job = s->finished.first;
	if (job != NULL)
		s->finished.first = job->next;
	if (s->finished.first == NULL)
		s->finished.last = &s->finished.first;
	pthread_mutex_unlock(&s->lock);
	return job;
}

static void
tell_failure(struct store *s)
{
	struct fault fault;

	pthread_mutex_lock(&s->lock);
	fault = s->failure;
	pthread_mutex_unlock(&s->lock);
	if (s->failure_told || fault.status == 0)
		return;
	s->failure_told = true;
	if (s->failed != NULL)
		s->failed(&fault, s->arg);
}

static void
on_wakeup(evutil_socket_t fd, short what, void *arg)
{
	struct store *s = arg;
	struct job *job;
	uint64_t count;

	(void)what;
	if (read(fd, &count, sizeof count) < 0)
		assert(errno == EAGAIN || errno == EINTR);
	while ((job = pop_finished(s)) != NULL) {
		store_done_fn *done = job->done;
		void *done_arg = job->arg;

		free(job);
		done(done_arg);
	}
	tell_failure(s);
}

static int
start_thread(struct store *s, struct event_base *loop, struct fault *fault)
{
	sigset_t all, before;
	int rc;

	s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->wake_fd < 0)
		return fault_errno(fault, errno, "cannot make an eventfd for the store");
	s->wakeup = event_new(loop, s->wake_fd, EV_READ | EV_PERSIST, on_wakeup, s);
	if (s->wakeup == NULL || event_add(s->wakeup, NULL) != 0)
		return fault_set(fault, HOSPES_EIO, "cannot add the store to the event loop");
	/* Signals are the loop's, but those that a fault of this thread makes. */
	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&s->thread, NULL, store_main, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0)
		return fault_errno(fault, rc, "cannot start the store's thread");
	pthread_setname_np(s->thread, "store");
	s->started = true;
	return 0;
}

static void
free_store(struct store *s)
{
	if (s->wakeup != NULL)
		event_free(s->wakeup);
	close_p(&s->wake_fd);
	jobs_free(&s->queue);
	jobs_free(&s->taken);
	jobs_free(&s->finished);
	jobs_free(&s->used);
	jobs_free(&s->applied_jobs);
	if (s->txn.txn != NULL)
		mdb_txn_abort(s->txn.txn);
	if (s->env != NULL)
		mdb_env_close(s->env);
	free(s->dir);
	pthread_mutex_destroy(&s->map_lock);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->work);
	pthread_cond_destroy(&s->turned);
	s->magic = 0;
	free(s);
}

static struct store *
new_store(const struct store_options *options)
{
	struct store *s = xcalloc(1, sizeof *s);
	pthread_condattr_t attr;

	s->magic = STORE_MAGIC;
	s->journal = options->journal;
	s->dir = xstrdup(options->dir);
	s->tables = options->tables;
	for (size_t t = 0; s->tables[t] != NULL; t++) {
		for (const struct store_apply *row = s->tables[t]; row->kind != 0; row++) {
			assert(row->kind < 64);
			s->kinds |= UINT64_C(1) << row->kind;
		}
	}
	s->map_bytes = options->map_bytes == 0 ? MAP_BYTES : options->map_bytes;
	s->failed = options->failed;
	s->arg = options->arg;
	s->wake_fd = -1;
	jobs_init(&s->queue);
	jobs_init(&s->taken);
	jobs_init(&s->finished);
	jobs_init(&s->used);
	jobs_init(&s->applied_jobs);
	pthread_mutex_init(&s->map_lock, NULL);
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->work, &attr);
	pthread_cond_init(&s->turned, &attr);
	pthread_condattr_destroy(&attr);
	return s;
}

int
store_open(struct store **ret, const struct store_options *options, struct fault *fault)
{
	struct store *s = new_store(options);
	int rc = store_open_env(s, options->dir, fault);

	if (rc == 0)
		rc = store_catch_up(s, fault);
	if (rc == 0)
		rc = start_thread(s, options->loop, fault);
	if (rc != 0) {
		free_store(s);
		return rc;
	}
	*ret = s;
	return 0;
}

void
store_close(struct store **sp)
{
	struct store *s = *sp;

	if (s == NULL)
		return;
	*sp = NULL;
	assert(s->magic == STORE_MAGIC);
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_cond_signal(&s->work);
	pthread_mutex_unlock(&s->lock);
	if (s->started)
		pthread_join(s->thread, NULL);
	free_store(s);
}

uint64_t
store_append(struct store *s, struct record *r)
{
	uint64_t lsn = journal_append(s->journal, r);
	struct job *job;
	size_t len;

	assert(s->magic == STORE_MAGIC);
	if (!store_has_row(s, r))
		return lsn;
	len = record_size(r);
	job = xmalloc(sizeof *job + len);
	*job = (struct job){.len = len};
	record_encode(r, job->record);
	push(s, job);
	return lsn;
}

void
store_read(struct store *s, store_read_fn *read, store_done_fn *done, void *arg)
{
	struct job *job = xmalloc(sizeof *job);

	assert(s->magic == STORE_MAGIC && done != NULL);
	*job = (struct job){.read = read, .done = done, .arg = arg};
	push(s, job);
}

void
store_read_now(struct store *s, store_read_fn *read, void *arg)
{
	struct job *job = xmalloc(sizeof *job);

	assert(s->magic == STORE_MAGIC);
	*job = (struct job){.read = read, .arg = arg};
	push(s, job);
	pthread_mutex_lock(&s->lock);
	while (!job->finished && !s->failing)
		pthread_cond_wait(&s->turned, &s->lock);
	if (job->finished)
		free(job); /* else it is in the queue still, and goes with it */
	pthread_mutex_unlock(&s->lock);
}

uint64_t
store_committed(const struct store *s)
{
	return atomic_load(&s->committed);
}
