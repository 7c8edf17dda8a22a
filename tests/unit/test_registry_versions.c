/* Which version a name means: rollback, withdrawal, restarts, trials that take their time, questions and installing. */

#include "registry_world.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/fd.h"

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
	    TEST(rollback),
	    TEST(nothing_to_go_back_to),
	    TEST(withdraw),
	    TEST(restart_keeps_all),
	    TEST(killed_while_trying),
	    TEST(slow_to_load),
	    TEST(slow_ones_are_bounded),
	    TEST(missing_objects),
	    TEST(missing_and_dropped_again),
	    TEST(questions),
	    TEST(installing),
	};

	if (sodium_init() < 0)
		return 1;
	umask(022);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
