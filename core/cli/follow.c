/* See follow.h. */

#include "config.h"

#include <string.h>
#include <time.h>

#include "base/json.h"
#include "base/util.h"
#include "cli/follow.h"
#include "cli/text.h"

#define STREAM_TRIES    3 /* without an event or another answer */
#define STREAM_PAUSE_NS (50 * 1000 * 1000)

#define STOP_END 2 /* the end event came */

struct following {
	const struct follow *follow;
	bool cancelled;
	bool any;       /* events came since the stream began */
	uint32_t parts; /* of the reply that have come */
	json_t *end;
};

static int
on_event(const char *name, const char *data, size_t len, void *arg)
{
	struct following *f = arg;
	json_t *event = json_loadb(data, len, JSON_ALLOW_NUL, NULL);

	f->any = true;
	if (strcmp(name, "end") == 0 && event != NULL) {
		f->end = event;
		return STOP_END;
	}
	if (strcmp(cli_text(event, "type"), "part") == 0 && f->follow->part != NULL) {
		f->parts++;
		f->follow->part(json_object_get(event, "part"), f->follow->arg);
	} else
		f->follow->event(event, f->follow->arg);
	json_decref(event);
	return 0;
}

static int
on_interrupt(int signo, void *arg)
{
	struct following *f = arg;
	const struct follow *follow = f->follow;
	_cleanup_(free_p) char *path = NULL, *line = NULL;
	struct fault fault;
	json_t *answer;

	(void)signo;
	if (f->cancelled)
		return FOLLOW_LEFT;
	f->cancelled = true;
	path = client_path("/v1/runs/", follow->id, "/cancel");
	line = xasprintf("cancelling run %s; once more to leave it", follow->id);
	if (follow->say != NULL)
		follow->say(line, follow->arg);
	else
		fprintf(stderr, "%s\n", line);
	if (client_post(follow->client, path, NULL, &answer, &fault) != 0)
		cli_fail(follow->cli, &fault);
	else
		json_decref(answer);
	return 0;
}

/* Is the host still there?  Its patience is ours: who was cut off for being slow gives it a moment first. */
static bool
host_answers(struct client *client, const char *id)
{
	_cleanup_(free_p) char *path = client_path("/v1/runs/", id, "");
	_cleanup_(json_p) json_t *run = NULL;
	const struct timespec moment = {.tv_nsec = STREAM_PAUSE_NS};
	struct fault ignored;

	(void)nanosleep(&moment, NULL);
	return client_get(client, path, &run, &ignored) == 0;
}

/* A watcher that was too slow for the host is cut off, be it before the first event, and the run goes on all the same. */
int
follow_run(const struct follow *follow, json_t **end, struct fault *fault)
{
	struct following f = {.follow = follow, .parts = follow->part != NULL ? 0 : UINT32_MAX};
	int rc = 0;

	for (unsigned in_vain = 0; in_vain < STREAM_TRIES; in_vain++) {
		_cleanup_(free_p) char *from = xasprintf("/events?parts=%u", (unsigned)f.parts);
		_cleanup_(free_p) char *events = client_path("/v1/runs/", follow->id, from);

		f.any = false;
		rc = client_stream(follow->client, events, on_event, on_interrupt, &f, fault);
		if (rc == STOP_END) {
			*end = f.end;
			return 0;
		}
		if (rc != 0 && rc != HOSPES_ENOHOST)
			return rc;
		if (f.any || (rc != 0 && host_answers(follow->client, follow->id)))
			in_vain = 0;
	}
	return rc != 0 ? rc : fault_set(fault, HOSPES_EBUG, "the host told nothing of the end of run %s", follow->id);
}

char *
follow_line(const json_t *event)
{
	const char *type = cli_text(event, "type"), *who = cli_text(event, "plugin");
	const json_t *done = json_object_get(event, "done"), *took = json_object_get(event, "duration_ms");
	_cleanup_(buf_free) struct buf line = {0};

	buf_printf(&line, "%s %s", cli_text(event, "path"), who[0] != '\0' ? who : cli_text(event, "target"));
	if (strcmp(type, "call_started") == 0)
		buf_printf(&line, " %s started", cli_text(event, "version"));
	else if (strcmp(type, "call_ended") == 0 || strcmp(type, "op_ended") == 0)
		buf_printf(&line, " %s", cli_text(event, "status"));
	else if (strcmp(type, "progress") != 0 && strcmp(type, "log") != 0)
		buf_printf(&line, " %s", type);
	if (json_is_number(done))
		buf_printf(&line, " %.0f%%", json_number_value(done) * 100);
	if (json_is_number(took))
		buf_printf(&line, " in %.1f ms", json_number_value(took));
	if (cli_text(event, "message")[0] != '\0')
		buf_printf(&line, ": %s", cli_text(event, "message"));
	return text_safe(buf_text(&line), false);
}
