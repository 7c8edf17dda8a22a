/* What is said of a configuration file that is wrong: which line, which key, what was found there and what is allowed. */

#include "conf_scratch.h"

#include <stdio.h>

#include "base/buf.h"
#include "policy/keys.h"

/* Refused at this line, with these words in the sentence. */
static void
bad_at(const char *text, unsigned line, const char *const words[])
{
	char where[64];

	refused(text);
	snprintf(where, sizeof where, "%s:%u: ", path, line);
	if (strncmp(fault.text, where, strlen(where)) != 0)
		fail_msg("not at line %u: %s", line, fault.text);
	for (; *words != NULL; words++)
		fault_says(*words);
}
#define BAD(text, line, ...) bad_at(text, line, (const char *const[]){__VA_ARGS__, NULL})

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
what_there_is_no_key_for(void **state)
{
	(void)state;
	BAD("run: {\n depht = 5; };", 2, "run.depht: there is no such key; did you mean run.depth?",
	    "Allowed here: calls, wall");
	BAD("depth = 5;", 1, "depth: there is no such key", "did you mean run.depth?");
	BAD("\n\nplugin_dir = [ \"/x\" ];", 3, "did you mean plugin_dirs?");
	BAD("plugin: { };", 1, "did you mean plugins?");
	BAD("xyzzy = 1;", 1, "xyzzy: there is no such key; Allowed here: state, socket", "grants, limits");
	BAD("memory: { size = 1; };", 1, "memory.size: there is no such key", "value, document");
	BAD("limits: { fe_tch: { }; };", 1, "limits.fe_tch: no plugin can have this name");
}

static void
values_that_are_not_allowed(void **state)
{
	(void)state;
	BAD("run: { money = \"1.2.3\"; };", 1, "run.money: found the text", "an amount of dollars");
	BAD("run: { money = \"-1\"; };", 1, "run.money");
	BAD("run: { money = \"0.0000001\"; };", 1, "run.money");
	BAD("run: { money = \"99999999999\"; };", 1, "run.money");
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
	BAD("memory: { value = \"17M\"; };", 1, "memory.value: found the text \"17M\"");
	BAD("run: { on_cycle = \"stop\"; };", 1, "\"refuse\" or \"end_run\"");
	BAD("limits: { fetch: { recursion = 100; }; };", 1, "limits.fetch.recursion: found the number 100");
	BAD("plugins: { survey: { list = [ 1 ]; }; };", 1, "plugins.survey.list: found a list");
	BAD("plugins: { survey: { word = \"\\xff\"; }; };", 1, "a text in UTF-8");
}

static void
clients_that_are_wrong(void **state)
{
	(void)state;
	BAD("clients = { };", 1, "clients: found a group { ... }, allowed is a list of at most 1000 groups");
	BAD("clients = ( 1 );", 1, "clients[0]: found the number 1, allowed is a group");
	BAD("clients = (\n { day_calls = 1; } );", 2, "clients[0].client: the entry does not say whom it is about");
	BAD("clients = ( { client = \"a\"; },\n { client = \"a\"; } );", 2,
	    "clients[1].client: there is an entry of this client");
	BAD("clients = ( { client = \"a\"; day_call = 1; } );", 1, "clients[0].day_call: there is no such key",
	    "did you mean day_calls?");
	BAD("clients = ( { client = \"a\"; day_money = 5; } );", 1, "clients[0].day_money: found the number 5");
}

static void
grants_that_are_wrong(void **state)
{
	(void)state;
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
	BAD("grants: { Fetch: { }; };", 1, "grants.Fetch: no plugin can have this name");
	BAD("grants: { fetch = true; };", 1, "grants.fetch: found true, allowed is a group");
}

static void
alerts_and_quality_that_are_wrong(void **state)
{
	(void)state;
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
}

static void
grounding_that_is_wrong(void **state)
{
	(void)state;
	BAD("grounding: { fetch: { checks = [ \"Quotes\" ]; }; };", 1, "grounding.fetch.checks: found a list",
	    "a list of names of plugins");
	BAD("grounding: { fetch: { checks = [ \"quotes.so\" ]; }; };", 1, "grounding.fetch.checks: found a list");
	BAD("grounding: { fetch: { checks = [ \"\" ]; }; };", 1, "grounding.fetch.checks: found a list");
	BAD("grounding: { fetch: { checks = \"quotes\"; }; };", 1, "grounding.fetch.checks: found the text");
	BAD("grounding: { fetch: { cheks = [ ]; }; };", 1, "grounding.fetch.cheks: there is no such key",
	    "did you mean checks?");
}

static void
files_that_do_not_read(void **state)
{
	(void)state;
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
		bad(cases[i].text, "cells.memory");
		fault_says(cases[i].need);
	}
	p = good("cells: { fibers = 12500; memory = \"3141M\"; };");
	policy_unref(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_key_is_checked),
	    cmocka_unit_test(memory_holds_stacks),
	    cmocka_unit_test(what_there_is_no_key_for),
	    cmocka_unit_test(values_that_are_not_allowed),
	    cmocka_unit_test(clients_that_are_wrong),
	    cmocka_unit_test(grants_that_are_wrong),
	    cmocka_unit_test(alerts_and_quality_that_are_wrong),
	    cmocka_unit_test(grounding_that_is_wrong),
	    cmocka_unit_test(files_that_do_not_read),
	    cmocka_unit_test(unreadable_files),
	    cmocka_unit_test(deep_nesting),
	    cmocka_unit_test(shared_until_the_last),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
