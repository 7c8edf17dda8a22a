/* See registry_world.h. */

#include "registry_world.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "scratch.h"

struct world w;
struct fault fault;

/* ---- What the registry is given ---------------------------------------------------------------------------------- */

/* Answers come in a later turn, as they do from cells. */
struct answer {
	registry_inspected *inspected;
	registry_probed *probed;
	void *arg;
	json_t *notes;
	struct fault fault;
};

static void
on_answer(evutil_socket_t fd, short what, void *arg)
{
	struct answer *a = arg;
	const struct fault *why = a->fault.status != 0 ? &a->fault : NULL;

	(void)fd, (void)what;
	if (a->inspected != NULL)
		a->inspected(a->notes, why, a->arg);
	else
		a->probed(why, a->arg);
	json_decref(a->notes);
	free(a);
}

static void
answer_later(struct answer *a)
{
	struct timeval now = {0};

	event_base_once(w.loop, -1, EV_TIMEOUT, on_answer, a, &now);
}

static void
fake_inspect(int fd, registry_inspected *done, void *done_arg, void *arg)
{
	struct answer *a = xcalloc(1, sizeof *a);
	_cleanup_(buf_free) struct buf bytes = {0};
	char name[65], version[65];

	(void)arg;
	w.inspections++;
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_int_equal(fd_read_all(fd, &bytes, 16 * MIB, &fault), 0);
	close(fd);
	a->inspected = done;
	a->arg = done_arg;
	if (sscanf(buf_text(&bytes), "%64s %64s", name, version) != 2 || bytes.data[bytes.len - 1] != '.')
		fault_set(&a->fault, HOSPES_EBADPLUGIN, "the file is cut short");
	else
		a->notes = json_pack("{s:{s:s, s:s, s:s, s:[s, s], s:[s]}}", "notes", "kind", "agent", "name", name,
		    "version", version, "capabilities", "count.words", name, "needs", "call:x");
	answer_later(a);
}

static void
fake_probe(const struct version *v, registry_probed *done, void *done_arg, void *arg)
{
	_cleanup_(buf_free) struct buf bytes = {0};
	struct answer *a;

	(void)arg;
	w.probes++;
	assert_int_equal(v->state, VERSION_STAGED);
	assert_int_equal(fd_read_file(v->object_path, &bytes, 16 * MIB, &fault), 0);
	if (w.hold_probes) {
		w.held = done;
		w.held_arg = done_arg;
		return;
	}
	a = xcalloc(1, sizeof *a);
	a->probed = done;
	a->arg = done_arg;
	if (strstr(buf_text(&bytes), "broken") != NULL)
		fault_set(&a->fault, HOSPES_ELOAD, "its init hook failed");
	if (strstr(buf_text(&bytes), "slow") != NULL)
		w.slow[w.n_slow++] = a;
	else
		answer_later(a);
}

void
answer_slow(void)
{
	assert_true(w.n_slow > 0);
	answer_later(w.slow[0]);
	memmove(&w.slow[0], &w.slow[1], --w.n_slow * sizeof(struct answer *));
}

static void
fake_retired(const struct version *v, bool keep_warm, void *arg)
{
	size_t len = strlen(w.retired);

	(void)arg;
	snprintf(
	    w.retired + len, sizeof w.retired - len, "%s%s%s", len > 0 ? " " : "", v->semver, keep_warm ? "+" : "-");
}

static void
tap(enum log_level level, const char *line, void *arg)
{
	(void)level, (void)arg;
	buf_printf(&w.log, "%s\n", line);
}

static void
storage_failed(const struct fault *why, void *arg)
{
	(void)arg;
	fail_msg("storage: %s", why->text);
}

/* ---- A host around it -------------------------------------------------------------------------------------------- */

int
open_registry(void)
{
	struct registry_options options = {.loop = w.loop,
	    .store = w.store,
	    .policy = w.policy,
	    .objects_dir = w.objects,
	    .inspect = fake_inspect,
	    .probe = fake_probe,
	    .retired = fake_retired};

	return registry_open(&w.registry, &options, &fault);
}

static void
host_start(void)
{
	static const struct store_apply *const tables[] = {registry_apply, NULL};
	_cleanup_(free_p) char *journal = xasprintf("%s/journal", w.dir), *store = xasprintf("%s/store", w.dir);
	struct journal_options jo = {.dir = journal, .segment_bytes = MIB, .failed = storage_failed};
	struct store_options so = {.dir = store, .map_bytes = 16 * MIB, .tables = tables, .failed = storage_failed};

	w.loop = jo.loop = so.loop = event_base_new();
	assert_int_equal(journal_open(&w.journal, &jo, &fault), 0);
	so.journal = w.journal;
	assert_int_equal(store_open(&w.store, &so, &fault), 0);
}

static void
host_stop(void)
{
	registry_close(&w.registry);
	store_close(&w.store);
	journal_close(&w.journal);
	event_base_free(w.loop);
	w.loop = NULL;
}

void
turn(int64_t until_ns)
{
	struct timeval short_while = {.tv_usec = 20000};

	if (clock_mono_ns() > until_ns)
		fail_msg("waited in vain; the log:\n%s", buf_text(&w.log));
	event_base_loopexit(w.loop, &short_while); /* wakes up for the deadline, too */
	event_base_loop(w.loop, EVLOOP_ONCE);
}

static void
settle(void)
{
	int64_t until = clock_mono_ns() + 20 * NS_PER_S;

	while (registry_settling(w.registry))
		turn(until);
}

void
expect(const char *words)
{
	int64_t until = clock_mono_ns() + 20 * NS_PER_S;
	const char *found;

	while ((found = strstr(buf_text(&w.log) + w.read, words)) == NULL)
		turn(until);
	w.read = (size_t)(strchr(found, '\n') - (const char *)w.log.data);
}

bool
logged(const char *words)
{
	return strstr(buf_text(&w.log), words) != NULL;
}

void
begin(void)
{
	assert_int_equal(open_registry(), 0);
	settle();
}

void
restart(void)
{
	host_stop();
	host_start();
	begin();
}

/* ---- Files ------------------------------------------------------------------------------------------------------- */

char *
file_path(const char *file)
{
	static char path[256];

	snprintf(path, sizeof path, "%s/%s", w.plugins, file);
	return path;
}

void
drop(const char *file, const char *text)
{
	int fd = open(file_path(file), O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
	close(fd);
}

void
drop_active(const char *file, const char *text)
{
	drop(file, text);
	expect("msg=\"version active\"");
}

const char *
active(const char *name)
{
	const struct version *v = registry_active(w.registry, name);

	return v != NULL ? v->semver : "none";
}

const struct version *
capable(const char *capability)
{
	struct version *const *found;

	return registry_capables(w.registry, capability, &found) > 0 ? found[0] : NULL;
}

const char *
state_of(const char *name, const char *semver)
{
	const struct version *v = registry_version(w.registry, name, semver);

	return v != NULL ? version_state_name(v->state) : "unknown";
}

static int
count_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)ftw;
	if (type == FTW_F && strstr(path, "/objects/") != NULL)
		w.inspections += 1000;
	return 0;
}

unsigned
objects(void)
{
	unsigned before = w.inspections, n;

	nftw(w.objects, count_entry, 8, FTW_PHYS);
	n = (w.inspections - before) / 1000;
	w.inspections = before;
	return n;
}

int
set_up(void **state)
{
	(void)state;
	memset(&w, 0, sizeof w);
	w.dir = scratch_new();
	w.plugins = xasprintf("%s/plugins", w.dir);
	w.objects = xasprintf("%s/objects", w.dir);
	mkdir(w.plugins, 0755);
	w.policy = policy_defaults(false);
	for (char **dir = w.policy->plugin_dirs; *dir != NULL; dir++)
		free(*dir);
	w.policy->plugin_dirs[0] = xstrdup(w.plugins);
	w.policy->plugin_dirs[1] = NULL;
	log_set_level(LOG_LEVEL_DEBUG);
	log_set_tap(tap, NULL);
	host_start();
	return 0;
}

int
tear_down(void **state)
{
	(void)state;
	host_stop();
	log_set_tap(NULL, NULL);
	policy_unref(&w.policy);
	buf_free(&w.log);
	free(w.plugins);
	free(w.objects);
	scratch_free(&w.dir);
	return 0;
}
