/*
 * What the files of this room share.  Private to it.
 *
 * An *ask* is a thing that somebody wants of memory.  It is read for in the store's thread, worked on in the index thread, or
 * both, one after the other, and between them it is on the loop.  It is in one of these places at a time, so nothing of it
 * needs a lock.
 */

#ifndef MEMORY_STATE_H
#define MEMORY_STATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/map.h"
#include "base/util.h"
#include "memory/memory.h"
#include "memory/spaces.h"

#define MEMORY_MAGIC 0x6d656d6fu
#define SLICE_NS     (50 * NS_PER_MS) /* of work, before a search may go first */
#define WAITING_MAX  (64 * MIB)       /* of text that the index has not seen; who brings more is not told before */

/* A space of which the names are our own. */
struct place {
	char *client, *name;
};

struct ask;
struct index;
TAILQ_HEAD(ask_list, ask);
STAILQ_HEAD(ask_queue, ask);
struct pin;
struct verified;

/* Who comes first in the index thread. */
enum lane {
	LANE_FILES,  /* documents to write and to remove, in their order */
	LANE_INDEX,  /* what changed, in the order of each space */
	LANE_SEARCH, /* waits for what is in LANE_INDEX of its spaces and came before it */
	LANES
};

/* What came of a turn of work. */
enum turn {
	TURN_OVER,
	TURN_AGAIN, /* more to do: whoever is in a hurry goes first */
	TURN_READ, /* keeps its place in the lane, and nothing behind it begins, while the loop reads the store for it */
};

struct ask {
	struct memory *m;
	memory_done *done; /* NULL: nobody waits (any more) */
	void *arg;
	json_t *answer;
	struct fault fault; /* status 0: none */

	/* [store thread], then `then` on the loop */
	void (*read)(struct ask *ask, struct store_txn *txn);
	/* [index thread], then `then` (after TURN_READ too) */
	enum turn (*work)(struct ask *ask, struct index *index);
	void (*then)(struct ask *ask);
	void (*release)(struct ask *ask); /* what it has beside this struct; NULL: nothing */

	enum lane lane;
	uint64_t number; /* in the order in which they came to the index thread */
	bool changes;    /* documents come or go with it */
	bool at_once;    /* of LANE_SEARCH: does not need the index to be up to date */
	bool blocked;    /* after TURN_READ */
	uint64_t lsn;    /* of the command that it tells the index of */
	size_t n;        /* spaces; in LANE_INDEX 0 means all */
	struct place *spaces;
	size_t waiting, waiting_documents; /* what this has waiting for the index; bytes of text */

	TAILQ_ENTRY(ask) entry;  /* in `asks` of memory, or `held` */
	TAILQ_ENTRY(ask) queued; /* in a lane */
	STAILQ_ENTRY(ask) told;  /* among the finished */
};

struct memory {
	unsigned magic;
	char *dir;
	struct store *store;
	struct journal *journal;
	size_t value_max, document_max;
	void (*failed)(const struct fault *fault, void *arg);
	void *arg; /* of failed */

	/* [loop] */
	struct ask_list asks;
	struct event *wakeup; /* on `wake_fd` */
	unsigned changing;    /* asks with which documents come or go */
	uint64_t changed;     /* how many there were */
	size_t waiting;       /* bytes of documents and values that wait for the index */
	struct ask_list held; /* changes that are done and not told, since too much waits */
	bool failure_told;
	bool rebuilding;   /* after damage */
	unsigned rebuilds; /* of that kind, so far */

	_Atomic unsigned holds;/* backups under way: files stay; the loop counts, the index thread looks */
	_Atomic bool kept;     /* one stayed because of that */

	int wake_fd; /* eventfd: something is finished */
	pthread_t thread;
	bool started;

	pthread_mutex_t lock; /* for all below */
	pthread_cond_t work;
	struct ask_list lanes[LANES];
	struct ask_queue finished;
	uint64_t number;
	bool stop;
	struct fault trouble; /* of a commit; status 0: none */

	/* [index thread], and memory_open before it starts */
	struct index *index;
	struct map pins; /* digest in text -> struct pin: documents of loads that are under way */
	struct verified *verified;
	uint64_t seen_lsn; /* the last command that the index was told of */
};

/* ---- memory.c ---------------------------------------------------------------------------------------------------- */

/* An ask of `size` bytes that begins with struct ask; `n` spaces are copied. */
void *ask_new(struct memory *m, size_t size, size_t n, const struct memory_space *spaces, memory_done *done, void *arg);
void ask_changes(struct ask *ask); /* documents come or go with it, from now until it ends */
void ask_read(struct ask *ask, void (*read)(struct ask *, struct store_txn *), void (*then)(struct ask *));
void ask_work(
    struct ask *ask, enum lane lane, enum turn (*work)(struct ask *, struct index *), void (*then)(struct ask *));
void ask_end(struct ask *ask); /* tells the answer or the fault, and frees */

/* Work on the index ended in a fault: it is built anew, where that helps, else the host is told, once. */
void memory_trouble(struct memory *m, const struct fault *fault);

static inline struct memory_space
place_space(const struct place *p)
{
	return (struct memory_space){.client = p->client, .name = p->name};
}

/* ---- thread.c ---------------------------------------------------------------------------------------------------- */

void *memory_main(void *memory);

#endif
