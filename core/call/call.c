/* Calls and their ops: made, found, linked to those above them, freed when nobody holds anything of them. */

#include "call/call.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/slab.h"

/* [loop] */
static struct slab call_slab = {.size = sizeof(struct call), .most = 16384};
static struct slab op_slab = {.size = sizeof(struct op), .most = 16384};

void
calls_init(struct calls *calls)
{
	*calls = (struct calls){.next_handle = 1};
}

/* In `room` where it fits, else allocated.  Every call has one, so it is put together by hand. */
static char *
path_of(const struct op *op, char *room, size_t size)
{
	const char *above = op->caller == NULL ? "" : op->caller->path;
	size_t len = strlen(above), n = 0;
	uint32_t left = op->ordinal;
	char digits[10], stage[8] = "", *path;
	size_t behind = 0;

	if (op->kind == WIRE_OP_CALL && op->attempt > 1)
		behind = (size_t)snprintf(stage, sizeof(stage), "#%u", op->attempt);

	do
		digits[n++] = (char)('0' + left % 10);
	while ((left /= 10) > 0);
	path = len + 1 + n + behind < size ? room : xmalloc(len + n + behind + 2);
	memcpy(path, above, len);
	path[len++] = '/';
	while (n > 0)
		path[len++] = digits[--n];
	memcpy(path + len, stage, behind + 1);
	return path;
}

/* A number without leading zeros, from `least` on. */
static bool
path_number(const char **at, uint32_t least, uint32_t *ret)
{
	uint64_t n = 0;

	if (**at < '0' || **at > '9' || (**at == '0' && (*at)[1] >= '0' && (*at)[1] <= '9'))
		return false;
	while (**at >= '0' && **at <= '9' && n < UINT32_MAX)
		n = n * 10 + (uint64_t)(*(*at)++ - '0');
	*ret = (uint32_t)n;
	return n >= least && n < UINT32_MAX;
}

bool
op_path_next(const char **at, uint32_t *ordinal, uint32_t *attempt)
{
	const char *from = *at;

	*attempt = 1;
	if (*from++ != '/' || !path_number(&from, 0, ordinal))
		return false;
	if (*from == '#') {
		from++;
		if (!path_number(&from, 2, attempt) || *attempt > UINT16_MAX)
			return false;
	}
	if (*from != '/' && *from != '\0')
		return false;
	*at = from;
	return true;
}

char *
op_path(const struct op *op)
{
	return path_of(op, NULL, 0);
}

void
op_set_target(struct op *op, const char *target)
{
	size_t len = strlen(target);

	op->target = len < sizeof(op->target_room) ? op->target_room : xmalloc(len + 1);
	memcpy(op->target, target, len + 1);
}

struct call *
call_new(struct calls *calls, struct op *op, const char *plugin, const char *semver, struct version *v,
    struct payload *config, unsigned depth)
{
	struct call *parent = op->caller;
	struct call *call = slab_take(&call_slab);

	*call = (struct call){
	    .handle = calls->next_handle++,
	    .refs = 1,
	    .run = op->run,
	    .op = op,
	    .attempt = op->attempt > 1 ? op->attempt : 1,
	    .depth = depth,
	    .version = v,
	    .plugin = plugin,
	    .semver = semver,
	    .input = payload_ref(op->input),
	    .given = op->input->len,
	    .config = payload_ref(config),
	    .deadline_real_ns = op->deadline_real_ns,
	    .own_ops = UINT32_MAX,
	    .verdict = NAN,
	    .state = CALL_QUEUED,
	    .started_mono_ns = clock_mono_ns(),
	};
	call->below_attempt = op->attempt > 1 ? call->handle : parent == NULL ? 0 : parent->below_attempt;
	call->path = path_of(op, call->path_room, sizeof(call->path_room));
	account_init(&call->account, "task", parent == NULL ? &op->run->account : &parent->account);
	if (parent != NULL)
		call_ref(parent);
	op->callee = call;
	map_put_u64(&calls->by_handle, call->handle, call);
	calls->count++;
	op->run->calls_open++;
	return call;
}

struct call *
call_parent(const struct call *call)
{
	return call->op->caller;
}

void
call_ref(struct call *call)
{
	call->refs++;
}

void
call_unref(struct calls *calls, struct call *call)
{
	struct run *run = call->run;
	struct call *parent;

	assert(call->refs > 0);
	if (--call->refs > 0)
		return;
	assert(call->open_ops == 0);
	/* The op that made it is its parent's, and the parent is there as long as we hold it. */
	parent = call_parent(call);
	for (uint32_t i = 0; i < call->n_ops; i++) {
		if (call->ops[i]->answered != NULL && calls->drop != NULL)
			calls->drop(call->ops[i]->answered);
		op_clear(call->ops[i]);
		slab_give(&op_slab, call->ops[i]);
	}
	free(call->ops);
	if (call->path != call->path_room)
		free(call->path);
	payload_unref(&call->input);
	payload_unref(&call->config);
	payload_unref(&call->reply);
	payload_unref(&call->partial);
	free(call->grounding);
	if (call->deadline != NULL)
		event_free(call->deadline);
	if (calls->drop != NULL && call->version != NULL)
		calls->drop(call->version);
	if (calls->drop != NULL && call->met.version != NULL)
		calls->drop(call->met.version);
	slab_give(&call_slab, call);
	calls->count--;
	if (parent != NULL)
		call_unref(calls, parent);
	if (--run->calls_open == 0 && calls->idle != NULL)
		calls->idle(run, calls->idle_arg);
}

void
call_end(struct calls *calls, struct call *call)
{
	assert(call->state == CALL_DONE);
	if (call->deadline != NULL)
		event_del(call->deadline);
	map_del_u64(&calls->by_handle, call->handle);
	if (calls->found == call)
		calls->found = NULL;
	if (call->op->callee == call)
		call->op->callee = NULL;
	call_unref(calls, call);
}

struct call *
call_by_handle(struct calls *calls, uint64_t handle)
{
	/* What a cell says of one call comes in a row. */
	if (calls->found == NULL || calls->found->handle != handle)
		calls->found = map_get_u64(&calls->by_handle, handle);
	return calls->found;
}

struct op *
call_op(struct call *call, uint32_t ordinal, bool *made)
{
	struct op *op;

	*made = false;
	if (ordinal < call->n_ops)
		return call->ops[ordinal];
	if (ordinal > call->n_ops)
		return NULL;
	if (call->n_ops == call->cap_ops) {
		call->cap_ops = call->cap_ops == 0 ? 16 : call->cap_ops * 2;
		call->ops = xrealloc(call->ops, call->cap_ops * sizeof(struct op *));
	}
	op = slab_take(&op_slab);
	*op = (struct op){.run = call->run, .caller = call, .ordinal = ordinal, .attempt = 1};
	call->ops[call->n_ops++] = op;
	*made = true;
	return op;
}

uint32_t
op_parts(const struct op *op)
{
	return op->parts == NULL || op->parts->held ? 0 : op->parts->n;
}

struct payload *
op_part(const struct op *op, uint32_t nth)
{
	if (op->parts == NULL || nth >= op_parts(op))
		return NULL;
	return op->parts->part[nth];
}

void
op_drop_parts(struct op *op)
{
	if (op->parts == NULL)
		return;
	for (uint32_t i = 0; i < op->parts->n; i++)
		payload_unref(&op->parts->part[i]);
	free(op->parts->part);
	free(op->parts);
	op->parts = NULL;
}

void
op_drop_stage(struct op *op)
{
	struct op_stage *stage = op->stage;

	op->stage = NULL;
	if (stage == NULL)
		return;
	free(stage->target);
	free(stage->version);
	free(stage->question);
	free(stage->why);
	free(stage->of);
	payload_unref(&stage->answer);
	payload_unref(&stage->findings);
	free(stage);
}

void
op_clear(struct op *op)
{
	assert(op->callee == NULL && op->executing == NULL);
	op_drop_parts(op);
	op_drop_stage(op);
	op_drop_reviews(op);
	if (op->target != op->target_room)
		free(op->target);
	free(op->version);
	free(op->key);
	free(op->host);
	free(op->cancel_why);
	free(op->route);
	payload_unref(&op->input);
	payload_unref(&op->value);
	if (op->timer != NULL)
		event_free(op->timer);
	op->target = op->version = op->key = op->host = op->cancel_why = op->route = NULL;
	op->timer = NULL;
}

static void
chain(const struct call *call, struct buf *out)
{
	if (call_parent(call) != NULL) {
		chain(call_parent(call), out);
		buf_appends(out, " > ");
	}
	buf_appends(out, call->plugin);
}

char *
call_chain(const struct call *call)
{
	_cleanup_(buf_free) struct buf out = {0};

	chain(call, &out);
	return xstrdup(buf_text(&out));
}
