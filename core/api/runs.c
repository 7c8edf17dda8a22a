/*
 * Runs: listing, waiting, watching, cancelling.  start.c starts them.
 *
 * A run that is open or ended lately is in memory; others are asked of the store.  What is told of an ended run waits
 * until its end is durable: run_watch says when.
 */

#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/serve.h"
#include "base/id.h"
#include "base/json.h"
#include "base/util.h"

#define LIST_DEFAULT 100u
#define LIST_MAX     10000u

/* ---- Views of the store ---- */

static bool
view_came(json_t *view, const struct fault *fault, struct exchange *x)
{
	if (!exchange_paid(x)) {
		json_decref(view);
		return false;
	}
	if (view == NULL) {
		reply_fault(x, fault);
		return false;
	}
	return true;
}

static void
viewed(json_t *view, const struct fault *fault, void *arg)
{
	if (view_came(view, fault, arg))
		reply_json(arg, 200, view);
}

static void
viewed_run(json_t *view, const struct fault *fault, void *arg)
{
	if (!view_came(view, fault, arg))
		return;
	json_object_del(view, "tree");
	reply_json(arg, 200, view);
}

static void
viewed_end(json_t *view, const struct fault *fault, void *arg)
{
	struct exchange *x = arg;
	bool there;

	if (!view_came(view, fault, x))
		return;
	json_object_del(view, "tree");
	stream_start(x);
	there = stream_send(x, "end", 0, view);
	json_decref(view);
	if (there)
		stream_end(x);
}

static bool
id_ok(struct exchange *x)
{
	struct ulid id;

	if (ulid_parse(x->name, &id))
		return true;
	reply_error(x, 404, HOSPES_ENORUN,
	    "%s is no id of a run; ids have 26 letters and digits, see `hospes ps --all`", x->name);
	return false;
}

/* A number of the query, or `usual`; false, and answered, when it is none or out of bounds. */
static bool
number_query(struct exchange *x, const char *key, unsigned long least, unsigned long most, unsigned long usual,
    unsigned long *ret)
{
	const char *text = exchange_query(x, key);
	unsigned long n;
	char *end;

	*ret = usual;
	if (text == NULL)
		return true;
	errno = 0;
	n = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || n < least || n > most) {
		reply_error(x, 400, HOSPES_EINPUT, "%s has to be a number from %lu to %lu", key, least, most);
		return false;
	}
	*ret = n;
	return true;
}

void
handle_runs(struct exchange *x)
{
	const char *all = exchange_query(x, "all");
	unsigned long limit;

	if (!number_query(x, "limit", 1, LIST_MAX, LIST_DEFAULT, &limit))
		return;
	exchange_owe(x);
	run_list(x->api->runs, all != NULL && strcmp(all, "1") == 0, (unsigned)limit, viewed, x);
}

void
handle_run_tree(struct exchange *x)
{
	if (!id_ok(x))
		return;
	exchange_owe(x);
	run_show(x->api->runs, x->name, viewed, x);
}

void
handle_run_journal(struct exchange *x)
{
	if (!id_ok(x))
		return;
	exchange_owe(x);
	run_records(x->api->runs, x->name, viewed, x);
}

/* ---- Watching ---- */

/* The run's end is durable: its last word, in the form that this exchange wants. */
static void
tell_end(struct exchange *x)
{
	struct run *run = run_find(x->api->runs, x->name);

	if (run == NULL) {
		exchange_owe(x);
		run_show(x->api->runs, x->name, x->streaming ? viewed_end : viewed_run, x);
		return;
	}
	if (x->streaming) {
		json_t *json = run_json(run, true);
		bool there = stream_send(x, "end", 0, json);

		json_decref(json);
		if (there)
			stream_end(x);
	} else {
		reply_json(x, 200, run_json(run, true));
	}
}

/* Parts of the reply go out as fast as the client reads: they may be many times what a slow watcher is cut off for.  The end
 * comes behind them and waits with them. */
static void
flow(struct exchange *x)
{
	struct run *run = run_find(x->api->runs, x->name); /* there as long as we watch */

	for (;;) {
		_cleanup_(json_p) json_t *part = NULL;

		x->choked = x->streaming && stream_queued(x) > STREAM_QUEUE_MAX / 2;
		if (x->choked)
			return;
		if (!x->streaming || x->parts >= run_parts(run))
			break;
		part = run_part(run, x->parts++);
		if (!stream_send(x, "progress", 0, part))
			return;
	}
	if (!x->watch_ended)
		return;
	run_unwatch(&x->watch);
	tell_end(x);
}

void
stream_drained(struct exchange *x)
{
	if (x->choked)
		flow(x);
}

static void
watched(const json_t *event, void *arg)
{
	struct exchange *x = arg;
	const char *type = json_string_value(json_object_get(event, "type"));

	if (event != NULL && (type == NULL || strcmp(type, "parts") != 0)) {
		/* Provisional: nobody is cut off for what is queued of the parts. */
		if (x->streaming && !x->choked)
			stream_send(x, "progress", 0, event);
		return;
	}
	x->watch_ended |= event == NULL;
	if (x->watch != NULL && !x->choked)
		flow(x);
}

static void
watch(struct exchange *x, struct run *run)
{
	/* The watcher may be told things, even be cut off, before run_watch returns. */
	exchange_owe(x);
	struct run_watch *w = x->streaming ? run_watch(run, watched, x) : run_watch_end(run, watched, x);
	if (x->req == NULL) {
		run_unwatch(&w);
		exchange_paid(x);
		return;
	}
	exchange_paid(x);
	x->watch = w;
	flow(x); /* parts that came before us, and the end if that came while we began */
}

/* A run that has ended has no more to tell to a watcher: it is shown from the record, which waits for its durability. */
void
handle_run_wait(struct exchange *x)
{
	struct run *run;

	if (!id_ok(x))
		return;
	run = run_find(x->api->runs, x->name);
	if (run != NULL && run->state == RUN_OPEN) {
		watch(x, run);
		return;
	}
	if (run != NULL && x->api->journal != NULL) {
		reply_durable(x, 200, run_json(run, true));
		return;
	}
	exchange_owe(x);
	run_show(x->api->runs, x->name, viewed_run, x);
}

void
handle_run(struct exchange *x)
{
	struct run *run;

	if (!id_ok(x))
		return;
	run = run_find(x->api->runs, x->name);
	if (run != NULL && run->state == RUN_OPEN)
		reply_durable(x, 200, run_json(run, true));
	else
		handle_run_wait(x);
}

void
handle_run_events(struct exchange *x)
{
	unsigned long parts;
	struct run *run;

	if (!id_ok(x))
		return;
	if (!number_query(x, "parts", 0, UINT32_MAX, 0, &parts))
		return;
	x->parts = (uint32_t)parts;
	run = run_find(x->api->runs, x->name);
	if (run == NULL || (run->state == RUN_ENDED && run_parts(run) <= x->parts)) {
		exchange_owe(x);
		run_show(x->api->runs, x->name, viewed_end, x);
		return;
	}
	stream_start(x);
	watch(x, run);
}

static void
had_ended(struct exchange *x)
{
	reply_error(
	    x, 409, HOSPES_ECONFLICT, "the run %s has ended already; `hospes show %s` tells how", x->name, x->name);
}

/* Ended long ago, or never there: the store knows which. */
static void
viewed_cancel(json_t *view, const struct fault *fault, void *arg)
{
	if (!view_came(view, fault, arg))
		return;
	json_decref(view);
	had_ended(arg);
}

void
handle_run_cancel(struct exchange *x)
{
	struct run *run;
	struct fault fault;

	if (!id_ok(x))
		return;
	run = run_find(x->api->runs, x->name);
	if (run == NULL) {
		exchange_owe(x);
		run_show(x->api->runs, x->name, viewed_cancel, x);
		return;
	}
	if (run_cancel(x->api->runs, run, x->client, &fault) != 0) {
		reply_fault(x, &fault);
		return;
	}
	reply_durable(x, 200, run_json(run, false));
}
