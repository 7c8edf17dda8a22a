/*
 * A call in progress, as the SDK keeps it: hospes_ctx and all that belongs to it.
 *
 * Everything that the SDK hands to a handler is made of the call's own memory (ctx_alloc) and goes when the handler has
 * returned.  The runtime (runtime.c) makes calls, runs their fibers and brings outcomes; the other files are the functions
 * of hospes.h.
 */

#ifndef HOSPES_CTX_H
#define HOSPES_CTX_H

#include "fiber.h"
#include "frames.h"
#include "runtime.h"

#pragma GCC visibility push(hidden)

#define CTX_LOG_MOST (64u * 1024) /* bytes of log lines of one call */

struct ctx_chunk; /* a piece of a call's memory */

/* A value is bytes, or what jansson made of them, or both: each is made from the other at the first look. */
struct hospes_value {
	struct hospes_ctx *ctx;
	const char *bytes;
	size_t len;
	json_t *json;
	bool parsed;                                /* a parse was tried: without `json` it is not JSON */
	void *block;                                /* malloc's, holds the bytes: of a big frame or a dump */
	struct hospes_value *next;                  /* of the call */
	struct hospes_value *members, *next_member; /* made by hospes_get */
};

struct hospes_op {
	struct hospes_ctx *ctx;
	uint32_t ordinal; /* WIRE_NO_ORDINAL: never sent */
	uint16_t kind;
	uint32_t parts; /* of its reply that were taken */
	bool arrived; /* the host has sent the outcome */
	bool settled; /* decided on this side: refused before it was sent, or cancelled; whatever arrives is too late */
	bool told;    /* a wait of the handler has returned for it */
	void
	    *into; /* where the bytes of the outcome go instead of becoming a value; `into_len` of at most `into_max` */
	size_t into_max, into_len;
	struct hospes_answer answer;
};

/* An outcome that came before its op was asked for: the host knows from the record what the call will ask. */
struct ahead {
	struct ahead *next;
	uint32_t ordinal;
	int status;
	double confidence;
	size_t len;
	uint8_t bytes[]; /* a zero follows */
};

/* The last sentence for each status that something in the call failed with. */
struct ctx_failure {
	int status;
	const char *sentence;
	struct ctx_failure *next;
};

/* Ops that were handed out lie in blocks, so that a stray pointer can be told from an op of this call. */
struct op_block {
	struct op_block *next;
	size_t used, room;
	struct hospes_op ops[];
};

struct hospes_ctx {
	uint64_t handle;
	struct fiber fiber;
	struct hospes_ctx *next_in_bucket;
	struct hospes_ctx *next_ready;
	bool ready;
	const struct hospes_op *awaited; /* the fiber is parked until this has an outcome */
	bool awaits_all;                 /* or until any op fails */

	const char *run_id, *path;
	struct hospes_value *input, *config, *findings;
	struct ctx_chunk *chunks;
	struct hospes_value *values;

	void *scratch; /* for one function at a time */
	size_t scratch_room;

	struct hospes_op **ops; /* by ordinal; NULL: nobody waits for it any more */
	uint32_t ops_n, ops_room;
	uint32_t called; /* 1 + the ordinal of the call that was waited for last as it was made; 0: none */
	struct ahead *ahead_first, **ahead_last; /* by ordinal */
	uint32_t ahead_taken;
	struct op_block *op_blocks;
	struct hospes_group *groups;

	int stopped; /* 0, or the status that every wait gives from now on */
	int failed;  /* of the last thing that failed */
	struct ctx_failure *failures;

	int returned; /* by the handler */
	struct hospes_value *reply;
	double confidence;
	json_t *partial;
	size_t logged;
	int64_t heap; /* bytes that it has, as far as they are counted */
};

/* The runtime's one state: a cell has one thread, one socket and one plugin. */
struct runtime {
	struct frames frames;
	struct wire_page *page;
	const struct hospes_plugin *plugin;
	enum hospes_rt_phase phase;
	struct hospes_ctx *current;
	struct hospes_ctx **buckets;
	size_t buckets_n; /* a power of two */
	unsigned calls, calls_most;
	struct ctx_chunk *idle_chunks; /* of calls that have ended */
	unsigned idle_chunks_n;
	struct hospes_ctx *ready_first, **ready_last;
	const char *refused[8]; /* system calls that the running call tried and the sandbox refused, each once */
	unsigned refused_n;
	int broken; /* what a send on the socket failed with */
	bool open, stop, rest;
	const int64_t *in_use; /* bytes of heap, counted by the program; NULL: nobody counts */
	uint64_t leaked;       /* by handlers whose fiber was dropped */
	char complaint[256];
};
extern struct runtime hospes_runtime;

/* ---- ctx.c: memory, faults and checks ---------------------------------------------------------------------------- */

/* A new call; NULL when out of memory. */
struct hospes_ctx *ctx_new(uint64_t handle);
void ctx_free(struct hospes_ctx **ctx);
size_t ctx_idle(void); /* bytes kept for calls to come */
void ctx_rest(void);   /* gives them back */

/* Memory that lives as long as the call; NULL when there is no more. */
void *ctx_alloc(struct hospes_ctx *ctx, size_t size);
char *ctx_copy(struct hospes_ctx *ctx, const void *bytes, size_t len); /* with a zero behind */
char *ctx_vformat(struct hospes_ctx *ctx, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/* Memory that lasts until the next function asks for some; NULL when there is no more. */
void *ctx_scratch(struct hospes_ctx *ctx, size_t size);

/* Notes that something failed and returns `status`. */
int ctx_fail(struct hospes_ctx *ctx, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));
void ctx_vfail(struct hospes_ctx *ctx, int status, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));
void ctx_note_failure(struct hospes_ctx *ctx, int status, const char *sentence);

/* The sentence that belongs to a status, NULL when nothing in this call failed with it. */
const char *ctx_sentence(const struct hospes_ctx *ctx, int status);

/* Is `function` used rightly: inside a call and with that call's context?  0 or a status; `ctx` is not looked into.
 * ctx_check_op is for functions that are ops. */
int ctx_check(const struct hospes_ctx *ctx, const char *function);
int ctx_check_op(const struct hospes_ctx *ctx, const char *function);

/* ---- value.c ----------------------------------------------------------------------------------------------------- */

/* A value of bytes.  `block` is taken over when it is not NULL, and the bytes lie in it with a zero behind; otherwise
 * they are copied. */
struct hospes_value *value_of_bytes(struct hospes_ctx *ctx, const void *bytes, size_t len, void *block);
void value_drop(struct hospes_value *value); /* what is not the call's memory */

/* ---- op.c -------------------------------------------------------------------------------------------------------- */

struct op_request {
	uint16_t kind;
	bool waits;
	const char *target;
	const char *before, *behind; /* texts around the input, or NULL */
	const void *input;
	size_t input_len;
	const struct hospes_options *options;
	uint32_t sharers; /* it is one of so many that share what is left; 0: not so */
};

/* Starts an op that is handed out.  `rc` is what reading the request gave: a request that was wrong becomes an op that has
 * failed, so that NULL means out of memory, or used in the wrong place, and nothing else. */
struct hospes_op *op_start(struct hospes_ctx *ctx, int rc, const struct op_request *request);

/* Sends an op that waits, parks, and returns its status.  `op` lies on the fiber's stack. */
int op_run(struct hospes_ctx *ctx, struct hospes_op *op, struct op_request *request);

/* Is `op` one that this call was handed?  The pointer is not looked into. */
bool op_is_of(const struct hospes_ctx *ctx, const struct hospes_op *op);

/* Can this be the target of a call?  NULL: it can; else what is wrong with it, and *status. */
const char *op_refuse_target(const char *target, int *status);

/* The outcome of an op, from the host; `block` as in value_of_bytes, *block is set NULL when it was kept. */
void op_arrive(struct hospes_op *op, int status, double confidence, const void *bytes, size_t len, void **block);

/* Keeps an outcome for the op that will have that ordinal; false when out of memory. */
bool op_ahead(struct hospes_ctx *ctx, uint32_t ordinal, int status, double confidence, const void *bytes, size_t len);

/* Parks until `op` has an outcome or the call is stopped; 0 or the status of the stop. */
int op_await(struct hospes_ctx *ctx, const struct hospes_op *op);

/* ---- call.c ------------------------------------------------------------------------------------------------------ */

/* As hospes_start, for a member of a group; what its options say of calls comes before the sharing. */
struct hospes_op *call_start(struct hospes_ctx *ctx, const char *target, const struct hospes_value *input,
    const struct hospes_options *options, uint32_t sharers);

/* ---- memory.c, search.c ------------------------------------------------------------------------------------------ */

/* A request of memory; `request.target` is `target`. */
struct memory_ask {
	struct op_request request;
	char target[WIRE_KEY_MAX + 1];
};

/* Checks what `function` was given and fills the request, with {} as its input; `key` is NULL where there is none.  0 or a
 * status. */
int memory_ask(struct hospes_ctx *ctx, const char *function, uint16_t kind, const char *space, const char *key,
    struct memory_ask *ask);

/* Adds a member, taken over, to an object.  -1 when there is no member: the object is then gone, *json is NULL. */
int memory_add(json_t **json, const char *key, json_t *member);

/* Takes `json` over as the input of the request, which has to be sent before another function needs the scratch memory;
 * NULL is bad input. */
int memory_input(struct hospes_ctx *ctx, const char *function, json_t *json, struct memory_ask *ask);

/* ---- wait.c ------------------------------------------------------------------------------------------------------ */

/* As hospes_wait_any, for ops that are known to be this call's; NULL ones are passed over. */
int wait_any(struct hospes_ctx *ctx, size_t n, struct hospes_op *const ops[]);

/* Waits for all of `n` ops that nobody has waited for yet, or for the first that fails: 0 or its status. */
int wait_all(struct hospes_ctx *ctx, size_t n, struct hospes_op *const ops[]);

/* ---- tell.c ------------------------------------------------------------------------------------------------------ */

/* A line of the SDK's own in the log of the call. */
void tell_refused(struct hospes_ctx *ctx, const char *name);

/* ---- runtime.c --------------------------------------------------------------------------------------------------- */

/* Queues a frame of the running call; what went wrong with the socket is seen by the serve loop.  0 or HOSPES_ETOOLARGE. */
int runtime_send(
    const struct hospes_ctx *ctx, uint16_t type, uint32_t ordinal, int32_t status, const struct iovec *parts, size_t n);

/* Sends all that is queued, at once. */
void runtime_flush(void);

#pragma GCC visibility pop

#endif
