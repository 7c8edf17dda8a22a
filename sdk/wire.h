/*
 * The wire between the host and a cell: frames on a stream socket.
 *
 * Every frame is a fixed header and `length` bytes.  Both ends run on one machine, so numbers are in its byte order.
 * Shared by libhospes and core/cell only; a plugin never sees it.
 *
 * What may come when (the host kills a cell that sends anything else, see WIRE_PHASES):
 *
 *   host                         cell                           phase
 *   SETUP                        -                              STARTING
 *   -                            HELLO                          STARTING   first frame: carries SCM_CREDENTIALS
 *   -                            READY | FAILED                 STARTING   -> READY, or the cell ends; READY has the
 *                                                                         layers that hold, a probe's its report too
 *   START, OUTCOME, CANCEL       OP, PARK, PART, REPLY, LOG,    READY
 *   PING, REST, EVICT            PROGRESS, PONG, ABANDON,
 *                                EVICTED
 *   STOP                         BYE                            READY      -> the exit hook runs, the cell ends
 *
 * A call is named by a 64-bit handle that the host chose in START and that is never used again.  Its ops are numbered
 * from 0 in the order issued.  REPLY ends a call: nothing more may come for its handle, and whatever ops it left open
 * are cancelled by the host.
 *
 * EVICT may be sent for a call whose fiber waits and which was not told to stop; it drops the fiber.  What the fiber had
 * sent before it learned of that may still come, until EVICTED: after it nothing may come for the handle, unless the host
 * sends START for it once more.  EVICTED comes before the PONG to a PING that was sent after EVICT.
 */

#ifndef HOSPES_WIRE_H
#define HOSPES_WIRE_H

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>

#define WIRE_VERSION     1u
#define WIRE_FRAME_MAX   (68u * 1024 * 1024) /* a run's input of 64 MiB and its wrapping */
#define WIRE_LOG_MAX     4096u               /* one line */
#define WIRE_REFUSED     "refused by seccomp: " /* so begins the line of one that tells of a refusal */
#define WIRE_TARGET_MAX  255u
#define WIRE_URL_MAX     (8u * 1024)         /* the target of an HTTP op */
#define WIRE_KEY_MAX     320u                /* the target of a memory op: space, slash, key */
#define WIRE_NO_ORDINAL  UINT32_MAX
#define WIRE_SHARERS_MAX 100000

/* Descriptors of a cell, in the order in which the spawner places them. */
enum wire_fd {
	WIRE_FD_LOG = 1,     /* stdout and stderr */
	WIRE_FD_CONTROL = 3, /* the one socket */
	WIRE_FD_PLUGIN = 4,  /* the object, read-only */
	WIRE_FD_PAGE = 5,    /* memfd: struct wire_page */
	WIRE_FD_FILTERS = 6, /* memfd: programs of its filters (core/cell/guest/programs.h); closed once they are read */
};

enum wire_type {
	/* host to cell */
	WIRE_SETUP = 1, /* struct wire_setup */
	WIRE_START,     /* struct wire_start, then config, run id, path, findings, input */
	WIRE_OUTCOME,   /* call, ordinal, status; struct wire_outcome, then the value or the sentence; of a call that repeats
	                 * what is on record also before its OP, by ordinal */
	WIRE_CANCEL,    /* call; every wait of it from now on gives `status` (cancelled or deadline_exceeded) */
	WIRE_PING,
	WIRE_STOP, /* run the exit hook, send BYE, leave */
	WIRE_REST, /* no call is open, and has not been for a while: give memory back; no answer */
	WIRE_EVICT, /* call: its fiber waits, and will not go on here */
	/* cell to host */
	WIRE_HELLO = 64, /* struct wire_hello, layers as far as they are on */
	WIRE_READY,    /* struct wire_hello; from a probe, a JSON report follows */
	WIRE_FAILED,   /* status; the sentence */
	WIRE_OP,       /* call, ordinal; struct wire_op, then target, version, key, input */
	WIRE_PARK,     /* call, ordinal: its fiber waits for an op that it started before (WIRE_OP_WAITS parks by itself) */
	WIRE_REPLY,    /* call, status; struct wire_reply, then partial, then the value or the sentence */
	WIRE_LOG,      /* call or 0, status = enum hospes_level; a line of text */
	WIRE_PROGRESS, /* call; double, then a line of text */
	WIRE_PONG,     /* struct wire_pong */
	WIRE_ABANDON,  /* call, ordinal: the fiber no longer wants this op; it is cancelled */
	WIRE_BYE,
	WIRE_PART, /* call; a part of its reply, before WIRE_REPLY */
	WIRE_EVICTED, /* call; struct wire_pong: the answer to EVICT, also where the call has replied meanwhile */
};

struct wire_frame {
	uint32_t length; /* of what follows the header */
	uint16_t type;
	uint16_t flags; /* zero */
	uint64_t call;
	uint32_t ordinal; /* WIRE_NO_ORDINAL where there is none */
	int32_t status;
};
static_assert(sizeof(struct wire_frame) == 24, "wire_frame");

/* Kinds of op; their numbers are in the journal, so they are never used again for something else. */
enum wire_op_kind {
	WIRE_OP_CALL = 1,   /* target: "name" or "cap:name"; input: any JSON */
	WIRE_OP_HTTP = 2,   /* target: the URL; input: {"method", "headers": [], "body" | "base64", "max_bytes"} */
	WIRE_OP_NOW = 3,    /* value: int64_t, ns since 1970 */
	WIRE_OP_RANDOM = 4, /* input: uint32_t, how many bytes; value: the bytes */
	WIRE_OP_SLEEP = 5,  /* input: int64_t ns from now; value: empty */
	WIRE_OP_FIRST = 6,  /* input: uint32_t ordinals; value: uint32_t, the ordinal that has an outcome first */
	WIRE_OP_FIND = 7,   /* target: a capability or a pattern; value: JSON array of names */

	/* memory: target is "SPACE", "SPACE/KEY"; an empty SPACE is the plugin's own; input and value are JSON objects */
	WIRE_OP_REMEMBER = 8,   /* SPACE/KEY: {"value": any, "version": n?} -> {"version": n} */
	WIRE_OP_RECALL = 9,     /* SPACE/KEY: {} -> {"value": any, "version": n} */
	WIRE_OP_FORGET = 10,    /* SPACE/KEY: {} -> {"forgotten": bool} */
	WIRE_OP_LIST = 11,      /* SPACE/PREFIX: {"after": key?, "most": n?} -> {"keys": [...], "more": bool} */
	WIRE_OP_DOCUMENTS = 12, /* SPACE: {"after": digest?, "most": n?} -> {"documents": [...], "more": bool} */
	WIRE_OP_DOCUMENT = 13,  /* SPACE/DIGEST: {"from": n, "to": n} -> {"document", "text", ...} */
	WIRE_OP_SEARCH = 14,    /* SPACE: {"query", "most"?, "most_each"?, "within": [digest]?} -> {"found": [...]} */

	WIRE_OP_PART = 15, /* input: uint32 ordinal of a call, uint32 index; value: the part; HOSPES_ENOENT: there are no more */
	WIRE_OP_POLL = 16, /* input: struct wire_poll and what follows it; value: the outcome, a JSON object */

	/* input: {"question", "context"?, "choices"?: [text], "default"?, "timeout_ms"?} -> {"choice", "value"?, "by", "why"?} */
	WIRE_OP_REVIEW = 17,
	WIRE_OP_SCORE = 18, /* input: uint32 ordinal of a call that has its outcome, double 0..1, why in words; value: empty */
};

enum wire_op_flag {
	WIRE_OP_WAITS = 1, /* the fiber is parked until this op's outcome comes */
};

/* What an effect bears when nobody knows whether it took place; the numbers are in the journal. */
enum wire_effect {
	WIRE_EFFECT_DEFAULT,
	WIRE_EFFECT_PURE,       /* nothing is changed by it */
	WIRE_EFFECT_IDEMPOTENT, /* twice is as good as once */
	WIRE_EFFECT_KEYED,      /* twice under one key is once */
	WIRE_EFFECT_ONCE,       /* never twice unless a human says so */
	WIRE_EFFECT_COSTLY,     /* twice does no harm but is paid for twice */
	WIRE_EFFECTS
};

/* WIRE_OP.  target, version, key and input follow in this order, without padding or terminators. */
struct wire_op {
	uint16_t kind;
	uint8_t flags;
	uint8_t effect;
	uint16_t target_len;
	uint8_t version_len;
	uint8_t key_len;
	int64_t timeout_ns; /* 0: the call's own deadline */
	/* 0: no share of its own; n: at most n calls, itself included; -n (to -WIRE_SHARERS_MAX): one of n that share what
	 * is left to the caller when it is admitted, so 1/n of it and at least 1 */
	int64_t share_calls;
	int64_t share_wall_ns;
	int64_t share_micros; /* 0: no share of money of its own; n: at most so many micro-dollars, itself included */
};
static_assert(sizeof(struct wire_op) == 40, "wire_op");

enum wire_poll_rule {
	WIRE_POLL_MAJORITY,
	WIRE_POLL_SUPERMAJORITY,
	WIRE_POLL_UNANIMOUS,
	WIRE_POLL_WEIGHTED,
	WIRE_POLL_RULES
};

enum wire_poll_flag {
	WIRE_POLL_OF_ALL = 1,   /* of the weight of all voters, not of what was cast */
	WIRE_POLL_WAIT_ALL = 2, /* all ballots are waited for */
	WIRE_POLL_REPEATED = 4, /* one who is listed several times has as many ballots */
	WIRE_POLL_KEEP_TIME = 8, /* somebody who breaks a tie may have to be asked afterwards */
	WIRE_POLL_TIE = 16,      /* the one ballot breaks the tie of the poll `first`; all else but the ballots is zero */
	WIRE_POLL_FLAGS = 31
};

#define WIRE_POLL_BALLOTS_MAX  1000u
#define WIRE_POLL_OPTIONS_MAX  256u
#define WIRE_POLL_OPTION_MAX   256u           /* bytes of one */
#define WIRE_POLL_QUESTION_MAX (16u * 1024)   /* bytes */
#define WIRE_POLL_ASK_MAX      (1024u * 1024) /* bytes of all that a voter is given */
#define WIRE_POLL_NUMBER_MAX   1000000u       /* a weight, a part of a fraction */

/* The input of WIRE_OP_POLL.  `ballots` of struct wire_ballot follow, then the JSON that each of these calls was given, byte for
 * byte: {"question", "options", ...}. */
struct wire_poll {
	uint8_t rule;  /* enum wire_poll_rule */
	uint8_t flags; /* enum wire_poll_flag */
	uint16_t reserved;
	uint32_t ballots;
	uint32_t numerator, denominator;               /* of a supermajority; else zero */
	uint32_t quorum_numerator, quorum_denominator; /* 0/0: more than half */
	uint32_t first;                                /* the ordinal of a poll; else zero */
};
static_assert(sizeof(struct wire_poll) == 28, "wire_poll");

struct wire_ballot {
	uint32_t ordinal; /* of a call */
	uint32_t weight;
};
static_assert(sizeof(struct wire_ballot) == 8, "wire_ballot");

struct wire_setup {
	uint32_t version;
	uint32_t fibers;        /* calls at a time; 1 for state=cell */
	uint64_t memory_bytes;  /* heap grant, on top of the stacks */
	uint64_t stack_bytes;   /* of one fiber */
	uint32_t relaxed;       /* 1: the profile for sanitizer builds */
	uint32_t required;      /* enum sandbox_layer bits that must hold */
	uint32_t uid, gid;      /* to become before anything else; UINT32_MAX: stay */
	char state_cell;        /* 1: globals stay writable */
	uint8_t proof;          /* of a probe cell: core/cell/tries.h, enum proof_kind */
	uint16_t proof_port;    /* TCP, at which the host listens for as long as it proves */
	uint32_t proof_host;    /* the host's pid, as the host sees it */
};
static_assert(sizeof(struct wire_setup) == 48, "wire_setup");

struct wire_hello {
	uint32_t version;
	uint32_t layers; /* bits of enum sandbox_layer that hold, as the cell sees it (a hint; doctor proves it) */
};
static_assert(sizeof(struct wire_hello) == 8, "wire_hello");

struct wire_start {
	int64_t deadline_real_ns;
	uint32_t config_len; /* JSON object */
	uint16_t run_len;    /* ULID */
	uint16_t path_len;   /* "/0/3" */
	uint32_t findings_len; /* JSON array; 0: there are none */
	uint32_t reserved;
};
static_assert(sizeof(struct wire_start) == 24, "wire_start");

struct wire_outcome {
	double confidence;
};
static_assert(sizeof(struct wire_outcome) == 8, "wire_outcome");

struct wire_reply {
	double confidence;
	uint32_t partial_len; /* JSON array of {"who", "code", "message"}, or nothing */
	uint32_t reserved;
};
static_assert(sizeof(struct wire_reply) == 16, "wire_reply");

struct wire_pong {
	uint64_t leaked_bytes; /* heap that the handlers of dropped fibers left behind */
};
static_assert(sizeof(struct wire_pong) == 8, "wire_pong");

/* Where a cell is on its way to READY. */
enum wire_step {
	WIRE_STEP_MAIN,     /* its program runs */
	WIRE_STEP_SETUP,    /* SETUP has come */
	WIRE_STEP_ROOT,     /* the empty root */
	WIRE_STEP_IDS,      /* uid, limits, capabilities */
	WIRE_STEP_PRIMED,   /* the libraries have done what they do once */
	WIRE_STEP_ARENA,    /* buffers, room for stacks, handlers of fatal signals */
	WIRE_STEP_LANDLOCK, /* no_new_privs too */
	WIRE_STEP_FILTERED, /* the filter for loading, and the pin */
	WIRE_STEP_LOADED,   /* dlopen */
	WIRE_STEP_INIT,     /* the init hook */
	WIRE_STEP_SEALED,   /* globals are read-only */
	WIRE_STEP_CLOSED,   /* the filter for serving */
	WIRE_STEPS
};

/* One batch of frames on its way over the page (mail.h). */
#define WIRE_MAIL_MAX 7936u
struct wire_mail {
	alignas(64) _Atomic uint32_t len; /* 0: it is empty */
	uint8_t bytes[WIRE_MAIL_MAX];
};

/* The pages that cell and host share.  The cell may write anything here: the host reads it as a hint, for diagnostics
 * and to choose suspects, and copies before it looks. */
struct wire_page {
	_Atomic uint64_t current; /* handle of the call whose fiber runs, 0 for none */
	_Atomic uint32_t report_len;
	char report[884];             /* of a fatal signal: what, where, on which call */
	_Atomic uint32_t refused_len;
	char refused[124];            /* system calls that it tried in vain while it was loaded */
	_Atomic uint64_t step_ns[16]; /* by enum wire_step: when it was done (CLOCK_MONOTONIC), 0 if not yet */

	/* Written by the host, and a hint for the cell. */
	alignas(64) _Atomic uint32_t host_looks; /* not 0: it looks into its box before it sleeps */
	_Atomic uint32_t may_look;   /* not 0: the cell may look again for a while before it sleeps */
	_Atomic uint32_t host_cpu;   /* on which the host is */
	_Atomic uint32_t host_heard; /* bytes received over the socket */
	_Atomic uint32_t rings;      /* how often something was sent over the socket */
	/* Written by the cell, and a hint for the host. */
	alignas(64) _Atomic uint32_t cell_looks;
	_Atomic uint32_t cell_heard;
	_Atomic uint32_t cell_cpu; /* on which it was when it was given something last */
	struct wire_mail to_cell, to_host;
};
static_assert(sizeof(struct wire_mail) == 8000 && sizeof(struct wire_page) == 17280 && WIRE_STEPS <= 16, "wire_page");

#endif
