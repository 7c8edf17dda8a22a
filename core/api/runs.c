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

static void flow(struct exchange *x);

/* ---- Views of the store ---- */

static void
viewed(json_t *view, const struct fault *fault, void *arg)
{
	if (reply_came(view, fault, arg))
		reply_json(arg, 200, view);
}

static void
viewed_run(json_t *view, const struct fault *fault, void *arg)
{
	if (!reply_came(view, fault, arg))
		return;
	json_object_del(view, "tree");
	json_object_del(view, "parts");
	reply_json(arg, 200, view);
}

static void
viewed_end(json_t *view, const struct fault *fault, void *arg)
{
	struct exchange *x = arg;

	if (!reply_came(view, fault, x))
		return;
	x->past = view;
	x->watch_ended = true;
	stream_start(x);
	flow(x);
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

static bool
number_ok(const char *text, unsigned long least, unsigned long most, unsigned long *ret)
{
	char *end;

	errno = 0;
	*ret = strtoul(text, &end, 10);
	return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && *ret >= least && *ret <= most;
}

bool
exchange_number(struct exchange *x, const char *key, unsigned long least, unsigned long most, unsigned long usual,
    unsigned long *ret)
{
	const char *text = exchange_query(x, key);

	*ret = usual;
	if (text == NULL || number_ok(text, least, most, ret))
		return true;
	reply_error(x, 400, HOSPES_EINPUT, "%s has to be a number from %lu to %lu", key, least, most);
	return false;
}

void
handle_runs(struct exchange *x)
{
	const char *all = exchange_query(x, "all");
	unsigned long limit;

	if (!exchange_number(x, "limit", 1, LIST_MAX, LIST_DEFAULT, &limit))
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

void
handle_run_budget(struct exchange *x)
{
	if (!id_ok(x))
		return;
	exchange_owe(x);
	run_budget(x->api->runs, x->name, viewed, x);
}

/* What was spent is on record first, so it is told once that is durable. */
void
handle_budget(struct exchange *x)
{
	reply_durable(x, 200, runs_accounts(x->api->runs));
}

/* ---- Watching ---- */

/*
 * What is durable has an id: of a part the number of parts up to it, of the end END_ID.  A client that lost its connection,
 * or the host, goes on behind the one that it names as its last, without gap or double.  All else has none, and says that
 * it is provisional: it is told once, to those who are there.
 */
#define END_ID "end"

/* The run's end is durable: its last word, in the form that this exchange wants. */
static void
tell_end(struct exchange *x)
{
	struct run *run = x->past != NULL ? NULL : run_find(x->api->runs, x->name);
	_cleanup_(json_p) json_t *json = NULL;

	if (run == NULL && x->past == NULL) {
		exchange_owe(x);
		run_reply(x->api->runs, x->name, x->streaming ? viewed_end : viewed_run, x);
		return;
	}
	json = run != NULL ? run_json(run, true) : json_incref(x->past);
	json_object_del(json, "parts");
	if (!x->streaming)
		reply_json(x, 200, json_incref(json));
	else if (stream_send(x, "end", END_ID, json))
		stream_end(x);
}

/* The next part of the reply that the client lacks; NULL: there is none yet. */
static json_t *
next_part(struct exchange *x)
{
	const json_t *past = json_object_get(x->past, "parts");
	struct run *run;

	if (x->past != NULL)
		return x->parts < json_array_size(past) ? json_incref(json_array_get(past, x->parts++)) : NULL;
	run = run_find(x->api->runs, x->name); /* there as long as we watch */
	return x->parts < run_parts(run) ? run_part(run, x->parts++) : NULL;
}

/* Parts of the reply go out as fast as the client reads: they may be many times what a slow watcher is cut off for.  The end
 * comes behind them and waits with them. */
static void
flow(struct exchange *x)
{
	while (x->streaming) {
		_cleanup_(json_p) json_t *part = NULL;
		char id[16];

		x->choked = stream_queued(x) > STREAM_QUEUE_MAX / 2;
		if (x->choked)
			return;
		part = next_part(x);
		if (part == NULL)
			break;
		snprintf(id, sizeof(id), "%u", x->parts);
		if (!stream_send(x, "progress", id, part))
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
			stream_send(x, "progress", NULL, event);
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
	const char *last = stream_last_id(x);
	unsigned long parts;
	struct run *run;

	if (!id_ok(x))
		return;
	if (last != NULL && strcmp(last, END_ID) == 0) {
		reply_nothing(x);
		return;
	}
	if (!exchange_number(x, "parts", 0, UINT32_MAX, 0, &parts))
		return;
	if (last != NULL && !number_ok(last, 0, UINT32_MAX, &parts)) {
		reply_error(
		    x, 400, HOSPES_EINPUT, "Last-Event-ID has to be one that this stream gave: a number or " END_ID);
		return;
	}
	x->parts = (uint32_t)parts;
	run = run_find(x->api->runs, x->name);
	if (run == NULL || (run->state == RUN_ENDED && run_parts(run) <= x->parts)) {
		exchange_owe(x);
		run_reply(x->api->runs, x->name, viewed_end, x);
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
viewed_gone(json_t *view, const struct fault *fault, void *arg)
{
	if (!reply_came(view, fault, arg))
		return;
	json_decref(view);
	had_ended(arg);
}

/* The run, where it is in memory; else it is told that it has ended, or that there is none. */
static struct run *
open_run(struct exchange *x)
{
	struct run *run;

	if (!id_ok(x))
		return NULL;
	run = run_find(x->api->runs, x->name);
	if (run == NULL) {
		exchange_owe(x);
		run_show(x->api->runs, x->name, viewed_gone, x);
	}
	return run;
}

void
handle_run_cancel(struct exchange *x)
{
	struct run *run = open_run(x);
	struct fault fault;

	if (run == NULL)
		return;
	if (run_cancel(x->api->runs, run, x->client, &fault) != 0)
		reply_fault(x, &fault);
	else
		reply_durable(x, 200, run_json(run, false));
}

void
handle_run_resolve(struct exchange *x)
{
	struct run *run = open_run(x);
	struct fault fault;

	if (run == NULL)
		return;
	if (run_resolve(x->api->runs, run, x->body, x->client, &fault) != 0)
		reply_fault(x, &fault);
	else
		reply_durable(x, 200, run_json(run, false));
}
