/*
 * The door: where ops of cells and root ops of runs come in, and what cells tell is led to where it belongs.
 */

#include "dispatch/dispatch.h"

#include <assert.h>

#include "base/clock.h"
#include "base/json.h"
#include "dispatch/accounts.h"
#include "dispatch/alert.h"
#include "dispatch/guard.h"
#include "dispatch/quality.h"
#include "dispatch/verdict_cache.h"

void
dispatch_open(struct dispatch **ret, const struct dispatch_options *options)
{
	struct dispatch *d = xcalloc(1, sizeof(*d));

	d->loop = options->loop;
	d->store = options->store;
	d->journal = options->journal;
	d->http = options->http;
	d->memory = options->memory;
	d->calls = options->calls;
	d->failed = options->failed;
	d->run_ended = options->run_ended;
	d->progress = options->progress;
	d->parted = options->parted;
	d->repeated = options->repeated;
	d->grown = options->grown;
	d->alerted = options->alerted;
	d->tell_at = UINT64_MAX;
	d->arg = options->arg;
	accounts_open(d, options->policy);
	TAILQ_INIT(&d->overspent);
	deadlock_open(d);
	breakers_open(d);
	verdict_cache_open(&d->verdicts);
	alerts_open(d);
	quality_open(d);
	rates_open(d);
	*ret = d;
}

void
dispatch_close(struct dispatch **d)
{
	size_t at = 0;
	void *slots;

	if (*d == NULL)
		return;
	while ((slots = map_next(&(*d)->slots, &at)) != NULL)
		free(slots);
	map_free(&(*d)->slots);
	deadlock_close(*d);
	rates_close(*d);
	breakers_close(*d);
	verdict_cache_close(&(*d)->verdicts);
	quality_close(*d);
	alerts_close(*d);
	accounts_close(*d);
	if ((*d)->stop_overspent != NULL)
		event_free((*d)->stop_overspent);
	free(*d);
	*d = NULL;
}

void
dispatch_connect(struct dispatch *d, struct cells *cells, struct registry *registry)
{
	d->cells = cells;
	d->registry = registry;
	quality_connect(d);
}

void
dispatch_take(struct dispatch *d, struct run *run)
{
	run->dispatch = d;
	watch_limits(&run->account, &run->policy->alerts_at);
}

void
dispatch_root(struct dispatch *d, struct run *run)
{
	dispatch_take(d, run);
	pipeline_enter(d, &run->root);
}

void
dispatch_tell_at(struct dispatch *d, uint64_t lsn)
{
	d->tell_at = lsn;
}

void
dispatch_forget(struct run *run)
{
	deadlock_forget(run);
	budget_forget(run);
	spend_forget(run);
	repetition_forget(run);
	loops_forget(run);
	config_drop(run);
	resolve_drop(run);
}

int
dispatch_check_set(struct dispatch *d, struct run *run, struct fault *fault)
{
	const char *name;
	json_t *values;
	struct payload *config;

	json_object_foreach(run->set, name, values)
	{
		struct version *v = registry_active(d->registry, name);

		if (v == NULL)
			return fault_set(fault, HOSPES_ENOAGENT,
			    "the run's configuration names %s, and there is no such plugin", name);
		if (!json_is_object(values))
			return fault_set(
			    fault, HOSPES_EINPUT, "the run's configuration of %s has to be an object", name);
		if (config_of(run, v, &config, NULL, fault) != 0)
			return fault->status;
	}
	return 0;
}

/* ---- What cells tell --------------------------------------------------------------------------------------------- */

static int64_t
deadline_of(const struct call *call, int64_t timeout_ns)
{
	int64_t now = clock_real_ns();

	/* INT64_MAX is how some say "for ever": no sum of it and the clock is a time. */
	if (timeout_ns <= 0 || timeout_ns > INT64_MAX - now)
		return call->deadline_real_ns;
	return now + timeout_ns < call->deadline_real_ns ? now + timeout_ns : call->deadline_real_ns;
}

static int64_t
not_negative(int64_t n)
{
	return n < 0 ? 0 : n;
}

/* A share of its own; or -n: one of n members of a group that have not been started, who share what is left when their
 * turn comes (guard_budget.c). */
static void
take_share(struct op *op, int64_t asked)
{
	if (asked >= 0) {
		op->share[QUANTITY_CALLS] = asked;
		return;
	}
	op->sharing = op->parted = true;
	op->caller->sharers++;
	op->caller->unstarted = -(asked + 1);
}

/* Inputs are kept while an op is open and outcomes until the call ends: without a limit one call could have all of the
 * host's memory. */
static void
keeps_too_much(struct dispatch *d, struct call *call)
{
	char why[128];

	(void)snprintf(why, sizeof(why), "what it asked for and what it was told are more than %u MiB together",
	    CALL_KEPT_MAX / (unsigned)MIB);
	dispatch_cancel(d, call->op, HOSPES_ETOOLARGE, why);
}

/* What an open run has on record cannot be dropped, and a restart reads all of it. */
static void
records_too_much(struct dispatch *d, struct run *run)
{
	char why[128];

	(void)snprintf(why, sizeof(why), "it has more than %u MiB on record, with all of its calls together",
	    RUN_RECORDED_MAX / (unsigned)MIB);
	dispatch_cancel(d, &run->root, HOSPES_ETOOLARGE, why);
}

static void
on_op(struct call *call, uint32_t ordinal, const struct wire_op *asked, const char *target, const char *version,
    const char *key, struct payload *input, void *arg)
{
	struct dispatch *d = arg;
	bool made;
	struct op *op = call_op(call, ordinal, &made);

	assert(op != NULL); /* the cell room lets no gap through */
	if (call->issued <= ordinal) {
		call->issued = ordinal + 1;
		repetition_asked(op, asked);
	}
	if (call->issued >= call->repeats)
		replay_repeated(d, call);
	if (!made && (op->state != OP_NEW || ordinal >= call->own_ops)) {
		replay_op(d, op, asked, target, input);
		return;
	}
	if (op->reviews != NULL && !replay_reviewed(d, op, asked, target, input))
		return;
	op->kind = asked->kind;
	op->effect = asked->effect;
	op_set_target(op, target);
	op->version = version == NULL || *version == '\0' ? NULL : xstrdup(version);
	op->key = key == NULL || *key == '\0' ? NULL : xstrdup(key);
	op->input = payload_ref(input);
	op->input_len = input->len;
	op->input_hash = payload_hash(input);
	op->deadline_real_ns = deadline_of(call, asked->timeout_ns);
	take_share(op, asked->share_calls);
	op->share[QUANTITY_MONEY] = not_negative(asked->share_micros);
	op->share_wall_ns = not_negative(asked->share_wall_ns);
	call->kept_bytes += input->len;
	if (call->kept_bytes > CALL_KEPT_MAX)
		keeps_too_much(d, call);
	if (call->run->recorded > RUN_RECORDED_MAX)
		records_too_much(d, call->run);
	pipeline_enter(d, op);
}

static void
on_parked(struct call *call, void *arg)
{
	if (call->waits_for < call->n_ops && call->ops[call->waits_for]->state != OP_DONE)
		replay_repeated(arg, call);
	guards_parked(arg, call);
}

static void
on_abandon(struct call *call, uint32_t ordinal, void *arg)
{
	if (ordinal < call->n_ops)
		dispatch_cancel(arg, call->ops[ordinal], HOSPES_ECANCELLED, "its caller no longer wants it");
}

static void
on_log(struct call *call, enum log_level level, const char *line, void *arg)
{
	record_log(arg, call, level, line);
	tell_line(arg, call, "log", -1, line);
}

static void
on_progress(struct call *call, double done, const char *line, void *arg)
{
	tell_line(arg, call, "progress", done, line);
}

static void
on_part(struct call *call, struct payload *part, void *arg)
{
	parts_said(arg, call, part);
}

static void
on_evicted(struct call *call, void *arg)
{
	breaker_forgo(call->op);
	tell_call(arg, call, "call_evicted");
}

static void
on_cpu(struct call *call, int64_t ns, void *arg)
{
	budget_cpu(arg, call, ns);
}

static void
on_stalled(struct run *run, void *arg)
{
	deadlock_watch(arg, run);
}

static void
on_woke(struct call *call, void *arg)
{
	if (guards_resume(arg, call))
		dispatch_submit(arg, call);
}

static void
on_reply(struct call *call, int status, struct payload *value, double confidence, struct payload *partial, void *arg)
{
	call->state = CALL_DONE;
	breaker_replied(call, status);
	replay_reply(arg, call);
	call_replied(arg, call, status, value, confidence, partial);
}

static void
on_begins(struct call *call, const char *why, void *arg)
{
	struct dispatch *d = arg;

	for (uint32_t i = 0; i < call->n_ops; i++)
		call->ops[i]->delivered = false;
	call->parts_said = 0;
	call->ahead = 0;
	call->ahead_bytes = 0;
	if (call->repeats == 0)
		replay_repeated(d, call);
	if (why != NULL) {
		record_replay(d, call, why);
		tell_call(d, call, "call_replays");
	}
	replay_ahead(call);
	guards_resume(d, call);
}

static void
on_lost(struct call *call, const struct fault *fault, void *arg)
{
	_cleanup_(payload_unref) struct payload *sentence = payload_text(fault->text);

	call_replied(arg, call, fault->status, sentence, 0, NULL);
}

static void
on_failed(const struct fault *fault, void *arg)
{
	struct dispatch *d = arg;

	d->failed(fault, d->arg);
}

static void
record_cell(struct dispatch *d, enum record_kind kind, const struct cell_spec *spec, const struct cell_info *info,
    const char *report, const json_t *body)
{
	_cleanup_(free_p) char *text = body == NULL ? NULL : json_text(body);
	int64_t pid = info->pid;
	struct record r;

	record_init(&r, kind);
	record_add_text(&r, TAG_TARGET, spec->plugin);
	record_add_text(&r, TAG_VERSION, spec->semver);
	record_add(&r, TAG_OBJECT, spec->object, 32);
	record_add(&r, TAG_NUMBER, &pid, sizeof(pid));
	record_add_text(&r, TAG_MESSAGE, report);
	record_add_text(&r, TAG_BODY, text);
	store_append(d->store, &r);
}

static void
on_cell_started(const struct cell_spec *spec, const struct cell_info *info, void *arg)
{
	_cleanup_(json_p) json_t *body = json_object();
	json_t *layers = json_array();

	for (uint32_t bit = 1; bit != 0 && bit <= LAYER_READONLY; bit <<= 1) {
		if (info->layers & bit)
			json_array_append_new(layers, json_string(sandbox_layer_name(bit)));
	}
	json_object_set_new(body, "layers", layers);
	json_object_set_new(body, "quarantine", json_boolean(info->quarantine));
	record_cell(arg, RECORD_CELL_START, spec, info, NULL, body);
}

static void
on_cell_ended(const struct cell_spec *spec, const struct cell_info *info, int wait_status, const struct rusage *usage,
    const char *report, void *arg)
{
	_cleanup_(json_p) json_t *body = json_pack("{s:i s:I s:I}", "wait_status", wait_status, "cpu_ms",
	    (json_int_t)((usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000 +
			 (usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1000),
	    "rss_kib", (json_int_t)usage->ru_maxrss);

	record_cell(arg, RECORD_CELL_END, spec, info, report, body);
}

struct cells_events
dispatch_cells_events(struct dispatch *d)
{
	return (struct cells_events){
	    .op = on_op,
	    .parked = on_parked,
	    .abandon = on_abandon,
	    .log = on_log,
	    .progress = on_progress,
	    .part = on_part,
	    .evicted = on_evicted,
	    .woke = on_woke,
	    .stalled = on_stalled,
	    .cpu = on_cpu,
	    .reply = on_reply,
	    .begins = on_begins,
	    .lost = on_lost,
	    .failed = on_failed,
	    .cell_started = on_cell_started,
	    .cell_ended = on_cell_ended,
	    .arg = d,
	};
}
