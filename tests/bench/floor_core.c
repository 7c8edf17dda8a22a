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

static struct {
	const int *fd;
	const struct floor_row *row;
	struct floor_bytes in[FLOOR_CELLS], out[FLOOR_CELLS];
	unsigned open[FLOOR_CELLS]; /* calls of a cell */
	struct asked calls[FLOOR_CELLS][FLOOR_CALLS];
	uint64_t next[FLOOR_CELLS]; /* handle */
	uint64_t started;
	bool full[FLOOR_CELLS];
	unsigned lanes_open;
} core;

/* In the cell of its role that has least to do.  Who asked is for the caller of start to fill in. */
static struct asked *
start(enum floor_role role, const void *payload, size_t len)
{
	struct wire_start head = {0};
	unsigned cell = role * FLOOR_EACH;
	uint64_t handle;

	for (unsigned i = cell; i < role * FLOOR_EACH + core.row->cells; i++)
		cell = core.open[i] < core.open[cell] ? i : cell;
	core.open[cell]++;
	core.started++;
	handle = core.next[cell]++;
	floor_frame(&core.out[cell], &(struct wire_frame){.type = WIRE_START, .call = handle, .ordinal = WIRE_NO_ORDINAL},
	    &head, sizeof(head), payload, len);
	return &core.calls[cell][handle % FLOOR_CALLS];
}

static void
asked(unsigned asker, const struct wire_frame *frame, const uint8_t *data)
{
	struct wire_op op;
	enum floor_role callee;

	memcpy(&op, data, sizeof(op));
	callee = memcmp(data + sizeof(op), "bench-join", op.target_len) == 0 ? FLOOR_JOIN : FLOOR_WORK;
	*start(callee, data + sizeof(op) + op.target_len, frame->length - sizeof(op) - op.target_len) =
	    (struct asked){.asker = asker, .ordinal = frame->ordinal, .handle = frame->call};
}

static void
replied(unsigned cell, const struct wire_frame *frame, const uint8_t *data)
{
	struct wire_outcome head = {.confidence = 1};
	const struct asked *asked = &core.calls[cell][frame->call % FLOOR_CALLS];

	core.open[cell]--;
	if (cell / FLOOR_EACH == FLOOR_LANE) {
		core.lanes_open--;
		return;
	}
	floor_frame(&core.out[asked->asker],
	    &(struct wire_frame){.type = WIRE_OUTCOME, .call = asked->handle, .ordinal = asked->ordinal}, &head,
	    sizeof(head), data + sizeof(struct wire_reply), frame->length - sizeof(struct wire_reply));
}

static void
readable(unsigned cell)
{
	struct wire_frame frame;
	size_t at, len;

	if (!floor_read(core.fd[cell], &core.in[cell])) {
		fputs("floor: a cell went away\n", stderr);
		exit(1);
	}
	for (at = 0; (len = floor_next(&core.in[cell], at, &frame)) > 0; at += len) {
		const uint8_t *data = core.in[cell].data + at + sizeof(frame);

		if (frame.type == WIRE_OP)
			asked(cell, &frame, data);
		else if (frame.type == WIRE_REPLY)
			replied(cell, &frame, data);
	}
	floor_drop(&core.in[cell], at);
}

uint64_t
floor_core(const int fd[FLOOR_CELLS], const struct floor_row *row, const char *payload)
{
	int poll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event events[FLOOR_CELLS];

	memset(&core, 0, sizeof(core));
	core.fd = fd;
	core.row = row;
	for (uint32_t i = 0; i < FLOOR_CELLS; i++)
		epoll_ctl(poll, EPOLL_CTL_ADD, fd[i], &(struct epoll_event){.events = EPOLLIN, .data.u32 = i});
	for (unsigned i = 0; i < row->lanes; i++)
		start(FLOOR_LANE, payload, strlen(payload));
	core.lanes_open = row->lanes;
	while (core.lanes_open > 0) {
		for (uint32_t i = 0; i < FLOOR_CELLS; i++) {
			bool full = core.out[i].len > 0 && !floor_flush(fd[i], &core.out[i]);

			if (full != core.full[i])
				epoll_ctl(poll, EPOLL_CTL_MOD, fd[i],
				    &(struct epoll_event){.events = EPOLLIN | (full ? EPOLLOUT : 0), .data.u32 = i});
			core.full[i] = full;
		}
		for (int n = epoll_wait(poll, events, FLOOR_CELLS, -1); n > 0; n--) {
			if (events[n - 1].events & EPOLLIN)
				readable(events[n - 1].data.u32);
		}
	}
	return core.started;
}
