/*
 * Ops: one request of the host, its place among the call's ordinals, and its outcome.
 *
 * What a handler can see of an op must not depend on when a frame came in, or a replay would differ.  So an op that is
 * refused on this side uses no ordinal, and one that was cancelled stays cancelled whatever arrives for it.
 */

#include <stdlib.h>
#include <string.h>

#include "ctx.h"

/* ---- Ops that are handed out ------------------------------------------------------------------------------------- */

/* NULL when out of memory. */
static struct hospes_op *
op_new(struct hospes_ctx *ctx)
{
	struct op_block *block = ctx->op_blocks;
	struct hospes_op *op;

	if (block == NULL || block->used == block->room) {
		size_t room = block == NULL ? 4 : block->room * 2;

		block = ctx_alloc(ctx, sizeof(*block) + room * sizeof(block->ops[0]));
		if (block == NULL)
			return NULL;
		*block = (struct op_block){.next = ctx->op_blocks, .room = room};
		ctx->op_blocks = block;
	}
	op = &block->ops[block->used++];
	memset(op, 0, sizeof(*op));
	op->ctx = ctx;
	op->ordinal = WIRE_NO_ORDINAL;
	return op;
}

bool
op_is_of(const struct hospes_ctx *ctx, const struct hospes_op *op)
{
	uintptr_t at = (uintptr_t)op;

	for (const struct op_block *block = ctx->op_blocks; block != NULL; block = block->next) {
		uintptr_t first = (uintptr_t)block->ops;

		if (at >= first && at < (uintptr_t)(block->ops + block->used))
			return (at - first) % sizeof(*op) == 0;
	}
	return false;
}

/* ---- Outcomes ---------------------------------------------------------------------------------------------------- */

static double
op_confidence(double confidence)
{
	return confidence >= 0 && confidence <= 1 ? confidence : confidence > 1 ? 1 : 0;
}

static void
op_settle(struct hospes_op *op, int status, const char *sentence)
{
	op->answer.status = status;
	op->answer.message = sentence != NULL ? sentence : "";
	op->answer.value = NULL;
	op->answer.confidence = 0;
}

void
op_arrive(struct hospes_op *op, int status, double confidence, const void *bytes, size_t len, void **block)
{
	if (op->arrived || op->settled)
		return;
	op->arrived = true;
	if (status != 0) {
		op_settle(op, status < 0 ? status : HOSPES_EBUG, ctx_copy(op->ctx, bytes, len));
		return;
	}
	op->answer.message = "";
	op->answer.confidence = op_confidence(confidence);
	if (op->into != NULL) {
		op->into_len = len < op->into_max ? len : op->into_max;
		memcpy(op->into, bytes, op->into_len);
		return;
	}
	op->answer.value = value_of_bytes(op->ctx, bytes, len, *block);
	*block = NULL;
	if (op->answer.value == NULL)
		op_settle(op, HOSPES_ENOMEM,
		    "no memory is left in the cell for this answer; raise HOSPES_MEMORY in the notes");
}

bool
op_ahead(struct hospes_ctx *ctx, uint32_t ordinal, int status, double confidence, const void *bytes, size_t len)
{
	struct ahead *ahead = malloc(sizeof(*ahead) + len + 1);

	if (ahead == NULL)
		return false;
	*ahead = (struct ahead){.ordinal = ordinal, .status = status, .confidence = confidence, .len = len};
	memcpy(ahead->bytes, bytes, len);
	ahead->bytes[len] = 0;
	if (ctx->ahead_first == NULL)
		ctx->ahead_last = &ctx->ahead_first;
	*ctx->ahead_last = ahead;
	ctx->ahead_last = &ahead->next;
	return true;
}

/* While the call goes on without waiting, the host is told now and then how far it has come. */
#define TELL_AFTER 64u

/* It was just sent: its outcome may be here. */
static void
op_take_ahead(struct hospes_ctx *ctx, struct hospes_op *op)
{
	struct ahead *ahead;
	void *block = NULL;

	while ((ahead = ctx->ahead_first) != NULL && ahead->ordinal <= op->ordinal) {
		ctx->ahead_first = ahead->next;
		if (ahead->ordinal == op->ordinal)
			op_arrive(op, ahead->status, ahead->confidence, ahead->bytes, ahead->len, &block);
		free(ahead);
		if (++ctx->ahead_taken % TELL_AFTER == 0)
			runtime_flush();
	}
}

/* ---- Sending ----------------------------------------------------------------------------------------------------- */

static int
op_effect(const char *name)
{
	static const char *const names[] = {
	    [WIRE_EFFECT_PURE] = HOSPES_EFFECT_PURE,
	    [WIRE_EFFECT_IDEMPOTENT] = HOSPES_EFFECT_IDEMPOTENT,
	    [WIRE_EFFECT_KEYED] = HOSPES_EFFECT_KEYED,
	    [WIRE_EFFECT_ONCE] = HOSPES_EFFECT_ONCE,
	    [WIRE_EFFECT_COSTLY] = HOSPES_EFFECT_COSTLY,
	};

	if (name == NULL)
		return WIRE_EFFECT_DEFAULT;
	for (int i = WIRE_EFFECT_PURE; i < WIRE_EFFECTS; i++) {
		if (strcmp(name, names[i]) == 0)
			return i;
	}
	return -1;
}

/* The host ends a cell that names things in anything but clean text, so such a name, which may come from a web page, goes no
 * further than here: UTF-8 in its shortest form, without control characters. */
static bool
op_clean(const char *text)
{
	const uint8_t *at = (const uint8_t *)text;

	while (*at != 0) {
		uint32_t code = *at++;
		int more = code >= 0xf0 ? 3 : code >= 0xe0 ? 2 : code >= 0xc0 ? 1 : 0;
		static const uint32_t least[] = {0x20, 0x80, 0x800, 0x10000};

		if (more == 0 ? code >= 0x7f : code >= 0xf8)
			return false;
		code &= more == 0 ? 0x7fu : 0x3fu >> more;
		for (int i = 0; i < more; i++) {
			if ((*at & 0xc0) != 0x80)
				return false;
			code = code << 6 | (*at++ & 0x3fu);
		}
		if (code < least[more] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
			return false;
	}
	return true;
}

/* What is wrong with a text of an op, with *status; NULL when nothing is. */
static const char *
op_refuse_text(const char *text, size_t most, const char *too_long, int *status)
{
	if (text == NULL)
		return NULL;
	*status = HOSPES_ETOOLARGE;
	if (strlen(text) > most)
		return too_long;
	*status = HOSPES_EINPUT;
	if (!op_clean(text))
		return "a target, version or key is not UTF-8 or holds control characters";
	return NULL;
}

const char *
op_refuse_target(const char *target, int *status)
{
	*status = HOSPES_EINPUT;
	if (target == NULL || target[0] == '\0')
		return "it is empty; expected a name or \"cap:NAME\"";
	return op_refuse_text(target, WIRE_TARGET_MAX, "it is longer than 255 bytes", status);
}

/* Takes the options as the plugin knew them when it was compiled; NULL, or what is wrong with them. */
static const char *
op_take_options(const hospes_options *given, hospes_options *options)
{
	memset(options, 0, sizeof(*options));
	if (given == NULL)
		return NULL;
	if (given->size < sizeof(given->size))
		return "the size of hospes_options is not set; make them with HOSPES_OPTIONS(...)";
	memcpy(options, given, given->size < sizeof(*options) ? given->size : sizeof(*options));
	if (op_effect(options->effect) < 0)
		return "the option `effect` is none of \"pure\", \"idempotent\", \"keyed\", \"costly\" and \"once\"";
	if (options->timeout_ns < 0 || options->budget_calls < 0 || options->budget_wall_ns < 0 ||
	    options->money_micros < 0)
		return "an option is negative; timeouts and shares of the budget are 0 (as usual) or more";
	return NULL;
}

static size_t
op_target_most(uint16_t kind)
{
	if (kind == WIRE_OP_HTTP)
		return WIRE_URL_MAX;
	return kind >= WIRE_OP_REMEMBER && kind <= WIRE_OP_SEARCH ? WIRE_KEY_MAX : WIRE_TARGET_MAX;
}

/* Fills `wire` from what is asked; NULL, or the sentence that says what cannot be sent, with *status. */
static const char *
op_compose(struct hospes_ctx *ctx, const struct op_request *request, struct wire_op *wire, hospes_options *options,
    int *status)
{
	const char *wrong;

	*status = HOSPES_EINPUT;
	wrong = op_take_options(request->options, options);
	if (wrong == NULL)
		wrong = op_refuse_text(request->target, op_target_most(request->kind),
		    "the target is too long: names end at 255 bytes and URLs at 8 KiB", status);
	if (wrong == NULL)
		wrong = op_refuse_text(
		    options->version, UINT8_MAX, "the option `version` is longer than 255 bytes", status);
	if (wrong == NULL)
		wrong = op_refuse_text(
		    options->key, UINT8_MAX, "the option `key` is longer than 255 bytes; give a hash of it", status);
	if (wrong != NULL)
		return wrong;
	*status = HOSPES_ETOOLARGE;
	if (ctx->ops_n == WIRE_NO_ORDINAL)
		return "this call has made all the ops that it can number";
	*wire = (struct wire_op){
	    .kind = request->kind,
	    .flags = request->waits ? WIRE_OP_WAITS : 0,
	    .effect = (uint8_t)op_effect(options->effect),
	    .target_len = (uint16_t)strlen(request->target),
	    .version_len = (uint8_t)(options->version == NULL ? 0 : strlen(options->version)),
	    .key_len = (uint8_t)(options->key == NULL ? 0 : strlen(options->key)),
	    .timeout_ns = options->timeout_ns,
	    .share_calls = options->budget_calls != 0 ? options->budget_calls : -(int64_t)request->sharers,
	    .share_wall_ns = options->budget_wall_ns,
	    .share_micros = options->money_micros,
	};
	*status = 0;
	return NULL;
}

/* Makes room for one more ordinal. */
static bool
op_reserve(struct hospes_ctx *ctx)
{
	uint32_t room;
	struct hospes_op **ops;

	if (ctx->ops_n < ctx->ops_room)
		return true;
	room = ctx->ops_room == 0 ? 16 : ctx->ops_room > UINT32_MAX / 2 ? UINT32_MAX : ctx->ops_room * 2;
	ops = realloc(ctx->ops, room * sizeof(*ops));
	if (ops == NULL)
		return false;
	ctx->ops = ops;
	ctx->ops_room = room;
	return true;
}

static void
op_refuse(struct hospes_op *op, int status, const char *sentence)
{
	op->settled = true;
	op_settle(op, status, sentence);
}

static struct iovec
op_text_part(const char *text)
{
	return (struct iovec){(void *)text, text == NULL ? 0 : strlen(text)};
}

/* Sends an op, or settles it at once when it cannot be sent.  `op` is zeroed by the caller but for `into`. */
static void
op_send(struct hospes_ctx *ctx, struct hospes_op *op, const struct op_request *request)
{
	struct wire_op wire;
	hospes_options options;
	const char *refusal;
	struct iovec parts[7];
	int status;

	op->ctx = ctx;
	op->ordinal = WIRE_NO_ORDINAL;
	op->kind = request->kind;
	op->answer.who = request->target;
	if (ctx->stopped != 0) {
		op_refuse(op, ctx->stopped, ctx_sentence(ctx, ctx->stopped));
		return;
	}
	refusal = op_compose(ctx, request, &wire, &options, &status);
	if (refusal == NULL && !op_reserve(ctx)) {
		status = HOSPES_ENOMEM;
		refusal = "no memory is left in the cell for another op";
	}
	if (refusal != NULL) {
		op_refuse(op, status, refusal);
		return;
	}
	parts[0] = (struct iovec){&wire, sizeof(wire)};
	parts[1] = (struct iovec){(void *)request->target, wire.target_len};
	parts[2] = (struct iovec){(void *)options.version, wire.version_len};
	parts[3] = (struct iovec){(void *)options.key, wire.key_len};
	parts[4] = op_text_part(request->before);
	parts[5] = (struct iovec){(void *)request->input, request->input_len};
	parts[6] = op_text_part(request->behind);
	if (runtime_send(ctx, WIRE_OP, ctx->ops_n, 0, parts, 7) != 0) {
		op_refuse(op, HOSPES_ETOOLARGE, "the input is larger than a frame can be, 68 MiB");
		return;
	}
	op->ordinal = ctx->ops_n++;
	ctx->ops[op->ordinal] = op;
	op_take_ahead(ctx, op);
}

struct hospes_op *
op_start(struct hospes_ctx *ctx, int rc, const struct op_request *request)
{
	struct hospes_op *op;

	if (rc != 0 && (rc != HOSPES_EINPUT || hospes_runtime.current != ctx))
		return NULL;
	op = op_new(ctx);
	if (op == NULL) {
		(void)ctx_fail(ctx, HOSPES_ENOMEM, "no memory is left in the cell for another op");
		return NULL;
	}
	if (rc == 0) {
		op_send(ctx, op, request);
		return op;
	}
	op->settled = true;
	op->answer.status = rc;
	op->answer.who = "";
	op->answer.message = ctx_sentence(ctx, rc);
	return op;
}

int
op_run(struct hospes_ctx *ctx, struct hospes_op *op, struct op_request *request)
{
	int rc;

	request->waits = true;
	op_send(ctx, op, request);
	if (op->settled) {
		ctx_note_failure(ctx, op->answer.status, op->answer.message);
		return op->answer.status;
	}
	rc = op_await(ctx, op);
	ctx->ops[op->ordinal] = NULL;
	if (rc != 0)
		return rc;
	if (op->kind == WIRE_OP_CALL)
		ctx->called = op->ordinal + 1;
	if (op->answer.status == 0)
		return 0;
	if (op->kind == WIRE_OP_CALL)
		return ctx_fail(ctx, op->answer.status, "%s: %s", op->answer.who, op->answer.message);
	ctx_note_failure(ctx, op->answer.status, op->answer.message);
	return op->answer.status;
}

int
op_await(struct hospes_ctx *ctx, const struct hospes_op *op)
{
	while (!op->arrived && !op->settled && ctx->stopped == 0) {
		ctx->awaited = op;
		fiber_park(&ctx->fiber);
		ctx->awaited = NULL;
	}
	if (ctx->stopped == 0)
		return 0;
	ctx->failed = ctx->stopped;
	return ctx->stopped;
}
