/*
 * etc/hospes.conf says of each key what its default is and whether a reload takes it over.  Both are tried: the key gets
 * another value in a file, and the host's own reading and reloading of that file have the last word.
 */

#include <ctype.h>
#include <string.h>

#include "cmocka_all.h"

#include "base/buf.h"
#include "base/fd.h"
#include "policy/keys.h"
#include "policy/policy.h"
#include "policy/value.h"
#include "conf_scratch.h"

/* ---- What the file says ------------------------------------------------------------------------------------------ */

struct said {
	char path[64];
	char value[96]; /* as it is written */
	bool reloadable, marked, explained;
};

/* "#	calls = 1000;" */
static bool
read_line(const char *line, const char *group, struct said *said)
{
	char name[32];

	if (sscanf(line, "#%*[\t]%31[a-z_] = %95[^;];", name, said->value) != 2 &&
	    sscanf(line, "#%31[a-z_] = %95[^;];", name, said->value) != 2)
		return false;
	snprintf(said->path, sizeof said->path, "%s%s%s", group, group[0] != '\0' ? "." : "", name);
	return true;
}

/* Every key of the file, with the comment above it; returns how many. */
static unsigned
each_key(void (*tried)(const struct said *said))
{
	_cleanup_(buf_free) struct buf conf = {0};
	char group[32] = "", *line, *rest;
	struct said said = {0};
	unsigned n = 0;

	assert_int_equal(fd_read_file(CONF_FILE, &conf, MIB, &fault), 0);
	rest = (char *)(uintptr_t)buf_text(&conf);
	while ((line = strsep(&rest, "\n")) != NULL) {
		const char *text = line + strspn(line, "#\t ");

		if (strstr(line, ": {") != NULL && strchr(line, '}') == NULL && sscanf(line, "#%31[a-z_]:", group) == 1)
			continue;
		if (strcmp(line, "#};") == 0) {
			group[0] = '\0';
		} else if (strncmp(text, "[reloadable]", 12) == 0 || strncmp(text, "[restart]", 9) == 0) {
			said.marked = true;
			said.reloadable = text[3] == 'l';
		} else if (read_line(line, group, &said)) {
			bool is_list = said.value[0] == '('; /* of groups: tried below */

			if (!is_list)
				tried(&said);
			n += !is_list;
			said = (struct said){0};
		} else if (strchr(line, '#') != NULL && text[0] != '\0') {
			said.explained = true;
		}
	}
	return n;
}

/* ---- Tried ------------------------------------------------------------------------------------------------------- */

static void
write_conf(const char *key, const char *value)
{
	const char *dot = strchr(key, '.');
	_cleanup_(free_p) char *text = dot == NULL
					   ? xasprintf("%s = %s;\n", key, value)
					   : xasprintf("%.*s: { %s = %s; };\n", (int)(dot - key), key, dot + 1, value);

	assert_int_equal(fd_write_file(path, text, strlen(text), 0600, &fault), 0);
}

static bool
is_same(const struct key *k, const struct policy *a, const struct policy *b)
{
	_cleanup_(buf_free) struct buf one = {0}, other = {0};

	value_write(k, a, &one);
	value_write(k, b, &other);
	return strcmp(buf_text(&one), buf_text(&other)) == 0;
}

/* Of a key that takes one of some words: the one at `i`, with its quotes, as the key tells them. */
static char *
allowed_word(const struct key *k, unsigned i)
{
	char allowed[KEY_ALLOWED_TEXT];
	const char *at = allowed;

	key_allowed(k, allowed);
	for (; i > 0 && at != NULL; i--) {
		at = strchr(at, '"');
		at = at != NULL ? strchr(at + 1, '"') : NULL;
		at = at != NULL ? at + 1 : NULL;
	}
	at = at != NULL ? strchr(at, '"') : NULL;
	return at != NULL ? xstrndup(at, strcspn(at + 1, "\"") + 2) : xstrdup("\"\"");
}

/* Values to try, until one is taken that is not the default. */
static char *
candidate(const struct key *k, unsigned i)
{
	int64_t number = i == 0 ? k->min : i == 1 ? k->max : 2 * k->min;

	switch (k->type) {
	case KEY_COUNT:
	case KEY_SIZE:
		return xasprintf("%lldL", (long long)number);
	case KEY_TIME:
		return xasprintf("\"%lldms\"", (long long)(number / NS_PER_MS));
	case KEY_RATE:
		return xstrdup("\"7/m\"");
	case KEY_BOOL:
		return xstrdup(i == 0 ? "true" : "false");
	case KEY_UIDS:
		return xstrdup("\"7-9\"");
	case KEY_PATHS:
		return xstrdup("[ \"/x\" ]");
	case KEY_TEXT:
	case KEY_PATH:
	case KEY_FILE:
		return xstrdup("\"/x\"");
	case KEY_URL:
		return xstrdup("\"http://x/y\"");
	case KEY_REAL:
		return xasprintf("%g", (double)number / 1000 + 0.0005);
	case KEY_PERCENTS:
		return xstrdup("[ 7 ]");
	default:
		return allowed_word(k, i);
	}
}

static void
write_other(const struct key *k, const struct policy *defaults)
{
	for (unsigned i = 0; i < 3; i++) {
		_cleanup_(free_p) char *value = candidate(k, i);
		_cleanup_(policy_unref) struct policy *p = NULL;

		write_conf(k->path, value);
		if (policy_load(path, false, &p, &fault) == 0 && !is_same(k, defaults, p))
			return;
	}
	fail_msg("%s takes no other value: %s", k->path, fault.text);
}

static void
note_change(const struct policy_change *change, void *arg)
{
	buf_printf(arg, "%s %s\n", change->key, change->reloadable ? "reloadable" : "restart");
}

static void
try_mark(const struct said *said)
{
	const struct key *k = key_find(policy_keys, said->path);
	_cleanup_(policy_unref) struct policy *before = NULL, *after = NULL;
	_cleanup_(buf_free) struct buf told = {0};
	_cleanup_(free_p) char *expected =
	    xasprintf("%s %s\n", said->path, said->reloadable ? "reloadable" : "restart");

	if (k == NULL || !said->marked) {
		fail_msg("%s: %s", said->path, k == NULL ? "no such key" : "no mark");
		return;
	}
	assert_int_equal(fd_write_file(path, "", 0, 0600, &fault), 0);
	assert_int_equal(policy_load(path, false, &before, &fault), 0);
	write_other(k, before);
	assert_int_equal(policy_reload(before, &after, &fault), 0);
	if (is_same(k, before, after) == said->reloadable)
		fail_msg("%s: a reload %s it over", said->path, said->reloadable ? "does not take" : "takes");
	policy_diff(before, after, note_change, &told);
	assert_string_equal(buf_text(&told), expected);
}

/* Sizes and times are written with their unit; a number is of what the comment says. */
static void
try_default(const struct said *said)
{
	const struct key *k = key_find(policy_keys, said->path);
	_cleanup_(policy_unref) struct policy *defaults = policy_defaults(false), *written = NULL;

	assert_non_null(k);
	assert_true(said->explained);
	write_conf(said->path, said->value);
	if (policy_load(path, false, &written, &fault) != 0)
		fail_msg("%s", fault.text);
	/* where things lie depends on who runs */
	if (k->preset != NULL && !is_same(k, defaults, written))
		fail_msg("%s: %s is not its default", said->path, said->value);
	if ((k->type == KEY_SIZE || k->type == KEY_TIME) &&
	    isdigit((unsigned char)said->value[strlen(said->value) - 2]))
		fail_msg("%s: %s has no unit", said->path, said->value);
}

static unsigned
keys_in_table(void)
{
	unsigned n = 0;

	while (policy_keys[n].path != NULL)
		n++;
	return n;
}

static void
marks_are_true(void **state)
{
	(void)state;
	assert_int_equal(each_key(try_mark), keys_in_table());
}

static void
defaults_are_true(void **state)
{
	(void)state;
	assert_int_equal(each_key(try_default), keys_in_table());
}

/* What is said of plugins is taken over too, each group or list as a whole. */
static void
plugin_groups_are_reloadable(void **state)
{
	static const char *const tries[][2] = {{"plugins", "plugins: { x: { a = 1; }; };"},
	    {"grants", "grants: { x: { private = true; }; };"}, {"limits", "limits: { x: { concurrency = 3; }; };"},
	    {"grounding", "grounding: { x: { checks = [ \"q\" ]; }; };"},
	    {"routing", "routing = ( { capability = \"x\"; policy = \"cheapest\"; } );"},
	    {"prices", "prices = ( { http = [ \"https://x.org\" ]; money = \"0.01\"; } );"},
	    {"handoffs", "handoffs = ( { from = \"x\"; confidence = 0.5; } );"},
	    {"fallbacks", "fallbacks = ( { of = \"x\"; to = ( { answer = \"1\"; } ); } );"}};
	_cleanup_(buf_free) struct buf conf = {0};

	(void)state;
	assert_int_equal(fd_read_file(CONF_FILE, &conf, MIB, &fault), 0);
	for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
		_cleanup_(free_p) char *marked = xasprintf(
		    "\n# [reloadable]\n#%s%s", tries[i][0], strstr(tries[i][1], " = (") != NULL ? " = ( );" : ": { };");
		_cleanup_(policy_unref) struct policy *before = NULL, *after = NULL;
		_cleanup_(buf_free) struct buf told = {0};

		assert_non_null(strstr(buf_text(&conf), marked));
		assert_int_equal(fd_write_file(path, "", 0, 0600, &fault), 0);
		assert_int_equal(policy_load(path, false, &before, &fault), 0);
		assert_int_equal(fd_write_file(path, tries[i][1], strlen(tries[i][1]), 0600, &fault), 0);
		assert_int_equal(policy_reload(before, &after, &fault), 0);
		assert_int_equal(policy_diff(before, after, note_change, &told), 1);
		assert_non_null(strstr(buf_text(&told), " reloadable\n"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(marks_are_true),
	    cmocka_unit_test(defaults_are_true),
	    cmocka_unit_test(plugin_groups_are_reloadable),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
