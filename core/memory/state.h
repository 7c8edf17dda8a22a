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
#include <sys/queue.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/util.h"
#include "memory/memory.h"
#include "memory/spaces.h"

#define MEMORY_MAGIC 0x6d656d6fu

/* A space of which the names are our own. */
struct place {
	char *client, *name;
};

struct ask;
struct index;
TAILQ_HEAD(ask_list, ask);
STAILQ_HEAD(ask_queue, ask);

/* Who comes first in the index thread. */
enum lane {
	LANE_FILES,  /* documents to write and to remove, in their order */
	LANE_INDEX,  /* what changed, in the order of each space */
	LANE_SEARCH, /* waits for what is in LANE_INDEX of its spaces and came before it */
};

struct ask {
	struct memory *m;
	memory_done *done; /* NULL: nobody waits (any more) */
	void *arg;
	json_t *answer;
	struct fault fault; /* status 0: none */

	/* [store thread], then `then` on the loop */
	void (*read)(struct ask *ask, struct store_txn *txn);
	/* [index thread], then `then`; false: it wants another turn */
	bool (*work)(struct ask *ask, struct index *index);
	void (*then)(struct ask *ask);
	void (*release)(struct ask *ask); /* what it has beside this struct; NULL: nothing */

	enum lane lane;
	uint64_t number; /* in the order in which they came to the index thread */
	size_t n;        /* spaces */
	struct place *spaces;
	size_t waiting; /* bytes that this has waiting for the index */

	TAILQ_ENTRY(ask) entry;   /* in `asks` of memory */
	STAILQ_ENTRY(ask) queued; /* in a lane, or among the finished */
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
	size_t waiting;       /* bytes of documents that wait for the index */
	size_t waiting_documents;
	struct ask_list held; /* loads that are done and not told, since too much waits */
	bool failure_told;

	int wake_fd; /* eventfd: something is finished */
	pthread_t thread;
	bool started;

	pthread_mutex_t lock; /* for all below */
	pthread_cond_t work;
	struct ask_queue lanes[3], finished;
	uint64_t number;
	bool stop;

	struct index *index; /* [index thread], and memory_open before it starts */
};

/* ---- memory.c ---------------------------------------------------------------------------------------------------- */

/* An ask of `size` bytes that begins with struct ask; `n` spaces are copied. */
void *ask_new(struct memory *m, size_t size, size_t n, const struct memory_space *spaces, memory_done *done, void *arg);
void ask_read(struct ask *ask, void (*read)(struct ask *, struct store_txn *), void (*then)(struct ask *));
void ask_work(struct ask *ask, enum lane lane, bool (*work)(struct ask *, struct index *), void (*then)(struct ask *));
void ask_end(struct ask *ask); /* tells the answer or the fault, and frees */

/* A fault of a disk, told to the host once. */
void memory_failed(struct memory *m, const struct fault *fault);

static inline struct memory_space
place_space(const struct place *p)
{
	return (struct memory_space){.client = p->client, .name = p->name};
}

/* ---- thread.c ---------------------------------------------------------------------------------------------------- */

void *memory_main(void *memory);

#endif
