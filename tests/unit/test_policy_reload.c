/* The configuration read again: what changes, what waits for a restart, and what is told of either. */

#include <string.h>

#include "cmocka_all.h"

#include "base/buf.h"
#include "base/fd.h"
#include "policy/policy.h"
#include "conf_scratch.h"

static void
reloading(void **state)
{
	_cleanup_(policy_unref) struct policy *p = NULL, *q = NULL, *kept = NULL;
	static const char text[] = "state = \"/new\"; plugin_dirs = [ \"/n\" ]; user = \"n\"; cell_uids = \"7-9\"; "
				   "cells: { memory = \"1G\"; };\n"
				   "run: { depth = 9; }; grants: { fetch: { private = true; }; };"
				   "grounding: { supervisor: { checks = [ ]; }; };";

	(void)state;
	p = good("state = \"/old\"; run: { depth = 3; };");
	assert_int_equal(fd_write_file(path, text, strlen(text), 0600, &fault), 0);
	assert_int_equal(policy_reload(p, &q, &fault), 0);
	assert_int_equal(q->depth, 9);
	assert_true(policy_plugin(q, "fetch")->http_private);
	assert_non_null(policy_plugin(p, "supervisor")->grounding.checks[0]);
	assert_null(policy_plugin(q, "supervisor")->grounding.checks[0]);
	assert_string_equal(q->state_dir, "/old");
	assert_string_equal(q->user, "hospes");
	assert_string_equal(q->plugin_dirs[0], p->plugin_dirs[0]);
	assert_string_equal(q->plugin_dirs[1], p->plugin_dirs[1]);
	assert_null(q->plugin_dirs[2]);
	assert_int_equal(q->cell_uids, 1000);
	assert_int_equal(q->cell_memory, 384 * MIB);
	assert_int_equal(p->depth, 3); /* whoever holds the old one ends on it */
	assert_int_equal(fd_write_file(path, "run: { depth = -1; };", 21, 0600, &fault), 0);
	assert_int_equal(policy_reload(q, &kept, &fault), HOSPES_ECONFIG);
	assert_null(kept);
}

static void
add_change(const struct policy_change *change, void *arg)
{
	buf_printf(
	    arg, "%s: %s -> %s%s\n", change->key, change->from, change->to, change->reloadable ? "" : " (restart)");
}

/* What the reload of `text` tells; `*p` moves on to the new snapshot. */
static void
tells(struct policy **p, const char *text, const char *expected)
{
	_cleanup_(buf_free) struct buf told = {0};
	struct policy *next = NULL;
	unsigned n, lines = 0;

	assert_int_equal(fd_write_file(path, text, strlen(text), 0600, &fault), 0);
	assert_int_equal(policy_reload(*p, &next, &fault), 0);
	n = policy_diff(*p, next, add_change, &told);
	assert_string_equal(buf_text(&told), expected);
	for (const char *at = expected; *at != '\0'; at++)
		lines += *at == '\n';
	assert_int_equal(n, lines);
	policy_unref(p);
	*p = next;
}

static void
reload_tells_what_changed(void **state)
{
	_cleanup_(policy_unref) struct policy *p = NULL;

	(void)state;
	p = good("run: { depth = 3; };");
	tells(&p, "run: { depth = 3; };", "");
	tells(&p, "run: { depth = 3; calls = 1000; wall = \"600s\"; payload = 16777216; };", "");
	tells(&p, "run: { depth = 9; wall = \"90s\"; };", "run.wall: 10m -> 90s\nrun.depth: 3 -> 9\n");
	/* told again and again, until the host starts again or the file is as it was */
	tells(&p, "run: { depth = 9; wall = 90; input = \"32M\"; }; cells: { isolation = \"run\"; };",
	    "cells.isolation: client -> run (restart)\nrun.input: 64M -> 32M (restart)\n");
	tells(&p, "run: { depth = 9; wall = 90; input = \"32M\"; };", "run.input: 64M -> 32M (restart)\n");
	tells(&p, "run: { depth = 9; wall = 90; };", "");
}

static void
reload_tells_of_texts(void **state)
{
	_cleanup_(policy_unref) struct policy *p = NULL;

	(void)state;
	p = good("plugin_dirs = [ \"/p\" ]; socket = \"/k\"; cell_uids = \"7-9\";");
	tells(&p, "plugin_dirs = [ \"/a\", \"/b\" ]; socket = \"/k\"; socket_group = \"\"; cell_uids = \"7-8\";",
	    "socket_group: hospes ->  (restart)\n"
	    "plugin_dirs: [ \"/p\", \"" PLUGINDIR "\" ] -> [ \"/a\", \"/b\", \"" PLUGINDIR "\" ] (restart)\n"
	    "cell_uids: 7-9 -> 7-8 (restart)\n");
	tells(&p, "plugin_dirs = [ \"/p\" ]; socket = \"/k\"; cell_uids = \"7-9\";", "");
}

static void
reload_tells_of_plugins(void **state)
{
	_cleanup_(policy_unref) struct policy *p = NULL;

	(void)state;
	p = good("plugins: { survey: { at_once = 4; word = \"w\"; }; };");
	tells(&p, "plugins: { survey: { at_once = 5; loud = true; }; };",
	    "plugins.survey.at_once: 4 -> 5\nplugins.survey.word: \"w\" -> (not set)\n"
	    "plugins.survey.loud: (not set) -> true\n");
	tells(&p,
	    "grants: { fetch: { http = [ \"*\" ]; private = true; needs = [ ]; }; };\n"
	    "limits: { echo: { concurrency = 2; }; }; grounding: { supervisor: { checks = [ ]; }; };",
	    "limits.echo.concurrency: 0 -> 2\n"
	    "grants.fetch.http: [ ] -> [ \"*\" ]\ngrants.fetch.private: false -> true\n"
	    "grants.fetch.needs: (all) -> [ ]\n"
	    "grounding.supervisor.checks: [ \"quotes\" ] -> [ ]\n"
	    "plugins.survey.at_once: 5 -> (not set)\nplugins.survey.loud: true -> (not set)\n");
	tells(&p, "grants: { fetch: { http = [ \"*\", \"https://a.example\" ]; }; echo: { }; };",
	    "limits.echo.concurrency: 2 -> 0\n"
	    "grants.fetch.http: [ \"*\" ] -> [ \"*\", \"https://a.example\" ]\n"
	    "grants.fetch.private: true -> false\ngrants.fetch.needs: [ ] -> (all)\n"
	    "grounding.supervisor.checks: [ ] -> [ \"quotes\" ]\n");
}

/* The command line goes over the file, which may then say what it likes. */
static void
reload_knows_the_command_line(void **state)
{
	_cleanup_(policy_unref) struct policy *p = NULL;

	(void)state;
	p = good("state = \"/a\";");
	policy_overridden(p, "state");
	tells(&p, "state = \"/b\";", "");
	tells(&p, "state = \"/c\"; user = \"x\";", "user: hospes -> x (restart)\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reloading),
	    cmocka_unit_test(reload_tells_what_changed),
	    cmocka_unit_test(reload_tells_of_texts),
	    cmocka_unit_test(reload_tells_of_plugins),
	    cmocka_unit_test(reload_knows_the_command_line),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
