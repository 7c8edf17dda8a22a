/*
 * The store's own state, shared by its files.
 *
 * The loop puts jobs (records to apply, reads) into a queue under the lock; the store thread takes them in that order
 * and hands reads that it has done back through another.  LMDB belongs to the store thread from its start to its end.
 */

#ifndef STORE_STATE_H
#define STORE_STATE_H

#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/util.h"
#include "store/store.h"

#define STORE_MAGIC     0x73746f72u
#define STORE_COMMIT_NS (50 * NS_PER_MS) /* after the first change that is not committed */

/* What is known about the transaction that is open; LMDB does not tell how many pages it made dirty. */
struct store_txn {
	struct store *store;
	MDB_txn *txn;        /* NULL: none is open */
	bool writing;        /* apply functions may write; reads through the same transaction may not */
	bool full;           /* the map is: what the transaction has is lost */
	size_t dirty_pages;  /* estimated, from above */
	int64_t since;       /* monotonic, the first change */
	struct fault broken; /* an LMDB error that the caller of get or walk was not told */
};

struct job {
	struct job *next;
	store_read_fn *read; /* NULL: a record to apply */
	store_done_fn *done; /* NULL: somebody waits on `turned` */
	void *arg;           /* of read and done */
	bool finished;       /* [lock] */
	size_t len;
	_Alignas(8) uint8_t record[]; /* encoded */
};

struct jobs {
	struct job *first, **last;
};

static inline void
jobs_init(struct jobs *jobs)
{
	jobs->first = NULL;
	jobs->last = &jobs->first;
}

static inline void
jobs_add(struct jobs *jobs, struct job *job)
{
	job->next = NULL;
	*jobs->last = job;
	jobs->last = &job->next;
}

/* All of them go over to `to`, which has none. */
static inline void
jobs_move(struct jobs *to, struct jobs *from)
{
	jobs_init(to);
	if (from->first == NULL)
		return;
	*to = *from;
	jobs_init(from);
}

struct store {
	unsigned magic;
	struct journal *journal;
	const struct store_apply *const *tables;
	uint64_t kinds;           /* of records that have rows, as bits */
	size_t map_bytes;         /* [store thread] once it runs */
	pthread_mutex_t map_lock; /* the map stays where it is */
	MDB_env *env;
	char *dir;
	MDB_dbi dbi[STORE_TABLES];
	_Atomic uint64_t committed;
	pthread_t thread;
	bool started;

	/* [loop] */
	struct event *wakeup; /* on `wake_fd` */
	void (*failed)(const struct fault *fault, void *arg);
	void *arg; /* of failed */
	bool failure_told;

	int wake_fd; /* eventfd: something for the loop to look at */

	pthread_mutex_t lock;  /* for all below */
	pthread_cond_t work;   /* the store thread waits */
	pthread_cond_t turned; /* store_read_now waits */
	struct jobs queue, finished;
	/* Records that were applied: whoever made a job frees it, or malloc has both threads wait for each other. */
	struct jobs used;
	size_t queued;                                            /* jobs of the queue */
	enum { STORE_BUSY, STORE_RESTS, STORE_SLEEPS } thread_is; /* rests: until its next commit at the latest */
	bool stop, failing;
	struct fault failure;

	/* [store thread, and store_open before it starts] */
	struct jobs taken;        /* off the queue, to be done */
	struct jobs applied_jobs; /* the next of `used` */
	struct store_txn txn;     /* the write transaction, while there is something uncommitted */
	struct store_applied applied;
};

const char *store_table_name(enum store_table table);

/* Whether a value, as LMDB has it, ends in its true check; `ret` gets its size without. */
bool store_value_true(enum store_table table, const MDB_val *key, const MDB_val *value, size_t *ret);

/* Is every page of a file where it should be, and one that LMDB can follow?  Nobody may be writing to it.  Faults: damaged,
 * io_error. */
int store_check_pages(const char *file, struct fault *fault);

/* From now on damage that LMDB runs into in this environment ends the process with a sentence.  An LMDB result. */
int store_guard(MDB_env *env);

/* Between these a fault of memory in this thread is the store's.  They do not nest. */
void store_enter(void);
void store_leave(void);

/* A call of LMDB that looks at pages. */
#define LMDB(call)                                                                                                     \
	({                                                                                                             \
		int lmdb_result;                                                                                       \
		store_enter();                                                                                         \
		lmdb_result = (call);                                                                                  \
		store_leave();                                                                                         \
		lmdb_result;                                                                                           \
	})

/* 0 or a fault for an LMDB result; `s` may be NULL. */
int store_fault(const struct store *s, int rc, const char *what, struct fault *fault);

bool store_has_row(const struct store *s, const struct record *r);

/* LMDB says EIO of a write that found no room for all of it: ENOSPC where that is so, else `rc`. */
int store_why(const char *dir, int rc);

/* Opens the environment and its tables; makes them where there are none. */
int store_open_env(struct store *s, const char *dir, struct fault *fault);

/* Applies one record by its rows; opens the write transaction when none is, makes room when the map is full.
 * [store thread] */
int store_apply_record(struct store *s, const struct record *r, struct fault *fault);

/* The same, and its fault when the map is full (then `full` is set). */
int store_apply_once(struct store *s, const struct record *r, struct fault *fault);

/* Makes the map larger; no transaction may be open. */
int store_grow(struct store *s, struct fault *fault);

/* The map is full: takes the transaction back, makes the map larger and applies again what it reflected. */
int store_regrow(struct store *s, struct fault *fault);

/* Whether the transaction is large or old enough, and committing it. */
bool store_commit_due(const struct store *s);
int store_commit(struct store *s, struct fault *fault);

/* Applies from the journal what is not committed.  [loop, before the thread starts] */
int store_catch_up(struct store *s, struct fault *fault);

void *store_main(void *store);

#endif
