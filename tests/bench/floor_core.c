/* The core of the floor: takes ops, starts calls, hands replies back; keeps for each call who asked, and nothing else. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "floor.h"

/* Who asked for a call. */
struct asked {
	unsigned asker; /* cell */
	uint32_t ordinal;
	uint64_t handle;
};

#define TIMES_MOST 200000u /* rounds of a lane whose times are kept */

static struct {
	const int *fd;
	const struct floor_row *row;
	struct floor_bytes in[FLOOR_CELLS], out[FLOOR_CELLS];
	unsigned open[FLOOR_CELLS]; /* calls of a cell */
	struct asked calls[FLOOR_CELLS][FLOOR_CALLS];
	uint64_t next[FLOOR_CELLS]; /* handle */
	uint64_t started;
	bool full[FLOOR_CELLS];
	unsigned open_rows;  /* lanes or runs */
	uint64_t runs_left;  /* that are still to begin */
	const char *payload; /* of a run */
	double began_round, times[TIMES_MOST];
	size_t timed;
} core;

/* In the cell of its role that has least to do. */
static void
start(enum floor_role role, const struct asked *asked, const void *payload, size_t len)
{
	struct wire_start head = {0};
	unsigned cell = role * FLOOR_EACH;
	uint64_t handle;

	for (unsigned i = cell; i < role * FLOOR_EACH + core.row->cells; i++)
		cell = core.open[i] < core.open[cell] ? i : cell;
	core.open[cell]++;
	core.started++;
	handle = core.next[cell]++;
	core.calls[cell][handle % FLOOR_CALLS] = *asked;
	floor_frame(&core.out[cell],
	    &(struct wire_frame){.type = WIRE_START, .call = handle, .ordinal = WIRE_NO_ORDINAL}, &head, sizeof(head),
	    NULL, 0, payload, len);
}

/* Begins a lane or a run: nobody in a cell has asked for it. */
static void
start_row(void)
{
	static const struct asked nobody = {.asker = FLOOR_CELLS};

	core.open_rows++;
	start(core.row->runs ? core.row->callee : FLOOR_LANE, &nobody, core.payload, strlen(core.payload));
}

/* The one lane asks for the next round. */
static void
time_round(void)
{
	double now = floor_seconds();

	if (core.began_round > 0 && core.timed < TIMES_MOST)
		core.times[core.timed++] = now - core.began_round;
	core.began_round = now;
}

static void
asked(unsigned asker, const struct wire_frame *frame, const uint8_t *data)
{
	struct wire_op op;
	enum floor_role callee;

	memcpy(&op, data, sizeof(op));
	callee = memcmp(data + sizeof(op), "bench-join", op.target_len) == 0 ? FLOOR_JOIN : FLOOR_WORK;
	if (asker / FLOOR_EACH == FLOOR_LANE && core.row->lanes == 1)
		time_round();
	start(callee, &(struct asked){.asker = asker, .ordinal = frame->ordinal, .handle = frame->call},
	    data + sizeof(op) + op.target_len, frame->length - sizeof(op) - op.target_len);
}

static void
replied(unsigned cell, const struct wire_frame *frame, const uint8_t *data)
{
	struct wire_outcome head = {.confidence = 1};
	const struct asked *asked = &core.calls[cell][frame->call % FLOOR_CALLS];

	core.open[cell]--;
	if (asked->asker < FLOOR_CELLS) {
		floor_frame(&core.out[asked->asker],
		    &(struct wire_frame){.type = WIRE_OUTCOME, .call = asked->handle, .ordinal = asked->ordinal}, &head,
		    sizeof(head), NULL, 0, data + sizeof(struct wire_reply), frame->length - sizeof(struct wire_reply));
		return;
	}
	core.open_rows--;
	if (core.runs_left > 0) {
		core.runs_left--;
		start_row();
	}
}

static void
readable(unsigned cell)
{
	struct wire_frame frame;
	const uint8_t *data;

	if (floor_read(core.fd[cell], &core.in[cell], false) == FLOOR_END) {
		fputs("floor: a cell went away\n", stderr);
		exit(1);
	}
	while (floor_next(&core.in[cell], &frame, &data)) {
		if (frame.type == WIRE_OP)
			asked(cell, &frame, data);
		else if (frame.type == WIRE_REPLY)
			replied(cell, &frame, data);
	}
}

static void
flush(int poll)
{
	for (uint32_t i = 0; i < FLOOR_CELLS; i++) {
		bool full = core.out[i].len > 0 && !floor_flush(core.fd[i], &core.out[i]);

		if (full != core.full[i])
			epoll_ctl(poll, EPOLL_CTL_MOD, core.fd[i],
			    &(struct epoll_event){.events = EPOLLIN | (full ? EPOLLOUT : 0), .data.u32 = i});
		core.full[i] = full;
	}
}

static void
serve(void)
{
	int poll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event events[FLOOR_CELLS];
	double worked = 0;

	for (uint32_t i = 0; i < FLOOR_CELLS; i++)
		epoll_ctl(poll, EPOLL_CTL_ADD, core.fd[i], &(struct epoll_event){.events = EPOLLIN, .data.u32 = i});
	while (core.open_rows > 0) {
		int n;

		flush(poll);
		do
			n = epoll_wait(poll, events, FLOOR_CELLS, floor_again(core.row->spin, worked) ? 0 : -1);
		while (n <= 0);
		for (; n > 0; n--) {
			if (events[n - 1].events & EPOLLIN)
				readable(events[n - 1].data.u32);
		}
		worked = core.row->spin ? floor_seconds() : 0;
	}
}

uint64_t
floor_core(const int fd[FLOOR_CELLS], const struct floor_row *row, const char *payload, double *p50)
{
	core.fd = fd;
	core.row = row;
	core.payload = payload;
	core.runs_left = row->runs ? (uint64_t)row->lanes * (row->rounds - 1) : 0;
	for (unsigned i = 0; i < row->lanes; i++)
		start_row();
	serve();
	*p50 = floor_median(core.times, core.timed);
	return core.started;
}
