/* What policy_check finds: every mistake and not only the first, each where it stands, and what else is odd. */

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmocka_all.h"

#include "base/buf.h"
#include "base/fd.h"
#include "policy/policy.h"
#include "conf_scratch.h"

static void
add(const struct policy_finding *f, void *arg)
{
	const char *line = f->at != NULL ? strrchr(f->at, ':') : NULL;

	assert_non_null(f->text);
	buf_printf(arg, "%s %s %s\n", f->mistake ? "mistake" : "warning", line != NULL ? line + 1 : "-", f->key);
}

static const char *
special(const char *host)
{
	return strcmp(host, "127.0.0.1") == 0 || strcmp(host, "localhost") == 0 ? "a loopback address" : NULL;
}

/* "mistake LINE KEY" or "warning LINE KEY", a line each. */
static void
finds(const char *text, const char *expected)
{
	const struct policy_check_options options = {.root = true, .memory = 1024 * MIB, .special = special};
	_cleanup_(policy_unref) struct policy *p = NULL, *loaded = NULL;
	_cleanup_(buf_free) struct buf found = {0};
	bool refused;

	assert_int_equal(fd_write_file(path, text, strlen(text), 0600, &fault), 0);
	policy_check(path, &options, add, &found, &p);
	assert_non_null(p);
	assert_string_equal(buf_text(&found), expected);
	/* a host says the same */
	refused = policy_load(path, false, &loaded, &fault) != 0;
	assert_int_equal(refused, strstr(expected, "mistake") != NULL);
}

static void
all_mistakes(void **state)
{
	(void)state;
	finds("", "");
	finds("run: {\n depht = 1;\n calls = 0;\n wall = \"x\";\n depth = 3;\n};\ngrants: {\n Fetch: { };\n"
	      " fetch: { private = 1; htpp = [ ]; http = [ \"ftp://a\" ]; };\n};\nplugins = 1;\nlast = 1;\n",
	    "mistake 2 run.depht\nmistake 3 run.calls\nmistake 4 run.wall\nmistake 8 grants.Fetch\n"
	    "mistake 9 grants.fetch.private\nmistake 9 grants.fetch.htpp\nmistake 9 grants.fetch.http\n"
	    "mistake 11 plugins\nmistake 12 last\n");
	finds("run: { depth = 1; };\nrun = ;\n", "mistake 2 \n");
}

static void
found_and_allowed(const struct policy_finding *f, void *arg)
{
	unsigned *n = arg;

	(*n)++;
	if (strcmp(f->key, "run.calls") == 0) {
		assert_string_equal(f->found, "the number 0");
		assert_string_equal(f->allowed, "a whole number from 1 to 1000000000");
	} else {
		assert_string_equal(f->key, "run.depht");
		assert_string_equal(f->nearest, "run.depth");
	}
}

static void
findings_have_their_parts(void **state)
{
	static const char text[] = "run: { calls = 0; depht = 1; };";
	const struct policy_check_options options = {0};
	_cleanup_(policy_unref) struct policy *p = NULL;
	unsigned n = 0;

	(void)state;
	assert_int_equal(fd_write_file(path, text, strlen(text), 0600, &fault), 0);
	policy_check(path, &options, found_and_allowed, &n, &p);
	assert_int_equal(n, 2);
}

static void
a_file_that_cannot_be_read(void **state)
{
	const struct policy_check_options options = {0};
	_cleanup_(policy_unref) struct policy *p = NULL, *q = NULL;
	_cleanup_(buf_free) struct buf found = {0};

	(void)state;
	policy_check("/nonexistent/hospes.conf", &options, add, &found, &p);
	assert_string_equal(buf_text(&found), "mistake - \n");
	policy_check(NULL, &options, add, &found, &q);
	assert_string_equal(buf_text(&found), "mistake - \n"); /* the defaults are in order */
}

static void
values_together(void **state)
{
	(void)state;
	finds("cells: {\n fibers = 2000;\n};", "mistake 2 cells.memory\n");
	finds("cells: {\n memory = \"64M\"; };", "mistake 2 cells.memory\n");
	finds("cells: { memory = \"2G\"; };", "warning 1 cells.memory\n"); /* the machine has 1 GiB */
	finds("cells: { per_version = 9; };", "warning 1 cells.per_version\n");
	finds("cells: { memory = \"160M\"; };", "warning 1 run.input\n");
	finds("run: { wall = \"20s\"; };", "warning 1 run.wall\nwarning 1 run.wall\n"); /* http.timeout, evict_after */
	finds("run: { wall = \"20s\"; };\nhttp: { timeout = \"20s\"; };\ncells: { evict_after = \"20s\"; };\n",
	    "warning 3 cells.evict_after\n");
	finds("cells: { evict_after = 0; };", "");
	finds("reviews: { once = true; };", "warning 1 reviews.deadline\n"); /* a run has ten minutes, a human a day */
	finds("reviews: { once = true; deadline = \"5m\"; };", "");
	finds("run: { wall = \"2d\"; };\nreviews: { spend = \"1\"; };", "");
	finds("run: { at_once = 5; resume_at_once = 6; };", "warning 1 run.resume_at_once\n");
	finds("limits: { a: { recursion = 6; }; b: { recursion = 5; }; };", "warning 1 limits.a.recursion\n");
}

static void
grants(void **state)
{
	(void)state;
	finds("grants: { a: { http = [ \"http://127.0.0.1:*\" ]; }; };", "warning 1 grants.a.http\n");
	finds("grants: { a: { http = [ \"http://127.0.0.1:*\" ]; private = true; }; };", "");
	finds("grants: { a: { http = [ \"http://localhost\", \"https://a.example\" ]; }; };",
	    "warning 1 grants.a.http\n");
	finds("grants: { a: { http = [ \"*\" ]; }; };", "warning 1 grants.a.http\n");
	finds("grants: { a: { http = [ \"https://*:*/x\" ]; }; };", "warning 1 grants.a.http\n");
	finds("grants: { a: { http = [ \"https://*.a.example\", \"https://*.a.example\" ]; }; };",
	    "warning 1 grants.a.http\n");
	finds("grants: { a: { private = true; }; };", "warning 1 grants.a.private\n");
	finds("grants: { a: { memory = [ \"*\" ]; }; b: { memory = [ \"house\", \"h*\" ]; }; };",
	    "warning 1 grants.a.memory\n");
	finds("grants: { a: { needs = [ \"call:Upper\", \"call:cap:Any.Thing\", \"call:b*\" ]; }; };",
	    "warning 1 grants.a.needs\n");
}

static void
no_change(const struct policy_change *change, void *arg)
{
	buf_printf(
	    arg, "%s: %s -> %s%s\n", change->key, change->from, change->to, change->reloadable ? "" : " (restart)");
}

/* What another process told of its snapshot is foreign. */
static void
foreign_texts_are_passed_over(void **state)
{
	static const char *const foreign[] = {"{}", "[]", "{\"values\": 1, \"held\": [], \"plugins\": []}",
	    "{\"values\": {\"run.depth\": 7, \"nope\": \"x\"}, \"held\": {\"state\": null}, \"plugins\": {\"x\": 3, "
	    "\"y\": {\"config\": 1}}}"};
	_cleanup_(policy_unref) struct policy *p = policy_defaults(false);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(foreign); i++) {
		json_t *texts = json_loads(foreign[i], 0, NULL);
		_cleanup_(buf_free) struct buf told = {0};

		assert_non_null(texts);
		policy_diff_texts(texts, p, no_change, &told);
		assert_string_equal(buf_text(&told), "");
		json_decref(texts);
	}
}

static void
texts_are_as_good_as_a_snapshot(void **state)
{
	_cleanup_(policy_unref) struct policy *was = NULL, *now = NULL;
	_cleanup_(buf_free) struct buf told = {0};
	static const char before[] = "run: { depth = 3; }; grants: { x: { private = true; }; };";
	static const char after[] = "run: { depth = 4; input = \"1M\"; }; plugins: { y: { a = 1; }; };";
	json_t *texts;

	(void)state;
	assert_int_equal(fd_write_file(path, before, strlen(before), 0600, &fault), 0);
	assert_int_equal(policy_load(path, false, &was, &fault), 0);
	texts = policy_texts(was);
	assert_int_equal(fd_write_file(path, after, strlen(after), 0600, &fault), 0);
	assert_int_equal(policy_load(path, false, &now, &fault), 0);
	assert_int_equal(policy_diff_texts(texts, now, no_change, &told), 4);
	assert_string_equal(buf_text(&told),
	    "run.depth: 3 -> 4\nrun.input: 64M -> 1M (restart)\ngrants.x.private: true -> false\n"
	    "plugins.y.a: (not set) -> 1\n");
	json_decref(texts);
}

/* ---- Alerts ------------------------------------------------------------------------------------------------------ */

/* As `finds`, for what a host finds out only when it opens the file. */
static void
alerts_find(const char *text, const char *expected)
{
	const struct policy_check_options options = {.root = true, .special = special};
	_cleanup_(policy_unref) struct policy *p = NULL;
	_cleanup_(buf_free) struct buf found = {0};

	assert_int_equal(fd_write_file(path, text, strlen(text), 0600, &fault), 0);
	policy_check(path, &options, add, &found, &p);
	assert_string_equal(buf_text(&found), expected);
}

static void
webhooks(void **state)
{
	_cleanup_(free_p) char *good = NULL, *open_to_all = NULL, *missing = NULL,
			       *secret = xasprintf("%s.secret", path);

	(void)state;
	good = xasprintf("alerts: {\n webhook = \"https://h/x\";\n secret_file = \"%s\";\n};\n", secret);
	alerts_find(good, "mistake 3 alerts.secret_file\n"); /* it is not there yet */
	assert_int_equal(fd_write_file(secret, "x", 1, 0644, &fault), 0);
	assert_int_equal(chmod(secret, 0640), 0);
	alerts_find(good, "mistake 3 alerts.secret_file\n");
	assert_int_equal(chmod(secret, 0600), 0);
	alerts_find(good, "");
	assert_int_equal(unlink(secret), 0);
	alerts_find("alerts: {\n webhook = \"https://h/x\";\n};\n", "warning 2 alerts.webhook\n");
	alerts_find(
	    "alerts: {\n webhook = \"http://h/x\";\n};\n", "warning 2 alerts.webhook\nwarning 2 alerts.webhook\n");
	alerts_find("alerts: {\n webhook = \"http://127.0.0.1:80/x\";\n};\n", "warning 2 alerts.webhook\n");
	alerts_find("alerts: {\n secret_file = \"/x\";\n};\n", "warning 2 alerts.secret_file\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_mistakes),
	    cmocka_unit_test(findings_have_their_parts),
	    cmocka_unit_test(a_file_that_cannot_be_read),
	    cmocka_unit_test(values_together),
	    cmocka_unit_test(grants),
	    cmocka_unit_test(foreign_texts_are_passed_over),
	    cmocka_unit_test(texts_are_as_good_as_a_snapshot),
	    cmocka_unit_test(webhooks),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
