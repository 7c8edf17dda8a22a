/* See follow.h. */

#include "config.h"

#include <string.h>

#include "base/json.h"
#include "base/util.h"
#include "cli/follow.h"
#include "cli/text.h"

#define STREAM_TRIES    3 /* that end in order without an event */
#define STREAM_PAUSE_MS 50

#define STOP_END 2 /* the end event came */

struct following {
	const struct follow *follow;
	bool cancelled;
	bool any; /* events came since the stream began */
	unsigned in_vain;
	char last_id[SSE_ID_MAX];
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
	if (strcmp(cli_text(event, "type"), "part") == 0 && f->follow->part != NULL)
		f->follow->part(json_object_get(event, "part"), f->follow->arg);
	else
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

/* Is the host still there?  Who was cut off for being slow gives it a moment first.  0: it is; FOLLOW_LEFT: an interrupt. */
static int
look_for_host(const struct follow *follow)
{
	_cleanup_(free_p) char *path = client_path("/v1/runs/", follow->id, "");
	_cleanup_(json_p) json_t *run = NULL;
	struct fault fault;
	int rc;

	if (client_pause(STREAM_PAUSE_MS))
		return FOLLOW_LEFT;
	rc = client_get(follow->client, path, &run, &fault);
	return rc == HOSPES_ECANCELLED ? FOLLOW_LEFT : rc;
}

/* The stream ended without its end.  A watcher that was too slow for the host is cut off, be it before the first event, and
 * the run goes on all the same; a host that is gone is waited for.  0: again. */
static int
lost(struct following *f, int rc, struct fault *fault)
{
	struct patience none = {.client = f->follow->client};
	struct patience *patience = f->follow->patience != NULL ? f->follow->patience : &none;

	if (rc != 0 && rc != HOSPES_ENOHOST)
		return rc;
	if (f->any) {
		f->in_vain = 0;
		patience_heard(patience);
	}
	if (rc == 0 && ++f->in_vain == STREAM_TRIES)
		return fault_set(fault, HOSPES_EBUG, "the host told nothing of the end of run %s", f->follow->id);
	if (rc != 0)
		rc = look_for_host(f->follow);
	if (rc == 0 || rc == FOLLOW_LEFT)
		return rc;
	rc = patience_again(patience, fault);
	return rc == HOSPES_ECANCELLED ? FOLLOW_LEFT : rc;
}

int
follow_run(const struct follow *follow, json_t **end, struct fault *fault)
{
	/* parts are many, and who does not want them is not sent them */
	_cleanup_(free_p) char *events =
	    client_path("/v1/runs/", follow->id, follow->part != NULL ? "/events" : "/events?parts=4294967295");
	struct following f = {.follow = follow};
	int rc;

	do {
		f.any = false;
		rc = client_stream(follow->client, events, f.last_id, on_event, on_interrupt, &f, fault);
		if (rc == STOP_END) {
			*end = f.end;
			return 0;
		}
		if (rc != FOLLOW_LEFT)
			rc = lost(&f, rc, fault);
	} while (rc == 0);
	return rc;
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
	else if (strcmp(type, "stage") == 0) /* an attempt of it is over, and another comes */
		buf_printf(&line, " %s, %s on %s: %s", cli_text(event, "status"), cli_text(event, "by"),
		    cli_text(event, "cause"),
		    cli_text(event, "to")[0] != '\0' ? cli_text(event, "to") : cli_text(event, "kind"));
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
