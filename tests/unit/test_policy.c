/* The configuration file: defaults, what is allowed, and what is said of what is not. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/install.h"
#include "policy/keys.h"
#include "policy/places.h"
#include "policy/read.h"
#include "policy/units.h"

static char path[] = "/tmp/hospes-policy-XXXXXX";
static struct fault fault;

static int
set_up(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

static struct policy *
load(const char *text)
{
	struct policy *p = NULL;

	assert_int_equal(fd_write_file(path, text, strlen(text), 0600, &fault), 0);
	if (policy_load(path, false, &p, &fault) != 0)
		return NULL;
	return p;
}

static void
good(const char *text, struct policy **ret)
{
	*ret = load(text);
	if (*ret == NULL)
		fail_msg("%s: %s", text, fault.text);
}

/* Refused as bad_config, at this line, with these words in the sentence. */
static void
bad(const char *text, unsigned line, const char *const words[])
{
	_cleanup_(policy_unref) struct policy *p = load(text);
	char where[64];

	if (p != NULL)
		fail_msg("accepted: %s", text);
	assert_int_equal(fault.status, HOSPES_ECONFIG);
	snprintf(where, sizeof where, "%s:%u: ", path, line);
	if (strncmp(fault.text, where, strlen(where)) != 0)
		fail_msg("not at line %u: %s", line, fault.text);
	for (; *words != NULL; words++) {
		if (strstr(fault.text, *words) == NULL)
			fail_msg("says nothing of \"%s\": %s", *words, fault.text);
	}
}
#define BAD(text, line, ...) bad(text, line, (const char *const[]){__VA_ARGS__, NULL})

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
	good("state = \"/s\"; socket = \"/k\"; socket_group = \"\"; plugin_dirs = (\"/a\", \"/b\"); user = \"_h\";\n"
	     "cell_uids = \"5-5\"; sandbox: { degraded = true; };\n"
	     "run: { calls = 7; money = \"1.25\"; cpu = \"7s\"; wall = \"90s\"; depth = 0; payload = \"1K\"; input = 2048; at_once = 3; };\n"
	     "cells: { per_version = 1; fibers = 2; memory = \"1G\"; stack = \"1M\"; silence = \"50ms\"; load = 3; "
	     "grace = \"1h\";\n"
	     "  isolation = \"run\"; };\n"
	     "http: { timeout = \"1d\"; max_bytes = 1; redirects = 0; at_once = 1; };\n"
	     "memory: { value = \"2M\"; document = 1048576; };\n"
	     "alerts: { at = [ 1, 100 ]; webhook = \"https://h.example:8443/x?y=1\"; secret_file = \"/s/k\"; };\n"
	     "quality: { k = 1; h = 4.5; least = 5; };\n",
	    &p);
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
	good("grants: { fetch: { http = [ \"https://*.example.org/api\", \"*\" ]; private = true; needs = [ "
	     "\"call:cap:read.*\", \"memory:sources\" ]; memory = [ \"house\", \"day-*\" ]; }; };\n"
	     "plugins: { web-survey: { at_once = 4; big = 5000000000L; ratio = 0.5; loud = true; word = \"w\\u\"; }; "
	     "};\n"
	     "limits: { fetch: { concurrency = 8; recursion = 2; day_calls = 9; day_money = \"$0.000001\"; polled = true; }; };\n"
	     "grounding: { fetch: { checks = [ \"quotes\", \"numbers\" ]; }; };\n",
	    &p);
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
		good(silent[i], &p);
		assert_string_equal(policy_plugin(p, "supervisor")->grounding.checks[0], "quotes");
		assert_null(policy_plugin(p, "supervisor")->grounding.checks[1]);
		assert_null(policy_plugin(p, "fetch")->grounding.checks);
		policy_unref(&p);
	}
	good("grounding: { supervisor: { checks = [ ]; }; };", &p);
	assert_null(policy_plugin(p, "supervisor")->grounding.checks[0]);
	policy_unref(&p);
	good("grounding: { supervisor: { checks = ( \"numbers\" ); }; };", &p);
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
	good("day: { calls = 100; money = \"20\"; };\n"
	     "clients = ( { client = \"uid:7\"; calls = 30; money = \"0.5\"; day_calls = 300; day_money = \"5\"; },\n"
	     "            { client = \"*\"; day_calls = 2; } );\n",
	    &p);
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
	    "( { client = \"uid:7\"; calls = 30; money = \"0.50\"; day_calls = 300; day_money = \"5.00\"; }, "
	    "{ client = \"*\"; calls = 0; money = \"0.00\"; day_calls = 2; day_money = \"0.00\"; } )");
}

/* ---- What is refused --------------------------------------------------------------------------------------------- */

/* Every key of the table, with a value of a type that it does not have and with one past each of its bounds. */
static void
every_key_is_checked(void **state)
{
	(void)state;
	for (const struct key *k = policy_keys; k->path != NULL; k++) {
		const char *dot = strchr(k->path, '.');
		bool is_number = k->type == KEY_COUNT || k->type == KEY_SIZE || k->type == KEY_TIME;
		_cleanup_(free_p) char *open =
		    dot == NULL ? xstrdup("") : xasprintf("%.*s: {", (int)(dot - k->path), k->path);
		const char *name = dot == NULL ? k->path : dot + 1, *close = dot == NULL ? "" : "};";
		const char *const wrong[] = {"{ x = 1; }", "( ( 1 ) )", "-1", k->type == KEY_REAL ? "1000000.5" : "1.5",
		    is_number ? "true" : "2147483648L",
		    is_number                 ? "\"12 apples\""
		    : k->type == KEY_PERCENTS ? "[ 2, 1 ]"
					      : "[ 1, 2 ]",
		    is_number ? "9000000000000000000L" : "( { } )"};

		for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
			_cleanup_(free_p) char *text =
			    xasprintf("# line 1\n%s %s = %s; %s\n", open, name, wrong[i], close);

			BAD(text, 2, k->path, "found ", "allowed is ");
		}
		if (is_number && k->type != KEY_TIME) {
			_cleanup_(free_p) char *over =
			    xasprintf("%s %s = %lldL; %s\n", open, name, (long long)k->max + 1, close);
			_cleanup_(free_p) char *under =
			    xasprintf("%s %s = %lldL; %s\n", open, name, (long long)k->min - 1, close);

			BAD(over, 1, k->path);
			BAD(under, 1, k->path);
		}
	}
}

static void
sentences(void **state)
{
	(void)state;
	BAD("run: {\n depht = 5; };", 2, "run.depht: there is no such key; did you mean run.depth?",
	    "Allowed here: calls, wall");
	BAD("depth = 5;", 1, "depth: there is no such key", "did you mean run.depth?");
	BAD("\n\nplugin_dir = [ \"/x\" ];", 3, "did you mean plugin_dirs?");
	BAD("plugin: { };", 1, "did you mean plugins?");
	BAD("run: { money = \"1.2.3\"; };", 1, "run.money: found the text", "an amount of dollars");
	BAD("run: { money = \"-1\"; };", 1, "run.money");
	BAD("run: { money = \"0.0000001\"; };", 1, "run.money");
	BAD("run: { money = \"99999999999\"; };", 1, "run.money");
	BAD("clients = { };", 1, "clients: found a group { ... }, allowed is a list of at most 1000 groups");
	BAD("clients = ( 1 );", 1, "clients[0]: found the number 1, allowed is a group");
	BAD("clients = (\n { day_calls = 1; } );", 2, "clients[0].client: the entry does not say whom it is about");
	BAD("clients = ( { client = \"a\"; },\n { client = \"a\"; } );", 2, "clients[1].client: there is an entry of this client");
	BAD("clients = ( { client = \"a\"; day_call = 1; } );", 1, "clients[0].day_call: there is no such key",
	    "did you mean day_calls?");
	BAD("clients = ( { client = \"a\"; day_money = 5; } );", 1, "clients[0].day_money: found the number 5");
	BAD("xyzzy = 1;", 1, "xyzzy: there is no such key; Allowed here: state, socket", "grants, limits");
	BAD("run = 5;", 1, "run: found the number 5, allowed is a group");
	BAD("grants = \"*\";", 1, "grants: found the text \"*\"");
	BAD("run: { depth = \"five\"; };", 1,
	    "run.depth: found the text \"five\", allowed is a whole number from 0 to 64");
	BAD("run: { payload = \"1T\"; };", 1, "a size from 1K to 64M");
	BAD("run: { wall = 0; };", 1, "found the number 0, allowed is a time from 1ms to 366d");
	BAD("cells: { isolation = \"none\"; };", 1, "\"client\", \"version\" or \"run\"");
	BAD("state = \"relative\";", 1, "an absolute path");
	BAD("plugin_dirs = [ \"/a\", \"b\" ];", 1, "a list of absolute paths");
	BAD("plugin_dirs = ( \"/a\", 5 );", 1, "a list of absolute paths");
	BAD("cell_uids = \"0-10\";", 1, "none of them 0");
	BAD("cell_uids = \"10-5\";", 1, "cell_uids");
	BAD("cell_uids = \"1-4294967295\";", 1, "cell_uids");
	BAD("cell_uids = \"1-2000000\";", 1, "cell_uids");
	BAD("grants: { fetch: { http = [ \"example.org\" ]; }; };", 1, "grants.fetch.http: found a list",
	    "http[s]://HOST");
	BAD("grants: { fetch: { htpp = [ \"*\" ]; }; };", 1,
	    "grants.fetch.htpp: there is no such key; did you mean http?");
	BAD("grants: { fetch: { needs = [ \"everything\" ]; }; };", 1, "grants.fetch.needs");
	BAD("grants: { fetch: { needs = [ \"memory:\" ]; }; };", 1, "grants.fetch.needs");
	BAD("grants: { fetch: { memory = [ \"House\" ]; }; };", 1, "grants.fetch.memory: found a list",
	    "allowed is a list of names of spaces");
	BAD("grants: { fetch: { memory = [ \"a/b\" ]; }; };", 1, "grants.fetch.memory");
	BAD("grants: { fetch: { memory = \"house\"; }; };", 1, "grants.fetch.memory: found the text");
	BAD("memory: { value = \"17M\"; };", 1, "memory.value: found the text \"17M\"");
	BAD("memory: { size = 1; };", 1, "memory.size: there is no such key", "value, document");
	BAD("grants: { Fetch: { }; };", 1, "grants.Fetch: no plugin can have this name");
	BAD("limits: { fe_tch: { }; };", 1, "limits.fe_tch: no plugin can have this name");
	BAD("alerts: { at = [ 50, 50 ]; };", 1,
	    "alerts.at: found a list, allowed is a list of at most 8 whole numbers from 1 to 100");
	BAD("alerts: { at = [ 1, 2, 3, 4, 5, 6, 7, 8, 9 ]; };", 1, "alerts.at");
	BAD("alerts: { at = [ 0, 50 ]; };", 1, "alerts.at");
	BAD("alerts: { at = [ 50, 101 ]; };", 1, "alerts.at");
	BAD("alerts: { at = ( 50.5 ); };", 1, "alerts.at");
	BAD("alerts: { webhook = \"ftp://h/\"; };", 1, "alerts.webhook: found the text", "a URL, https://HOST");
	BAD("alerts: { webhook = \"https://*.h/\"; };", 1, "alerts.webhook");
	BAD("alerts: { webhook = \"*\"; };", 1, "alerts.webhook");
	BAD("alerts: { secret_file = \"secret\"; };", 1, "alerts.secret_file", "an absolute path");
	BAD("quality: { k = 0.01; };", 1, "quality.k: found the number 0.01, allowed is a number from 0.05 to 5");
	BAD("grants: { fetch = true; };", 1, "grants.fetch: found true, allowed is a group");
	BAD("grounding: { fetch: { checks = [ \"Quotes\" ]; }; };", 1, "grounding.fetch.checks: found a list",
	    "a list of names of plugins");
	BAD("grounding: { fetch: { checks = [ \"quotes.so\" ]; }; };", 1, "grounding.fetch.checks: found a list");
	BAD("grounding: { fetch: { checks = [ \"\" ]; }; };", 1, "grounding.fetch.checks: found a list");
	BAD("grounding: { fetch: { checks = \"quotes\"; }; };", 1, "grounding.fetch.checks: found the text");
	BAD("grounding: { fetch: { cheks = [ ]; }; };", 1, "grounding.fetch.cheks: there is no such key",
	    "did you mean checks?");
	BAD("run: { on_cycle = \"stop\"; };", 1, "\"refuse\" or \"end_run\"");
	BAD("limits: { fetch: { recursion = 100; }; };", 1, "limits.fetch.recursion: found the number 100");
	BAD("plugins: { survey: { list = [ 1 ]; }; };", 1, "plugins.survey.list: found a list");
	BAD("plugins: { survey: { word = \"\\xff\"; }; };", 1, "a text in UTF-8");
	BAD("run: {\n calls = 5;\n calls = 6; };", 3, "duplicate");
	BAD("run: {\n calls = 5\n", 3, "syntax error");
	BAD("@", 1, "error");
}

static void
unreadable_files(void **state)
{
	struct policy *p = NULL;

	(void)state;
	assert_int_equal(policy_load("/nonexistent/hospes.conf", false, &p, &fault), HOSPES_ECONFIG);
	assert_int_equal(fault.status, HOSPES_ECONFIG);
	assert_non_null(strstr(fault.text, "/nonexistent/hospes.conf"));
	assert_int_equal(policy_load("/tmp", false, &p, &fault), HOSPES_ECONFIG);
	assert_int_equal(fd_write_file(path, "depth = 1;\0evil", 15, 0600, &fault), 0);
	assert_int_equal(policy_load(path, false, &p, &fault), HOSPES_ECONFIG);
	assert_non_null(strstr(fault.text, "zero byte"));
	assert_null(p);
}

/* Nested deep enough to end a parser that recurses without a bound. */
static void
deep_nesting(void **state)
{
	_cleanup_(buf_free) struct buf text = {0};

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_appends(&text, "a:{");
	assert_null(load(buf_text(&text)));
	buf_clear(&text);
	buf_appends(&text, "plugins: { a: { b = ");
	for (int i = 0; i < 100000; i++)
		buf_appends(&text, "(");
	assert_null(load(buf_text(&text)));
}

static void
shared_until_the_last(void **state)
{
	struct policy *p = policy_defaults(true), *q = policy_ref(p);

	(void)state;
	policy_unref(&p);
	assert_null(p);
	assert_int_equal(q->depth, 5);
	policy_unref(&q);
	policy_unref(&q);
}

/* The stacks of all calls are part of a cell's memory: no line is wrong by itself. */
static void
memory_holds_stacks(void **state)
{
	static const struct {
		const char *text, *need;
	} cases[] = {
	    {"cells: { memory = \"64M\"; };", "found 64 MiB; it holds the stacks of all calls too, and 512 of them"},
	    {"cells: { memory = \"64M\"; };", "need 144 MiB"},
	    {"cells: { fibers = 12500; };", "need 3141 MiB"},
	    {"cells: { stack = \"1M\"; };", "with 1024 KiB each"},
	};
	struct policy *p;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		p = load(cases[i].text);
		assert_null(p);
		assert_int_equal(fault.status, HOSPES_ECONFIG);
		assert_non_null(strstr(fault.text, "cells.memory"));
		if (strstr(fault.text, cases[i].need) == NULL)
			fail_msg("says nothing of \"%s\": %s", cases[i].need, fault.text);
	}
	good("cells: { fibers = 12500; memory = \"3141M\"; };", &p);
	policy_unref(&p);
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
	    cmocka_unit_test(every_key_is_checked),
	    cmocka_unit_test(memory_holds_stacks),
	    cmocka_unit_test(sentences),
	    cmocka_unit_test(unreadable_files),
	    cmocka_unit_test(deep_nesting),
	    cmocka_unit_test(shared_until_the_last),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
