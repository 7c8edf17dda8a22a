/* What those who watch a run are told: provisional, and never waited for.  Each event says so: what it tells of may not be
 * on record yet, and may come again when the host was killed. */

#include <math.h>

#include "base/clock.h"
#include "dispatch/review.h"
#include "dispatch/state.h"

static void
tell(struct dispatch *d, struct run *run, json_t *event)
{
	json_object_set_new(event, "provisional", json_true());
	if (d->progress != NULL)
		d->progress(run, event, d->arg);
	json_decref(event);
}

static bool
watched(const struct dispatch *d, const struct run *run)
{
	return d->progress != NULL && run->watchers != NULL;
}

void
tell_call(struct dispatch *d, struct call *call, const char *type)
{
	if (watched(d, call->run))
		tell(d, call->run,
		    json_pack("{s:s s:s s:s s:s}", "type", type, "path", call->path, "plugin", call->plugin, "version",
			call->semver));
}

void
tell_outcome(struct dispatch *d, struct op *op)
{
	_cleanup_(free_p) char *path = NULL;
	json_t *event;

	if (!watched(d, op->run) || (op->kind != WIRE_OP_CALL && op->kind != WIRE_OP_HTTP))
		return;
	path = op_path(op);
	event = json_pack("{s:s s:s s:s s:s}", "type", op->kind == WIRE_OP_CALL ? "call_ended" : "op_ended", "path",
	    path, "target", op->target, "status", status_name(op->status));
	if (op->callee != NULL) {
		int64_t took = clock_mono_ns() - op->callee->started_mono_ns;

		json_object_set_new(event, "plugin", json_string(op->callee->plugin));
		json_object_set_new(event, "duration_ms", json_real((double)took / NS_PER_MS));
	}
	if (op->status != 0 && op->value != NULL)
		json_object_set_new(event, "message", json_stringn((const char *)op->value->data, op->value->len));
	tell(d, op->run, event);
}

void
tell_stage(struct dispatch *d, struct op *op, const json_t *stage, const struct fault *why)
{
	_cleanup_(free_p) char *path = NULL;
	json_t *event;

	if (!watched(d, op->run))
		return;
	path = op_path(op);
	event = json_pack("{s:s s:s s:s s:s s:s}", "type", "stage", "path", path, "target", op->target, "status",
	    status_name(why->status), "message", why->text);
	if (op->callee != NULL)
		json_object_set_new(event, "plugin", json_string(op->callee->plugin));
	json_object_update_missing(event, (json_t *)stage);
	tell(d, op->run, event);
}

void
tell_undecided(struct dispatch *d, struct op *op)
{
	_cleanup_(free_p) char *path = NULL;

	if (!watched(d, op->run))
		return;
	path = op_path(op);
	tell(d, op->run,
	    json_pack("{s:s s:s s:s s:o}", "type", "undecided", "path", path, "target", op->target, "message",
		decision_command(op)));
}

void
tell_review(struct dispatch *d, struct op *op, const struct review *r)
{
	_cleanup_(free_p) char *path = NULL;
	json_t *event;

	if (!watched(d, op->run))
		return;
	path = op_path(op);
	event = json_pack("{s:s s:s s:s s:s s:o}", "type", r->answer == REVIEW_OPEN ? "review" : "reviewed", "path",
	    path, "review", r->id, "cause", r->cause, "message",
	    r->answer == REVIEW_OPEN ? json_sprintf("%s  hospes review %s", r->question, r->id)
				     : json_sprintf("%s by %s", review_answer_name(r->answer), r->by));
	tell(d, op->run, event);
}

void
tell_line(struct dispatch *d, struct call *call, const char *type, double done, const char *line)
{
	json_t *event;

	if (!watched(d, call->run))
		return;
	event =
	    json_pack("{s:s s:s s:s s:s}", "type", type, "path", call->path, "plugin", call->plugin, "message", line);
	if (isfinite(done) && done >= 0)
		json_object_set_new(event, "done", json_real(done > 1 ? 1 : done));
	tell(d, call->run, event);
}
