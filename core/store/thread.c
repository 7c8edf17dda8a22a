/*
 * The store thread: jobs in their order, commits between them.
 */

#include <assert.h>
#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "store/state.h"

static void
tell_loop(struct store *s)
{
	uint64_t one = 1;

	while (write(s->wake_fd, &one, sizeof one) < 0 && errno == EINTR)
		;
}

/* Reads go through the write transaction while there is one, so that they see what is not committed yet. */
static int
run_read(struct store *s, struct job *job, struct fault *fault)
{
	struct store_txn short_txn = {.store = s};
	int rc;

	if (s->txn.txn != NULL) {
		job->read(&s->txn, s->journal, job->arg);
		rc = s->txn.broken.status == 0 ? 0 : fault_set(fault, s->txn.broken.status, "%s", s->txn.broken.text);
		return rc;
	}
	rc = store_fault(s, LMDB(mdb_txn_begin(s->env, NULL, MDB_RDONLY, &short_txn.txn)), "cannot read the store", fault);
	if (rc != 0)
		return rc;
	job->read(&short_txn, s->journal, job->arg);
	mdb_txn_abort(short_txn.txn);
	if (short_txn.broken.status != 0)
		return fault_set(fault, short_txn.broken.status, "%s", short_txn.broken.text);
	return 0;
}

static int
run_apply(struct store *s, struct job *job, struct fault *fault)
{
	struct record r;
	int64_t size = record_decode(job->record, job->len, &r, fault);

	assert(size == (int64_t)job->len); /* we encoded it */
	return store_apply_record(s, &r, fault);
}

static void
finish(struct store *s, struct job *job)
{
	bool to_loop = job->read != NULL && job->done != NULL;

	if (job->read == NULL) {
		jobs_add(&s->applied_jobs, job);
		return;
	}
	pthread_mutex_lock(&s->lock);
	job->finished = true;
	if (to_loop) {
		jobs_add(&s->finished, job);
		tell_loop(s);
	} else {
		pthread_cond_broadcast(&s->turned);
	}
	pthread_mutex_unlock(&s->lock);
}

/* The job of a read that did not take place: never done, and freed with the store. */
static void
put_back(struct store *s, struct job *job)
{
	job->next = s->taken.first;
	s->taken.first = job;
	if (job->next == NULL)
		s->taken.last = &job->next;
}

/* Takes over what is in the queue, all at once; waits for something while it may.  Nothing: it is time to commit, or there
 * will be no more (`end`). */
static void
take_queue(struct store *s, bool *end)
{
	pthread_mutex_lock(&s->lock);
	if (s->applied_jobs.first != NULL) {
		*s->used.last = s->applied_jobs.first;
		s->used.last = s->applied_jobs.last;
		jobs_init(&s->applied_jobs);
	}
	while (s->queue.first == NULL && !s->stop) {
		int64_t until = s->txn.since + STORE_COMMIT_NS;
		struct timespec ts = {.tv_sec = (time_t)(until / NS_PER_S), .tv_nsec = (long)(until % NS_PER_S)};

		s->thread_is = s->txn.txn == NULL ? STORE_SLEEPS : STORE_RESTS;
		if (s->txn.txn == NULL)
			pthread_cond_wait(&s->work, &s->lock);
		else if (pthread_cond_timedwait(&s->work, &s->lock, &ts) == ETIMEDOUT)
			break;
	}
	s->thread_is = STORE_BUSY;
	*end = s->queue.first == NULL && s->stop;
	if (s->queue.first != NULL) {
		jobs_move(&s->taken, &s->queue);
		s->queued = 0;
	}
	pthread_mutex_unlock(&s->lock);
}

/* The next job; NULL when there is none before the time to commit, or none any more (`end`). */
static struct job *
next_job(struct store *s, bool *end)
{
	struct job *job;

	if (s->taken.first == NULL)
		take_queue(s, end);
	job = s->taken.first;
	if (job == NULL)
		return NULL;
	s->taken.first = job->next;
	if (job->next == NULL)
		s->taken.last = &s->taken.first;
	return job;
}

static int
work_off(struct store *s, struct fault *fault)
{
	bool end = false;
	int rc = 0;

	while (rc == 0 && !end) {
		struct job *job = next_job(s, &end);

		if (job != NULL && job->read == NULL)
			rc = run_apply(s, job, fault);
		else if (job != NULL)
			rc = run_read(s, job, fault);
		if (job != NULL && rc == 0)
			finish(s, job);
		else if (job != NULL)
			put_back(s, job);
		if (rc == 0 && s->txn.txn != NULL && (end || store_commit_due(s)))
			rc = store_commit(s, fault);
	}
	return rc;
}

void *
store_main(void *store)
{
	struct store *s = store;
	struct fault fault = {0};

	if (work_off(s, &fault) == 0)
		return NULL;
	if (s->txn.txn != NULL)
		mdb_txn_abort(s->txn.txn);
	s->txn.txn = NULL;
	pthread_mutex_lock(&s->lock);
	s->failure = fault;
	s->failing = true;
	pthread_cond_broadcast(&s->turned);
	tell_loop(s);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}
