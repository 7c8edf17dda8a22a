/*
 * Scene: a poll of five voters, of whom one is killed while it thinks, one crashes and one never answers.  The one that was killed
 * votes all the same, the rest are of two minds, and the chair decides: there is an outcome, and it says what became of each.
 */

#include "config.h"

#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/util.h"
#include "cli/demo.h"

#define SECONDS  6
#define KILLED   "demo-voter-2"
#define AIM_NS   (2 * NS_PER_S)
#define N_VOTERS 5

struct dying {
	pid_t pid; /* of the cell that was killed */
};

/* Its cell is on its way when the call is told of. */
static void
strike(struct demo *d, const json_t *event, void *arg)
{
	struct dying *dying = arg;
	int64_t until = clock_mono_ns() + AIM_NS;

	if (dying->pid != 0 || strcmp(cli_text(event, "type"), "call_started") != 0 ||
	    strcmp(cli_text(event, "plugin"), KILLED) != 0)
		return;
	while ((dying->pid = demo_signal_cell(d, KILLED, SIGKILL)) == 0 && clock_mono_ns() < until)
		demo_breathe();
	if (dying->pid != 0)
		demo_say(d, "kill -9 %d: the cell of " KILLED ", which thinks", (int)dying->pid);
}

static json_t *
voters(const struct demo *d)
{
	json_t *names = json_array();

	for (int i = 1; i <= N_VOTERS; i++)
		json_array_append_new(
		    names, i == 1 && d->so != NULL ? json_string(d->name) : json_sprintf("demo-voter-%d", i));
	return names;
}

static void
say_ballot(const struct demo *d, const json_t *ballot)
{
	const char *why_not = cli_text(ballot, "why_not"), *choice = cli_text(ballot, "choice");

	demo_say(d, "%s: %s%s", cli_text(ballot, "voter"), why_not[0] != '\0' ? "does not count, " : "",
	    why_not[0] != '\0'  ? why_not
	    : choice[0] != '\0' ? choice
				: "abstains");
}

static void
say_ballots(const struct demo *d, const json_t *outcome)
{
	const json_t *ballot;
	size_t i;

	json_array_foreach(json_object_get(outcome, "ballots"), i, ballot)
	{
		say_ballot(d, ballot);
	}
	if (json_object_get(outcome, "tie_breaker") != NULL)
		say_ballot(d, json_object_get(outcome, "tie_breaker"));
}

static int
judge(struct demo *d, const struct dying *dying, const json_t *run, const json_t *records, struct buf *verdict)
{
	const json_t *outcome = json_object_get(run, "result"), *ballots = json_object_get(outcome, "ballots");
	const char *how = cli_text(outcome, "how"), *chosen = cli_text(outcome, "outcome");
	size_t twice = demo_repeated(records);

	if (how[0] == '\0') {
		buf_printf(verdict, "no outcome; the run ended as %s", cli_text(run, "status"));
		return HOSPES_EFAILED;
	}
	say_ballots(d, outcome);
	buf_printf(verdict, "%s, %s, after %.1f s; %zu of %d ballots accounted for, %zu voters paid twice",
	    chosen[0] != '\0' ? chosen : "nothing", how, json_number_value(json_object_get(run, "duration_ms")) / 1000,
	    json_array_size(ballots), N_VOTERS, twice);
	if (dying->pid == 0)
		buf_appends(verdict, "; " KILLED " was too quick to be killed");
	if (json_array_size(ballots) != N_VOTERS || twice > 0)
		return HOSPES_EFAILED;
	/* What a plugin of the user's own has to say decides the rest. */
	return d->so != NULL || (dying->pid != 0 && strcmp(how, "tie_broken") == 0) ? 0 : HOSPES_EFAILED;
}

int
demo_poll(struct demo *d, struct buf *verdict, struct fault *fault)
{
	static const char *const plugins[] = {"demo-poll", "demo-chair", "demo-voter-1", "demo-voter-2", "demo-voter-3",
	    "demo-voter-4", "demo-voter-5", NULL};
	_cleanup_(json_p) json_t *run = NULL, *records = NULL;
	struct dying dying = {0};
	int rc = demo_start(d, plugins, "", fault);

	if (rc != 0)
		return rc;
	demo_say(d, "five vote: one is killed, one crashes, one never answers; they have %d s", SECONDS);
	rc = demo_run(d, "demo-poll", json_pack("{s:o s:i}", "voters", voters(d), "ms", SECONDS * 1000), NULL, strike,
	    &dying, &run, fault);
	if (rc == 0)
		rc = demo_journal(d, run, &records, fault);
	return rc != 0 ? rc : judge(d, &dying, run, records, verdict);
}
