/*
 * Scene: kill -9 of the host in mid-brief.  It is started again and the brief goes on where it was: the same comes out, what
 * was on record is there still, and nothing that had an outcome is asked for twice.
 */

#include "config.h"

#include <signal.h>
#include <string.h>

#include "base/json.h"
#include "base/util.h"
#include "cli/demo.h"

struct crash {
	size_t after;  /* so many ops have to have ended, so that there is something to lose */
	size_t ended;  /* that have */
	json_t *run;   /* as it started */
	json_t *there; /* its records when the host was hit; NULL: it was not */
};

static void
crash_clear(struct crash *c)
{
	json_decref(c->run);
	json_decref(c->there);
	c->run = c->there = NULL;
	c->ended = 0;
}

static void
strike(struct demo *d, const json_t *event, void *arg)
{
	const char *type = cli_text(event, "type");
	_cleanup_(json_p) json_t *records = NULL;
	struct crash *c = arg;
	struct fault ignored;

	if (c->run == NULL)
		c->run = json_deep_copy(event); /* the run comes before its events */
	if ((strcmp(type, "call_ended") == 0 || strcmp(type, "op_ended") == 0) &&
	    strcmp(cli_text(event, "path"), "/0") != 0)
		c->ended++;
	if (c->there == NULL && c->ended >= c->after && demo_journal(d, c->run, &records, &ignored) == 0 &&
	    demo_kill_host(d))
		c->there = json_incref(records);
}

/* How many records of before are not what they were. */
static size_t
lost(const json_t *before, const json_t *after)
{
	const json_t *record;
	size_t i, n = 0;

	json_array_foreach(before, i, record)
	{
		n += !json_equal(record, json_array_get(after, i));
	}
	return n;
}

static bool
same_text(const json_t *a, const json_t *b)
{
	_cleanup_(free_p) char *one = a == NULL ? NULL : json_text(a), *other = b == NULL ? NULL : json_text(b);

	return one != NULL && other != NULL && strcmp(one, other) == 0;
}

static int
judge(struct demo *d, const struct crash *c, const json_t *quiet, const json_t *struck, struct buf *verdict,
    struct fault *fault)
{
	_cleanup_(json_p) json_t *records = NULL;
	size_t again, gone, repeated;
	bool same;
	int rc = demo_journal(d, struck, &records, fault);

	if (rc != 0)
		return rc;
	same = same_text(json_object_get(quiet, "result"), json_object_get(struck, "result"));
	again = demo_count(records, "kind", "replay");
	gone = lost(c->there, records);
	repeated = demo_repeated(records);
	buf_printf(verdict,
	    "%s; of %zu records that it had %zu lost; %zu call%s went on from them; effects repeated: %zu of %zu",
	    same ? "the same result to the byte" : "ANOTHER result", json_array_size(c->there), gone, again,
	    again == 1 ? "" : "s", repeated,
	    demo_count(records, "kind", "call_end") + demo_count(records, "kind", "op_outcome"));
	if (c->there == NULL)
		buf_appends(verdict, "; it was too quick to be hit");
	return same && c->there != NULL && gone == 0 && again > 0 && repeated == 0 &&
		       strcmp(cli_text(struck, "status"), cli_text(quiet, "status")) == 0
		   ? 0
		   : HOSPES_EFAILED;
}

static int
play(struct demo *d, struct crash *c, const char *who, bool documents, struct buf *verdict, struct fault *fault)
{
	_cleanup_(json_p) json_t *quiet = NULL, *struck = NULL;
	long long calls;
	int rc;

	rc = demo_run(d, who, json_incref(d->input), documents ? demo_sources() : NULL, NULL, NULL, &quiet, fault);
	if (rc != 0)
		return rc;
	calls = (long long)json_integer_value(json_object_get(quiet, "calls"));
	demo_say(d, "undisturbed: %s, %lld call%s", cli_text(quiet, "status"), calls, calls == 1 ? "" : "s");
	rc = demo_run(d, who, json_incref(d->input), documents ? demo_sources() : NULL, strike, c, &struck, fault);
	if (rc == 0 && c->there == NULL) {
		pid_t held = demo_signal_cell(d, who, SIGSTOP);

		if (held != 0)
			demo_say(d, "no op of it had ended before; once more, with its cell %d stopped", (int)held);
		crash_clear(c);
		c->after = 0;
		json_decref(struck);
		struck = NULL;
		rc = demo_run(
		    d, who, json_incref(d->input), documents ? demo_sources() : NULL, strike, c, &struck, fault);
	}
	return rc != 0 ? rc : judge(d, c, quiet, struck, verdict, fault);
}

int
demo_crash(struct demo *d, struct buf *verdict, struct fault *fault)
{
	_cleanup_(crash_clear) struct crash c = {.after = d->so != NULL ? 1 : 3};
	int rc = demo_start(d, NULL, "", fault);

	if (rc != 0)
		return rc;
	if (d->so != NULL)
		return play(d, &c, d->name, false, verdict, fault);
	json_decref(d->input);
	d->input = json_pack("{s:s}", "question", d->question);
	rc = demo_load(d, fault);
	return rc != 0 ? rc : play(d, &c, "supervisor", true, verdict, fault);
}
