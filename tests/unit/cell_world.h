/*
 * A world for the tests of the cell room: the test is the spawner and plays every cell by hand.
 *
 * All on one loop and without time passing: requests of the host come over the real spawner socket, cells talk over their
 * real sockets and pipes, and the clocks of the watchdog are variables.
 */

#ifndef TESTS_CELL_WORLD_H
#define TESTS_CELL_WORLD_H

#include "cmocka_all.h"

#include "cell/host.h"

#define WORLD_GUESTS 256u
#define WORLD_CALLS  128u

/* One process that the host asked for. */
struct guest {
	struct spawn_request request;
	int status, log, control, page_fd, plugin;
	struct wire_page *page;
	bool kill_asked, dead;
};

/* What was told of one call. */
struct told {
	unsigned begins, replies, losses, ops, parks, abandons, logs, progress, parts, evictions, wokes;
	char why[512];
	int status;
	char text[2048]; /* value, or sentence */
	char partial[256];
	double confidence;
	char target[256], line[256];
	struct payload *input;
};

struct world {
	struct event_base *loop;
	struct calls calls;
	struct policy *policy;
	struct cells *cells;
	int spawner; /* our end */
	struct event *spawner_in;
	struct guest guests[WORLD_GUESTS];
	unsigned n_guests;

	struct run run, *whose; /* whose calls are submitted: `run`, unless a test says otherwise */
	struct op roots[WORLD_CALLS];
	struct call *call[WORLD_CALLS]; /* NULL once ended */
	struct told told[WORLD_CALLS];
	unsigned n_calls;

	unsigned started, ended;
	bool silent_probe; /* it never answers */
	const char *probe_report;
	uint32_t probe_layers;
	bool answer_at_once; /* ops are answered with "42" while they are told */
	bool state_cell;     /* what is submitted keeps state */
	void (*on_reply)(struct world *w, unsigned i);
};

extern struct world world;

/* `policy` has small numbers for tests and may be changed before world_open. */
void world_new(void);
int world_open(struct fault *fault);
void world_free(void);
void world_turn(void); /* until nothing more happens */

/* For cmocka: such a world for each test; and one in which a pool has one cell. */
int world_setup(void **state);
int world_setup_one_cell(void **state);
int world_teardown(void **state);

/* Calls, by index. */
unsigned world_submit(const char *input);
unsigned world_submit_only(const char *input); /* the loop does not turn */
void world_submit_again(unsigned i);           /* one that was evicted */
unsigned world_index(const struct call *call);
void world_outcome(unsigned i, uint32_t ordinal, int status, const char *value);

/* Guests: what a cell does. */
struct guest *guest(
    unsigned i); /* the i-th cell that was asked for, the start probe not counted; asserts that there is */
unsigned guests(void);
void guest_send(
    struct guest *g, uint16_t type, uint64_t call, uint32_t ordinal, int32_t status, const void *data, size_t len);
void guest_bytes(struct guest *g, const void *data, size_t len);
void guest_hello(struct guest *g);
void guest_ready(struct guest *g); /* HELLO and READY, and the loop turns */
void guest_op(struct guest *g, uint64_t call, uint32_t ordinal, uint16_t kind, uint8_t flags, const char *target,
    const char *input);
void guest_reply(struct guest *g, uint64_t call, int32_t status, const char *value);
void guest_close(struct guest *g);                /* all that it has of ours */
void guest_die(struct guest *g, int wait_status); /* closes all, tells the status, and the loop turns */
bool guest_hears(struct guest *g, struct wire_frame *head, char *body, size_t size);     /* the next frame, if any */
unsigned guest_hears_all(struct guest *g, uint16_t type, uint64_t *calls, unsigned max); /* handles of such frames */

/* A cell is ready, and hears of the beginning of `n` calls. */
void guest_begins(struct guest *g, uint64_t *handles, unsigned n);

/* A ready cell with one call in it, which has heard SETUP and START; with `n`, their handles in order. */
struct guest *guest_with_call(unsigned *i, uint64_t *handle);
struct guest *guest_with_calls(unsigned n, uint64_t *handles);
void guest_waits(struct guest *g, uint64_t handle); /* the call asks somebody, and waits for it */

/* Clocks, and the watchdog's look once so much of them has gone by. */
extern int64_t world_mono, world_cpu;
void world_look(int64_t wall_ns, int64_t cpu_ns);

#endif
