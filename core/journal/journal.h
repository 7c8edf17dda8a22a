/*
 * The journal: one append-only log of records, durable as a prefix.
 *
 * The loop appends; the journal's own thread writes batches and syncs them.  A batch is written only after the one
 * before it is on disk, so a crash leaves at most one torn batch, at the end.  An LSN is the position of a record in the
 * log, in bytes, counted from 1 through all segments for ever; durability means "everything below this LSN".
 *
 * A sync happens when somebody waits (journal_await) or 10 ms after the first append.  A failed write or sync stops the
 * host: `failed` is called once, on the loop, and nothing is ever retried, since nobody knows what the disk then holds.
 *
 * Folder: DIR/XXXXXXXXXXXXXXXX.seg, named by the first LSN in hex, filled with zeros beforehand, mode 0600.
 * format.h (private to the room) has the layout of segments and batches.
 */

#ifndef JOURNAL_JOURNAL_H
#define JOURNAL_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include <event2/event.h>

#include "base/fault.h"
#include "base/record.h"

struct journal;

struct journal_options {
	const char *dir;          /* made when missing */
	struct event_base *loop;  /* callbacks run here */
	size_t segment_bytes;     /* 0: 16 MiB; a larger batch gets a segment of its own size */
	int64_t sync_after_ns;    /* 0: 10 ms */
	void (*failed)(const struct fault *fault, void *arg);
	void *arg;
};

/* Opens or makes a journal, cuts a torn tail (logged), finds the epoch.  Faults: damaged (a valid batch after a bad
 * one: the sentence has file and offset), disk_full, io_error.  [loop] */
int journal_open(struct journal **ret, const struct journal_options *options, struct fault *fault);

/* Syncs what is left, stops the thread.  Accepts NULL, clears.  [loop] */
void journal_close(struct journal **j);

/* Appends a record; fills in lsn and epoch of its head and returns the LSN.  Copies everything.  Never waits.  [loop] */
uint64_t journal_append(struct journal *j, struct record *r);

/* Calls `done` on the loop when all up to and including `lsn` is durable; asks for a sync.  At once (before returning)
 * when it is already.  Callbacks come in order of LSN. */
typedef void journal_done(void *arg);
void journal_await(struct journal *j, uint64_t lsn, journal_done *done, void *arg);

/* Drops every wait with this arg. [loop] */
void journal_forget(struct journal *j, void *arg);

/* Durable end: every record with a smaller LSN is on disk.  [any thread] */
uint64_t journal_durable(const struct journal *j);

/* Where the next record will be.  [loop] */
uint64_t journal_end(const struct journal *j);

uint64_t journal_epoch(const struct journal *j);

/* Blocks until everything below `lsn` is durable.  [store thread, or loop at start and stop] */
void journal_sync(struct journal *j, uint64_t lsn);

/* Reads one durable record; `r` borrows from `storage`.  Fault not_found: there is none, or it was dropped.  [any thread] */
int journal_read(struct journal *j, uint64_t lsn, struct buf *storage, struct record *r, struct fault *fault);

/* Walks all durable records from `from` (1: all) in order; stops at a nonzero return and returns it.  What is dropped
 * meanwhile is passed over.  [any thread] */
typedef int journal_visit(const struct record *r, void *arg);
int journal_scan(struct journal *j, uint64_t from, journal_visit *visit, void *arg, struct fault *fault);

/* What a backup copies: of each segment, oldest first, the bytes that are durable now; zeros follow.  Between hold and release no
 * segment goes and none is used again; both count.  Returns how many; `ret` is allocated.  [any thread] */
struct journal_extent {
	char name[24];
	uint64_t written, size;
};
void journal_hold(struct journal *j);
void journal_release(struct journal *j);
size_t journal_extents(struct journal *j, struct journal_extent **ret);

/* How many bytes of segments there are, and how many segments.  [any thread] */
uint64_t journal_syncs(struct journal *j); /* batches that this host has made durable */
void journal_usage(struct journal *j, uint64_t *bytes, unsigned *segments);

/* ---- Care -------------------------------------------------------------------------------------------------------- */

/* LSN of the oldest record that is held.  [any thread] */
uint64_t journal_first(struct journal *j);

/* Nobody needs records below `below` any more: segments wholly below go, in the writer's own time; some of their files are
 * filled with zeros for the next ones.  The last segment stays, and all do while records are erased.  [loop] */
void journal_drop(struct journal *j, uint64_t below);

/* The segments, oldest first, allocated.  [any thread] */
struct journal_segment {
	uint64_t first; /* LSN of its first record; of the last segment it may be yet to come */
	uint64_t bytes;
};
size_t journal_segments(struct journal *j, struct journal_segment **ret);

/* What is written from now on goes to a new segment; on a full disk to the one that there is.  [loop] */
void journal_turn(struct journal *j);

/* Nothing is written any more to the segment that has `lsn`: what a turn was for, once a record behind it is durable. [any thread] */
bool journal_is_left(struct journal *j, uint64_t lsn);

/*
 * Overwrites what a run was given and what it said in records of it: erase.h says which fields.  They keep their place, their
 * size and their hash.  The records are durable, and none is in the segment that is written to (journal_is_left). Each segment is written anew and put in place of the old one, whose bytes are then
 * overwritten.  A crash leaves each segment as it was or as it shall be; doing it again does the rest.
 *
 * In a thread of its own, one at a time; nothing is dropped meanwhile.  `done` is called on the loop, with a fault where a
 * segment could not be written or is damaged.  [loop]
 */
struct journal_erasing {
	uint64_t lsn;
	uint64_t input[2], output[2]; /* XXH3-128 of the payloads that it carries; zeros where that is not known */
};
typedef void journal_erased(const struct fault *fault, void *arg);
void journal_erase(
    struct journal *j, const struct journal_erasing *records, size_t n, journal_erased *done, void *arg);
bool journal_is_erasing(const struct journal *j);

/* ---- From outside ------------------------------------------------------------------------------------------------ */

/*
 * Looks at all that is in a folder, without changing anything: by no means as its host, which may be writing meanwhile.
 * Checked are the heads of segments and batches, checksums, numbers, positions, records; and of each run that its records
 * are counted and chained without a gap, that its copies are whole, and that each hash names bytes that are there.
 */
struct journal_check {
	journal_visit *visit; /* each good record, in order; NULL: none.  A nonzero return ends the walk and is returned */
	/* Something is not as it should be: the file, the offset in it, and a sentence. */
	void (*damaged)(const char *file, uint64_t offset, const char *what, void *arg);
	void *arg; /* of both */

	/* found */
	uint64_t first_lsn, end_lsn;
	uint64_t segments, bytes, batches, records, runs_ended, runs_open;
	uint64_t torn;    /* bytes of a batch that was not written to its end: none of it was acknowledged */
	uint64_t damages; /* that were told */

	struct check *inside; /* private to the room */
};

/* Faults: not_found, io_error; damage is none. */
int journal_check(const char *dir, struct journal_check *check, struct fault *fault);

/* Within `visit`: something is wrong with the record that it was given. */
void journal_check_tell(struct journal_check *check, const struct record *r, const char *what);

#endif
