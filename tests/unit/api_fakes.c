/* See api_fakes.h. */

#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "api/serve.h"
#include "api_fakes.h"
#include "base/json.h"
#include "base/util.h"

struct run_watch {
	struct run_watch *next;
	run_event *event;
	void *arg;
};

struct fakes fakes;
static char known_key[RUN_KEY_MAX + 1];

static char *no_dirs[] = {NULL}, state_dir[] = "/state";
static char *capabilities[] = {(char[]){"count.words"}, NULL};
static struct version version = {.name = "wordcount",
    .semver = "1.0.0",
    .state = VERSION_ACTIVE,
    .object_hex = "abc",
    .summary = (char[]){"counts"},
    .capabilities = capabilities};

void
fakes_reset(const char *socket_path)
{
	json_decref(fakes.request);
	memset(&fakes, 0, sizeof(fakes));
	known_key[0] = '\0';
	fakes.policy.socket_path = (char *)(uintptr_t)socket_path;
	fakes.policy.state_dir = state_dir;
	fakes.policy.plugin_dirs = no_dirs;
	fakes.policy.input_max = 64 * MIB;
	strcpy(fakes.run.id_text, RUN_ID);
}

/* ---- policy, cell ---- */

json_t *
policy_texts(const struct policy *p)
{
	return json_pack("{s:s}", "state_dir", p->state_dir);
}

struct policy *
policy_ref(struct policy *p)
{
	p->refs++;
	return p;
}

void
policy_unref(struct policy **p)
{
	(*p)->refs--;
	*p = NULL;
}

const char *
sandbox_layer_name(enum sandbox_layer layer)
{
	return layer == LAYER_SECCOMP ? "seccomp" : "other";
}

unsigned
cells_of(struct cells *cells, const uint8_t object[32], struct cell_info *ret, unsigned n)
{
	(void)cells, (void)object, (void)ret, (void)n;
	return 0;
}

uint32_t
cells_layers(const struct cells *cells)
{
	(void)cells;
	return LAYERS_REQUIRED;
}

/* ---- registry ---- */

bool
registry_settling(const struct registry *r)
{
	(void)r;
	return false;
}

int
registry_walk(const struct registry *r, const char *name, int (*visit)(const struct version *v, void *arg), void *arg)
{
	(void)r;
	return name == NULL || strcmp(name, version.name) == 0 ? visit(&version, arg) : 0;
}

struct version *
registry_version(const struct registry *r, const char *name, const char *semver)
{
	(void)r, (void)name, (void)semver;
	return &version;
}

int
registry_rollback(struct registry *r, const char *name, const char *semver, const char *actor, const char *why,
    const struct version **ret, struct fault *fault)
{
	(void)r, (void)semver, (void)why, (void)actor;
	if (strcmp(name, version.name) != 0)
		return fault_set(fault, HOSPES_ENOAGENT, "no plugin is called %s", name);
	*ret = &version;
	return 0;
}

int
registry_withdraw(
    struct registry *r, const char *name, const char *semver, const char *actor, const char *why, struct fault *fault)
{
	const struct version *v;

	return registry_rollback(r, name, semver, actor, why, &v, fault);
}

void
registry_install(struct registry *r, int file_fd, const char *actor, registry_installed *done, void *arg)
{
	struct stat st;

	(void)r, (void)actor;
	fstat(file_fd, &st);
	close(file_fd);
	fakes.installs++;
	fakes.installed_bytes = (size_t)st.st_size;
	done(&version, NULL, arg);
}

bool
plugin_name_valid(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= 64 && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len && name[0] >= 'a';
}

bool
semver_valid(const char *text)
{
	return text[0] >= '0' && text[0] <= '9';
}

const char *
plugin_kind_name(enum plugin_kind kind)
{
	(void)kind;
	return "agent";
}

const char *
version_state_name(enum version_state state)
{
	(void)state;
	return "active";
}

/* ---- run ---- */

/* One key, of one client: the fake remembers the last that a run was started under. */
struct run_keys {
	size_t n;
	run_keys_found *found;
	void *arg;
	char key[MANY_MAX][RUN_KEY_MAX + 1];
};

bool
run_key_valid(const char *key, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (key[i] <= ' ' || key[i] > '~')
			return false;
	return len > 0 && len <= RUN_KEY_MAX;
}

void
fake_keys(void)
{
	struct run_keys *keys = fakes.keys;

	fakes.keys = NULL;
	keys->found(keys, keys->arg);
	free(keys);
}

void
run_keys_find(struct runs *r, const char *client, const char *const *names, size_t n, run_keys_found *found, void *arg)
{
	struct run_keys *keys = xcalloc(1, sizeof(*keys));

	(void)r, (void)client;
	*keys = (struct run_keys){.n = n, .found = found, .arg = arg};
	for (size_t i = 0; i < n; i++)
		if (names[i] != NULL)
			strcpy(keys->key[i], names[i]);
	fakes.keys = keys;
	fakes.lookups++;
	if (!fakes.keys_wait)
		fake_keys();
}

struct run_key *
run_keys_nth(struct run_keys *keys, size_t nth)
{
	return keys->key[nth][0] == '\0' ? NULL : (struct run_key *)(void *)keys->key[nth];
}

void
run_key_text(struct runs *r, const struct run_key *key, struct buf *out)
{
	(void)r;
	buf_printf(out, "{\"id\":\"" RUN_ID "\",\"key\":\"%s\",\"repeated\":true}", (const char *)key);
}

int
run_start(struct runs *r, const json_t *request, struct payload *input, const char *client, struct run_key *key,
    struct run **ret, struct fault *fault)
{
	(void)r, (void)client;
	if (strcmp(json_string_value(json_object_get(request, "plugin")), version.name) != 0)
		return fault_set(fault, HOSPES_ENOAGENT, "there is no such agent");
	*ret = NULL;
	if (key != NULL && strcmp((const char *)key, known_key) == 0)
		return 0;
	strcpy(known_key, key != NULL ? (const char *)key : "");
	json_decref(fakes.request);
	fakes.request = json_deep_copy(request);
	if (input != NULL)
		json_object_set_new(fakes.request, "input", json_read(input->data, input->len, "input", NULL));
	fakes.has_run = true;
	fakes.run.state = RUN_OPEN;
	fakes.started++;
	*ret = &fakes.run;
	return 0;
}

struct run *
run_find(struct runs *r, const char *id_text)
{
	(void)r;
	return fakes.has_run && strcmp(id_text, RUN_ID) == 0 ? &fakes.run : NULL;
}

int
run_resolve(struct runs *r, struct run *run, const json_t *request, const char *who, struct fault *fault)
{
	(void)r;
	(void)run;
	if (json_object_get(request, "call") == NULL)
		return fault_set(fault, HOSPES_ECONFLICT, "nothing waits there");
	snprintf(fakes.resolved, sizeof fakes.resolved, "%s %s", who,
	    json_string_value(json_object_get(request, "outcome")));
	return 0;
}

int
run_cancel(struct runs *r, struct run *run, const char *who, struct fault *fault)
{
	(void)r, (void)who;
	if (run->state == RUN_ENDED)
		return fault_set(fault, HOSPES_ECONFLICT, "it has ended already");
	fakes.cancels++;
	return 0;
}

json_t *
run_json(const struct run *run, bool with_result)
{
	json_t *json = json_pack("{s:s, s:s}", "id", run->id_text, "state", run->state == RUN_OPEN ? "open" : "ended");

	if (with_result && run->state == RUN_ENDED)
		json_object_set_new(json, "result", json_integer(42));
	return json;
}

void
run_text(const struct run *run, bool with_result, struct buf *out)
{
	_cleanup_(json_p) json_t *json = run_json(run, with_result);
	_cleanup_(free_p) char *text = json_text(json);

	buf_appends(out, text);
}

struct run_watch *
run_watch(struct run *run, run_event *event, void *arg)
{
	struct run_watch *w = xcalloc(1, sizeof(*w));

	*w = (struct run_watch){.next = fakes.watch, .event = event, .arg = arg};
	fakes.watch = w;
	fakes.watches++;
	if (run->state == RUN_ENDED)
		event(NULL, arg);
	return w;
}

struct run_watch *
run_watch_end(struct run *run, run_event *event, void *arg)
{
	return run_watch(run, event, arg);
}

bool
run_watch_open(const struct run_watch *w)
{
	(void)w;
	return fakes.run.state == RUN_OPEN;
}

void
run_unwatch(struct run_watch **w)
{
	if (*w == NULL)
		return;
	for (struct run_watch **at = &fakes.watch; *at != NULL; at = &(*at)->next) {
		if (*at == *w) {
			*at = (*w)->next;
			break;
		}
	}
	fakes.watches--;
	free(*w);
	*w = NULL;
}

uint32_t
run_parts(const struct run *run)
{
	(void)run;
	return fakes.parts;
}

json_t *
run_part(const struct run *run, uint32_t nth)
{
	_cleanup_(free_p) char *text = xcalloc(1, fakes.part_bytes + 1);

	(void)run;
	fakes.parts_taken++;
	memset(text, 'x', fakes.part_bytes);
	return json_pack("{s:s s:I s:s}", "type", "part", "n", (json_int_t)nth, "part", text);
}

void
fake_event(const json_t *event)
{
	if (event == NULL)
		fakes.run.state = RUN_ENDED;
	for (struct run_watch *w = fakes.watch, *next; w != NULL; w = next) {
		next = w->next;
		w->event(event, w->arg);
	}
}

void
fake_view(void)
{
	struct fault fault;
	run_viewed *done = fakes.view_done;

	fakes.view_done = NULL;
	if (fakes.store_has_run) {
		json_t *parts = json_array();

		for (uint32_t i = 0; i < fakes.parts; i++)
			json_array_append_new(parts, run_part(NULL, i));
		done(json_pack("{s:s, s:s, s:{}, s:o}", "id", RUN_ID, "state", "ended", "tree", "parts", parts), NULL,
		    fakes.view_arg);
	} else {
		fault_set(&fault, HOSPES_ENORUN, "there is no such run");
		done(NULL, &fault, fakes.view_arg);
	}
}

static void
view(run_viewed *done, void *arg)
{
	fakes.view_done = done;
	fakes.view_arg = arg;
	if (!fakes.views_wait)
		fake_view();
}

void
run_show(struct runs *r, const char *id_text, run_viewed *done, void *arg)
{
	(void)r, (void)id_text;
	view(done, arg);
}

void
run_budget(struct runs *r, const char *id_text, run_viewed *done, void *arg)
{
	(void)r, (void)id_text;
	view(done, arg);
}

json_t *
runs_accounts(struct runs *r)
{
	(void)r;
	return json_pack("{s:s s:[]}", "day", "2026-10-01", "accounts");
}

void
run_reply(struct runs *r, const char *id_text, run_viewed *done, void *arg)
{
	(void)r, (void)id_text;
	view(done, arg);
}

void
run_records(struct runs *r, const char *id_text, run_viewed *done, void *arg)
{
	(void)r, (void)id_text;
	view(done, arg);
}

void
run_list(struct runs *r, bool all, unsigned limit, run_viewed *done, void *arg)
{
	(void)r, (void)all;
	done(json_pack("[i]", (int)limit), NULL, arg);
}

unsigned
runs_resuming_count(const struct runs *r)
{
	(void)r;
	return 0;
}

unsigned
runs_retry_after(const struct runs *r)
{
	(void)r;
	return 7;
}

unsigned
runs_open_count(const struct runs *r)
{
	(void)r;
	return 0;
}

/* ---- backups: one that is made at once ---- */

void
backups_start(struct backups *b, const char *to, backups_done *done, void *arg)
{
	(void)b;
	done(json_pack("{s:s}", "dir", to), NULL, arg);
}

/* ---- journal ---- */

uint64_t
journal_syncs(struct journal *j)
{
	(void)j;
	return 7;
}

uint64_t
journal_end(const struct journal *j)
{
	(void)j;
	return 100;
}

void
journal_await(struct journal *j, uint64_t lsn, journal_done *done, void *arg)
{
	(void)j, (void)lsn;
	if (!fakes.holds) {
		done(arg);
		return;
	}
	fakes.done = done;
	fakes.done_arg = arg;
}

void
journal_forget(struct journal *j, void *arg)
{
	(void)j;
	if (fakes.done_arg == arg)
		fakes.done = NULL;
}

void
fake_durable(void)
{
	journal_done *done = fakes.done;

	fakes.done = NULL;
	if (done != NULL)
		done(fakes.done_arg);
}

/* ---- Erasing ---- */

void
run_erase(struct runs *r, const char *id_text, const char *who, const char *why, run_viewed *done, void *arg)
{
	struct fault fault;

	(void)r, (void)who, (void)why;
	fault_set(&fault, HOSPES_ENORUN, "there is no run %s", id_text);
	done(NULL, &fault, arg);
}

void
run_erase_readers(struct runs *r, const char *digest, const char *client, const char *who, const char *why,
    run_viewed *done, void *arg)
{
	(void)r, (void)digest, (void)client, (void)who, (void)why;
	done(json_array(), NULL, arg);
}
