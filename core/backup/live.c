/*
 * A backup of the host that runs.
 *
 * What may not go meanwhile is held from before the store is copied until the last file is.  What is added meanwhile does no
 * harm: the store that is copied, and the journal behind it, do not name it.
 */

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "backup/make.h"
#include "base/clock.h"
#include "base/log.h"

struct backups {
	struct event_base *loop;
	char *state_dir;
	struct journal *journal;
	struct store *store;
	struct memory *memory;

	/* [loop] */
	struct event *wakeup; /* on `wake_fd` */
	char *to;             /* NULL: none is under way */
	backups_done *done;
	void *arg; /* of done */
	int64_t begun_ns;

	int wake_fd; /* eventfd: the thread has ended its work */
	pthread_t thread;
	_Atomic bool stop;

	/* [thread], then [loop] */
	json_t *answer;
	struct fault fault;
};

/* ---- The thread -------------------------------------------------------------------------------------------------- */

static int
copy_store(struct backups *b, struct making *m, struct fault *fault)
{
	static const char path[] = "store/data.mdb";
	struct folders copy = m->f;
	struct manifest_file file;
	_cleanup_(close_p) int fd = -1;
	int rc = tree_create(&m->f, path, 0600, &fd, fault);

	if (rc == 0)
		rc = store_copy(b->store, fd, fault);
	copy.from = m->to;
	if (rc == 0)
		rc = tree_digest(&copy, fd, path, &file, fault);
	if (rc != 0)
		return rc;
	making_add(m, &file);
	return 0;
}

static int
copy_journal(struct backups *b, struct making *m, struct fault *fault)
{
	_cleanup_(free_p) struct journal_extent *extents = NULL;
	size_t n = journal_extents(b->journal, &extents);
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		_cleanup_(free_p) char *path = xasprintf("journal/%s", extents[i].name);

		rc = making_file(m, path, extents[i].written, extents[i].size, fault);
	}
	return rc;
}

static int
make(struct backups *b, struct making *m, struct fault *fault)
{
	int rc = copy_store(b, m, fault);

	if (rc == 0)
		rc = copy_journal(b, m, fault);
	return rc != 0 ? rc : making_rest(m, fault);
}

static void *
backup_main(void *arg)
{
	struct backups *b = arg;
	struct making m;
	uint64_t one = 1;
	int rc = making_open(&m, b->state_dir, b->to, &b->fault);

	m.f.stop = &b->stop;
	if (rc == 0)
		rc = make(b, &m, &b->fault);
	if (rc == 0)
		rc = making_seal(&m, &b->fault);
	if (rc == 0)
		b->answer = backup_told(b->to, &m.head, m.n, m.bytes);
	making_close(&m, rc == 0);
	while (write(b->wake_fd, &one, sizeof one) < 0 && errno == EINTR)
		;
	return NULL;
}

/* ---- The loop ---------------------------------------------------------------------------------------------------- */

static void
let_go(struct backups *b)
{
	pthread_join(b->thread, NULL);
	journal_release(b->journal);
	memory_release(b->memory);
	free(b->to);
	b->to = NULL;
}

static void
on_wakeup(evutil_socket_t fd, short what, void *arg)
{
	struct backups *b = arg;
	json_t *answer = b->answer;
	uint64_t count;

	(void)what;
	if (read(fd, &count, sizeof count) < 0 || b->to == NULL)
		return;
	b->answer = NULL;
	if (answer != NULL)
		log_info("backup made", LOG_S("dir", b->to),
		    LOG_U("bytes", (uint64_t)json_integer_value(json_object_get(answer, "bytes"))),
		    LOG_U("ms", (uint64_t)((clock_mono_ns() - b->begun_ns) / NS_PER_MS)));
	else
		log_error("no backup was made", LOG_S("dir", b->to), LOG_S("code", status_name(b->fault.status)),
		    LOG_S("reason", b->fault.text));
	let_go(b);
	b->done(answer, answer == NULL ? &b->fault : NULL, b->arg);
}

static int
start_thread(struct backups *b, struct fault *fault)
{
	sigset_t all, before;
	int rc;

	/* Signals are the loop's. */
	sigfillset(&all);
	sigdelset(&all, SIGSEGV); /* a damaged store's */
	sigdelset(&all, SIGBUS);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&b->thread, NULL, backup_main, b);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0)
		return fault_errno(fault, rc, "cannot start the thread of the backup");
	pthread_setname_np(b->thread, "backup");
	return 0;
}

void
backups_start(struct backups *b, const char *to, backups_done *done, void *arg)
{
	struct fault fault = {0};
	int rc;

	if (b->to != NULL)
		rc = fault_set(&fault, HOSPES_EBUSY, "a backup into %s is under way; wait for its end", b->to);
	else
		rc = making_check_place(b->state_dir, to, &fault);
	if (rc != 0) {
		done(NULL, &fault, arg);
		return;
	}
	b->to = xstrdup(to);
	b->done = done;
	b->arg = arg;
	b->begun_ns = clock_mono_ns();
	b->fault = (struct fault){0};
	memory_hold(b->memory);
	journal_hold(b->journal);
	rc = start_thread(b, &fault);
	if (rc == 0)
		return;
	journal_release(b->journal);
	memory_release(b->memory);
	free(b->to);
	b->to = NULL;
	done(NULL, &fault, arg);
}

int
backups_open(struct backups **ret, const struct backups_options *options, struct fault *fault)
{
	struct backups *b = xcalloc(1, sizeof *b);

	b->loop = options->loop;
	b->state_dir = xstrdup(options->state_dir);
	b->journal = options->journal;
	b->store = options->store;
	b->memory = options->memory;
	b->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (b->wake_fd >= 0)
		b->wakeup = event_new(b->loop, b->wake_fd, EV_READ | EV_PERSIST, on_wakeup, b);
	if (b->wakeup == NULL || event_add(b->wakeup, NULL) != 0) {
		fault_set(fault, HOSPES_EIO, "cannot make an eventfd for backups");
		backups_close(&b);
		return fault->status;
	}
	*ret = b;
	return 0;
}

void
backups_close(struct backups **bp)
{
	struct backups *b = *bp;

	if (b == NULL)
		return;
	*bp = NULL;
	if (b->to != NULL) {
		atomic_store(&b->stop, true);
		let_go(b);
	}
	json_decref(b->answer);
	if (b->wakeup != NULL)
		event_free(b->wakeup);
	close_p(&b->wake_fd);
	free(b->state_dir);
	free(b);
}
