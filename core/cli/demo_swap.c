/* Scene: cp of a new version under load, then a rollback.  Every run is answered, each by one version. */

#include "config.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/fd.h"
#include "base/install.h"
#include "base/json.h"
#include "base/util.h"
#include "cli/demo.h"

#define RUNS_EACH  60 /* at least, before, with and after the new version */
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

/* Runs are started one after the other by a thread of their own, from before the new version comes until after it went. */
struct load {
	struct demo *d;
	const char *who;
	json_t *ids; /* the thread's until it has ended */
	_Atomic size_t started;
	_Atomic bool stop;
	struct fault fault; /* why it ended early */
};

static void *
push(void *arg)
{
	struct load *l = arg;
	_cleanup_(json_p) json_t *request = json_pack("{s:s, s:O}", "plugin", l->who, "input", l->d->input);
	_cleanup_(client_close) struct client *client = NULL;
	int rc = client_open(&client, private_host_socket(l->d->host), &l->fault);

	while (rc == 0 && !atomic_load(&l->stop)) {
		_cleanup_(json_p) json_t *started = NULL;

		rc = client_post(client, "/v1/runs", request, &started, &l->fault);
		if (rc == 0) {
			json_array_append(l->ids, json_object_get(started, "id"));
			atomic_fetch_add(&l->started, 1);
		}
	}
	l->fault.status = rc;
	atomic_store(&l->stop, true);
	return NULL;
}

/* Until as many more have been started; false: none will be. */
static bool
some_more(struct load *l)
{
	size_t until = atomic_load(&l->started) + RUNS_EACH;

	while (atomic_load(&l->started) < until) {
		if (atomic_load(&l->stop))
			return false;
		demo_breathe();
	}
	return true;
}

struct tally {
	json_t *versions; /* version -> how many runs */
	size_t failed;
	size_t late; /* with another version than the first, after the rollback */
};

/* Waits for each run; those from `rolled_back` on were started after the rollback was told. */
static int
count(struct load *l, size_t rolled_back, const char *semver, struct tally *t, struct fault *fault)
{
	const json_t *id;
	size_t i;

	json_array_foreach(l->ids, i, id)
	{
		_cleanup_(free_p) char *wait = client_path("/v1/runs/", json_string_value(id), "/wait");
		_cleanup_(free_p) char *tree = client_path("/v1/runs/", json_string_value(id), "/tree");
		_cleanup_(json_p) json_t *end = NULL, *run = NULL;
		const char *version;

		if (client_get(l->d->client, wait, &end, fault) != 0 ||
		    client_get(l->d->client, tree, &run, fault) != 0)
			return fault->status;
		version = cli_text(json_object_get(run, "tree"), "version");
		t->failed += strcmp(cli_text(run, "status"), "ok") != 0;
		t->late += i >= rolled_back && strcmp(version, semver) != 0;
		json_object_set_new(
		    t->versions, version, json_integer(json_integer_value(json_object_get(t->versions, version)) + 1));
	}
	return 0;
}

/* What happens while the load goes on.  *rolled_back: how many runs had been started when the rollback was told. */
static int
swap(struct load *l, const char *semver, const char *newer, const struct buf *so, size_t *rolled_back,
    struct fault *fault)
{
	_cleanup_(free_p) char *rollback = client_path("/v1/agents/", l->who, "/rollback");
	_cleanup_(json_p) json_t *answer = NULL;

	if (!some_more(l))
		return HOSPES_EFAILED;
	demo_say(l->d, "cp %s-%s.so, while runs are in flight", l->who, newer);
	if (demo_drop(l->d, l->who, newer, so->data, so->len, fault) != 0)
		return fault->status;
	if (!some_more(l))
		return HOSPES_EFAILED;
	demo_say(l->d, "hospes rollback %s, to %s", l->who, semver);
	if (client_post(l->d->client, rollback, NULL, &answer, fault) != 0)
		return fault->status;
	/* The one whose request is on its way may have been before. */
	*rolled_back = atomic_load(&l->started) + 1;
	return some_more(l) ? 0 : HOSPES_EFAILED;
}

static int
play(struct load *l, const char *semver, const char *newer, const struct buf *so, struct tally *t, struct fault *fault)
{
	size_t rolled_back = SIZE_MAX;
	pthread_t thread;
	int rc;

	if (pthread_create(&thread, NULL, push, l) != 0)
		return fault_set(fault, HOSPES_ENOMEM, "no thread for the load");
	rc = swap(l, semver, newer, so, &rolled_back, fault);
	atomic_store(&l->stop, true);
	pthread_join(thread, NULL);
	if (l->fault.status != 0) {
		*fault = l->fault;
		return fault->status;
	}
	return rc != 0 ? rc : count(l, rolled_back, semver, t, fault);
}

int
demo_swap(struct demo *d, struct buf *verdict, struct fault *fault)
{
	_cleanup_(free_p) char *shipped = xasprintf("%s/wordcount.so", install_dir(INSTALL_PLUGINS));
	_cleanup_(json_p) json_t *ids = json_array(), *versions = json_object();
	_cleanup_(buf_free) struct buf so = {0};
	struct load l = {.d = d, .who = d->so != NULL ? d->name : "wordcount", .ids = ids};
	struct tally t = {.versions = versions};
	const char *semver = d->so != NULL ? d->semver : "1.0.0", *version;
	char newer[SEMVER_MAX];
	json_t *n;
	int rc = fd_read_file(d->so != NULL ? d->so : shipped, &so, PLUGIN_MAX, fault);

	if (rc == 0)
		rc = make_newer(&so, semver, newer, fault);
	if (rc == 0)
		rc = demo_start(d, NULL, "", fault);
	if (rc == 0)
		rc = play(&l, semver, newer, &so, &t, fault);
	if (rc != 0)
		return rc;
	buf_printf(verdict, "%zu runs:", json_array_size(ids));
	json_object_foreach(versions, version, n)
	{
		buf_printf(verdict, " %lld on %s,", (long long)json_integer_value(n), version);
	}
	buf_printf(verdict, " %zu failed; %zu on %s after the rollback", t.failed, t.late, newer);
	return t.failed == 0 && t.late == 0 && json_object_size(versions) == 2 &&
		       json_integer_value(json_object_get(versions, newer)) > 0
		   ? 0
		   : HOSPES_EFAILED;
}
