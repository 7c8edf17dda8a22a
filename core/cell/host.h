/*
 * The host's side of cells, inside: what its files share.  Private to the room.
 *
 *   cells.c       opening and closing, what is done at the end of a loop turn, uids
 *   spawner.c     starting the spawner, asking it for processes
 *   pool.c        which cell runs which call; how many cells there are
 *   share.c       how much of them one run may have         slices.c       how much of a call in a turn
 *   cell_start.c  starting a process                        cell.c         its descriptors and its end
 *   frames.c      the socket's bytes as frames, in          frames_out.c   out
 *   serve.c       what the frames of a cell mean            outcome.c      what it is told of its ops
 *   reply.c       how a call ends                           evict.c        calls that wait for long
 *   cancel.c      calls that were told to stop              death.c        what becomes of the calls of a dead cell
 *   watchdog.c    silence, deadlines, idle cells            cell_log.c     what a cell prints
 *   spin.c        looking for frames before sleeping        cpu.c          what its calls computed
 *   blame.c       the host's log of what plugins did
 *   probing.c     cells that are started to see whether they start
 *   prove.c       the long proofs of `hospes doctor` (prove.h)
 *   filters.c     whether a cell that says so is ready
 *   inspect.c     the inspector
 */

#ifndef CELL_HOST_H
#define CELL_HOST_H

#include "cell/cell.h"
#include "cell/frames.h"
#include "cell/spawner.h"

#include "base/map.h"
#include "base/util.h"

#define CELLS_MAGIC 0x63656c73u
#define CELL_MAGIC  0x63656c6cu

#define CELL_LINE_MAX       1024u
#define CHAIN_TEXT          160u
#define CELL_LOG_WINDOW_NS  (10 * NS_PER_S)
#define CELL_LOG_WINDOW_MAX (64 * KIB) /* printed lines in a window; more is dropped and counted */

/* The most that waits in copied bytes for a cell that does not read. */
#define CELL_OUT_MAX (64 * MIB)

#define QUARANTINES         4u  /* of a pool that run at once; those whose call is parked do not count */
#define QUARANTINES_MAX     64u /* of a pool, counting them */
#define EXECUTIONS_INNOCENT 16u /* a call that began more often is a suspect whenever its cell dies */
#define OUTSIDE_KILLS       3u  /* how often SIGKILL from outside may end the quarantine cell of a call */
#define LOAD_TRIES          3u  /* starts in a row that something outside may break */

/* How long a cell is kept busy with what it was handed of one run: more has to wait. */
#define CELL_AHEAD_NS (100 * NS_PER_US)

struct pool;
struct cell;
TAILQ_HEAD(cell_list, cell);
TAILQ_HEAD(pool_list, pool);
TAILQ_HEAD(grace_list, grace);
TAILQ_HEAD(inspection_list, inspection);
TAILQ_HEAD(request_list, request);

#define LOOKING_MOST 16u

enum cell_kind {
	CELL_WORK,
	CELL_QUARANTINE, /* for one suspect, alone */
	CELL_TRIAL,      /* does this version load? */
	CELL_PROBE,      /* without a plugin: does the sandbox hold? */
	CELL_PROOF,      /* the same, for `hospes doctor` */
};

/* Copies of the strings of a cell_spec, for a pool or a cell that may outlive them. */
struct spec_copy {
	struct cell_spec spec;
	uint8_t object[32];
};
void spec_copy_init(struct spec_copy *copy, const struct cell_spec *spec);
void spec_copy_free(struct spec_copy *copy);

struct cell_log {
	char line[CELL_LINE_MAX + 1];
	size_t len;
	int64_t window_ns;
	size_t in_window, dropped;
};

struct cell {
	unsigned magic;
	struct cells *cells;
	struct pool *pool; /* NULL: a trial or the probe */
	struct spec_copy spec;
	enum cell_kind kind;
	enum cell_phase phase;
	TAILQ_ENTRY(cell) all, in_pool, dirty, late;
	bool is_dirty, is_late; /* something is to be sent to it; not all was served that was read of it */

	uint64_t id; /* for the spawner */
	uint32_t uid;
	pid_t pid;
	uint32_t layers;
	bool ready;    /* READY has come */
	bool told;     /* cell_started was called */
	bool draining; /* leaked too much: gets no more calls */
	bool trimmed;  /* was told to give back memory since its last call */

	int control_fd, log_fd, status_fd;
	struct event *control_in, *control_out, *log_in, *status_in;
	bool closed; /* its end of the socket is gone */
	struct frames_in in;
	struct frames_out out;
	struct wire_page *page; /* may change under our eyes: copy, then look */
	uint32_t rings;         /* what we sent over the socket, counted for it */
	uint32_t heard_bytes;   /* that came over the socket */
	bool looked_at;         /* one of cells->looking */
	bool may_look;          /* it was told so */
	int64_t rung_ns;        /* since when it owes a sign of life, while it may look; 0: it does not */
	struct cell_log printed, blamed;

	struct spawn_status status; /* the last message */
	size_t status_have;         /* bytes of the next one */
	struct spawn_status next_status;
	bool started, ended;

	struct call_list calls;
	unsigned n_calls, n_running;
	unsigned worked;  /* calls that ended or began to wait since paced_ns */
	int64_t paced_ns; /* since when it has had something to do without a break, or when it was looked at last */
	struct map gone; /* handles of calls that we let go of and that it still works on */
	struct map evicting; /* handles of calls whose fiber it was told to drop, until it has */
	unsigned n_gone;     /* in either */
	unsigned evicts_told, evicts_done, evicts_at_ping; /* at the ping that is open: those it has to have done before the pong */
	uint64_t answering_call; /* the op that the events are being told of */
	uint32_t answering_ordinal;
	bool answered;
	struct ulid left_run; /* of the call that replied or was evicted last, for who sends more of it */
	char left_path[64];
	char left_chain[CHAIN_TEXT]; /* of calls that led to it; its beginning is cut where it is long */
	uint64_t left_below; /* handle of the call that made it */
	bool left_evicted;

	int64_t started_ns, idle_ns;
	int64_t end_by_ns; /* 0, or when it is killed (stopping), or given up (killed) */

	/* of cpu.c */
	int64_t charged_cpu_ns; /* of the cell's clock, that its calls have paid for */
	int64_t cpu_looked_ns;  /* when that was */
	int64_t left_busy_ns;   /* of calls that left since then */
	unsigned cpu_rate;      /* of the time that its calls had something to do, how much they computed, in 1024ths */

	/* of the watchdog */
	bool heard;             /* frames since the last look */
	int64_t cpu_ns;         /* of the cell, when a frame was heard last */
	int64_t current_cpu_ns; /* when another call was seen to run */
	uint64_t current;       /* the call that was seen */
	int64_t ping_ns;        /* of the ping without a pong; 0: none is open */
	int64_t pinged_ns;      /* of the last one */
	int64_t still_ns;       /* with a ping open: since when it stands still */
	int64_t still_cpu_ns;
	bool rests;          /* has no call, and was seen to do nothing */
	int64_t idle_cpu_ns; /* when it was looked at first without a call; -1: not yet */

	struct fault why; /* status 0, or why we killed it, or why it failed to load */

	cells_probed *probed;
	void *probed_arg;
	struct proof_run *proof; /* of a CELL_PROOF, until it has ended */
};

struct pool {
	struct cells *cells;
	char *key;
	const char *who; /* the key's end: whom its calls are of */
	struct spec_copy spec;
	TAILQ_ENTRY(pool) all;
	struct cell_list list;
	struct turns queue;      /* calls that wait for a fiber, each run in its turn */
	struct turns suspects;   /* for a quarantine cell */
	struct turns held;       /* for their run's share (share.c) */
	struct call_list parked; /* in cells of it, who waits longest first */
	unsigned failures;
	int64_t each_ns; /* what a call computes at a time, about; 0: not known yet */
	bool of_run; /* isolation = run: nobody comes back to it */
	bool retired;
	unsigned keep;       /* when retired */
	struct fault broken; /* status 0, or why its calls can't be run */
	char death[256];     /* how the last cell died, for calls that begin again */
};

struct request {
	TAILQ_ENTRY(request) next;
	struct spawn_request message;
	int fds[8];
	size_t n_fds;
};

struct cells {
	unsigned magic;
	struct event_base *loop;
	struct calls *calls;
	struct policy *policy;
	struct cells_events events;

	int spawner_fd;
	struct event *spawner_in, *spawner_out;
	struct request_list requests; /* that the socket had no room for */
	bool spawner_gone;

	struct map pools_by_key;
	struct pool *pools_lately[16]; /* by the first byte of the object */
	struct pool_list pools;
	struct cell_list all;
	struct cell_list dirty;
	struct cell_list late;    /* slices.c */
	struct event *late_turn;
	struct event *turn; /* at the end of a loop turn: flush, sweep */
	bool sweep;         /* pools want looking after */
	bool starved, uid_came_back;
	unsigned cpus;

	/* spin.c */
	unsigned n_running;                 /* calls in all cells */
	struct cell *looking[LOOKING_MOST]; /* whose boxes the loop looks into before it sleeps */
	unsigned n_looking;
	unsigned n_may_look; /* of these */
	bool serves;         /* cells_serve turns the loop: boxes are looked into before it sleeps */
	bool in_looks;       /* the end of a turn is seen to there */
	int64_t worked_ns;   /* when a frame came or went last */
	int64_t rests_until_ns, rest_ns;
	int64_t credit_ns;    /* what looking has spared, less what it has cost */
	unsigned looked_well; /* looks that were not late */

	struct event *tick; /* the watchdog's */
	bool awake;         /* it looks often */
	int64_t looked_ns;
	struct grace_list graces;
	struct map graces_by_call;
	struct event *grace;
	struct inspection_list inspections;

	uint64_t next_id;
	bool own_uids;
	bool *uids_used;
	unsigned next_uid;

	json_t *report;
	uint32_t layers;
	struct fault probe_fault;
	bool probe_done;
	int filters; /* of seccomp, that the probe had; 0 or less: not to be had */

	/* what the kernel tells, which tests replace */
	int64_t ahead_ns;            /* CELL_AHEAD_NS; 0: a run may have all */
	int64_t silence_ns, pong_ns; /* of the watchdog; a silence of 0 is the policy's */
	int64_t (*mono_ns)(void);
	int64_t (*cpu_ns)(pid_t pid); /* -1: not to be had */
	int (*filters_of)(pid_t pid); /* -1: not to be had */
};

/* cells.c */
void cells_at_turn(struct cells *cells);
void cells_turn(struct cells *cells); /* the end of a turn, now */
uint32_t uid_take(struct cells *cells, bool *none);
void uid_give(struct cells *cells, uint32_t uid);

/* spawner.c */
int spawner_open(struct cells *cells, struct fault *fault);
void spawner_close(struct cells *cells);
int spawner_ask(
    struct cells *cells, const struct spawn_request *message, const int *fds, size_t n, struct fault *fault);
void spawner_kill(struct cells *cells, uint64_t id);

/* cell_start.c, cell.c */
int cell_start(struct cells *cells, struct pool *pool, const struct cell_spec *spec, enum cell_kind kind,
    struct cell **ret, struct fault *fault);
int cell_start_proof(struct cells *cells, const struct cell_spec *spec, struct proof_run *proof, const char *bait,
    struct cell **ret, struct fault *fault); /* `bait`: a folder that it may write, or "" */
uint64_t cell_heap(const struct cell *cell); /* bytes of its grant that are not for stacks */
void cell_listen(struct cell *cell);         /* its descriptors, on the loop */
void cell_put(struct cell *cell, const struct wire_frame *head, const struct iovec *parts, int n, struct payload *tail);
void cell_flush(struct cell *cell);
void cell_read(struct cell *cell);
bool cell_read_mail(struct cell *cell);                         /* what lies on the page; false: nothing */
void cell_stop(struct cell *cell);                              /* in order; it has no calls */
void cell_kill(struct cell *cell, int status, const char *why); /* `status` is what a lone call of it is lost with */
void cell_ended(struct cell *cell);                             /* it is dead: its calls go on, it is freed */
void cell_free(struct cell *cell);
struct cell_info cell_info(const struct cell *cell);
void cell_report(const struct cell *cell, char *out, size_t size);

/* serve.c */
void serve_frames(struct cell *cell, unsigned slice); /* what was read of it; no more than so many frames of a call */
void call_run(struct cell *cell, struct call *call);   /* START */
void violation(struct cell *cell, const char *format, ...) __attribute__((format(printf, 2, 3)));
void call_leave(struct cell *cell, struct call *call); /* out of its cell's list */
void call_set_state(struct call *call, enum call_state state);

/* slices.c */
#define SLICE 16u
void slices_open(struct cells *cells);
void slices_close(struct cells *cells);
void slice_ends(struct cell *cell); /* the rest of it in the next turn */
void slice_forget(struct cell *cell);

/* reply.c */
void serve_reply(struct cell *cell, struct call *call, const struct frame *f);
void call_lost(struct cells *cells, struct call *call, const struct fault *fault); /* in no list any more */

/* pool.c */
void pool_queue(struct pool *pool, struct call *call, bool ahead);
void pool_unqueue(struct call *call);
void pool_pump(struct pool *pool);
void pool_cell_free(struct cell *cell); /* a fiber of it is free */
void pool_cell_failed(struct pool *pool, const struct cell *cell, const struct fault *fault, bool outside);
int64_t pool_trim(struct pool *pool, int64_t now_ns);
void pool_free(struct pool *pool);
unsigned pool_short(const struct pool *pool); /* how many calls wait for a fiber that no cell to come will have */
void pool_sweep_later(struct cells *cells);
void pools_sweep(struct cells *cells);

/* share.c */
bool share_is_full(const struct pool *pool, struct run *run); /* one more call of it would have to wait */
void share_runs(struct pool *pool, struct run *run);          /* a call of it begins to compute; ends, or waits */
void share_rests(struct pool *pool, struct run *run);
void share_relieve(struct pool *pool, struct run *run); /* one that was handed out or queued is not any more */
void pool_pace(struct cell *cell);                      /* what was read of it was served */

/* spin.c */
void spin_open(struct cells *cells);
void spin_heard(struct cell *cell);  /* frames came from it */
void spin_sends(struct cell *cell);  /* some go to it now */
void spin_stop(struct cell *cell);   /* it is killed or gone */
bool spin_look(struct cells *cells); /* into the boxes, for a while; false: the loop may sleep */

/* cpu.c */
void cpu_ready(struct cell *cell); /* what it used to load is nobody's */
void cpu_idled(struct cell *cell); /* nor what it used without a call, which one is given to it now */
void cpu_begins(struct call *call, int64_t now); /* it has something to do from now on; until now */
void cpu_rests(struct call *call, int64_t now);
void cpu_leaves(struct cell *cell, struct call *call);
void cpu_look(struct cell *cell, int64_t now);

/* death.c */
void death_of(struct cell *cell);

/* evict.c */
void pool_evict(struct pool *pool, int64_t now_ns);
void evict_late(struct cell *cell, const struct frame *f); /* of a call that it was told to drop */
void serve_evicted(struct cell *cell, const struct frame *f);
void serve_leaked(struct cell *cell, uint64_t bytes);

/* cancel.c */
void cancel_open(struct cells *cells);
void cancel_for(struct call *call, int status, const char *why); /* cells_cancel; `why` is a sentence for it, or NULL */
void cancel_forget(struct cells *cells, const struct call *call);
int cancel_status(const struct cells *cells, const struct call *call); /* 0: it was not told to stop */
void cancel_close(struct cells *cells);

/* watchdog.c */
void watchdog_open(struct cells *cells);
void watchdog_wake(struct cells *cells); /* something is to be watched */
void watchdog_look(struct cells *cells);

/* cell_log.c */
void cell_log_read(struct cell *cell);
void cell_log_end(struct cell *cell);
void cell_log_line(struct cell *cell, enum log_level level, const char *line);
bool cell_log_room(struct cell *cell, struct cell_log *log, size_t len); /* counts what it has no room for */
void text_clean(char *out, size_t size, const void *text, size_t len);

/* blame.c */
#define OBJECT_TEXT 13u /* 12 digits and a zero */
void object_text(const uint8_t object[32], char out[OBJECT_TEXT]);
#define LAST_TEXT 320u
void cell_left(struct cell *cell, const struct call *call, bool evicted);
void cell_last(const struct cell *cell, char out[LAST_TEXT]); /* "; the last that replied was /0 of run ... (a > b)", or nothing */
void cell_blame_loading(struct cell *cell); /* for what it was refused until now, which is what it says of that itself */
void cell_blame(struct cell *cell, const struct call *call, const char *code, const char *why); /* `call` may be NULL */

/* probing.c */
int probe_sandbox(struct cells *cells, struct fault *fault);
int probe_tell(struct cells *cells, struct fault *fault); /* the same without a verdict */
void probe_ready(struct cell *cell, const uint8_t *report, size_t len);
void probe_failed(struct cell *cell, const struct fault *fault);

/* filters.c */
#define CELL_FILTERS 3 /* of a cell that serves: loading, pin, serving */
int filters_of(pid_t pid);
void filters_learn(struct cell *probe);
bool filters_closed(struct cell *cell); /* if not, it was killed or is gone already */

/* inspect.c */
void inspect_close(struct cells *cells);

#endif
