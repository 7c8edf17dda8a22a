/* How files in the plugin folders become versions, and what the folders themselves may be. */

#include "registry_world.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/fd.h"

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
	    TEST(lost_events),
	};

	if (sodium_init() < 0)
		return 1;
	umask(022);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
