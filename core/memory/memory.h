/*
 * Memory: what outlives a run.  Values under keys, and documents, in spaces; and the search over both.
 *
 * A space belongs to a client and has a name; nobody reaches another client's.  Values lie in LMDB.  The text of a document
 * is a file named by its SHA-256 (documents/ab/abcd...), written and synced before the command that names it is recorded;
 * LMDB has which space has it under which name.  Every change is one command in the journal, applied in LSN order.
 *
 * The full-text index (index.db: SQLite FTS5, one table a space, a row a passage) is derived.  It belongs to the index
 * thread, which also hashes, writes and syncs the text of documents, so that the loop never waits for a disk.  The index has
 * an applied LSN of its own, catches up at the start, and is rebuilt by memory_reindex.  A search waits until the index has
 * seen what was recorded for its spaces before it was asked, and for nothing else.
 *
 *   memory.c load.c look.c search.c     what is asked, on the loop        thread.c change.c   the index thread and its lanes
 *   spaces.c compose.c command.c        entries in LMDB, and commands     batch.c            how documents come in
 *   documents.c verified.c files.c      the files: written, trusted, let go of
 *   lines.c passage.c                   a text cut into passages          words.c stem.c tokenizer.c   and into words
 *   index.c fill.c postings.c find.c    FTS5: rows in, passages out       query.c            people's words
 *   sync.c                              the index made to agree with LMDB
 *
 * Answers come on the loop as JSON (a new reference), or NULL and the fault.  What they tell is applied but perhaps not yet
 * durable: whoever leads them out of the host waits for the journal (api's reply_durable).  All [loop].
 */

#ifndef MEMORY_MEMORY_H
#define MEMORY_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/buffer.h>
#include <event2/event.h>
#include <jansson.h>

#include "base/fault.h"
#include "base/record.h"
#include "journal/journal.h"
#include "store/store.h"

struct memory;

struct memory_options {
	const char *dir; /* STATE/memory; made when missing */
	struct event_base *loop;
	struct store *store;
	struct journal *journal;
	size_t value_max;                                     /* bytes of a value */
	size_t document_max;                                  /* bytes of a document's text */
	void (*failed)(const struct fault *fault, void *arg); /* documents can no longer be written or read */
	void *arg;
};

extern const struct store_apply memory_apply[];

/* Opens; what the index has missed is caught up in its thread.  An index that is damaged or of another format is thrown
 * away and built again (logged).  Faults: io_error, disk_full. */
int memory_open(struct memory **ret, const struct memory_options *options, struct fault *fault);
void memory_close(struct memory **m); /* accepts NULL, clears; callbacks that are owed do not come */

/* ---- Names ------------------------------------------------------------------------------------------------------- */

#define MEMORY_SOURCES "sources" /* a run's own name for the spaces that it was given; no space is called so */
#define MEMORY_KEY_MAX 255

struct memory_space {
	const char *client; /* "uid:1000" */
	const char *name;   /* [a-z][a-z0-9-]{0,63}, and not "sources" */
};

bool memory_name_valid(const char *name);
bool memory_key_valid(const char *key); /* 1 to 255 bytes of UTF-8 without control characters */

/* ---- Changing: a command is composed, appended by whoever asks, and then awaited --------------------------------- */

typedef void memory_done(json_t *answer, const struct fault *fault, void *arg);

struct memory_command;
#define MEMORY_ANY UINT64_MAX /* whatever version there is */

/* A value: `json` is one JSON text, checked here.  `version`: only when it is still that one (0: none), else conflict; with
 * MEMORY_ANY always.  Its answer: {"version": n}.  Faults: bad_input, too_large. */
int memory_put(struct memory *m, const struct memory_space *space, const char *key, const void *json, size_t len,
    uint64_t version, struct memory_command **ret, struct fault *fault);

/* Answer: {"forgotten": bool}. */
int memory_forget(struct memory *m, const struct memory_space *space, const char *key, struct memory_command **ret,
    struct fault *fault);

/* A document leaves the space (its file goes when no space has it any more); answer as above. */
int memory_forget_document(struct memory *m, const struct memory_space *space, const char *digest,
    struct memory_command **ret, struct fault *fault);

/* A document leaves all spaces of the client, its words leave the index, and its bytes are overwritten unless another client
 * has it.  Answer: {"document": digest, "spaces": n}, when that is done but for the index. */
void memory_erase(
    struct memory *m, const char *client, const char *digest, const char *actor, memory_done *done, void *arg);

/* All of a space.  Answer: {"keys": n, "documents": n}, what there was. */
int memory_drop(struct memory *m, const struct memory_space *space, struct memory_command **ret, struct fault *fault);

/* The record to append: COMMAND and BODY are set; more may be added (run, path, actor).  Borrowed from the command. */
struct record *memory_record(struct memory_command *c);

/* It was appended as `lsn`: takes the command over, answers once it is applied (and, for `conflict`, refused).  Held back as
 * the answer of memory_load is. */
void memory_appended(struct memory *m, struct memory_command *c, uint64_t lsn, memory_done *done, void *arg);

/* The answer once more of a command of a run that has not ended, which was appended before the host was started as the run's
 * record `seq`: `key` is what it was about. */
void memory_outcome(struct memory *m, const struct ulid *run, uint32_t seq, const char *key, bool forget, memory_done *done,
    void *arg);

/* Appends and awaits, for who has no run: ACTOR is added. */
void memory_append(struct memory *m, struct memory_command *c, const char *actor, memory_done *done, void *arg);

/* ---- Documents --------------------------------------------------------------------------------------------------- */

/*
 * Takes documents in.  `body` (drained; taken over as it is, without a copy) has one or more of
 *
 *   {"document": "GPL-3", "bytes": 35149, "media": "text/plain"?}\n<35149 bytes of UTF-8 text>
 *
 * one after the other, nothing between.  All or, with a fault, none of them become part of the space.  A document of the
 * same text that the space has already stays as it is, under the name that it has; an other text under a name that there is
 * becomes a second document of that name.  Answer: [{"document", "digest", "bytes", "new": bool}], when they are
 * durable but perhaps not yet indexed; it is held back while more than 64 MiB wait for the index, so that who loads is never
 * far ahead.  Faults: bad_input (which one, and where), too_large, disk_full.
 */
void memory_load(struct memory *m, const struct memory_space *space, struct evbuffer *body, const char *actor,
    memory_done *done, void *arg);

/* Which of `digests` (a JSON array of 64 hexadecimal digits each; borrowed) the space does not have, or has lost the text of:
 * {"missing": [...]}. */
void memory_missing(
    struct memory *m, const struct memory_space *space, const json_t *digests, memory_done *done, void *arg);

/* {"documents": [{"document", "digest", "bytes", "media"?}], "more": bool}, in the order of names (bytewise), over `n`
 * spaces; `after` is a digest or NULL; `most` 0 is 1,000, at most 10,000. */
void memory_documents(struct memory *m, size_t n, const struct memory_space *spaces, const char *after, size_t most,
    memory_done *done, void *arg);

/* {"document", "digest", "bytes", "from", "to", "text"}: as hospes_document.  Faults: not_found, bad_input. */
void memory_document(struct memory *m, size_t n, const struct memory_space *spaces, const char *digest, uint64_t from,
    uint64_t to, memory_done *done, void *arg);

/* False while documents come or go.  Else *ret counts how often they did since the start: where it is the same, so are all
 * documents of all spaces.  [loop] */
bool memory_settled(const struct memory *m, uint64_t *ret);

/* Between hold and release no file of a document goes; what would have gone goes at the end.  Both count.  [loop] */
void memory_hold(struct memory *m);
void memory_release(struct memory *m);

/* ---- Looking ----------------------------------------------------------------------------------------------------- */

/* {"value": any, "version": n}.  Fault: not_found. */
void memory_get(struct memory *m, const struct memory_space *space, const char *key, memory_done *done, void *arg);

/* {"keys": [{"key", "version", "bytes"}], "more": bool}; `prefix` and `after` may be "". */
void memory_list(struct memory *m, const struct memory_space *space, const char *prefix, const char *after, size_t most,
    memory_done *done, void *arg);

/* [{"space", "keys", "documents", "bytes", "passages", "pending"}] of a client; `pending` documents wait for the index. */
void memory_spaces(struct memory *m, const char *client, memory_done *done, void *arg);

struct memory_query {
	const char *text;     /* what a person or an agent wrote: at most 4 KiB and 64 words are looked at */
	size_t most;          /* 0: 20; 1,000 at most */
	size_t most_each;     /* of one document; 0: any number */
	const json_t *within; /* digests, or NULL; borrowed for the call */
};

/* {"found": [...]} as hospes_search has it, best first, over `n` spaces.  Ties are ordered by document and place, so equal
 * memories give equal answers.  Faults: bad_input (a query without a word). */
void memory_search(struct memory *m, size_t n, const struct memory_space *spaces, const struct memory_query *query,
    memory_done *done, void *arg);

/* Builds the index anew from LMDB and the files.  Answer: {"documents": n, "values": n, "passages": n, "seconds": s}. */
void memory_reindex(struct memory *m, memory_done *done, void *arg);

/* The answer that is owed to `arg` will not come. */
void memory_unwait(struct memory *m, void *arg);

#endif
