/*
 * The store: what the journal's records add up to, in one LMDB environment.
 *
 * The store thread applies records in LSN order by functions that rooms register in a table (deterministic: they look
 * at the record and the store, nothing else), inside one open write transaction through which it also reads.  It commits
 * together with the applied LSN after 2,000 dirty pages or 50 ms, and never past the durable LSN.  At start everything
 * after the applied LSN is applied again from the journal.
 *
 * A map that is full grows: what the open transaction reflected is applied again from the journal.
 *
 * Each value has a checksum: one that a disk has changed is damage, told as such.  A store of up to 64 MiB is looked through
 * as a whole when it is opened, a larger one by store_verify.
 *
 * LMDB is for state once committed, the journal is the truth for runs.  Nobody else opens the environment.
 */

#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include <event2/event.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/record.h"
#include "journal/journal.h"

struct store;
struct store_txn;

/* Tables; keys are at most STORE_KEY_MAX bytes, longer is bad_input. */
enum store_table {
	STORE_META,
	STORE_REGISTRY,
	STORE_RUNS,
	STORE_MEMORY,
	STORE_REQUESTS,
	STORE_LEDGER,
	STORE_REVIEWS,
	STORE_ALERTS,
	STORE_SCORES,
	STORE_BREAKERS,
	STORE_TABLES
};
#define STORE_KEY_MAX 511

/* One row of the apply table.  `kind` and, for RECORD_COMMAND, `command` choose the function.  A fault is a bug or
 * damage and stops the host. */
struct store_apply {
	enum record_kind kind;
	const char *command; /* NULL but for RECORD_COMMAND */
	int (*apply)(struct store_txn *txn, const struct record *r, struct fault *fault);
};

struct store_options {
	const char *dir;
	struct event_base *loop;
	struct journal *journal;
	size_t map_bytes; /* 0: 1 GiB; it grows by itself, and the file is as large as what is in it */
	const struct store_apply *const *tables; /* NULL-terminated list of arrays, each ended by kind 0 */
	void (*failed)(const struct fault *fault, void *arg);
	void *arg;
};

/* Opens, applies what the journal has beyond the applied LSN, starts the thread.  Faults: damaged (applied LSN past the
 * journal's end), io_error, disk_full.  [loop] */
int store_open(struct store **ret, const struct store_options *options, struct fault *fault);
void store_close(struct store **s); /* applies and commits all; accepts NULL, clears */

/* Appends the record to the journal and hands a copy to the store thread when the table has a row for it.  Everything
 * that writes to the journal goes through here.  Returns the LSN.  [loop] */
uint64_t store_append(struct store *s, struct record *r);

/* Runs `read` in the store thread after everything appended so far was applied, then `done` on the loop.  `read` must
 * not touch anything of the loop's. */
typedef void store_read_fn(struct store_txn *txn, struct journal *j, void *arg);
typedef void store_done_fn(void *arg);
void store_read(struct store *s, store_read_fn *read, store_done_fn *done, void *arg);

/* The same at once, before the loop turns: only between store_open and the first event.  [loop] */
void store_read_now(struct store *s, store_read_fn *read, void *arg);

/* Inside an apply or read function only.  [store thread] */
int store_put(struct store_txn *txn, enum store_table table, const void *key, size_t key_len, const void *data,
    size_t len, struct fault *fault);
bool store_get(struct store_txn *txn, enum store_table table, const void *key, size_t key_len, const void **ret,
    size_t *ret_len); /* borrowed until the next write */
int store_del(struct store_txn *txn, enum store_table table, const void *key, size_t key_len, struct fault *fault);

/* Walks keys that begin with `prefix`, up or (from the last) down; stops when `visit` returns nonzero and returns it. */
typedef int store_visit(const void *key, size_t key_len, const void *data, size_t len, void *arg);
int store_walk(struct store_txn *txn, enum store_table table, const void *prefix, size_t prefix_len, bool down,
    store_visit *visit, void *arg);

/* The same upward from the first key that is not before `from` (which begins with `prefix`). */
int store_walk_from(struct store_txn *txn, enum store_table table, const void *prefix, size_t prefix_len,
    const void *from, size_t from_len, store_visit *visit, void *arg);

/* Writes the environment as it was committed last into a new file, beside whatever goes on.  [any thread] */
int store_copy(struct store *s, int fd, struct fault *fault);

/* Reads all of an environment that nobody writes to: every entry in its place, and as it was written; `checked` is false for
 * one from before values had checks.  `applied` gets the LSN of the last record that it reflects, 0 for none or when there is
 * no file.  Faults: damaged, io_error.  [any thread] */
int store_verify(const char *dir, bool checked, uint64_t *applied, struct fault *fault);

/* The LSN below which everything is applied and committed.  [any thread] */
uint64_t store_committed(const struct store *s);

/* META "applied": the last record that the committed state reflects. */
#define STORE_APPLIED "applied"
struct store_applied {
	uint64_t lsn; /* 0: none */
	uint64_t epoch;
};

/* META "journal-dropped": uint64_t, the LSN below which records of the journal may be gone. */
#define STORE_DROPPED "journal-dropped"

/* Looks into the store of a host that may be running, or of none: `look` reads, in one short transaction.  Nothing is
 * changed. */
typedef void store_look_fn(struct store_txn *txn, void *arg);
int store_look(const char *dir, store_look_fn *look, void *arg, struct fault *fault);

#endif
