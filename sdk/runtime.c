/*
 * The runtime of a cell: one thread that serves calls.
 *
 * It runs every fiber that can run, sends what they said in batches, and blocks in one recvmsg for the outcomes that make
 * others able to run.  Nothing here polls, sleeps or asks for the time.
 */

#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctx.h"

/* What is queued leaves after so many turns of fibers or so many bytes, also while others can still run: a cell with many
 * short calls is not to look silent, nor are the first of them to wait for the last. */
#define FLUSH_TURNS 16
#define FLUSH_BYTES (32u * 1024)

struct runtime hospes_runtime = {.phase = HOSPES_RT_LOADING};
#define rt hospes_runtime

/* ---- Before the serving ------------------------------------------------------------------------------------------ */

int
hospes_rt_receive(int control_fd, struct wire_frame *frame, void *payload, size_t max)
{
	uint16_t type = frame->type;
	int rc = frames_read_exact(control_fd, frame, sizeof(*frame));

	if (rc != 0)
		return rc;
	if (frame->type != type || frame->length > max)
		return HOSPES_EPROTOCOL;
	return frames_read_exact(control_fd, payload, frame->length);
}

int
hospes_rt_send(int control_fd, uint16_t type, int32_t status, const void *payload, size_t len)
{
	struct wire_frame frame = {.length = (uint32_t)len, .type = type, .ordinal = WIRE_NO_ORDINAL, .status = status};
	struct iovec parts[] = {{&frame, sizeof(frame)}, {(void *)payload, len}};

	if (len > WIRE_FRAME_MAX)
		return HOSPES_ETOOLARGE;
	return frames_write_all(control_fd, parts, len == 0 ? 1 : 2);
}

int
hospes_rt_open(int control_fd, struct wire_page *page, const struct wire_setup *setup)
{
	size_t buckets = 16;
	int rc;

	if (rt.open)
		return HOSPES_EWRONGPLACE;
	rc = stacks_open((size_t)setup->stack_bytes, setup->fibers);
	if (rc != 0)
		return rc;
	while (buckets < setup->fibers)
		buckets *= 2;
	rt.buckets = calloc(buckets, sizeof(struct hospes_ctx *));
	rc = rt.buckets == NULL ? HOSPES_ENOMEM : frames_open(&rt.frames, control_fd, page);
	if (rc != 0) {
		free(rt.buckets);
		rt.buckets = NULL;
		return rc;
	}
	rt.buckets_n = buckets;
	rt.calls_most = setup->fibers;
	rt.page = page;
	rt.ready_last = &rt.ready_first;
	rt.open = true;
	return 0;
}

void
hospes_rt_count(const int64_t *in_use)
{
	rt.in_use = in_use;
}

/* Bytes of heap that calls have, and what was there before them. */
static int64_t
runtime_heap(void)
{
	return rt.in_use == NULL ? 0 : *rt.in_use - (int64_t)ctx_idle();
}

/* ---- What the plugin may do -------------------------------------------------------------------------------------- */

void
hospes_rt_set_phase(enum hospes_rt_phase phase)
{
	rt.phase = phase;
}

hospes_ctx *
hospes_rt_current(void)
{
	return rt.current;
}

const char *
hospes_rt_current_path(void)
{
	const struct hospes_ctx *ctx = rt.current;

	return ctx == NULL || ctx->path == NULL ? "" : ctx->path;
}

void
hospes_rt_not_in_call(const char *function)
{
	static const char *const where[] = {
	    [HOSPES_RT_LOADING] = "while the plugin was loaded",
	    [HOSPES_RT_INIT] = "in the init hook",
	    [HOSPES_RT_SERVING] = "between calls",
	    [HOSPES_RT_EXIT] = "in the exit hook",
	};
	char line[sizeof(rt.complaint) + 1];
	int len = snprintf(line, sizeof(line), "%s was used %s; it is an op and works inside a handler only\n",
	    function, where[rt.phase]);

	if (len < 0)
		return;
	if ((size_t)len >= sizeof(line))
		len = sizeof(line) - 1;
	if (rt.complaint[0] == '\0') {
		memcpy(rt.complaint, line, (size_t)len - 1);
		rt.complaint[len - 1] = '\0';
	}
	/* The cell's log: there may be no call to log for.  Nothing can be done about a log that does not take it. */
	if (write(STDERR_FILENO, line, (size_t)len) < 0)
		return;
}

const char *
hospes_rt_complaint(void)
{
	return rt.complaint[0] != '\0' ? rt.complaint : NULL;
}

void
hospes_rt_flush_dying(void)
{
	if (rt.open)
		frames_flush_dying(&rt.frames);
}

void
hospes_rt_refused(const char *name)
{
	unsigned i = 0;

	if (rt.current == NULL)
		return;
	while (i < rt.refused_n && rt.refused[i] != name)
		i++;
	if (i == rt.refused_n && i < sizeof(rt.refused) / sizeof(rt.refused[0]))
		rt.refused[rt.refused_n++] = name;
}

/* ---- Calls ------------------------------------------------------------------------------------------------------- */

static struct hospes_ctx **
runtime_bucket(uint64_t handle)
{
	return &rt.buckets[(handle * 0x9e3779b97f4a7c15u >> 32) & (rt.buckets_n - 1)];
}

static struct hospes_ctx *
runtime_find(uint64_t handle)
{
	struct hospes_ctx *ctx = *runtime_bucket(handle);

	while (ctx != NULL && ctx->handle != handle)
		ctx = ctx->next_in_bucket;
	return ctx;
}

static void
runtime_forget(struct hospes_ctx *ctx)
{
	struct hospes_ctx **at = runtime_bucket(ctx->handle);

	while (*at != ctx)
		at = &(*at)->next_in_bucket;
	*at = ctx->next_in_bucket;
	rt.calls--;
}

static void
runtime_make_ready(struct hospes_ctx *ctx)
{
	if (ctx->ready)
		return;
	ctx->ready = true;
	ctx->next_ready = NULL;
	*rt.ready_last = ctx;
	rt.ready_last = &ctx->next_ready;
}

int
runtime_send(
    const struct hospes_ctx *ctx, uint16_t type, uint32_t ordinal, int32_t status, const struct iovec *parts, size_t n)
{
	struct wire_frame frame = {.type = type, .call = ctx->handle, .ordinal = ordinal, .status = status};
	int rc = frames_send(&rt.frames, &frame, parts, n);

	if (rc == HOSPES_ETOOLARGE)
		return rc;
	if (rc != 0)
		rt.broken = rc;
	return 0;
}

void
runtime_flush(void)
{
	int rc = frames_flush(&rt.frames);

	if (rc != 0)
		rt.broken = rc;
}

/* [fiber] */
static void
runtime_body(void *arg)
{
	struct hospes_ctx *ctx = arg;

	ctx->returned = rt.plugin->handler(ctx);
}

/* What the call ends with, and why; *sentence is untouched on success. */
static int
runtime_verdict(struct hospes_ctx *ctx, const char **sentence)
{
	int status = ctx->returned;

	if (ctx->stopped != 0)
		status = ctx->stopped;
	else if (status == 0 && ctx->reply != NULL)
		return 0;
	else if (status == 0)
		status = ctx_fail(ctx, HOSPES_ENOREPLY,
		    "the handler returned 0 without a reply; call hospes_reply first, or return hospes_fail with the "
		    "reason");
	else if (status > 0)
		status = ctx_fail(ctx, HOSPES_EFAILED,
		    "the handler returned %d; expected 0 or one of the negative statuses of hospes/status.h",
		    ctx->returned);
	else if (strcmp(hospes_status_name(status), "unknown") == 0 && ctx_sentence(ctx, status) == NULL)
		status = ctx_fail(ctx, HOSPES_EFAILED,
		    "the handler returned %d, which is none of the statuses of hospes/status.h", ctx->returned);
	*sentence = ctx_sentence(ctx, status);
	if (*sentence == NULL)
		*sentence = "the handler gave no reason; it should return hospes_fail with one";
	return status;
}

static void
runtime_reply(struct hospes_ctx *ctx)
{
	struct wire_reply reply = {.confidence = ctx->confidence};
	char *partial = ctx->partial == NULL ? NULL : json_dumps(ctx->partial, JSON_COMPACT);
	struct iovec parts[] = {{&reply, sizeof(reply)}, {partial, partial == NULL ? 0 : strlen(partial)}, {NULL, 0}};
	const char *sentence = NULL;
	int status = runtime_verdict(ctx, &sentence);

	reply.partial_len = (uint32_t)parts[1].iov_len;
	if (status == 0)
		parts[2].iov_base = (void *)hospes_bytes(ctx->reply, &parts[2].iov_len);
	else
		parts[2] = (struct iovec){(void *)sentence, strlen(sentence)};
	if (runtime_send(ctx, WIRE_REPLY, WIRE_NO_ORDINAL, status, parts, 3) != 0) {
		static const char large[] = "the reply is larger than a frame can be, 68 MiB";

		reply.partial_len = 0;
		parts[1] = (struct iovec){(void *)large, sizeof(large) - 1};
		(void)runtime_send(ctx, WIRE_REPLY, WIRE_NO_ORDINAL, HOSPES_ETOOLARGE, parts, 2);
	}
	free(partial);
}

/* Runs a fiber until it parks or ends. */
static void
runtime_resume(struct hospes_ctx *ctx)
{
	int64_t before = runtime_heap();

	rt.current = ctx;
	atomic_store_explicit(&rt.page->current, ctx->handle, memory_order_relaxed);
	fiber_resume(&ctx->fiber);
	atomic_store_explicit(&rt.page->current, 0, memory_order_relaxed);
	rt.current = NULL;
	ctx->heap += runtime_heap() - before;
	while (rt.refused_n > 0)
		tell_refused(ctx, rt.refused[--rt.refused_n]);
	if (!ctx->fiber.ended)
		return;
	fiber_close(&ctx->fiber);
	runtime_reply(ctx);
	runtime_forget(ctx);
	ctx_free(&ctx);
}

static void
runtime_run_ready(void)
{
	unsigned turns = 0;

	while (rt.ready_first != NULL && rt.broken == 0) {
		struct hospes_ctx *ctx = rt.ready_first;

		rt.ready_first = ctx->next_ready;
		if (rt.ready_first == NULL)
			rt.ready_last = &rt.ready_first;
		ctx->ready = false;
		runtime_resume(ctx);
		if (++turns % FLUSH_TURNS == 0 || rt.frames.out_len >= FLUSH_BYTES)
			runtime_flush();
	}
}

/* ---- What the host says ------------------------------------------------------------------------------------------ */

/* A call that cannot even begin. */
static void
runtime_refuse(uint64_t handle, int status, const char *sentence)
{
	struct wire_frame frame = {.type = WIRE_REPLY, .call = handle, .ordinal = WIRE_NO_ORDINAL, .status = status};
	struct wire_reply reply = {.confidence = 0};
	struct iovec parts[] = {{&reply, sizeof(reply)}, {(void *)sentence, strlen(sentence)}};
	int rc = frames_send(&rt.frames, &frame, parts, 2);

	if (rc != 0)
		rt.broken = rc;
}

/* Fills a new call from its frame, whose lengths were checked; false when out of memory. */
static bool
runtime_fill(struct hospes_ctx *ctx, struct received *got, const struct wire_start *start)
{
	const uint8_t *config = got->payload + sizeof(*start);
	const uint8_t *run = config + start->config_len;
	const uint8_t *path = run + start->run_len;
	const uint8_t *findings = path + start->path_len;
	const uint8_t *input = findings + start->findings_len;

	ctx->config = value_of_bytes(ctx, config, start->config_len, NULL);
	ctx->run_id = ctx_copy(ctx, run, start->run_len);
	ctx->path = ctx_copy(ctx, path, start->path_len);
	if (ctx->config == NULL || ctx->run_id == NULL || ctx->path == NULL)
		return false;
	if (start->findings_len > 0 &&
	    (ctx->findings = value_of_bytes(ctx, findings, start->findings_len, NULL)) == NULL)
		return false;
	ctx->input = value_of_bytes(ctx, input, (size_t)(got->payload + got->frame.length - input), got->block);
	got->block = NULL;
	return ctx->input != NULL;
}

static int
runtime_start(struct received *got)
{
	struct wire_start start;
	struct hospes_ctx *ctx;
	uint64_t handle = got->frame.call;
	int rc;

	if (got->frame.length < sizeof(start))
		return HOSPES_EPROTOCOL;
	memcpy(&start, got->payload, sizeof(start));
	if ((uint64_t)start.config_len + start.run_len + start.path_len + start.findings_len >
		got->frame.length - sizeof(start) ||
	    runtime_find(handle) != NULL)
		return HOSPES_EPROTOCOL;
	if (rt.calls >= rt.calls_most) {
		runtime_refuse(handle, HOSPES_EBUSY, "the cell already has as many calls as it was set up for");
		return 0;
	}
	ctx = ctx_new(handle);
	if (ctx == NULL || !runtime_fill(ctx, got, &start)) {
		ctx_free(&ctx);
		runtime_refuse(
		    handle, HOSPES_ENOMEM, "no memory is left in the cell; raise HOSPES_MEMORY in the notes");
		return 0;
	}
	rc = fiber_open(&ctx->fiber, runtime_body, ctx);
	if (rc != 0) {
		ctx_free(&ctx);
		runtime_refuse(handle, rc, "no memory is left in the cell for another stack");
		return 0;
	}
	ctx->next_in_bucket = *runtime_bucket(handle);
	*runtime_bucket(handle) = ctx;
	rt.calls++;
	runtime_make_ready(ctx);
	return 0;
}

static int
runtime_outcome(struct received *got)
{
	struct hospes_ctx *ctx = runtime_find(got->frame.call);
	struct wire_outcome outcome;
	struct hospes_op *op;

	if (got->frame.length < sizeof(outcome))
		return HOSPES_EPROTOCOL;
	memcpy(&outcome, got->payload, sizeof(outcome));
	/* The call may have ended, or no longer want this op, while the frame was under way. */
	if (ctx == NULL)
		return 0;
	if (got->frame.ordinal >= ctx->ops_n)
		return op_ahead(ctx, got->frame.ordinal, got->frame.status, outcome.confidence,
			   got->payload + sizeof(outcome), got->frame.length - sizeof(outcome))
			   ? 0
			   : HOSPES_ENOMEM;
	if (ctx->ops[got->frame.ordinal] == NULL)
		return 0;
	op = ctx->ops[got->frame.ordinal];
	op_arrive(op, got->frame.status, outcome.confidence, got->payload + sizeof(outcome),
	    got->frame.length - sizeof(outcome), &got->block);
	if (ctx->awaited == op || (ctx->awaits_all && op->answer.status != 0))
		runtime_make_ready(ctx);
	return 0;
}

static void
runtime_cancel(struct received *got)
{
	struct hospes_ctx *ctx = runtime_find(got->frame.call);
	const char *sentence;

	if (ctx == NULL || ctx->stopped != 0)
		return;
	ctx->stopped = got->frame.status < 0 ? got->frame.status : HOSPES_ECANCELLED;
	sentence = ctx->stopped == HOSPES_EDEADLINE ? "the time given to this call is over" : "this call was cancelled";
	if (got->frame.length > 0) {
		const char *said = ctx_copy(ctx, got->payload, got->frame.length);

		sentence = said != NULL ? said : sentence;
	}
	ctx_note_failure(ctx, ctx->stopped, sentence);
	if (ctx->awaited != NULL)
		runtime_make_ready(ctx);
}

/* PONG and EVICTED: both tell what dropped fibers have left behind. */
static void
runtime_tell_leaked(uint16_t type, uint64_t handle)
{
	struct wire_frame frame = {.type = type, .call = handle, .ordinal = WIRE_NO_ORDINAL};
	struct wire_pong pong = {.leaked_bytes = rt.leaked};
	struct iovec part = {&pong, sizeof(pong)};
	int rc = frames_send(&rt.frames, &frame, &part, 1);

	if (rc != 0)
		rt.broken = rc;
}

/* Its fiber waits, so it is in the list of those that can go on only when what it waited for has just come. */
static void
runtime_make_unready(struct hospes_ctx *ctx)
{
	struct hospes_ctx **at = &rt.ready_first;

	if (!ctx->ready)
		return;
	while (*at != ctx)
		at = &(*at)->next_ready;
	*at = ctx->next_ready;
	if (rt.ready_last == &ctx->next_ready)
		rt.ready_last = at;
}

/* What belongs to the call is given back; what its handler had of malloc, and only the frames on its stack knew of, is lost. */
static void
runtime_drop(struct hospes_ctx *ctx)
{
	int64_t left = ctx->heap, before = runtime_heap();

	runtime_make_unready(ctx);
	fiber_drop(&ctx->fiber);
	runtime_forget(ctx);
	ctx_free(&ctx);
	left -= before - runtime_heap();
	if (left > 0)
		rt.leaked += (uint64_t)left;
}

static int
runtime_evict(const struct received *got)
{
	struct hospes_ctx *ctx = runtime_find(got->frame.call);

	if (ctx != NULL && ctx->awaited == NULL)
		return HOSPES_EPROTOCOL;
	if (ctx != NULL)
		runtime_drop(ctx);
	runtime_tell_leaked(WIRE_EVICTED, got->frame.call);
	return 0;
}

static int
runtime_hear(struct received *got)
{
	switch (got->frame.type) {
	case WIRE_START:
		return runtime_start(got);
	case WIRE_OUTCOME:
		return runtime_outcome(got);
	case WIRE_CANCEL:
		runtime_cancel(got);
		return 0;
	case WIRE_EVICT:
		return runtime_evict(got);
	case WIRE_PING:
		runtime_tell_leaked(WIRE_PONG, 0);
		return 0;
	case WIRE_STOP:
		rt.stop = true;
		return 0;
	case WIRE_REST:
		rt.rest = true;
		return 0;
	default:
		return HOSPES_EPROTOCOL;
	}
}

/* [frames_read's taker; no argument]  What it costs in memory is the call's. */
static int
runtime_take(void *arg, struct received *got)
{
	size_t block = got->block == NULL ? 0 : malloc_usable_size(got->block);
	int64_t before = runtime_heap();
	struct hospes_ctx *ctx;
	int rc;

	(void)arg;
	if (rt.stop)
		return 0; /* said before the host had made up its mind */
	rc = runtime_hear(got);
	ctx = rt.in_use == NULL ? NULL : runtime_find(got->frame.call);
	if (ctx != NULL)
		ctx->heap += runtime_heap() - before + (got->block == NULL ? (int64_t)block : 0);
	return rc;
}

/* The host has nothing for us: what many calls at once have left behind goes back to the machine. */
static void
runtime_rest(void)
{
	rt.rest = false;
	if (rt.calls > 0)
		return;
	stacks_rest();
	ctx_rest();
	frames_rest(&rt.frames);
	memory_rest(rt.buckets, rt.buckets_n * sizeof(*rt.buckets)); /* all are NULL */
	(void)malloc_trim(0);
}

int
hospes_rt_serve(const struct hospes_plugin *plugin)
{
	if (!rt.open || rt.plugin != NULL)
		return HOSPES_EWRONGPLACE;
	rt.plugin = plugin;
	rt.phase = HOSPES_RT_SERVING;
	fiber_find_exceptions(*(void *const *)&plugin->handler);
	for (;;) {
		int rc;

		runtime_run_ready();
		if (rt.broken != 0)
			return rt.broken;
		if (rt.stop)
			return frames_leave(&rt.frames);
		rc = frames_flush(&rt.frames);
		if (rc != 0)
			return rc;
		if (rt.rest)
			runtime_rest();
		rc = frames_read(&rt.frames, runtime_take, NULL);
		if (rc != 0)
			return rc;
	}
}
