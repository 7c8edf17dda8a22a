/*
 * The journal's own state, shared by its files.
 *
 * Two threads: the loop appends to `pending` under the lock; the writer takes the whole of `pending` at once and writes
 * it as one batch while the loop fills the other buffer.  Where the next record will lie is known at all times, since
 * a batch that was taken does not grow any more.
 */

#ifndef JOURNAL_STATE_H
#define JOURNAL_STATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "journal/blocks.h"
#include "journal/journal.h"
#include "journal/segment.h"

#define JOURNAL_MAGIC 0x6a6f7572u
#define SPARES        2 /* files of zeros that are kept for the next segments */

struct wait {
	struct wait *next, *prev;
	uint64_t lsn;
	journal_done *done;
	void *arg; /* of done */
};

struct journal {
	unsigned magic;
	struct folder folder;
	uint64_t segment_bytes;
	int64_t sync_after_ns;
	uint64_t epoch;

	/* [loop] */
	struct event *wakeup;      /* on `wake_fd` */
	struct wait *first, *last; /* by LSN */
	uint64_t batch_lsn;        /* where the batch stands that was appended to last */
	bool asked;                /* it is awaited already, as `wanted` and `awaited` say */
	void (*failed)(const struct fault *fault, void *arg);
	void *arg; /* of failed */
	bool failure_told;

	struct blocks *blocks; /* what was read lately */

	int wake_fd; /* eventfd: something for the loop to look at */
	pthread_t writer;

	/* Records with a smaller LSN are on disk: the end of the last batch synced, and the head of the next. */
	_Atomic uint64_t durable;

	/* Segments that went or were written anew so far: who read meanwhile reads again. */
	_Atomic uint64_t turned;

	struct erasure *erasure; /* [loop] under way, or NULL */

	pthread_mutex_t lock;  /* for all below */
	pthread_cond_t work;   /* the writer waits */
	pthread_cond_t synced; /* journal_sync waits */
	pthread_cond_t unheld; /* for `held` or `replacing` to end */
	bool replacing;        /* a segment's file, by another */
	struct buf pending;    /* the batch being filled, its head still empty; empty when it has no records */
	uint32_t pending_records;
	uint64_t pending_lsn;  /* where it will stand */
	int64_t pending_since; /* monotonic, its first append */
	uint64_t wanted;       /* somebody waits for all below this */
	uint64_t syncs;        /* batches written */
	int64_t gather_until;  /* monotonic: until then the next batch waits for what the loop may add to it */
	bool awaited;          /* the loop has waits */
	bool asleep;           /* the writer waits for work, and nobody has woken it */
	unsigned held;         /* backups under way: segments stay as they are */
	bool stop, failing;
	struct fault failure; /* once `failing` */
	struct segment *segments;
	size_t segment_count;
	struct segment *leaving; /* dropped: the writer takes their files away, oldest first */
	size_t leaving_count;
	bool turn; /* the next batch begins a segment */

	/* [writer] */
	struct buf writing;
	int segment_fd;                  /* of the last segment */
	uint64_t next_number, write_lsn; /* of the next batch */
	struct spare spares[SPARES];     /* the first is the next segment; the others are recycled */
	bool no_room;                    /* for a spare ahead of time */
};

/* What was found in the folder. */
struct recovered {
	struct segment *segments;
	size_t count;
	int fd;       /* of the last one, to write; -1 when there is none */
	uint64_t end; /* where the next batch will stand */
	uint64_t next_number;
	uint64_t epoch; /* of the last record, 0 for none */
};

int journal_recover(const struct folder *f, struct recovered *ret, struct fault *fault);

/* Walks the records of one checked batch; `head` is its head. */
int batch_walk(const void *batch, const struct batch_head *head, journal_visit *visit, void *arg, struct fault *fault);

/* Makes the segment that the batch of `bytes` at `write_lsn` goes to, when the last one has no room. */
int writer_make_room(struct journal *j, uint64_t bytes, struct fault *fault);

/* Takes the file of the oldest dropped segment away.  The lock is held, but not meanwhile. [writer] */
int writer_leave(struct journal *j, struct fault *fault);

/* A segment's file is another now, or none: nothing that was read of it holds any more. */
void journal_turned(struct journal *j, uint64_t first_lsn);

/* [loop] */
void erasure_look(struct journal *j); /* tells of one that is over */
void erasure_end(struct journal *j);  /* waits for its thread, and forgets it */

void writer_tell_loop(struct journal *j); /* [any thread] */
void writer_wake(struct journal *j);      /* something is due, or soon will be; the lock is held */
void *writer_main(void *journal);

#endif
