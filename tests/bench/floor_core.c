/* The core of the floor: takes ops, starts calls, hands replies back; keeps for each call who asked, and nothing else. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "floor.h"

#define CALLS_MAX 65536u

static struct {
	const int *fd;
	struct floor_bytes in[FLOOR_ROLES], out[FLOOR_ROLES];
	struct {
		enum floor_role asker;
		uint32_t ordinal;
		uint64_t handle;
	} calls[CALLS_MAX];
	uint64_t next;
	bool full[FLOOR_ROLES];
	unsigned lanes_open;
} core;

static uint64_t
start(enum floor_role role, const void *payload, size_t len)
{
	struct wire_start head = {0};
	uint64_t handle = core.next++;

	floor_frame(&core.out[role], &(struct wire_frame){.type = WIRE_START, .call = handle, .ordinal = WIRE_NO_ORDINAL},
	    &head, sizeof(head), payload, len);
	return handle;
}

static void
asked(enum floor_role asker, const struct wire_frame *frame, const uint8_t *data)
{
	struct wire_op op;
	enum floor_role callee;
	uint64_t handle;

	memcpy(&op, data, sizeof(op));
	callee = memcmp(data + sizeof(op), "bench-join", op.target_len) == 0 ? FLOOR_JOIN : FLOOR_WORK;
	handle = start(callee, data + sizeof(op) + op.target_len, frame->length - sizeof(op) - op.target_len);
	core.calls[handle % CALLS_MAX].asker = asker;
	core.calls[handle % CALLS_MAX].ordinal = frame->ordinal;
	core.calls[handle % CALLS_MAX].handle = frame->call;
}

static void
replied(enum floor_role role, const struct wire_frame *frame, const uint8_t *data)
{
	struct wire_outcome head = {.confidence = 1};
	uint64_t slot = frame->call % CALLS_MAX;

	if (role == FLOOR_LANE) {
		core.lanes_open--;
		return;
	}
	floor_frame(&core.out[core.calls[slot].asker],
	    &(struct wire_frame){
	        .type = WIRE_OUTCOME, .call = core.calls[slot].handle, .ordinal = core.calls[slot].ordinal},
	    &head, sizeof(head), data + sizeof(struct wire_reply), frame->length - sizeof(struct wire_reply));
}

static void
readable(enum floor_role role)
{
	struct wire_frame frame;
	size_t at, len;

	if (!floor_read(core.fd[role], &core.in[role])) {
		fputs("floor: a cell went away\n", stderr);
		exit(1);
	}
	for (at = 0; (len = floor_next(&core.in[role], at, &frame)) > 0; at += len) {
		const uint8_t *data = core.in[role].data + at + sizeof(frame);

		if (frame.type == WIRE_OP)
			asked(role, &frame, data);
		else if (frame.type == WIRE_REPLY)
			replied(role, &frame, data);
	}
	floor_drop(&core.in[role], at);
}

uint64_t
floor_core(const int fd[FLOOR_ROLES], const struct floor_row *row, const char *payload)
{
	int poll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event events[FLOOR_ROLES];

	memset(&core, 0, sizeof(core));
	core.fd = fd;
	for (uint32_t i = 0; i < FLOOR_ROLES; i++)
		epoll_ctl(poll, EPOLL_CTL_ADD, fd[i], &(struct epoll_event){.events = EPOLLIN, .data.u32 = i});
	for (unsigned i = 0; i < row->lanes; i++)
		start(FLOOR_LANE, payload, strlen(payload));
	core.lanes_open = row->lanes;
	while (core.lanes_open > 0) {
		for (uint32_t i = 0; i < FLOOR_ROLES; i++) {
			bool full = core.out[i].len > 0 && !floor_flush(fd[i], &core.out[i]);

			if (full != core.full[i])
				epoll_ctl(poll, EPOLL_CTL_MOD, fd[i],
				    &(struct epoll_event){.events = EPOLLIN | (full ? EPOLLOUT : 0), .data.u32 = i});
			core.full[i] = full;
		}
		for (int n = epoll_wait(poll, events, FLOOR_ROLES, -1); n > 0; n--) {
			if (events[n - 1].events & EPOLLIN)
				readable((enum floor_role)events[n - 1].data.u32);
		}
	}
	return core.next;
}
