/*
 * The registry with a real journal and store, real folders and events, and plugins of paper: "NAME VERSION WHAT.", where
 * the full stop at the end is what makes a file whole, and "broken" as WHAT is what does not load.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <fcntl.h>
#include <ftw.h>
#include <sodium.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "registry/registry.h"

static struct world {
	char dir[64];
	char *plugins, *objects;
	struct event_base *loop;
	struct journal *journal;
	struct store *store;
	struct policy *policy;
	struct registry *registry;
	struct buf log; /* every line */
	size_t read;    /* of it, by expect() */
	unsigned inspections, probes;
	bool hold_probes; /* keep them waiting */
	registry_probed *held;
	void *held_arg;
	struct answer *slow[8]; /* those that are to be answered by answer_slow() */
	unsigned n_slow;
	char retired[256]; /* "1.0.0+ 0.9.0-": + kept warm, - not */
} w;

struct answer;
static struct fault fault;

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

static void
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

static int
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

static void
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

/* Goes on until the log has a line with these words, after the one that the last expect() found. */
static void
expect(const char *words)
{
	int64_t until = clock_mono_ns() + 20 * NS_PER_S;
	const char *found;

	while ((found = strstr(buf_text(&w.log) + w.read, words)) == NULL)
		turn(until);
	w.read = (size_t)(strchr(found, '\n') - (const char *)w.log.data);
}

static bool
logged(const char *words)
{
	return strstr(buf_text(&w.log), words) != NULL;
}

static void
begin(void)
{
	assert_int_equal(open_registry(), 0);
	settle();
}

static void
restart(void)
{
	host_stop();
	host_start();
	begin();
}

/* ---- Files ------------------------------------------------------------------------------------------------------- */

static char *
file_path(const char *file)
{
	static char path[256];

	snprintf(path, sizeof path, "%s/%s", w.plugins, file);
	return path;
}

/* As cp does it: opened, written, closed, in place. */
static void
drop(const char *file, const char *text)
{
	int fd = open(file_path(file), O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
	close(fd);
}

static void
drop_active(const char *file, const char *text)
{
	drop(file, text);
	expect("msg=\"version active\"");
}

static const char *
active(const char *name)
{
	const struct version *v = registry_active(w.registry, name);

	return v != NULL ? v->semver : "none";
}

/* The first by name. */
static const struct version *
capable(const char *capability)
{
	struct version *const *found;

	return registry_capables(w.registry, capability, &found) > 0 ? found[0] : NULL;
}

static const char *
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

/* Files in the object store, left-overs of copies included. */
static unsigned
objects(void)
{
	unsigned before = w.inspections, n;

	nftw(w.objects, count_entry, 8, FTW_PHYS);
	n = (w.inspections - before) / 1000;
	w.inspections = before;
	return n;
}

static int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static int
set_up(void **state)
{
	(void)state;
	memset(&w, 0, sizeof w);
	snprintf(w.dir, sizeof w.dir, "/tmp/hospes-registry-XXXXXX");
	if (mkdtemp(w.dir) == NULL)
		return -1;
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

static int
tear_down(void **state)
{
	(void)state;
	host_stop();
	log_set_tap(NULL, NULL);
	policy_unref(&w.policy);
	buf_free(&w.log);
	free(w.plugins);
	free(w.objects);
	return nftw(w.dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* ---- Taking files in --------------------------------------------------------------------------------------------- */

static void
found_at_start(void **state)
{
	const struct version *v;
	struct stat st;

	(void)state;
	drop("b.so", "beta 1.0.0 .");
	drop("a.so", "alpha 2.0.0 .");
	drop("readme.txt", "no plugin");
	drop(".hidden.so", "hidden 1.0.0 .");
	drop("new\nline.so", "newline 1.0.0 .");
	begin();
	assert_string_equal(active("alpha"), "2.0.0");
	assert_string_equal(active("beta"), "1.0.0");
	assert_int_equal(w.inspections, 2);
	assert_int_equal(objects(), 2);
	v = registry_active(w.registry, "alpha");
	assert_int_equal(v->kind, PLUGIN_AGENT);
	assert_string_equal(v->needs[0], "call:x");
	assert_int_equal(stat(v->object_path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0444);
	assert_true(strstr(buf_text(&w.log), "plugin=alpha") < strstr(buf_text(&w.log), "plugin=beta"));
}

static void
dropped_while_running(void **state)
{
	(void)state;
	begin();
	assert_string_equal(active("word"), "none");
	drop_active("w.so", "word 1.0.0 .");
	assert_string_equal(active("word"), "1.0.0");
	drop_active("w.so", "word 1.1.0 .");
	assert_string_equal(active("word"), "1.1.0");
	assert_string_equal(state_of("word", "1.0.0"), "former");
	assert_string_equal(w.retired, "1.0.0+");
}

/* One that is not newer waits for somebody who asks for it. */
static void
older_stays_staged(void **state)
{
	const struct version *v = NULL;

	(void)state;
	begin();
	drop_active("a.so", "word 2.0.0 .");
	drop("b.so", "word 1.0.0 .");
	expect("hospes rollback NAME --to VERSION");
	assert_string_equal(active("word"), "2.0.0");
	assert_string_equal(state_of("word", "1.0.0"), "staged");
	assert_int_equal(registry_rollback(w.registry, "word", "1.0.0", "uid:7", NULL, &v, &fault), 0);
	assert_string_equal(active("word"), "1.0.0");
	assert_string_equal(v->by, "uid:7");
}

/* The writer keeps the file open between its two halves: nobody looks at the first. */
static void
half_written(void **state)
{
	int fd;

	(void)state;
	begin();
	fd = open(file_path("w.so"), O_WRONLY | O_CREAT, 0644);
	assert_int_equal(fd_write_all(fd, "word 1.0.0 ", 11), 0);
	expect("is being written to");
	assert_int_equal(w.inspections, 0);
	assert_int_equal(fd_write_all(fd, "whole.", 6), 0);
	close(fd);
	expect("msg=\"version active\"");
	assert_int_equal(w.inspections, 1);
	assert_false(logged("plugin refused"));
	assert_int_equal(objects(), 1);
}

/* The same, found at start, is worth a warning: whoever writes may have been killed. */
static void
half_written_at_start(void **state)
{
	int fd = open(file_path("w.so"), O_WRONLY | O_CREAT, 0644);

	(void)state;
	assert_int_equal(fd_write_all(fd, "word 1.0.0 ", 11), 0);
	begin();
	assert_true(logged("level=warn msg=\"a plugin file is being written to"));
	assert_int_equal(fd_write_all(fd, ".", 1), 0);
	close(fd);
	expect("msg=\"version active\"");
}

/* The writer comes when half of the file was copied. */
static void
written_while_copied(void **state)
{
	_cleanup_(buf_free) struct buf text = {0};
	int64_t until = clock_mono_ns() + 20 * NS_PER_S;
	int fd;

	(void)state;
	begin();
	buf_appends(&text, "word 1.0.0 ");
	memset(buf_extend(&text, 8 * MIB), 'x', 8 * MIB);
	buf_appends(&text, " .");
	drop("w.so", buf_text(&text));
	while (objects() == 0)
		turn(until);
	fd = open(file_path("w.so"), O_WRONLY | O_APPEND);
	assert_int_equal(fd_write_all(fd, " two.", 5), 0);
	expect("is being written to");
	assert_int_equal(w.inspections, 0);
	close(fd);
	expect("msg=\"version active\"");
	assert_int_equal(w.inspections, 1);
	assert_int_equal(objects(), 1);
}

/* A writer that closes between its halves: the first is refused and forgotten when the second comes. */
static void
written_in_two_goes(void **state)
{
	int fd;

	(void)state;
	begin();
	drop("w.so", "word 1.0.0 ");
	expect("code=bad_plugin");
	assert_int_equal(objects(), 0);
	fd = open(file_path("w.so"), O_WRONLY | O_APPEND);
	assert_int_equal(fd_write_all(fd, ".", 1), 0);
	close(fd);
	expect("msg=\"version active\"");
}

static void
renamed_into_place(void **state)
{
	char *from = xstrdup(file_path("w.so.part"));

	(void)state;
	begin();
	drop("w.so.part", "word 1.0.0 .");
	assert_int_equal(rename(from, file_path("w.so")), 0);
	expect("msg=\"version active\"");
	free(from);
}

static void
linked_into_place(void **state)
{
	char *from = xstrdup(file_path("w.so.part"));

	(void)state;
	begin();
	drop("w.so.part", "word 1.0.0 .");
	assert_int_equal(link(from, file_path("w.so")), 0);
	expect("msg=\"version active\"");
	free(from);
}

static void
no_regular_files(void **state)
{
	char *to = xstrdup(file_path("real"));

	(void)state;
	drop("real", "word 1.0.0 .");
	assert_int_equal(symlink(to, file_path("link.so")), 0);
	assert_int_equal(mkfifo(file_path("pipe.so"), 0600), 0);
	assert_int_equal(mkdir(file_path("folder.so"), 0700), 0);
	begin();
	assert_true(logged("link.so is a symbolic link"));
	assert_true(logged("pipe.so is not a regular file"));
	assert_int_equal(w.inspections, 0);
	assert_int_equal(unlink(file_path("link.so")), 0);
	assert_int_equal(symlink(to, file_path("later.so")), 0);
	expect("later.so is a symbolic link");
	assert_int_equal(w.inspections, 0);
	free(to);
}

static void
too_large(void **state)
{
	int fd = open(file_path("big.so"), O_WRONLY | O_CREAT, 0644);

	(void)state;
	assert_int_equal(ftruncate(fd, 64 * (off_t)MIB + 1), 0);
	close(fd);
	begin();
	assert_true(logged("code=too_large"));
	assert_int_equal(objects(), 0);
}

static void
known_bytes_change_nothing(void **state)
{
	int64_t until = clock_mono_ns() + 20 * NS_PER_S;
	uint64_t end;

	(void)state;
	begin();
	drop_active("a.so", "word 1.0.0 .");
	/* A batch that is taken moves the end as well. */
	for (end = journal_end(w.journal); journal_durable(w.journal) < end;)
		turn(until);
	end = journal_end(w.journal);
	drop("a.so", "word 1.0.0 .");
	expect("known already");
	drop("b.so", "word 1.0.0 .");
	expect("known already");
	assert_int_equal(w.inspections, 1);
	assert_int_equal(journal_end(w.journal), end);
	assert_int_equal(objects(), 1);
}

/* Refused files are tried again when they change, not at every look. */
static void
refused_once(void **state)
{
	(void)state;
	drop("bad.so", "rubbish");
	begin();
	expect("code=bad_plugin");
	assert_int_equal(w.inspections, 1);
	assert_int_equal(chmod(w.plugins, 0700), 0); /* has all files looked at */
	drop_active("w.so", "word 1.0.0 .");
	assert_int_equal(w.inspections, 2);
}

static void
does_not_load(void **state)
{
	(void)state;
	begin();
	drop_active("w.so", "word 1.0.0 .");
	drop("w.so", "word 1.1.0 broken .");
	expect("code=load_failed");
	assert_string_equal(active("word"), "1.0.0");
	assert_string_equal(state_of("word", "1.1.0"), "unknown");
	assert_int_equal(objects(), 1);
	/* mended, under the same version */
	drop_active("w.so", "word 1.1.0 mended .");
	assert_string_equal(active("word"), "1.1.0");
}

static void
same_version_other_bytes(void **state)
{
	(void)state;
	begin();
	drop_active("a.so", "word 1.0.0 one .");
	drop("b.so", "word 1.0.0 two .");
	expect("code=version_conflict");
	assert_string_equal(active("word"), "1.0.0");
	assert_int_equal(objects(), 1);
	assert_int_equal(w.probes, 1);
}

static void
developers_builds(void **state)
{
	const struct version *v;
	char expected[64];

	(void)state;
	w.policy->dev = true;
	begin();
	drop_active("a.so", "word 1.0.0 one .");
	drop_active("a.so", "word 1.0.0 two .");
	v = registry_active(w.registry, "word");
	snprintf(expected, sizeof expected, "1.0.0+dev.%.8s", v->object_hex);
	assert_string_equal(v->semver, expected);
	assert_string_equal(state_of("word", "1.0.0"), "former");
	restart();
	assert_string_equal(active("word"), expected);
}

/* What the inspector tells of a foreign file is foreign. */
static void
hostile_notes(void **state)
{
	static const char *const files[] = {
	    "../evil 1.0.0 .", "Evil 1.0.0 .", "evil 1.0 .", "evil 01.0.0 .", "evil 1.0.0/../../x .", "evil v1 ."};

	(void)state;
	begin();
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		drop("evil.so", files[i]);
		expect("code=bad_plugin");
	}
	assert_int_equal(objects(), 0);
	assert_int_equal(w.probes, 0);
}

static void
fifty_at_once(void **state)
{
	char file[32], text[64];

	(void)state;
	begin();
	for (int i = 0; i < 50; i++) {
		snprintf(file, sizeof file, "w%02d.so", i);
		snprintf(text, sizeof text, "word 1.%d.0 .", i);
		drop(file, text);
	}
	expect("version=1.49.0");
	assert_string_equal(active("word"), "1.49.0");
	assert_string_equal(state_of("word", "1.48.0"), "former");
	assert_int_equal(w.inspections, 50);
	assert_int_equal(objects(), 50); /* their files are all still there */
}

/* One file overwritten again and again: what nobody used does not pile up; what a run holds stays. */
static void
nothing_piles_up(void **state)
{
	struct version *held = NULL;
	char text[64];

	(void)state;
	begin();
	for (int i = 0; i < 20; i++) {
		snprintf(text, sizeof text, "word 1.%d.0 .", i);
		drop_active("w.so", text);
		if (i == 5)
			held = version_ref(registry_active(w.registry, "word"));
		version_unref(&held); /* its run has ended, and its records name the object */
	}
	assert_int_equal(objects(), 3);
	assert_string_equal(state_of("word", "1.19.0"), "active");
	assert_string_equal(state_of("word", "1.18.0"), "former");
	assert_string_equal(state_of("word", "1.5.0"), "staged");
	assert_string_equal(state_of("word", "1.4.0"), "unknown");
	restart();
	assert_int_equal(objects(), 3);
	assert_string_equal(state_of("word", "1.5.0"), "staged");
	/* still kept once it has been used, whoever held it */
	drop_active("w.so", "word 2.0.0 .");
	assert_string_equal(state_of("word", "1.5.0"), "staged");
}

/* ---- Folders ----------------------------------------------------------------------------------------------------- */

static void
folder_removed_and_made_again(void **state)
{
	char *aside = xasprintf("%s/aside", w.dir);

	(void)state;
	begin();
	drop_active("w.so", "word 1.0.0 .");
	unlink(file_path("w.so"));
	assert_int_equal(rmdir(w.plugins), 0);
	expect("plugin folder is gone");
	assert_string_equal(active("word"), "1.0.0");
	assert_int_equal(mkdir(w.plugins, 0755), 0);
	drop_active("w.so", "word 1.1.0 .");
	assert_int_equal(rename(w.plugins, aside), 0);
	expect("plugin folder is gone");
	assert_int_equal(mkdir(w.plugins, 0755), 0);
	drop_active("w.so", "word 1.2.0 .");
	free(aside);
}

static void
folder_that_comes_later(void **state)
{
	char *outer = xasprintf("%s/outer", w.dir);

	(void)state;
	free(w.policy->plugin_dirs[0]);
	free(w.plugins);
	w.plugins = xasprintf("%s/inner/most", outer);
	w.policy->plugin_dirs[0] = xstrdup(w.plugins);
	begin();
	assert_true(logged("it is waited for"));
	assert_int_equal(fd_make_dirs(w.plugins, 0755, &fault), 0);
	drop_active("w.so", "word 1.0.0 .");
	free(outer);
}

/* More events than the kernel keeps: the one that mattered is lost, the file is not. */
static void
lost_events(void **state)
{
	_cleanup_(buf_free) struct buf limit = {0};
	long events;

	(void)state;
	assert_int_equal(fd_read_file("/proc/sys/fs/inotify/max_queued_events", &limit, 64, &fault), 0);
	events = strtol(buf_text(&limit), NULL, 10);
	if (events > 100000)
		skip();
	begin();
	for (long i = 0; i < events / 2; i++) {
		drop("noise", "");
		unlink(file_path("noise"));
	}
	drop("w.so", "word 1.0.0 .");
	expect("more happened in the plugin folders");
	expect("msg=\"version active\"");
}

static void
unsafe_at_start(void **state)
{
	(void)state;
	assert_int_equal(chmod(w.plugins, 0775), 0);
	assert_int_equal(open_registry(), HOSPES_EFOLDER);
	assert_non_null(strstr(fault.text, "mode 0775"));
	assert_null(w.registry);
	assert_int_equal(chmod(w.plugins, 0757), 0);
	assert_int_equal(open_registry(), HOSPES_EFOLDER);
	if (geteuid() == 0) {
		assert_int_equal(chmod(w.plugins, 0755), 0);
		assert_int_equal(chown(w.plugins, 12345, 0), 0);
		assert_int_equal(open_registry(), HOSPES_EFOLDER);
		assert_non_null(strstr(fault.text, "12345"));
	}
}

static void
unsafe_for_a_while(void **state)
{
	(void)state;
	begin();
	assert_int_equal(chmod(w.plugins, 0777), 0);
	expect("code=unsafe_folder");
	drop("w.so", "word 1.0.0 .");
	expect("code=unsafe_folder");
	assert_int_equal(w.inspections, 0);
	assert_int_equal(chmod(w.plugins, 0755), 0);
	expect("msg=\"version active\"");
}

/* ---- Aliases ----------------------------------------------------------------------------------------------------- */

static void
rollback(void **state)
{
	const struct version *v = NULL;

	(void)state;
	begin();
	drop_active("a.so", "word 1.0.0 .");
	drop_active("b.so", "word 1.1.0 .");
	assert_int_equal(registry_rollback(w.registry, "word", NULL, "uid:7", "it lost lines", &v, &fault), 0);
	assert_string_equal(v->semver, "1.0.0");
	assert_string_equal(v->why, "it lost lines");
	assert_string_equal(active("word"), "1.0.0");
	assert_string_equal(state_of("word", "1.1.0"), "former");
	assert_string_equal(w.retired, "1.0.0+ 1.1.0+");
	assert_int_equal(registry_rollback(w.registry, "word", NULL, "uid:7", NULL, NULL, &fault), 0);
	assert_string_equal(active("word"), "1.1.0");
	assert_int_equal(registry_rollback(w.registry, "word", "1.1.0", "u", NULL, NULL, &fault), HOSPES_ECONFLICT);
	assert_int_equal(registry_rollback(w.registry, "word", "9.9.9", "u", NULL, NULL, &fault), HOSPES_ENOVERSION);
	assert_non_null(strstr(fault.text, "it has 1.1.0, 1.0.0"));
	assert_int_equal(registry_rollback(w.registry, "nobody", NULL, "u", NULL, NULL, &fault), HOSPES_ENOAGENT);
	assert_int_equal(registry_rollback(w.registry, "../x", NULL, "u", NULL, NULL, &fault), HOSPES_ENOAGENT);
	/* a third one: what was former is let go */
	drop("c.so", "word 1.2.0 .");
	expect("msg=\"version active\" plugin=word version=1.2.0");
	assert_string_equal(state_of("word", "1.0.0"), "staged");
	assert_string_equal(w.retired, "1.0.0+ 1.1.0+ 1.0.0+ 1.1.0+ 1.0.0-");
}

static void
nothing_to_go_back_to(void **state)
{
	(void)state;
	begin();
	drop_active("a.so", "word 1.0.0 .");
	assert_int_equal(registry_rollback(w.registry, "word", NULL, "u", NULL, NULL, &fault), HOSPES_ECONFLICT);
}

static void
withdraw(void **state)
{
	const struct version *held;

	(void)state;
	begin();
	drop_active("a.so", "word 1.0.0 .");
	drop_active("b.so", "word 1.1.0 .");
	held = registry_active(w.registry, "word");
	assert_int_equal(registry_withdraw(w.registry, "word", "1.1.0", "uid:7", "leaks", &fault), 0);
	assert_string_equal(active("word"), "1.0.0");
	assert_int_equal(held->state, VERSION_WITHDRAWN);
	assert_int_equal(registry_rollback(w.registry, "word", NULL, "u", NULL, NULL, &fault), HOSPES_ECONFLICT);
	assert_int_equal(registry_rollback(w.registry, "word", "1.1.0", "u", NULL, NULL, &fault), HOSPES_EWITHDRAWN);
	assert_non_null(strstr(fault.text, "leaks"));
	assert_int_equal(registry_withdraw(w.registry, "word", "1.1.0", "u", NULL, &fault), HOSPES_ECONFLICT);
	assert_int_equal(registry_withdraw(w.registry, "word", "3.0.0", "u", NULL, &fault), HOSPES_ENOVERSION);
	/* its bytes do not come back by being dropped again */
	drop("c.so", "word 1.1.0 .");
	expect("known already");
	assert_string_equal(active("word"), "1.0.0");
	assert_int_equal(registry_withdraw(w.registry, "word", "1.0.0", "u", NULL, &fault), 0);
	assert_string_equal(active("word"), "none");
	assert_null(capable("count.*"));
	restart();
	assert_string_equal(active("word"), "none");
	assert_string_equal(state_of("word", "1.0.0"), "withdrawn");
	assert_string_equal(state_of("word", "1.1.0"), "withdrawn");
	drop_active("d.so", "word 1.2.0 .");
}

static void
restart_keeps_all(void **state)
{
	const struct version *v;

	(void)state;
	begin();
	drop_active("a.so", "word 1.0.0 .");
	drop_active("b.so", "word 1.1.0 .");
	drop_active("c.so", "word 1.2.0 .");
	assert_int_equal(registry_rollback(w.registry, "word", "1.0.0", "uid:7", "slow", NULL, &fault), 0);
	restart();
	assert_string_equal(active("word"), "1.0.0");
	assert_string_equal(state_of("word", "1.1.0"), "staged");
	assert_string_equal(state_of("word", "1.2.0"), "former");
	v = registry_active(w.registry, "word");
	assert_string_equal(v->by, "uid:7");
	assert_string_equal(v->why, "slow");
	assert_true(v->since_real_ns > 0);
	assert_string_equal(v->capabilities[0], "count.words");
	assert_int_equal(w.inspections, 3); /* nothing was looked at again */
	assert_int_equal(registry_rollback(w.registry, "word", NULL, "u", NULL, NULL, &fault), 0);
	assert_string_equal(active("word"), "1.2.0");
}

/* The host ended while a cell tried the version: the next one begins with the file again. */
static void
killed_while_trying(void **state)
{
	int64_t until = clock_mono_ns() + 20 * NS_PER_S;

	(void)state;
	begin();
	w.hold_probes = true;
	drop("a.so", "word 1.0.0 .");
	while (w.held == NULL)
		turn(until);
	assert_string_equal(state_of("word", "1.0.0"), "unknown");
	assert_string_equal(active("word"), "none");
	w.hold_probes = false;
	restart();
	assert_string_equal(active("word"), "1.0.0");
	assert_int_equal(w.probes, 2);
	assert_int_equal(objects(), 1);
}

/* A version that is long in loading holds back those of its own name, in their order, and no others. */
static void
slow_to_load(void **state)
{
	(void)state;
	begin();
	drop("a.so", "word 1.0.0 slow.");
	expect("msg=\"version staged\"");
	drop("b.so", "word 1.1.0 slow.");
	drop("c.so", "word 1.0.0 slow."); /* the same bytes: not known before they have been tried */
	drop("d.so", "word 1.2.0 .");
	drop_active("e.so", "other 1.0.0 .");
	assert_string_equal(active("other"), "1.0.0");
	assert_string_equal(active("word"), "none");
	assert_int_equal(w.n_slow, 1);
	answer_slow();
	expect("msg=\"version active\"");
	assert_string_equal(active("word"), "1.0.0");
	expect("msg=\"version staged\"");
	drop_active("f.so", "third 1.0.0 .");
	assert_string_equal(active("word"), "1.0.0");
	answer_slow();
	expect("msg=\"version active\"");
	assert_string_equal(active("word"), "1.1.0");
	expect("msg=\"version active\"");
	assert_string_equal(active("word"), "1.2.0");
	assert_int_equal(w.probes, 5);
	assert_int_equal(objects(), 5);
}

/* What holds a trial for ever must not have all the cells. */
static void
slow_ones_are_bounded(void **state)
{
	static const char *const names[] = {"a", "b", "c", "d", "e"};

	(void)state;
	begin();
	for (unsigned i = 0; i < 5; i++) {
		char file[16], text[32];

		snprintf(file, sizeof file, "%s.so", names[i]);
		snprintf(text, sizeof text, "%s 1.0.0 slow broken.", names[i]);
		drop(file, text);
	}
	for (unsigned i = 0; i < 4; i++)
		expect("msg=\"version staged\"");
	for (unsigned i = 0; i < 10; i++)
		turn(INT64_MAX);
	assert_int_equal(w.probes, 4);
	answer_slow();
	expect("msg=\"plugin refused\"");
	expect("msg=\"version staged\"");
	assert_int_equal(w.probes, 5);
	while (w.n_slow > 0) {
		answer_slow();
		expect("msg=\"plugin refused\"");
	}
	assert_int_equal(objects(), 0);
}

static void
missing_objects(void **state)
{
	char *path;

	(void)state;
	begin();
	drop_active("a.so", "word 1.0.0 .");
	drop_active("b.so", "word 1.1.0 .");
	path = xstrdup(registry_active(w.registry, "word")->object_path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(unlink(file_path("b.so")), 0);
	restart();
	assert_true(logged("the object of a version is missing"));
	assert_string_equal(active("word"), "none");
	assert_int_equal(registry_rollback(w.registry, "word", NULL, "u", NULL, NULL, &fault), 0);
	assert_string_equal(active("word"), "1.0.0");
	/* and back, when its bytes are */
	drop("b.so", "word 1.1.0 .");
	expect("msg=\"version active\" plugin=word version=1.1.0");
	assert_int_equal(unlink(registry_version(w.registry, "word", "1.0.0")->object_path), 0);
	assert_int_equal(registry_rollback(w.registry, "word", NULL, "u", NULL, NULL, &fault), HOSPES_EDAMAGED);
	free(path);
}

static void
missing_and_dropped_again(void **state)
{
	(void)state;
	w.policy->dev = true;
	begin();
	drop_active("a.so", "word 1.0.0 .");
	assert_int_equal(unlink(registry_active(w.registry, "word")->object_path), 0);
	restart(); /* the file is still in the folder */
	assert_string_equal(active("word"), "1.0.0");
	assert_string_equal(state_of("word", "1.0.0"), "active");
	assert_true(logged("the object of a version is missing"));
	restart();
	assert_string_equal(active("word"), "1.0.0");
	assert_string_equal(state_of("word", "1.0.0"), "active");
}

/* ---- Questions --------------------------------------------------------------------------------------------------- */

static int
list(const struct version *v, void *arg)
{
	buf_printf(arg, "%s %s;", v->name, v->semver);
	return 0;
}

static void
questions(void **state)
{
	_cleanup_(buf_free) struct buf all = {0};
	json_t *names;
	char *text;

	(void)state;
	drop("1.so", "zeta 1.0.0 .");
	drop("2.so", "alpha 1.9.0 .");
	drop("3.so", "alpha 1.10.0 .");
	drop("4.so", "alpha 1.10.0-rc.1 .");
	begin();
	assert_string_equal(capable("count.*")->name, "alpha");
	assert_string_equal(capable("zeta")->name, "zeta");
	assert_null(capable("count"));
	names = registry_find(w.registry, "count.words");
	text = json_dumps(names, JSON_COMPACT);
	assert_string_equal(text, "[\"alpha\",\"zeta\"]");
	free(text);
	json_decref(names);
	registry_walk(w.registry, NULL, list, &all);
	assert_string_equal(buf_text(&all), "alpha 1.10.0;alpha 1.10.0-rc.1;alpha 1.9.0;zeta 1.0.0;");
}

/* ---- Installing -------------------------------------------------------------------------------------------------- */

struct installed {
	bool done;
	char semver[65];
	int status;
};

static void
on_installed(const struct version *v, const struct fault *why, void *arg)
{
	struct installed *i = arg;

	i->done = true;
	i->status = why != NULL ? why->status : 0;
	if (v != NULL)
		snprintf(i->semver, sizeof i->semver, "%s", v->semver);
}

static struct installed
install(const char *text)
{
	int64_t until = clock_mono_ns() + 20 * NS_PER_S;
	_cleanup_(free_p) char *path = xasprintf("%s/upload", w.dir);
	struct installed i = {0};

	assert_int_equal(fd_write_file(path, text, strlen(text), 0600, &fault), 0);
	registry_install(w.registry, open(path, O_RDONLY | O_CLOEXEC), "uid:7", on_installed, &i);
	while (!i.done)
		turn(until);
	return i;
}

static void
installing(void **state)
{
	struct installed i;

	(void)state;
	begin();
	i = install("word 1.0.0 .");
	assert_int_equal(i.status, 0);
	assert_string_equal(i.semver, "1.0.0");
	assert_string_equal(registry_active(w.registry, "word")->by, "uid:7");
	i = install("word 1.0.0 .");
	assert_int_equal(i.status, 0);
	assert_int_equal(install("word 1.0.0 other .").status, HOSPES_EVERSION);
	assert_int_equal(install("rubbish").status, HOSPES_EBADPLUGIN);
	assert_int_equal(install("").status, HOSPES_EBADPLUGIN);
	assert_int_equal(install("word 2.0.0 broken .").status, HOSPES_ELOAD);
	assert_string_equal(active("word"), "1.0.0");
	assert_int_equal(objects(), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(found_at_start),
	    TEST(dropped_while_running),
	    TEST(older_stays_staged),
	    TEST(half_written),
	    TEST(half_written_at_start),
	    TEST(written_while_copied),
	    TEST(written_in_two_goes),
	    TEST(renamed_into_place),
	    TEST(linked_into_place),
	    TEST(no_regular_files),
	    TEST(too_large),
	    TEST(known_bytes_change_nothing),
	    TEST(refused_once),
	    TEST(does_not_load),
	    TEST(same_version_other_bytes),
	    TEST(developers_builds),
	    TEST(hostile_notes),
	    TEST(fifty_at_once),
	    TEST(nothing_piles_up),
	    TEST(folder_removed_and_made_again),
	    TEST(folder_that_comes_later),
	    TEST(unsafe_at_start),
	    TEST(unsafe_for_a_while),
	    TEST(rollback),
	    TEST(nothing_to_go_back_to),
	    TEST(withdraw),
	    TEST(restart_keeps_all),
	    TEST(killed_while_trying),
	    TEST(slow_to_load),
	    TEST(slow_ones_are_bounded),
	    TEST(missing_objects),
	    TEST(missing_and_dropped_again),
	    TEST(lost_events),
	    TEST(questions),
	    TEST(installing),
	};

	if (sodium_init() < 0)
		return 1;
	umask(022);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
