/* The cells of the floor: a read loop, a fiber for each call, and the handlers of tests/bench/plugins without the SDK. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "fiber.h"
#include "floor.h"

/* A call in progress, in the slot of its handle: a cell's handles count up, and fewer than FLOOR_CALLS are in flight. */
struct call {
	struct fiber fiber;
	bool taken;
	uint64_t handle;
	uint32_t ops, open; /* issued, without outcome yet */
	bool waiting;
	struct floor_bytes input;
	struct floor_bytes answers[FLOOR_WORKERS];
};

/* One cell a process. */
static struct {
	enum floor_role role;
	const struct floor_row *row;
	const char *payload;
	struct floor_bytes in, out;
	struct call calls[FLOOR_CALLS];
} cell;

/* ---- What the SDK does for a handler ----------------------------------------------------------------------------- */

static void
op(struct call *call, enum floor_role callee, const void *data, size_t len, bool waits)
{
	static const char *const names[FLOOR_ROLES] = {"bench-lane", "bench-join", "bench-work"};
	struct wire_op head = {
	    .kind = WIRE_OP_CALL, .flags = waits ? WIRE_OP_WAITS : 0, .target_len = (uint16_t)strlen(names[callee])};
	struct wire_frame frame = {.type = WIRE_OP, .call = call->handle, .ordinal = call->ops};

	floor_frame(&cell.out, &frame, &head, sizeof(head), names[callee], head.target_len, data, len);
	call->ops++;
	call->open++;
}

static void
wait_all(struct call *call, bool tell)
{
	if (tell)
		floor_frame(&cell.out, &(struct wire_frame){.type = WIRE_PARK, .call = call->handle}, NULL, 0, NULL, 0,
		    NULL, 0);
	call->waiting = true;
	while (call->open > 0)
		fiber_park(&call->fiber);
	call->waiting = false;
}

static void
reply(struct call *call, const void *data, size_t len)
{
	struct wire_reply head = {.confidence = 1};

	floor_frame(&cell.out, &(struct wire_frame){.type = WIRE_REPLY, .call = call->handle}, &head, sizeof(head),
	    NULL, 0, data, len);
}

static void
reply_json(struct call *call, json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);

	reply(call, text, strlen(text));
	free(text);
	json_decref(json);
}

/* ---- The handlers: the same as tests/bench/plugins ---------------------------------------------------------------- */

static void
lane(struct call *call)
{
	for (unsigned i = 0; i < cell.row->rounds; i++) {
		op(call, cell.row->callee, cell.payload, strlen(cell.payload), true);
		wait_all(call, false);
		call->ops = 0;
	}
	reply(call, "1", 1);
}

static void
join_opaque(struct call *call)
{
	for (unsigned i = 0; i < FLOOR_WORKERS; i++)
		op(call, FLOOR_WORK, call->input.data, call->input.len, false);
	wait_all(call, true);
	reply(call, call->answers[FLOOR_WORKERS - 1].data, call->answers[FLOOR_WORKERS - 1].len);
}

static void
join_json(struct call *call)
{
	json_t *goal = json_loadb((char *)call->input.data, call->input.len, 0, NULL), *said = json_array();

	for (unsigned i = 0; i < FLOOR_WORKERS; i++) {
		json_t *task = json_pack("{s:i s:O}", "task", i, "text", json_object_get(goal, "text"));
		char *text = json_dumps(task, JSON_COMPACT);

		op(call, FLOOR_WORK, text, strlen(text), false);
		free(text);
		json_decref(task);
	}
	wait_all(call, true);
	for (unsigned i = 0; i < FLOOR_WORKERS; i++) {
		json_t *one = json_loadb((char *)call->answers[i].data, call->answers[i].len, 0, NULL);

		json_array_append(said, json_object_get(one, "length"));
		json_decref(one);
	}
	reply_json(call, json_pack("{s:o s:O}", "lengths", said, "text", json_object_get(goal, "text")));
	json_decref(goal);
}

static void
work(struct call *call)
{
	json_t *task;
	const char *text;

	if (!cell.row->json) {
		reply(call, call->input.data, call->input.len);
		return;
	}
	task = json_loadb((char *)call->input.data, call->input.len, 0, NULL);
	text = json_string_value(json_object_get(task, "text"));
	reply_json(call, json_pack("{s:O s:I s:s}", "task", json_object_get(task, "task"), "length",
			     (json_int_t)(text == NULL ? 0 : strlen(text)), "text", text == NULL ? "" : text));
	json_decref(task);
}

static void
body(void *arg)
{
	struct call *call = arg;

	if (cell.role == FLOOR_LANE)
		lane(call);
	else if (cell.role == FLOOR_WORK)
		work(call);
	else if (cell.row->json)
		join_json(call);
	else
		join_opaque(call);
}

/* ---- The read loop ----------------------------------------------------------------------------------------------- */

static void
resume(struct call *call)
{
	fiber_resume(&call->fiber);
	if (!call->fiber.ended)
		return;
	fiber_close(&call->fiber);
	call->taken = false;
}

static void
start(const struct wire_frame *frame, const uint8_t *data)
{
	struct call *call = &cell.calls[frame->call % FLOOR_CALLS];

	if (call->taken || fiber_open(&call->fiber, body, call) != 0) {
		fputs("floor: no fiber left\n", stderr);
		exit(1);
	}
	call->taken = true;
	call->handle = frame->call;
	call->ops = call->open = 0;
	call->input.at = call->input.len = 0;
	floor_append(&call->input, data + sizeof(struct wire_start), frame->length - sizeof(struct wire_start));
	resume(call);
}

static void
outcome(const struct wire_frame *frame, const uint8_t *data)
{
	struct call *call = &cell.calls[frame->call % FLOOR_CALLS];

	if (cell.role == FLOOR_JOIN) {
		struct floor_bytes *answer = &call->answers[frame->ordinal];

		answer->at = answer->len = 0;
		floor_append(answer, data + sizeof(struct wire_outcome), frame->length - sizeof(struct wire_outcome));
	}
	if (--call->open == 0 && call->waiting)
		resume(call);
}

void
floor_cell(int fd, enum floor_role role, const struct floor_row *row, const char *payload)
{
	enum floor_came came;
	double worked = 0;

	cell.role = role;
	cell.row = row;
	cell.payload = payload;
	if (stacks_open(256u * 1024, FLOOR_CALLS) != 0) {
		fputs("floor: no stacks\n", stderr);
		exit(1);
	}
	while ((came = floor_read(fd, &cell.in, !floor_again(row->spin, worked))) != FLOOR_END) {
		struct wire_frame frame;
		const uint8_t *data;

		if (came == FLOOR_NOTHING)
			continue;
		while (floor_next(&cell.in, &frame, &data)) {
			if (frame.type == WIRE_START)
				start(&frame, data);
			else
				outcome(&frame, data);
		}
		floor_flush(fd, &cell.out);
		worked = row->spin ? floor_seconds() : 0;
	}
}
