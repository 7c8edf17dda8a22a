/*
 * What becomes of the calls of a dead cell.
 *
 * Suspects are the call that the shared page names and every other that was not parked.  The page is the cell's to
 * write, so it can only add to the suspects.  The others begin again in the pool.  Suspects begin again each alone, in
 * a quarantine cell; only a death there counts against a call.
 *
 * SIGKILL that we did not order came from outside (an operator, or the kernel short of memory): where nobody ran nobody
 * is suspected, and in quarantine it is given a few more chances, since a call that eats memory would use them up.
 */

#include "cell/host.h"

#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>

/* SIGKILL that we did not order. */
static bool
is_outside(const struct cell *cell)
{
	if (cell->why.status != 0)
		return false;
	if (!cell->ended)
		return cell->started; /* its init vanished */
	return WIFSIGNALED(cell->status.wait_status) && WTERMSIG(cell->status.wait_status) == SIGKILL;
}

static void
signal_text(int number, char *out, size_t size)
{
	const char *name = sigabbrev_np(number), *text = sigdescr_np(number);

	(void)snprintf(out, size, "was ended by signal %d%s%s (%s)", number, name == NULL ? "" : ", SIG",
	    name == NULL ? "" : name, text == NULL ? "unknown" : text);
}

static void
how_it_ended(const struct cell *cell, char *out, size_t size)
{
	int status = cell->status.wait_status;

	if (cell->why.status != 0)
		(void)snprintf(out, size, "was killed by the host: %.400s", cell->why.text);
	else if (cell->status.error != 0)
		(void)snprintf(
		    out, size, "could not be started: %s: %s", cell->status.what, strerror(cell->status.error));
	else if (!cell->ended)
		(void)snprintf(out, size, "vanished");
	else if (WIFSIGNALED(status))
		signal_text(WTERMSIG(status), out, size);
	else
		(void)snprintf(out, size, "left with exit status %d", WEXITSTATUS(status));
}

static void
sentence_of(const struct cell *cell, char *out, size_t size)
{
	char how[512], report[sizeof(cell->page->report) + 1];

	how_it_ended(cell, how, sizeof(how));
	cell_report(cell, report, sizeof(report));
	(void)snprintf(
	    out, size, "its cell (pid %d) %.480s%s%.500s", (int)cell->pid, how, report[0] == '\0' ? "" : "; ", report);
}

/* ---- Deaths while loading ---------------------------------------------------------------------------------------- */

static void
load_fault(const struct cell *cell, struct fault *fault)
{
	const struct cell_spec *spec = &cell->spec.spec;
	char sentence[FAULT_TEXT];

	if (cell->why.status != 0) {
		fault_set(fault, cell->why.status, "%s %s: %s", spec->plugin, spec->semver, cell->why.text);
		return;
	}
	sentence_of(cell, sentence, sizeof(sentence));
	fault_set(fault, HOSPES_ELOAD, "%s %s did not load: %.700s", spec->plugin, spec->semver, sentence);
}

static void
died_loading(struct cell *cell)
{
	struct fault fault;

	load_fault(cell, &fault);
	if (cell->pool == NULL)
		probe_failed(cell, &fault);
	else if (fault.status != HOSPES_ECANCELLED)
		pool_cell_failed(cell->pool, cell, &fault, is_outside(cell));
}

/* ---- Deaths with calls ------------------------------------------------------------------------------------------- */

static bool
ran(const struct call *call, uint64_t hint)
{
	return call->state == CALL_RUNNING || call->handle == hint || call->executions - call->evictions > EXECUTIONS_INNOCENT;
}

/* Into the log of the suspect's run, for whoever wonders why it was tried again or failed. */
static void
log_death(const struct cell *cell, struct call *call)
{
	struct cells_events *events = &cell->cells->events;
	char sentence[FAULT_TEXT];

	sentence_of(cell, sentence, sizeof(sentence));
	events->log(call, LOG_LEVEL_ERROR, sentence, events->arg);
}

/* Into the host's: one line a death, with the call that ran as far as can be told. */
static void
blame_death(struct cell *cell, const struct call *call)
{
	char sentence[FAULT_TEXT];

	sentence_of(cell, sentence, sizeof(sentence));
	if (!is_outside(cell))
		cell_blame(cell, call, cell->why.status == 0 ? "died" : status_name(cell->why.status), sentence);
}

/* Marks who is suspected, before anybody is told of anything. */
static void
find_suspects(struct cell *cell)
{
	uint64_t hint = atomic_load(&cell->page->current);
	struct call *call, *accused = NULL;
	unsigned suspects = 0;

	TAILQ_FOREACH(call, &cell->calls, in_cell)
	suspects += ran(call, hint);
	TAILQ_FOREACH(call, &cell->calls, in_cell)
	{
		/* It died of itself and claims that nobody ran: then it may have been any of them. */
		if (!ran(call, hint) && (suspects > 0 || is_outside(cell)))
			continue;
		call->deaths++;
		call->quarantined = true;
		log_death(cell, call);
		if (accused == NULL || call->handle == hint)
			accused = call;
	}
	blame_death(cell, accused);
}

/* The call was alone in quarantine, and what ended the cell can only have been the call. */
static bool
is_proved(const struct cell *cell, const struct call *call, unsigned deaths_before)
{
	if (cell->kind != CELL_QUARANTINE || call->deaths == deaths_before)
		return false;
	return !is_outside(cell) || call->deaths > OUTSIDE_KILLS;
}

static void
poison(struct cell *cell, const struct call *call, struct fault *fault)
{
	int status = HOSPES_EPOISON;
	char sentence[FAULT_TEXT];

	if (cell->why.status == HOSPES_ESTUCK || cell->why.status == HOSPES_EPROTOCOL)
		status = cell->why.status;
	sentence_of(cell, sentence, sizeof(sentence));
	fault_set(fault, status, "%s %s ended %u cells, the last one alone in it: %.850s", call->plugin, call->semver,
	    call->deaths, sentence);
	cell_blame(cell, call, status_name(status), fault->text);
}

static void
begins_again(struct cell *cell)
{
	struct cells *cells = cell->cells;
	struct call *call;

	while ((call = TAILQ_FIRST(&cell->calls)) != NULL) {
		int status = cancel_status(cells, call);

		call_leave(cell, call);
		if (status != 0) {
			struct fault fault;

			fault_set(&fault, status, "%s was told to stop (%s), and its cell ended before it replied",
			    call->plugin, status_name(status));
			call_lost(cells, call, &fault);
			continue;
		}
		pool_queue(cell->pool, call, true);
	}
}

void
death_of(struct cell *cell)
{
	struct cells *cells = cell->cells;
	struct pool *pool = cell->pool;
	struct call *call = TAILQ_FIRST(&cell->calls);

	if (!cell->ready && cell->kind != CELL_PROOF)
		died_loading(cell);
	if (call != NULL) {
		unsigned deaths_before = call->deaths;

		sentence_of(cell, pool->death, sizeof(pool->death));
		find_suspects(cell);
		if (is_proved(cell, call, deaths_before) && cancel_status(cells, call) == 0) {
			struct fault fault;

			poison(cell, call, &fault);
			call_leave(cell, call);
			call_lost(cells, call, &fault);
		}
		begins_again(cell);
	}
	cell_free(cell);
	if (pool != NULL)
		pool_pump(pool);
	pool_sweep_later(cells);
}
