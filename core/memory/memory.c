/*
 * Memory as others see it: opening, closing, and how an ask goes from thread to thread.
 */

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "memory/change.h"
#include "memory/files.h"
#include "memory/index.h"
#include "memory/state.h"
#include "memory/verified.h"

#define REBUILDS 3 /* an index that is damaged more often than that has another cause */

/* ---- Asks --------------------------------------------------------------------------------------------------------- */

void *
ask_new(struct memory *m, size_t size, size_t n, const struct memory_space *spaces, memory_done *done, void *arg)
{
	struct ask *ask = xcalloc(1, size);

	assert(m->magic == MEMORY_MAGIC && size >= sizeof *ask);
	ask->m = m;
	ask->done = done;
	ask->arg = arg;
	ask->n = n;
	ask->spaces = xcalloc(n + 1, sizeof *ask->spaces);
	for (size_t i = 0; i < n; i++)
		ask->spaces[i] = (struct place){.client = xstrdup(spaces[i].client), .name = xstrdup(spaces[i].name)};
	TAILQ_INSERT_TAIL(&m->asks, ask, entry);
	return ask;
}

void
ask_changes(struct ask *ask)
{
	ask->changes = true;
	ask->m->changing++;
	ask->m->changed++;
}

bool
memory_settled(const struct memory *m, uint64_t *ret)
{
	*ret = m->changed;
	return m->changing == 0;
}

static void
ask_free(struct ask *ask)
{
	TAILQ_REMOVE(&ask->m->asks, ask, entry);
	ask->m->changing -= ask->changes;
	if (ask->release != NULL)
		ask->release(ask);
	for (size_t i = 0; i < ask->n; i++) {
		free(ask->spaces[i].client);
		free(ask->spaces[i].name);
	}
	free(ask->spaces);
	json_decref(ask->answer);
	free(ask);
}

void
ask_end(struct ask *ask)
{
	memory_done *done = ask->done;
	void *arg = ask->arg;
	struct fault fault = ask->fault;
	json_t *answer = ask->answer;

	ask->answer = NULL;
	ask_free(ask);
	if (fault.status != 0) {
		json_decref(answer);
		answer = NULL;
	}
	if (done == NULL)
		json_decref(answer);
	else
		done(answer, fault.status == 0 ? NULL : &fault, arg);
}

static void
read_in_store(struct store_txn *txn, struct journal *j, void *arg)
{
	struct ask *ask = arg;

	(void)j;
	ask->read(ask, txn);
}

static void
read_done(void *arg)
{
	struct ask *ask = arg;

	ask->then(ask);
}

void
ask_read(struct ask *ask, void (*read)(struct ask *, struct store_txn *), void (*then)(struct ask *))
{
	ask->read = read;
	ask->then = then;
	store_read(ask->m->store, read_in_store, read_done, ask);
}

void
ask_work(struct ask *ask, enum lane lane, enum turn (*work)(struct ask *, struct index *), void (*then)(struct ask *))
{
	struct memory *m = ask->m;

	ask->work = work;
	ask->then = then;
	ask->lane = lane;
	pthread_mutex_lock(&m->lock);
	ask->number = ++m->number;
	ask->blocked = false;
	TAILQ_INSERT_TAIL(&m->lanes[lane], ask, queued);
	pthread_cond_signal(&m->work);
	pthread_mutex_unlock(&m->lock);
}

static struct ask *
pop_finished(struct memory *m)
{
	struct ask *ask;

	pthread_mutex_lock(&m->lock);
	ask = STAILQ_FIRST(&m->finished);
	if (ask != NULL)
		STAILQ_REMOVE_HEAD(&m->finished, told);
	pthread_mutex_unlock(&m->lock);
	return ask;
}

static void
on_wakeup(evutil_socket_t fd, short what, void *arg)
{
	struct memory *m = arg;
	struct fault fault;
	struct ask *ask;
	uint64_t count;

	(void)what;
	if (read(fd, &count, sizeof count) < 0)
		assert(errno == EAGAIN || errno == EINTR);
	while ((ask = pop_finished(m)) != NULL)
		ask->then(ask);
	pthread_mutex_lock(&m->lock);
	fault = m->trouble;
	m->trouble.status = 0;
	pthread_mutex_unlock(&m->lock);
	if (fault.status != 0)
		memory_trouble(m, &fault);
}

static void
rebuilt(json_t *answer, const struct fault *fault, void *arg)
{
	struct memory *m = arg;

	(void)fault; /* comes by memory_trouble too */
	m->rebuilding = false;
	json_decref(answer);
}

void
memory_trouble(struct memory *m, const struct fault *fault)
{
	if (fault->status == HOSPES_EDAMAGED && m->rebuilding)
		return; /* work that was done before it begins */
	if (fault->status == HOSPES_EDAMAGED && m->rebuilds < REBUILDS) {
		m->rebuilding = true;
		m->rebuilds++;
		log_warn("the index of memory is built anew", LOG_S("reason", fault->text));
		memory_reindex(m, rebuilt, m);
		return;
	}
	if (m->failure_told)
		return;
	m->failure_told = true;
	log_error("memory failed", LOG_S("code", status_name(fault->status)), LOG_S("reason", fault->text));
	if (m->failed != NULL)
		m->failed(fault, m->arg);
}

static void
unwait(struct ask_list *list, const void *arg)
{
	struct ask *ask;

	TAILQ_FOREACH(ask, list, entry)
	{
		if (ask->arg == arg)
			ask->done = NULL;
	}
}

void
memory_unwait(struct memory *m, void *arg)
{
	unwait(&m->asks, arg);
	unwait(&m->held, arg);
}

/* ---- Opening and closing ------------------------------------------------------------------------------------------ */

static int
start_thread(struct memory *m, struct event_base *loop, struct fault *fault)
{
	sigset_t all, before;
	int rc;

	m->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (m->wake_fd < 0)
		return fault_errno(fault, errno, "cannot make an eventfd for memory");
	m->wakeup = event_new(loop, m->wake_fd, EV_READ | EV_PERSIST, on_wakeup, m);
	if (m->wakeup == NULL || event_add(m->wakeup, NULL) != 0)
		return fault_set(fault, HOSPES_EIO, "cannot add memory to the event loop");
	/* Signals are the loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&m->thread, NULL, memory_main, m);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0)
		return fault_errno(fault, rc, "cannot start the index thread");
	pthread_setname_np(m->thread, "index");
	m->started = true;
	return 0;
}

static struct memory *
memory_new(const struct memory_options *options)
{
	struct memory *m = xcalloc(1, sizeof *m);
	pthread_condattr_t attr;

	m->magic = MEMORY_MAGIC;
	m->dir = xstrdup(options->dir);
	m->store = options->store;
	m->journal = options->journal;
	m->value_max = options->value_max;
	m->document_max = options->document_max;
	m->failed = options->failed;
	m->arg = options->arg;
	m->verified = verified_new();
	m->wake_fd = -1;
	TAILQ_INIT(&m->asks);
	TAILQ_INIT(&m->held);
	for (size_t i = 0; i < LANES; i++)
		TAILQ_INIT(&m->lanes[i]);
	STAILQ_INIT(&m->finished);
	pthread_mutex_init(&m->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&m->work, &attr);
	pthread_condattr_destroy(&attr);
	return m;
}

static void
memory_free(struct memory *m)
{
	struct ask *ask;

	TAILQ_CONCAT(&m->asks, &m->held, entry);
	while ((ask = TAILQ_FIRST(&m->asks)) != NULL) {
		journal_forget(m->journal, ask);
		ask_free(ask);
	}
	files_unpin_all(m);
	verified_free(&m->verified);
	if (m->wakeup != NULL)
		event_free(m->wakeup);
	close_p(&m->wake_fd);
	index_close(&m->index);
	pthread_mutex_destroy(&m->lock);
	pthread_cond_destroy(&m->work);
	free(m->dir);
	m->magic = 0;
	free(m);
}

int
memory_open(struct memory **ret, const struct memory_options *options, struct fault *fault)
{
	struct memory *m = memory_new(options);
	_cleanup_(free_p) char *documents = xasprintf("%s/documents", m->dir);
	int rc = fd_make_dirs(documents, 0700, fault);
	bool empty = false;

	if (rc == 0)
		rc = index_open(&m->index, m->dir, &empty, fault);
	if (rc == 0)
		rc = start_thread(m, options->loop, fault);
	if (rc != 0) {
		memory_free(m);
		return rc;
	}
	change_catch_up(m, empty);
	files_sweep(m);
	*ret = m;
	return 0;
}

static void
read_nothing(struct store_txn *txn, struct journal *j, void *arg)
{
	(void)txn, (void)j, (void)arg;
}

/* The store's thread may be about to read for one of our asks: after one more read it is not.  What it then has for the
 * loop is never told: the loop does not turn between this and the closing of the store. */
void
memory_close(struct memory **mp)
{
	struct memory *m = *mp;

	if (m == NULL)
		return;
	*mp = NULL;
	assert(m->magic == MEMORY_MAGIC);
	pthread_mutex_lock(&m->lock);
	m->stop = true;
	pthread_cond_signal(&m->work);
	pthread_mutex_unlock(&m->lock);
	if (m->started)
		pthread_join(m->thread, NULL);
	store_read_now(m->store, read_nothing, NULL);
	memory_free(m);
}
