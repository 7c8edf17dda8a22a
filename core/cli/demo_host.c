/* A scene's host: started, fed with plugins and documents, asked to run things, and its journal read. */

#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/install.h"
#include "base/json.h"
#include "base/util.h"
#include "cli/demo.h"
#include "cli/sources.h"

#define SPACE       "demo"
#define PATIENCE_NS (30 * NS_PER_S)
#define LOOK_NS     (5 * NS_PER_MS)
#define WALL_MS     60000 /* a run that hangs shows a promise broken, too */
#define STOP_END    2

void
demo_say(const struct demo *d, const char *format, ...)
{
	va_list args;

	if (d->cli->json)
		return;
	printf("   ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

/* ---- The host ---------------------------------------------------------------------------------------------------- */

char *
demo_plugin(const char *name)
{
	/* Beside the folder of the plugins that every host takes in. */
	return xasprintf("%s/../demo/%s.so", install_dir(INSTALL_PLUGINS), name);
}

int
demo_start(struct demo *d, const char *const *plugins, const char *config, struct fault *fault)
{
	static const char *folders[2];
	size_t n = 0;
	int rc;

	folders[0] = install_dir(INSTALL_PLUGINS);
	d->options = (struct private_host_options){
	    .command = "demo", .folders = folders, .files = d->files, .config_text = config, .goes_on = true};
	for (; plugins != NULL && n < DEMO_FILES && plugins[n] != NULL; n++)
		d->files[n] = d->made[n] = demo_plugin(plugins[n]);
	if (d->so != NULL)
		d->files[n] = d->so;
	rc = private_host_start(&d->host, &d->options, fault);
	if (rc == 0)
		rc = client_open(&d->client, private_host_socket(d->host), fault);
	if (rc == 0)
		client_interruptible(d->client);
	return rc;
}

void
demo_stop(struct demo *d)
{
	client_close(&d->client);
	private_host_stop(&d->host);
	d->host_killed = false;
	for (size_t i = 0; i < DEMO_FILES; i++) {
		free(d->made[i]);
		d->made[i] = NULL;
	}
	memset(d->files, 0, sizeof(d->files));
}

void
demo_breathe(void)
{
	const struct timespec look = {.tv_nsec = LOOK_NS};

	(void)nanosleep(&look, NULL);
}

/* What the API says of an active plugin, NULL when it is not active; new reference. */
static json_t *
agent(struct demo *d, const char *name, struct fault *fault)
{
	_cleanup_(json_p) json_t *agents = NULL;
	json_t *one;
	size_t i;

	if (client_get(d->client, "/v1/agents", &agents, fault) != 0)
		return NULL;
	json_array_foreach(agents, i, one)
	{
		if (strcmp(cli_text(one, "name"), name) == 0)
			return json_incref(one);
	}
	return NULL;
}

int
demo_drop(struct demo *d, const char *name, const char *semver, const void *bytes, size_t len, struct fault *fault)
{
	_cleanup_(free_p) char *path = xasprintf("%s/%s-%s.so", private_host_folder(d->host), name, semver);
	int64_t until = clock_mono_ns() + PATIENCE_NS;
	int rc = fd_write_file(path, bytes, len, 0644, fault);

	while (rc == 0) {
		_cleanup_(json_p) json_t *found = agent(d, name, fault);

		if (found != NULL && strcmp(cli_text(found, "version"), semver) == 0)
			return 0;
		if (clock_mono_ns() > until)
			return fault_set(fault, HOSPES_ELOAD, "%s %s did not become active; the host's log is %s", name,
			    semver, private_host_log(d->host));
		demo_breathe();
	}
	return rc;
}

int
demo_load(struct demo *d, struct fault *fault)
{
	const char *const paths[] = {d->sources};
	struct source_set *set = NULL;
	int rc = source_set_load(&set, paths, 1, d->client, SPACE, NULL, fault);

	source_set_free(&set);
	return rc;
}

json_t *
demo_sources(void)
{
	return json_pack("{s:[s]}", "sources", SPACE);
}

bool
demo_kill_host(struct demo *d)
{
	_cleanup_(json_p) json_t *host = NULL;
	struct fault ignored;
	pid_t pid;

	if (client_get(d->client, "/v1/host", &host, &ignored) != 0)
		return false;
	pid = (pid_t)json_integer_value(json_object_get(host, "pid"));
	d->host_killed = pid > 1 && kill(pid, SIGKILL) == 0;
	if (d->host_killed)
		demo_say(d, "kill -9 %d: the host", (int)pid);
	return d->host_killed;
}

int
demo_start_again(struct demo *d, struct fault *fault)
{
	d->host_killed = false;
	demo_say(d, "the host is started again");
	return private_host_restart(d->host, fault);
}

/* ---- Runs -------------------------------------------------------------------------------------------------------- */

struct watching {
	struct demo *d;
	demo_seen *seen;
	void *arg;
	json_t *end;
};

static int
on_event(const char *name, const char *data, size_t len, void *arg)
{
	struct watching *w = arg;
	json_t *event = json_loadb(data, len, JSON_ALLOW_NUL, NULL);

	if (strcmp(name, "end") == 0 && event != NULL) {
		w->end = event;
		return STOP_END;
	}
	if (w->seen != NULL && event != NULL)
		w->seen(w->d, event, w->arg);
	json_decref(event);
	return 0;
}

int
demo_run(struct demo *d, const char *plugin, json_t *input, json_t *more, demo_seen *seen, void *arg, json_t **run,
    struct fault *fault)
{
	_cleanup_(json_p) json_t *request = json_pack("{s:s, s:o}", "plugin", plugin, "input", input);
	_cleanup_(json_p) json_t *started = NULL, *rest = more;
	_cleanup_(free_p) char *path = NULL;
	struct watching w = {.d = d, .seen = seen, .arg = arg};
	char last_id[SSE_ID_MAX] = "";
	int rc;

	if (rest != NULL)
		json_object_update(request, rest);
	if (json_object_get(request, "budget") == NULL)
		json_object_set_new(request, "budget", json_object());
	json_object_set_new(json_object_get(request, "budget"), "wall_ms", json_integer(WALL_MS));
	rc = client_post(d->client, "/v1/runs", request, &started, fault);
	if (rc != 0)
		return rc;
	if (seen != NULL)
		seen(d, started, arg);
	path = client_path("/v1/runs/", cli_text(started, "id"), "/events");
	do {
		rc = client_stream(d->client, path, last_id, on_event, NULL, &w, fault);
	} while (rc == HOSPES_ENOHOST && d->host_killed && (rc = demo_start_again(d, fault)) == 0);
	if (rc == STOP_END) {
		*run = w.end;
		return 0;
	}
	return rc != 0 ? rc : fault_set(fault, HOSPES_EBUG, "the host told nothing of the end of the run");
}

/* ---- What the journal says --------------------------------------------------------------------------------------- */

int
demo_journal(struct demo *d, const json_t *run, json_t **ret, struct fault *fault)
{
	_cleanup_(free_p) char *path = client_path("/v1/runs/", cli_text(run, "id"), "/journal");

	return client_get(d->client, path, ret, fault);
}

const json_t *
demo_record(const json_t *records, const char *key, const char *value)
{
	const json_t *record;
	size_t i;

	json_array_foreach(records, i, record)
	{
		if (strcmp(cli_text(record, key), value) == 0)
			return record;
	}
	return NULL;
}

size_t
demo_repeated(const json_t *records)
{
	_cleanup_(json_p) json_t *begun = json_object(), *ended = json_object();
	const json_t *record;
	size_t i, n = 0;

	json_array_foreach(records, i, record)
	{
		const char *kind = cli_text(record, "kind"), *path = cli_text(record, "path");
		json_t *seen = strcmp(kind, "op_intent") == 0 ? begun : ended;

		if (seen == ended && strcmp(kind, "call_end") != 0 && strcmp(kind, "op_outcome") != 0 &&
		    strcmp(kind, "refusal") != 0)
			continue;
		n += json_object_get(seen, path) != NULL;
		json_object_set_new(seen, path, json_true());
	}
	return n;
}

size_t
demo_count(const json_t *records, const char *key, const char *value)
{
	const json_t *record;
	size_t i, n = 0;

	json_array_foreach(records, i, record)
	{
		n += strcmp(cli_text(record, key), value) == 0;
	}
	return n;
}

pid_t
demo_signal_cell(struct demo *d, const char *plugin, int signal)
{
	struct fault ignored;
	_cleanup_(json_p) json_t *found = agent(d, plugin, &ignored);
	pid_t pid = (pid_t)json_integer_value(json_array_get(json_object_get(found, "pids"), 0));

	return pid > 1 && kill(pid, signal) == 0 ? pid : 0;
}
