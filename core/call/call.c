/* Calls and their ops: made, found, linked to those above them, freed when nobody holds anything of them. */

#include "call/call.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"

void
calls_init(struct calls *calls)
{
	*calls = (struct calls){.next_handle = 1};
}

char *
op_path(const struct op *op)
{
	return xasprintf("%s/%u", op->caller == NULL ? "" : op->caller->path, op->ordinal);
}

struct call *
call_new(struct calls *calls, struct op *op, const char *plugin, const char *semver, struct version *v,
    struct payload *config, unsigned depth)
{
	struct call *parent = op->caller;
	struct call *call = xcalloc(1, sizeof(*call));

	*call = (struct call){
	    .handle = calls->next_handle++,
	    .refs = 1,
	    .run = op->run,
	    .op = op,
	    .path = op_path(op),
	    .attempt = 1,
	    .depth = depth,
	    .version = v,
	    .plugin = plugin,
	    .semver = semver,
	    .input = payload_ref(op->input),
	    .config = payload_ref(config),
	    .deadline_real_ns = op->deadline_real_ns,
	    .state = CALL_QUEUED,
	    .started_mono_ns = clock_mono_ns(),
	};
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
		op_clear(call->ops[i]);
		free(call->ops[i]);
	}
	free(call->ops);
	free(call->path);
	payload_unref(&call->input);
	payload_unref(&call->config);
	payload_unref(&call->reply);
	payload_unref(&call->partial);
	free(call->grounding);
	if (call->deadline != NULL)
		event_free(call->deadline);
	if (calls->drop != NULL)
		calls->drop(call->version);
	free(call);
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
	map_del_u64(&calls->by_handle, call->handle);
	call->op->callee = NULL;
	call_unref(calls, call);
}

struct call *
call_by_handle(const struct calls *calls, uint64_t handle)
{
	return map_get_u64(&calls->by_handle, handle);
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
		call->cap_ops = call->cap_ops == 0 ? 4 : call->cap_ops * 2;
		call->ops = xrealloc(call->ops, call->cap_ops * sizeof(struct op *));
	}
	op = xcalloc(1, sizeof(*op));
	op->run = call->run;
	op->caller = call;
	op->ordinal = ordinal;
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
op_clear(struct op *op)
{
	assert(op->callee == NULL && op->executing == NULL);
	op_drop_parts(op);
	free(op->target);
	free(op->version);
	free(op->key);
	free(op->cancel_why);
	payload_unref(&op->input);
	payload_unref(&op->value);
	if (op->timer != NULL)
		event_free(op->timer);
	op->target = op->version = op->key = op->cancel_why = NULL;
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
