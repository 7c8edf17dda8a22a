/* Scene: cp of a new version under load, then a rollback.  Every run is answered, each by one version. */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/install.h"
#include "base/json.h"
#include "base/util.h"
#include "cli/demo.h"

#define RUNS_EACH  60 /* before, with and after the new version */
#define PLUGIN_MAX (64 * MIB)
#define SEMVER_MAX 64

/* The plugin's version in the bytes of its file made the next one of the same length, "1.0.0" to "1.0.1": a really new
 * version without a compiler. */
static int
make_newer(struct buf *so, const char *semver, char newer[SEMVER_MAX], struct fault *fault)
{
	_cleanup_(free_p) char *note = xasprintf("version=%s", semver);
	size_t len = strlen(note) + 1, digits = strcspn(semver, "-+");
	uint8_t *at = so->len < len ? NULL : memmem(so->data, so->len, note, len);

	if (at == NULL || strlen(semver) >= SEMVER_MAX)
		return fault_set(fault, HOSPES_EBADPLUGIN, "its file has no note %s", note);
	strcpy(newer, semver);
	while (digits > 0 && newer[digits - 1] == '9')
		digits--;
	if (digits == 0 || newer[digits - 1] == '.')
		return fault_set(fault, HOSPES_EINPUT,
		    "no version of the same length comes after %s; play this scene with another file", semver);
	newer[digits - 1]++;
	memcpy(at + strlen("version="), newer, strlen(newer));
	return 0;
}

struct load {
	const char *who;
	json_t *ids;
};

static int
start_runs(struct demo *d, struct load *l, struct fault *fault)
{
	_cleanup_(json_p) json_t *request = json_pack("{s:s, s:O}", "plugin", l->who, "input", d->input);
	int rc = 0;

	for (unsigned i = 0; i < RUNS_EACH && rc == 0; i++) {
		_cleanup_(json_p) json_t *started = NULL;

		rc = client_post(d->client, "/v1/runs", request, &started, fault);
		if (rc == 0)
			json_array_append(l->ids, json_object_get(started, "id"));
	}
	return rc;
}

/* Waits for each run; *counts: version -> how many. */
static int
count(struct demo *d, const struct load *l, json_t *counts, size_t *failed, struct fault *fault)
{
	const json_t *id;
	size_t i;

	json_array_foreach(l->ids, i, id)
	{
		_cleanup_(free_p) char *wait = client_path("/v1/runs/", json_string_value(id), "/wait");
		_cleanup_(free_p) char *tree = client_path("/v1/runs/", json_string_value(id), "/tree");
		_cleanup_(json_p) json_t *end = NULL, *run = NULL;
		const char *version;

		if (client_get(d->client, wait, &end, fault) != 0 || client_get(d->client, tree, &run, fault) != 0)
			return fault->status;
		version = cli_text(json_object_get(run, "tree"), "version");
		*failed += strcmp(cli_text(run, "status"), "ok") != 0;
		json_object_set_new(
		    counts, version, json_integer(json_integer_value(json_object_get(counts, version)) + 1));
	}
	return 0;
}

/* Before, with, after the new version: a third of all runs each. */
static int
play(struct demo *d, struct load *l, const char *semver, const char *newer, const struct buf *so, struct fault *fault)
{
	_cleanup_(free_p) char *rollback = client_path("/v1/agents/", l->who, "/rollback");
	_cleanup_(json_p) json_t *answer = NULL;
	int rc = start_runs(d, l, fault);

	if (rc == 0) {
		demo_say(d, "cp %s-%s.so, while runs are in flight", l->who, newer);
		rc = demo_drop(d, l->who, newer, so->data, so->len, fault);
	}
	if (rc == 0)
		rc = start_runs(d, l, fault);
	if (rc == 0) {
		demo_say(d, "hospes rollback %s, to %s", l->who, semver);
		rc = client_post(d->client, rollback, NULL, &answer, fault);
	}
	return rc != 0 ? rc : start_runs(d, l, fault);
}

int
demo_swap(struct demo *d, struct buf *verdict, struct fault *fault)
{
	_cleanup_(free_p) char *shipped = xasprintf("%s/wordcount.so", install_dir(INSTALL_PLUGINS));
	_cleanup_(json_p) json_t *ids = json_array(), *counts = json_object();
	_cleanup_(buf_free) struct buf so = {0};
	struct load l = {.who = d->so != NULL ? d->name : "wordcount", .ids = ids};
	const char *semver = d->so != NULL ? d->semver : "1.0.0", *version;
	char newer[SEMVER_MAX];
	size_t failed = 0;
	json_t *n;
	int rc = fd_read_file(d->so != NULL ? d->so : shipped, &so, PLUGIN_MAX, fault);

	if (rc == 0)
		rc = make_newer(&so, semver, newer, fault);
	if (rc == 0)
		rc = demo_start(d, NULL, "", fault);
	if (rc == 0)
		rc = play(d, &l, semver, newer, &so, fault);
	if (rc == 0)
		rc = count(d, &l, counts, &failed, fault);
	if (rc != 0)
		return rc;
	buf_printf(verdict, "%zu runs:", json_array_size(ids));
	json_object_foreach(counts, version, n)
	{
		buf_printf(verdict, " %lld on %s,", (long long)json_integer_value(n), version);
	}
	buf_printf(verdict, " %zu failed", failed);
	return failed == 0 && json_integer_value(json_object_get(counts, semver)) == 2 * RUNS_EACH &&
		       json_integer_value(json_object_get(counts, newer)) == RUNS_EACH
		   ? 0
		   : HOSPES_EFAILED;
}
