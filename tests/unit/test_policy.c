/* The configuration file: its defaults, and what may be written there. */

#include "conf_scratch.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/install.h"
#include "policy/keys.h"
#include "policy/places.h"
#include "policy/read.h"
#include "policy/units.h"

/* ---- Defaults ---------------------------------------------------------------------------------------------------- */

static void
assert_defaults(const struct policy *p)
{
	assert_string_equal(p->state_dir, "/var/lib/hospes");
	assert_string_equal(p->socket_path, "/run/hospes/hospes.sock");
	assert_string_equal(p->socket_group, "hospes");
	assert_string_equal(p->plugin_dirs[0], "/var/lib/hospes/plugins");
	assert_string_equal(p->plugin_dirs[1], install_dir(INSTALL_PLUGINS));
	assert_null(p->plugin_dirs[2]);
	assert_string_equal(p->user, "hospes");
	assert_int_equal(p->cell_uid_first, 2000000000);
	assert_int_equal(p->cell_uids, 1000);
	assert_int_equal(p->run_calls, 1000);
	assert_int_equal(p->run_wall_ns, 600 * NS_PER_S);
	assert_int_equal(p->run_money, 0);
	assert_int_equal(p->run_cpu_ns, 0);
	assert_int_equal(p->day_calls, 0);
	assert_int_equal(p->day_money, 0);
	assert_int_equal(policy_client(p, "uid:1")->day_calls, 0);
	assert_int_equal(p->journal_keep_ns, 30 * 24 * 3600 * NS_PER_S);
	assert_int_equal(p->journal_size, 4096 * MIB);
	assert_int_equal(p->depth, 5);
	assert_int_equal(p->repetition, 3);
	assert_int_equal(p->on_cycle, ON_CYCLE_REFUSE);
	assert_int_equal(p->payload_max, 16 * MIB);
	assert_int_equal(p->input_max, 64 * MIB);
	assert_int_equal(p->runs_at_once, 1000);
	assert_int_equal(p->cells_per_pool, 4);
	assert_int_equal(p->fibers, 512);
	assert_int_equal(p->cell_memory, 384 * MIB);
	assert_int_equal(p->stack_bytes, 256 * KIB);
	assert_int_equal(p->cell_silence_ns, 2 * NS_PER_S);
	assert_int_equal(p->cell_load_ns, 10 * NS_PER_S);
	assert_int_equal(p->kill_grace_ns, 1 * NS_PER_S);
	assert_int_equal(p->isolation, ISOLATION_CLIENT);
	assert_false(p->sandbox_degraded);
	assert_int_equal(p->http_timeout_ns, 30 * NS_PER_S);
	assert_int_equal(p->http_max_bytes, 16 * MIB);
	assert_int_equal(p->http_redirects, 5);
	assert_int_equal(p->http_at_once, 64);
	assert_int_equal(p->alerts_at.n, 3);
	assert_memory_equal(p->alerts_at.at, ((const uint8_t[]){50, 80, 100}), 3);
	assert_null(p->alerts_webhook);
	assert_null(p->alerts_secret_file);
	assert_true(p->quality_k > 0.499 && p->quality_k < 0.501);
	assert_true(p->quality_h > 7.999 && p->quality_h < 8.001);
	assert_int_equal(p->quality_least, 30);
	assert_ptr_equal(policy_plugin(p, "fetch"), p->unnamed);
}

static void
defaults(void **state)
{
	_cleanup_(policy_unref) struct policy *p = policy_defaults_as(false, true);
	const struct policy_plugin *plugin;

	(void)state;
	assert_defaults(p);
	assert_false(p->dev);
	plugin = policy_plugin(p, "nobody");
	assert_null(plugin->http[0]);
	assert_null(plugin->needs);
	assert_false(plugin->http_private);
	assert_int_equal(plugin->concurrency, 0);
	assert_int_equal(plugin->recursion, 0);
	assert_int_equal(json_object_size(plugin->config), 0);
}

static void
places_of_a_user(void **state)
{
	_cleanup_(policy_unref) struct policy *p = NULL, *q = NULL;

	(void)state;
	setenv("HOME", "/home/ann", 1);
	setenv("XDG_STATE_HOME", "relative/is/passed/over", 1);
	unsetenv("XDG_DATA_HOME");
	unsetenv("XDG_RUNTIME_DIR");
	p = policy_defaults(true);
	assert_true(p->dev);
	assert_string_equal(p->state_dir, "/home/ann/.local/state/hospes");
	assert_string_equal(p->socket_path, "/home/ann/.local/state/hospes/hospes.sock");
	assert_string_equal(p->plugin_dirs[0], "/home/ann/.local/share/hospes/plugins");
	assert_string_equal(p->plugin_dirs[1], install_dir(INSTALL_PLUGINS));

	setenv("XDG_STATE_HOME", "/s", 1);
	setenv("XDG_DATA_HOME", "/d", 1);
	setenv("XDG_RUNTIME_DIR", "/r", 1);
	q = policy_defaults_as(false, false);
	assert_string_equal(q->state_dir, "/s/hospes");
	assert_string_equal(q->socket_path, "/r/hospes/hospes.sock");
	assert_string_equal(q->plugin_dirs[0], "/d/hospes/plugins");
}

/* ---- etc/hospes.conf --------------------------------------------------------------------------------------------- */

/* The file with every "#key = ...;" taken from behind its "#"; comments keep theirs, they have a blank after it. */
static void
uncommented(struct buf *out)
{
	_cleanup_(buf_free) struct buf conf = {0};
	char *line, *rest;

	assert_int_equal(fd_read_file(CONF_FILE, &conf, MIB, &fault), 0);
	rest = (char *)(uintptr_t)buf_text(&conf);
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (line[0] == '#' && line[1] != ' ' && line[1] != '\0')
			line++;
		buf_printf(out, "%s\n", line);
	}
}

static void
conf_changes_nothing_as_it_is(void **state)
{
	_cleanup_(policy_unref) struct policy *p = policy_defaults_as(false, true);

	(void)state;
	assert_int_equal(policy_read(CONF_FILE, p, &fault), 0);
	assert_defaults(p);
}

static void
conf_has_the_defaults(void **state)
{
	_cleanup_(policy_unref) struct policy *p = xcalloc(1, sizeof *p);
	_cleanup_(buf_free) struct buf text = {0};
	int rc;

	(void)state;
	uncommented(&text);
	assert_int_equal(fd_write_file(path, text.data, text.len, 0600, &fault), 0);
	/* into an empty policy: a key that the file forgot would be 0 and not its default */
	p->refs = 1;
	p->unnamed = xcalloc(1, sizeof *p->unnamed);
	p->sandbox_degraded = true;
	p->isolation = ISOLATION_RUN;
	rc = policy_read(path, p, &fault);
	if (rc != 0)
		fail_msg("%s", fault.text);
	places_add_installed(p);
	assert_defaults(p);
}

/* Every key of the table is there, commented, and marked as the table has it. */
static void
conf_marks_every_key(void **state)
{
	_cleanup_(buf_free) struct buf conf = {0};

	(void)state;
	assert_int_equal(fd_read_file(CONF_FILE, &conf, MIB, &fault), 0);
	for (const struct key *k = policy_keys; k->path != NULL; k++) {
		const char *dot = strchr(k->path, '.'), *group, *at, *mark;
		char name[64];

		group = buf_text(&conf);
		if (dot != NULL) {
			snprintf(name, sizeof name, "\n#%.*s: {", (int)(dot - k->path), k->path);
			group = strstr(group, name);
			if (group == NULL) {
				fail_msg("the group of %s is not in etc/hospes.conf", k->path);
				return;
			}
		}
		snprintf(name, sizeof name, "%s%s = ", dot != NULL ? "\n#\t" : "\n#", dot != NULL ? dot + 1 : k->path);
		at = strstr(group, name);
		if (at == NULL) {
			fail_msg("%s is not in etc/hospes.conf", k->path);
			return;
		}
		mark = at;
		while (mark > (const char *)conf.data && *mark != '[')
			mark--;
		if (strncmp(mark, k->reloadable ? "[reloadable]" : "[restart]", k->reloadable ? 12 : 9) != 0)
			fail_msg("%s is marked wrongly", k->path);
	}
	for (const char *const *g = policy_plugin_groups; *g != NULL; g++) {
		char name[64];

		snprintf(name, sizeof name, "\n#%s: { };", *g);
		assert_non_null(strstr(buf_text(&conf), name));
	}
}

/* ---- Values ------------------------------------------------------------------------------------------------------ */

static void
everything_set(void **state)
{
	_cleanup_(policy_unref) struct policy *p = NULL;

	(void)state;
	p = good("state = \"/s\"; socket = \"/k\"; socket_group = \"\"; plugin_dirs = (\"/a\", \"/b\"); user = \"_h\";\n"
	     "cell_uids = \"5-5\"; sandbox: { degraded = true; };\n"
	     "run: { calls = 7; money = \"1.25\"; cpu = \"7s\"; wall = \"90s\"; depth = 0; payload = \"1K\"; input = 2048; at_once = 3; };\n"
	     "cells: { per_version = 1; fibers = 2; memory = \"1G\"; stack = \"1M\"; silence = \"50ms\"; load = 3; "
	     "grace = \"1h\";\n"
	     "  isolation = \"run\"; };\n"
	     "http: { timeout = \"1d\"; max_bytes = 1; redirects = 0; at_once = 1; };\n"
	     "memory: { value = \"2M\"; document = 1048576; };\n"
	     "alerts: { at = [ 1, 100 ]; webhook = \"https://h.example:8443/x?y=1\"; secret_file = \"/s/k\"; };\n"
	     "quality: { k = 1; h = 4.5; least = 5; };\n");
	assert_string_equal(p->file, path);
	assert_string_equal(p->state_dir, "/s");
	assert_string_equal(p->socket_path, "/k");
	assert_null(p->socket_group);
	assert_string_equal(p->plugin_dirs[0], "/a");
	assert_string_equal(p->plugin_dirs[1], "/b");
	assert_string_equal(p->plugin_dirs[2], install_dir(INSTALL_PLUGINS));
	assert_string_equal(p->user, "_h");
	assert_int_equal(p->cell_uid_first, 5);
	assert_int_equal(p->cell_uids, 1);
	assert_true(p->sandbox_degraded);
	assert_int_equal(p->run_money, 1250000);
	assert_int_equal(p->run_cpu_ns, 7 * NS_PER_S);
	assert_int_equal(p->run_calls, 7);
	assert_int_equal(p->run_wall_ns, 90 * NS_PER_S);
	assert_int_equal(p->depth, 0);
	assert_int_equal(p->payload_max, 1024);
	assert_int_equal(p->input_max, 2048);
	assert_int_equal(p->runs_at_once, 3);
	assert_int_equal(p->cells_per_pool, 1);
	assert_int_equal(p->fibers, 2);
	assert_int_equal(p->cell_memory, 1024 * MIB);
	assert_int_equal(p->stack_bytes, MIB);
	assert_int_equal(p->cell_silence_ns, 50 * NS_PER_MS);
	assert_int_equal(p->cell_load_ns, 3 * NS_PER_S);
	assert_int_equal(p->kill_grace_ns, 3600 * NS_PER_S);
	assert_int_equal(p->isolation, ISOLATION_RUN);
	assert_int_equal(p->http_timeout_ns, 24 * 3600 * NS_PER_S);
	assert_int_equal(p->http_max_bytes, 1);
	assert_int_equal(p->http_redirects, 0);
	assert_int_equal(p->http_at_once, 1);
	assert_int_equal(p->memory_value_max, 2 * MIB);
	assert_int_equal(p->memory_document_max, MIB);
	assert_int_equal(p->alerts_at.n, 2);
	assert_int_equal(p->alerts_at.at[1], 100);
	assert_string_equal(p->alerts_webhook, "https://h.example:8443/x?y=1");
	assert_string_equal(p->alerts_secret_file, "/s/k");
	assert_true(p->quality_k > 0.999 && p->quality_k < 1.001);
	assert_true(p->quality_h > 4.499 && p->quality_h < 4.501);
	assert_int_equal(p->quality_least, 5);
}

static void
plugins_set(void **state)
{
	_cleanup_(policy_unref) struct policy *p = NULL;
	const struct policy_plugin *fetch, *survey;

	(void)state;
	p = good("grants: { fetch: { http = [ \"https://*.example.org/api\", \"*\" ]; private = true; needs = [ "
	     "\"call:cap:read.*\", \"memory:sources\" ]; memory = [ \"house\", \"day-*\" ]; }; };\n"
	     "plugins: { web-survey: { at_once = 4; big = 5000000000L; ratio = 0.5; loud = true; word = \"w\\u\"; }; "
	     "};\n"
	     "limits: { fetch: { concurrency = 8; recursion = 2; day_calls = 9; day_money = \"$0.000001\"; polled = true; }; };\n"
	     "grounding: { fetch: { checks = [ \"quotes\", \"numbers\" ]; }; };\n");
	fetch = policy_plugin(p, "fetch");
	assert_string_equal(fetch->http[0], "https://*.example.org/api");
	assert_string_equal(fetch->http[1], "*");
	assert_null(fetch->http[2]);
	assert_true(fetch->http_private);
	assert_string_equal(fetch->needs[0], "call:cap:read.*");
	assert_string_equal(fetch->needs[1], "memory:sources");
	assert_string_equal(fetch->memory[0], "house");
	assert_string_equal(fetch->memory[1], "day-*");
	assert_null(fetch->memory[2]);
	assert_int_equal(fetch->concurrency, 8);
	assert_int_equal(fetch->day_calls, 9);
	assert_int_equal(fetch->day_money, 1);
	assert_int_equal(fetch->recursion, 2);
	assert_true(fetch->polled);
	assert_string_equal(fetch->grounding.checks[0], "quotes");
	assert_string_equal(fetch->grounding.checks[1], "numbers");
	assert_null(fetch->grounding.checks[2]);
	survey = policy_plugin(p, "web-survey");
	assert_int_equal(json_integer_value(json_object_get(survey->config, "at_once")), 4);
	assert_int_equal(json_integer_value(json_object_get(survey->config, "big")), 5000000000);
	assert_true(json_is_true(json_object_get(survey->config, "loud")));
	assert_true(json_is_real(json_object_get(survey->config, "ratio")));
	assert_true(json_is_string(json_object_get(survey->config, "word")));
	assert_null(survey->http[0]);
}

/* What the file does not say of the checks of a plugin stays as it is compiled in. */
static void
checks_of_the_supervisor(void **state)
{
	static const char *const silent[] = {"", "grounding: { };", "grounding: { supervisor: { }; };",
	    "grounding: { survey: { checks = [ \"numbers\" ]; }; };", "limits: { supervisor: { concurrency = 2; }; };"};
	struct policy *p = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(silent); i++) {
		p = good(silent[i]);
		assert_string_equal(policy_plugin(p, "supervisor")->grounding.checks[0], "quotes");
		assert_null(policy_plugin(p, "supervisor")->grounding.checks[1]);
		assert_null(policy_plugin(p, "fetch")->grounding.checks);
		policy_unref(&p);
	}
	p = good("grounding: { supervisor: { checks = [ ]; }; };");
	assert_null(policy_plugin(p, "supervisor")->grounding.checks[0]);
	policy_unref(&p);
	p = good("grounding: { supervisor: { checks = ( \"numbers\" ); }; };");
	assert_string_equal(policy_plugin(p, "supervisor")->grounding.checks[0], "numbers");
	assert_null(policy_plugin(p, "supervisor")->grounding.checks[1]);
	policy_unref(&p);
}

static void
units(void **state)
{
	static const char *const bad_times[] = {"", " 1s", "1 s", "-1s", "1.5s", "s", "1S", "1us",
	    "99999999999999999999s", "9223372036854775807s", "1s1s", "0x10s"};
	static const char *const bad_sizes[] = {
	    "", "M", "-1M", "1MB", "1m", "1.5G", "99999999999999999999", "9223372036854775807K"};
	char text[UNIT_TEXT];
	int64_t n = -1;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad_times); i++)
		assert_false(unit_read_time(bad_times[i], &n));
	for (size_t i = 0; i < ARRAY_LEN(bad_sizes); i++)
		assert_false(unit_read_size(bad_sizes[i], &n));
	assert_int_equal(n, -1);
	assert_true(unit_read_time("2", &n) && n == 2 * NS_PER_S);
	assert_true(unit_read_time("250ms", &n) && n == 250 * NS_PER_MS);
	assert_true(unit_read_time("10m", &n) && n == 600 * NS_PER_S);
	assert_true(unit_read_time("2d", &n) && n == 2 * 86400 * NS_PER_S);
	assert_true(unit_read_size("0", &n) && n == 0);
	assert_true(unit_read_size("3G", &n) && n == (int64_t)(3 * 1024 * MIB));
	unit_write_time(90 * NS_PER_S, text);
	assert_string_equal(text, "90s");
	unit_write_size(16 * MIB, text);
	assert_string_equal(text, "16M");
}

static void
clients_set(void **state)
{
	_cleanup_(policy_unref) struct policy *p = NULL;
	_cleanup_(json_p) json_t *texts = NULL;

	(void)state;
	p = good("day: { calls = 100; money = \"20\"; };\n"
	     "clients = ( { client = \"uid:7\"; calls = 30; money = \"0.5\"; day_calls = 300; day_money = \"5\"; },\n"
	     "            { client = \"*\"; day_calls = 2; } );\n");
	assert_int_equal(p->day_calls, 100);
	assert_int_equal(p->day_money, 20000000);
	assert_int_equal(policy_client(p, "uid:7")->calls, 30);
	assert_int_equal(policy_client(p, "uid:7")->money, 500000);
	assert_int_equal(policy_client(p, "uid:7")->day_calls, 300);
	assert_int_equal(policy_client(p, "uid:7")->day_money, 5000000);
	assert_int_equal(policy_client(p, "uid:8")->calls, 0);
	assert_int_equal(policy_client(p, "uid:8")->day_calls, 2);
	texts = policy_texts(p);
	assert_string_equal(json_string_value(json_object_get(json_object_get(texts, "values"), "clients")),
	    "( { client = \"uid:7\"; calls = 30; money = \"0.50\"; day_calls = 300; day_money = \"5.00\"; day_cpu = "
	    "\"0ms\"; }, "
	    "{ client = \"*\"; calls = 0; money = \"0.00\"; day_calls = 2; day_money = \"0.00\"; day_cpu = \"0ms\"; } "
	    ")");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(defaults),
	    cmocka_unit_test(places_of_a_user),
	    cmocka_unit_test(conf_changes_nothing_as_it_is),
	    cmocka_unit_test(conf_has_the_defaults),
	    cmocka_unit_test(conf_marks_every_key),
	    cmocka_unit_test(everything_set),
	    cmocka_unit_test(plugins_set),
	    cmocka_unit_test(checks_of_the_supervisor),
	    cmocka_unit_test(units),
	    cmocka_unit_test(clients_set),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
