/* Scene: kill -9 of cells in mid-brief.  The same brief comes out, and nothing that had an outcome is asked for twice. */

#include "config.h"

#include <signal.h>
#include <string.h>

#include "base/json.h"
#include "base/util.h"
#include "cli/demo.h"

struct killing {
	const char *director, *worker; /* whose cells are killed */
	pid_t director_pid, worker_pid;
	unsigned ended; /* calls of workers that have */
	pid_t held;     /* a cell that was stopped, for one who would have answered before it was hit */
};

/* The director waits from beginning to end, so it is hit in any case: once its first worker is done.  A worker is hit as
 * it begins. */
static void
strike(struct demo *d, const json_t *event, void *arg)
{
	struct killing *k = arg;
	const char *type = cli_text(event, "type");

	if (k->worker != NULL && k->worker_pid == 0 && strcmp(type, "call_started") == 0 &&
	    strcmp(cli_text(event, "plugin"), k->worker) == 0) {
		k->worker_pid = demo_signal_cell(d, k->worker, SIGKILL);
		if (k->worker_pid != 0)
			demo_say(d, "kill -9 %d: a cell of %s", (int)k->worker_pid, k->worker);
	}
	if (strcmp(type, "call_ended") != 0 && strcmp(type, "op_ended") != 0)
		return;
	if (++k->ended == 1 && strcmp(cli_text(event, "path"), "/0") != 0) {
		k->director_pid = demo_signal_cell(d, k->director, SIGKILL);
		if (k->director_pid != 0)
			demo_say(d, "kill -9 %d: the cell of %s", (int)k->director_pid, k->director);
	}
}

/* Once the run has started, its call waits in the cell that was stopped. */
static void
strike_held(struct demo *d, const json_t *event, void *arg)
{
	struct killing *k = arg;

	(void)event;
	if (k->held == 0 || kill(k->held, SIGKILL) != 0)
		return;
	k->director_pid = k->held;
	k->held = 0;
	demo_say(d, "kill -9 %d: the cell of %s, stopped before it was called", (int)k->director_pid, k->director);
}

static int
play(struct demo *d, struct killing *k, const char *who, bool documents, struct buf *verdict, struct fault *fault)
{
	_cleanup_(json_p) json_t *quiet = NULL, *struck = NULL, *records = NULL;
	size_t replays, twice;
	long long calls;
	bool same;
	int rc;

	rc = demo_run(d, who, json_incref(d->input), documents ? demo_sources() : NULL, NULL, NULL, &quiet, fault);
	if (rc != 0)
		return rc;
	calls = (long long)json_integer_value(json_object_get(quiet, "calls"));
	demo_say(d, "undisturbed: %s, %lld call%s", cli_text(quiet, "status"), calls, calls == 1 ? "" : "s");
	rc = demo_run(d, who, json_incref(d->input), documents ? demo_sources() : NULL, strike, k, &struck, fault);
	if (rc == 0 && k->director_pid == 0 && k->worker_pid == 0) {
		json_decref(struck);
		struck = NULL;
		k->held = demo_signal_cell(d, who, SIGSTOP);
		rc = demo_run(
		    d, who, json_incref(d->input), documents ? demo_sources() : NULL, strike_held, k, &struck, fault);
	}
	if (rc == 0)
		rc = demo_journal(d, struck, &records, fault);
	if (rc != 0)
		return rc;
	same = json_equal(json_object_get(quiet, "result"), json_object_get(struck, "result")) == 1;
	replays = demo_count(records, "kind", "replay");
	twice = demo_repeated(records);
	buf_printf(verdict, "%s; %zu call%s begun again in fresh cells, %zu of %zu ops asked for twice",
	    same ? "the same result to the byte" : "ANOTHER result", replays, replays == 1 ? "" : "s", twice,
	    demo_count(records, "kind", "call_end") + demo_count(records, "kind", "op_outcome"));
	if (k->director_pid == 0 && k->worker_pid == 0)
		buf_printf(verdict, "; it was too quick to be hit");
	return same && twice == 0 && replays > 0 && strcmp(cli_text(struck, "status"), cli_text(quiet, "status")) == 0
		   ? 0
		   : HOSPES_EFAILED;
}

int
demo_kill(struct demo *d, struct buf *verdict, struct fault *fault)
{
	struct killing k = {.director = "supervisor", .worker = "research"};
	int rc = demo_start(d, NULL, "", fault);

	if (rc != 0)
		return rc;
	if (d->so != NULL) {
		k = (struct killing){.director = d->name};
		return play(d, &k, d->name, false, verdict, fault);
	}
	json_decref(d->input);
	d->input = json_pack("{s:s}", "question", d->question);
	rc = demo_load(d, fault);
	return rc != 0 ? rc : play(d, &k, "supervisor", true, verdict, fault);
}
