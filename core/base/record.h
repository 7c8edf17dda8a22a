/*
 * The record: one line of the journal, in its final format.
 *
 * A record is a fixed head and a list of fields (tag, length, bytes).  Unknown tags are skipped by readers, so that a
 * kind can gain fields; the head never changes within a format number.  All records of one run are chained: `prev` is
 * the LSN of the run's record before this one, so that a run is read backwards without an index.
 *
 * Numbers are little-endian (the host runs on little-endian machines only; record.c asserts it).
 */

#ifndef BASE_RECORD_H
#define BASE_RECORD_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/id.h"

#define RECORD_FORMAT     1
#define RECORD_FIELDS_MAX 24
#define RECORD_MAX        (72u * 1024 * 1024)

/* What a record tells.  Numbers are never used again. */
enum record_kind {
	RECORD_HOST_START = 1,  /* a host opened the journal: a new writer epoch */
	RECORD_HOST_STOP = 2,   /* it closed it in order */
	RECORD_RUN_START = 10,  /* TARGET, VERSION (asked for), CLIENT, CONFIG, LIMIT_CALLS, DEADLINE, INPUT,
	                         * LIMIT_MICROS, CPU (its limit), SOURCES; KEY and REQUEST where the client gave a key */
	RECORD_RUN_END = 11,    /* TARGET, status, OUTPUT | MESSAGE, PARTIAL, CONFIDENCE; NUMBER: calls that it spent; MICROS, CPU;
	                         * BILLED: how many costly effects may have to be paid beside those that count */
	RECORD_RUNS_OPEN = 12,  /* BODY: of each open run its id (16 bytes) and the LSN of its newest record (8): where a start
	                         * has to look no further back */
	RECORD_RUN_MOVED = 13,  /* NUMBER: LSN of the copy of its RUN_START; all before is now in the copies that `prev` leads to */
	RECORD_CALL_START = 20, /* PATH, TARGET, CALLEE, VERSION, DEADLINE, INPUT; the call that the op led to.  LIMIT_CALLS (GIVEN), LIMIT_MICROS:
	                         * its shares.  MICROS: its price.  GUARD: "repetition" where it counts as begun again.  REASON: "probe" where it
	                         * is its breaker's.  ROUTE: of a capability, why this one.  OBJECT, CONFIG: with the first call of a
	                         * version in the run.  NUMBER: 1 where the version was asked for by number.  Of a check: ACTOR, and
	                         * NUMBER: how many ops the handler of the call that it looks at had asked for.  ENDS: where it has
	                         * less time than the op */
	RECORD_CALL_END = 21,   /* PATH, TARGET, status, OUTPUT | MESSAGE, CONFIDENCE: the outcome of the op that made the
	                         * call; NUMBER: how many of its ops were refused and have no record of their own; PARTIAL:
	                         * of the root call; MICROS, CPU: what it has cost by itself */
	RECORD_OP_INTENT = 30,  /* PATH, OP_KIND, TARGET, INPUT, EFFECT, KEY, DEADLINE: before an effect outside the host, each time
	                         * that it is begun.  NUMBER: how often the same attempt was begun before, and nobody knows
	                         * what came of that.  GUARD: "repetition", of a poll that counts as held again */
	RECORD_OP_OUTCOME = 31, /* PATH, OP_KIND, TARGET, INPUT_HASH, status, OUTPUT | MESSAGE.  Of a check that was not asked since
	                         * its verdict is known: ACTOR and NUMBER as below, CALLEE, VERSION, REASON "cached".  Of what only
	                         * looks, and has no record before: INPUT where it is short, NUMBER: ns that it took.  Of a costly
	                         * effect that was sent and failed: NUMBER 1, it may have been billed */
	RECORD_REFUSAL = 32,    /* PATH, OP_KIND, TARGET, INPUT_HASH, GUARD, status, MESSAGE: a guard said no; BODY: with what
	                         * findings.  Of a check: ACTOR and NUMBER as above */
	RECORD_RESOLVED = 33,   /* PATH, OP_KIND, TARGET, DECISION, ACTOR, REASON: a human has said of an effect with an intent and
	                         * no outcome whether it took place.  Done: status, OUTPUT, which are its outcome; not done:
	                         * attempt, of the one that is begun now */
	RECORD_STAGE = 34,      /* PATH (of the attempt that is over, or was refused), OP_KIND, TARGET, GUARD, status, MESSAGE: why
	                         * that is not the outcome.  STAGE, NUMBER: the attempt that comes; OUTPUT: a fixed answer that
	                         * it is; BODY: findings that it is given.  INPUT, DEADLINE, LIMIT_CALLS (GIVEN) of the op */
	RECORD_REVIEW = 35,     /* PATH, OP_KIND, TARGET, REVIEW, INPUT (of an op that has not begun), BODY: a human is asked about the
	                         * op: question, context, choices, hash; DEADLINE: when its default is taken.  What was
	                         * decided is a RESOLVED with the same REVIEW: DECISION, ACTOR, REASON, BODY: the value */
	RECORD_COMMAND = 40,    /* COMMAND, ACTOR, REASON, BODY (JSON): a change of the host's own state; of an op also PATH,
	                         * OP_KIND, TARGET, INPUT_HASH.  "run.cancel" (REASON, status): the run is being stopped */
	RECORD_CELL_START = 50, /* TARGET, VERSION, OBJECT, NUMBER (pid), BODY {"layers": [...], "quarantine"} */
	RECORD_CELL_END = 51,   /* TARGET, VERSION, OBJECT, NUMBER (pid), MESSAGE, BODY {"wait_status", "cpu_ms", "rss_kib"} */
	RECORD_REPLAY = 52,     /* PATH, MESSAGE: a call begins again in another cell */
	RECORD_PART = 53,       /* PATH, OUTPUT, NUMBER: a part of a call's reply, counted from 0.  GUARD: that the whole reply has to
	                         * pass before it is handed to anybody; "fallback": it has to end well */
	RECORD_LOG = 60,        /* PATH, LEVEL in status, MESSAGE: what a plugin logged */
	RECORD_ALERT = 61,      /* KEY: its id; BODY (JSON): what somebody should know, of the run or of the host; PATH: of which
	                         * call; NUMBER 1: the webhook is to be sent it */
	RECORD_SCORE = 62,      /* TARGET, VERSION: whose work is scored; PATH: which call; ACTOR: by whom; REASON; SCORE (JSON): how
	                         * good it was, and what all scores of its kind add up to with it */
	RECORD_BREAKER = 63,    /* TARGET, VERSION (of a plugin), ACTOR, REASON, BODY (core/dispatch/breakers.c): a breaker opens, is
	                         * tried or closes; what it had counted */
};

/* In head.kind: a copy of a record of an open run, made at the end of the log so that the old one may go.  Copies of a run
 * are chained among themselves and mean nothing until the run's RECORD_RUN_MOVED, which follows the last of them.  Rows of
 * the apply table see none. */
#define RECORD_COPY 0x8000u

enum record_tag {
	TAG_PATH = 1,      /* text "/0/3", "/0/3#2" */
	TAG_TARGET = 2,    /* text: plugin name, capability or URL */
	TAG_VERSION = 3,   /* text "1.0.0" */
	TAG_OBJECT = 4,    /* 32 bytes, SHA-256 */
	TAG_DEADLINE = 5,  /* int64, real ns */
	TAG_INPUT = 6,     /* bytes */
	TAG_INPUT_HASH = 7,  /* 16 bytes: the bytes are in an earlier record under this hash */
	TAG_OUTPUT = 8,
	TAG_OUTPUT_HASH = 9,
	TAG_MESSAGE = 10,  /* text: the sentence of a fault */
	TAG_GUARD = 11,    /* text */
	TAG_OP_KIND = 12,  /* uint16, enum wire_op_kind */
	TAG_EFFECT = 13,   /* uint8, enum wire_effect */
	TAG_KEY = 14,      /* text: idempotency key */
	TAG_COMMAND = 15,  /* text: name in the apply table */
	TAG_ACTOR = 16,    /* text: who; of an op: the guard that asked for it, where no handler did */
	TAG_REASON = 17,   /* text: why */
	TAG_BODY = 18,     /* JSON */
	TAG_CONFIDENCE = 19, /* double */
	TAG_PARTIAL = 20,  /* JSON array */
	TAG_CLIENT = 21,   /* text: "uid:1000" */
	TAG_CONFIG = 22,   /* JSON object: what the run was started with, or the configuration of a plugin */
	TAG_LIMIT_CALLS = 23, /* int64 */
	TAG_NUMBER = 24,   /* int64 */
	TAG_CALLEE = 25,   /* text: the plugin that a capability was resolved to */
	TAG_SOURCES = 26,  /* JSON array: the spaces whose documents a run may read */
	TAG_INPUT_DELTA = 27, /* hash of an earlier payload, u32, u32, bytes: what differs from it (call/carried.h) */
	TAG_OUTPUT_DELTA = 28,
	TAG_REQUEST = 29,  /* 16 bytes: hash of the request that came with KEY */
	TAG_INPUT_ERASED = 30,  /* in place of INPUT or its delta, as long: hash of the bytes (16) where there is room, zeros */
	TAG_OUTPUT_ERASED = 31, /* in place of OUTPUT or its delta */
	TAG_ERASED = 32,        /* in place of another field, as long: its tag (uint16) where there is room, zeros */
	TAG_DECISION = 33,      /* text: "done", "not-done", "answer" (done, with this OUTPUT); of a review "approve", "reject", "edit",
	                         * "answer", "expired" (its op ended first) */
	TAG_LIMIT_MICROS = 34,  /* int64, micro-dollars: a limit or a share of money */
	TAG_MICROS = 35,        /* int64, micro-dollars: what something costs */
	TAG_CPU = 36,           /* int64, ns of CPU time: what was used; of a RUN_START the limit */
	TAG_ROUTE = 37,         /* JSON: why this one was chosen of those that offer a capability */
	TAG_REVIEW = 38,        /* text: id of a review */
	TAG_STAGE = 39,         /* JSON {"by", "cause", "kind", "to"?, "version"?, "question"?, "of"?} */
	TAG_SCORE = 40,         /* JSON: a score, and the series that it ends */
	TAG_ENDS = 41,          /* int64, real ns: when a call ends that has less time than its op */
	TAG_GIVEN = 42,         /* uint8 1: LIMIT_CALLS is what the caller gave, and not a part of what it had left */
	TAG_BILLED = 43,        /* int64: effects that may be on a bill and have no outcome of their own */
};

struct record_head {
	uint32_t length;   /* of head and fields together */
	uint16_t format;   /* RECORD_FORMAT */
	uint16_t kind;     /* enum record_kind */
	uint64_t lsn;      /* byte position in the log; filled in by the journal */
	uint64_t prev;     /* LSN of the run's record before, 0 for the first */
	uint64_t epoch;    /* of the writer: counts the times that a host opened this journal */
	int64_t real_ns;
	int64_t mono_ns;
	uint8_t run[16];   /* ULID, zero where a record belongs to no run */
	uint8_t trace[16];
	uint64_t call;     /* handle of the call, 0 for none */
	uint32_t seq;      /* in the run */
	uint32_t ordinal;  /* of the op in its call, UINT32_MAX for none */
	int32_t status;
	uint16_t attempt;  /* from 1 */
	uint16_t fields;   /* how many follow */
};
static_assert(sizeof(struct record_head) == 104, "record_head");

struct record_field {
	uint16_t tag;
	uint32_t len;
	const void *data;
};

/* A record in memory.  Field data is borrowed: by a writer from its caller, by a reader from the bytes decoded. */
struct record {
	struct record_head head;
	struct record_field field[RECORD_FIELDS_MAX];
};

/* Starts a record: kind, clocks, ordinal none, attempt 1, all else zero. */
void record_init(struct record *r, enum record_kind kind);

/* Adding a field; empty ones (NULL) are left out.  Asserts that there is room. */
void record_add(struct record *r, enum record_tag tag, const void *data, size_t len);
void record_add_text(struct record *r, enum record_tag tag, const char *text);

/* Looking: NULL or 0 when missing or of the wrong size. */
const struct record_field *record_find(const struct record *r, enum record_tag tag);
char *record_text(const struct record *r, enum record_tag tag); /* allocated; NULL when missing */
int64_t record_int(const struct record *r, enum record_tag tag);
double record_real(const struct record *r, enum record_tag tag);

size_t record_size(const struct record *r); /* as encoded, padded to 8 bytes */
void record_encode(const struct record *r, void *out);

/* Decodes one record from the start of foreign bytes; returns its padded size, or a negative status (damaged).
 * `r` borrows from `data`. */
int64_t record_decode(const void *data, size_t len, struct record *r, struct fault *fault);

static inline enum record_kind
record_kind(const struct record_head *head)
{
	return (enum record_kind)(head->kind & ~RECORD_COPY);
}

static inline bool
record_is_copy(const struct record_head *head)
{
	return (head->kind & RECORD_COPY) != 0;
}

const char *record_kind_name(enum record_kind kind); /* "run_start"; "unknown" */
const char *record_tag_name(enum record_tag tag);

#endif
