/* The table of keys, and what can be read from it without a file. */

#include "policy/keys.h"

#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "base/util.h"
#include "policy/numbers.h"
#include "policy/units.h"

#define IN_POLICY(field) .at = offsetof(struct policy, field), .width = sizeof(((struct policy *)0)->field)
#define IN_PLUGIN(field)                                                                                               \
	.at = offsetof(struct policy_plugin, field), .width = sizeof(((struct policy_plugin *)0)->field)

#define IN_ROUTE(field) .at = offsetof(struct policy_route, field), .width = sizeof(((struct policy_route *)0)->field)

#define IN_HANDOFF(field)                                                                                              \
	.at = offsetof(struct policy_handoff, field), .width = sizeof(((struct policy_handoff *)0)->field)

#define K ((int64_t)KIB)
#define M ((int64_t)MIB)
#define S NS_PER_S

#define SOCKET_PATH_MAX 107 /* sun_path, less its zero */
#define TEXT_MAX        4095
#define NAME_MAX_BYTES  64
#define CAPABILITY_MAX  128

/* clang-format off */
const struct key policy_keys[] = {
	/* what is fixed once the host has opened its folders, its socket and its spawner */
	{"state",            KEY_PATH,      IN_POLICY(state_dir),        1, TEXT_MAX, NULL, false},
	{"socket",           KEY_PATH,      IN_POLICY(socket_path),      1, SOCKET_PATH_MAX, NULL, false},
	{"socket_group",     KEY_TEXT,      IN_POLICY(socket_group),     0, 64, "hospes", false},
	{"plugin_dirs",      KEY_PATHS,     IN_POLICY(plugin_dirs),      1, TEXT_MAX, NULL, false},
	{"user",             KEY_TEXT,      IN_POLICY(user),             0, 64, "hospes", false},
	{"cell_uids",        KEY_UIDS,      IN_POLICY(cell_uid_first),   1, UINT32_MAX - 1, "2000000000-2000000999", false},
	{"sandbox.degraded", KEY_BOOL,      IN_POLICY(sandbox_degraded), 0, 1, "false", false},
	{"cells.per_version", KEY_COUNT,    IN_POLICY(cells_per_pool),   1, 256, "4", false},
	{"cells.fibers",     KEY_COUNT,     IN_POLICY(fibers),           1, 30000, "512", false},
	{"cells.memory",     KEY_SIZE,      IN_POLICY(cell_memory),      16 * M, 64 * K * M, "384M", false},
	{"cells.stack",      KEY_SIZE,      IN_POLICY(stack_bytes),      256 * K, 64 * M, "256K", false},
	{"cells.silence",    KEY_TIME,      IN_POLICY(cell_silence_ns),  10 * NS_PER_MS, 3600 * S, "2s", false},
	{"cells.load",       KEY_TIME,      IN_POLICY(cell_load_ns),     10 * NS_PER_MS, 3600 * S, "10s", false},
	{"cells.grace",      KEY_TIME,      IN_POLICY(kill_grace_ns),    10 * NS_PER_MS, 3600 * S, "1s", false},
	{"cells.evict_after", KEY_TIME,     IN_POLICY(evict_after_ns),   0, 366 * 24 * 3600 * S, "60s", false},
	{"cells.isolation",  KEY_ISOLATION, IN_POLICY(isolation),        0, 0, "client", false},
	{"http.max_bytes",   KEY_SIZE,      IN_POLICY(http_max_bytes),   1, 64 * M, "16M", false},
	{"http.redirects",   KEY_COUNT,     IN_POLICY(http_redirects),   0, 50, "5", false},
	{"http.at_once",     KEY_COUNT,     IN_POLICY(http_at_once),     1, 10000, "64", false},
	{"memory.value",     KEY_SIZE,      IN_POLICY(memory_value_max), K, 16 * M, "1M", false},
	{"memory.document",  KEY_SIZE,      IN_POLICY(memory_document_max), K, 64 * M, "64M", false},
	/* what a run takes from the snapshot that it starts under; only its largest input the socket has to know */
	{"http.timeout",     KEY_TIME,      IN_POLICY(http_timeout_ns),  NS_PER_MS, 24 * 3600 * S, "30s", true},
	{"run.calls",        KEY_COUNT,     IN_POLICY(run_calls),        1, 1000000000, "1000", true},
	{"run.wall",         KEY_TIME,      IN_POLICY(run_wall_ns),      NS_PER_MS, 366 * 24 * 3600 * S, "10m", true},
	{"run.money",        KEY_MONEY,     IN_POLICY(run_money),        0, MONEY_MAX, "0", true},
	{"run.cpu",          KEY_TIME,      IN_POLICY(run_cpu_ns),       0, 366 * 24 * 3600 * S, "0", true},
	{"day.calls",        KEY_COUNT,     IN_POLICY(day_calls),        0, POLICY_DAY_CALLS_MAX, "0", true},
	{"day.money",        KEY_MONEY,     IN_POLICY(day_money),        0, MONEY_MAX, "0", true},
	{"day.cpu",          KEY_TIME,      IN_POLICY(day_cpu_ns),       0, 366 * 24 * 3600 * S, "0", true},
	{"run.depth",        KEY_COUNT,     IN_POLICY(depth),            0, 64, "5", true},
	{"run.repetition",   KEY_COUNT,     IN_POLICY(repetition),       0, 1000000000, "3", true},
	{"run.on_cycle",     KEY_ON_CYCLE,  IN_POLICY(on_cycle),         0, 0, "refuse", true},
	{"run.payload",      KEY_SIZE,      IN_POLICY(payload_max),      K, 64 * M, "16M", true},
	{"run.input",        KEY_SIZE,      IN_POLICY(input_max),        K, 64 * M, "64M", false},
	{"run.at_once",      KEY_COUNT,     IN_POLICY(runs_at_once),     1, 1000000, "1000", true},
	{"run.resume_at_once", KEY_COUNT,   IN_POLICY(resume_at_once),   1, 1000000, "64", true},
	{"run.queue",        KEY_COUNT,     IN_POLICY(queue),            1, 10000000, "100000", true},
	{"run.waiting",      KEY_COUNT,     IN_POLICY(runs_waiting),     0, 100000, "0", true},
	{"rate.client",      KEY_RATE,      IN_POLICY(rate_client.each_ns), 0, 0, "0", true},
	{"rate.client_burst", KEY_COUNT,    IN_POLICY(rate_client.burst), 0, 1000000, "0", true},
	{"rate.target",      KEY_RATE,      IN_POLICY(rate_target.each_ns), 0, 0, "0", true},
	{"rate.target_burst", KEY_COUNT,    IN_POLICY(rate_target.burst), 0, 1000000, "0", true},
	{"breaker.errors",   KEY_COUNT,     IN_POLICY(breaker_errors),   0, 100, "50", true},
	{"breaker.least",    KEY_COUNT,     IN_POLICY(breaker_least),    1, 1000000, "20", true},
	{"breaker.window",   KEY_TIME,      IN_POLICY(breaker_window_ns), S, 24 * 3600 * S, "60s", true},
	{"breaker.latency",  KEY_TIME,      IN_POLICY(breaker_latency_ns), 0, 366 * 24 * 3600 * S, "0", true},
	{"breaker.money",    KEY_MONEY,     IN_POLICY(breaker_money),    0, MONEY_MAX, "0", true},
	{"breaker.open",     KEY_TIME,      IN_POLICY(breaker_open_ns),  10 * NS_PER_MS, 24 * 3600 * S, "30s", true},
	{"journal.keep",     KEY_TIME,      IN_POLICY(journal_keep_ns),  0, 3650 * 24 * 3600 * S, "30d", true},
	{"journal.size",     KEY_SIZE,      IN_POLICY(journal_size),     32 * M, 1024 * K * M * K, "4G", true},
	{"reviews.once",     KEY_BOOL,      IN_POLICY(review_once),      0, 1, "false", true},
	{"reviews.spend",    KEY_MONEY,     IN_POLICY(review_spend),     0, MONEY_MAX, "0", true},
	{"reviews.deadline", KEY_TIME,      IN_POLICY(review_deadline_ns), NS_PER_MS, 3650 * 24 * 3600 * S, "1d", true},
	{"reviews.default",  KEY_ANSWER,    IN_POLICY(review_default),   0, 0, "reject", true},
	{"alerts.at",        KEY_PERCENTS,  IN_POLICY(alerts_at),        1, 100, "50 80 100", true},
	{"alerts.webhook",   KEY_URL,       IN_POLICY(alerts_webhook),   0, TEXT_MAX, "", true},
	{"alerts.secret_file", KEY_FILE,    IN_POLICY(alerts_secret_file), 0, TEXT_MAX, "", true},
	{"quality.k",        KEY_REAL,      IN_POLICY(quality_k),        50, 5000, "0.5", true},
	{"quality.h",        KEY_REAL,      IN_POLICY(quality_h),        500, 100000, "8", true},
	{"quality.least",    KEY_COUNT,     IN_POLICY(quality_least),    5, 1000000, "30", true},
	{"run.drain",        KEY_TIME,      IN_POLICY(drain_ns),         0, 24 * 3600 * S, "10s", true},
	{0},
};

const struct key policy_grant_keys[] = {
	{"http",        KEY_PATTERNS, IN_PLUGIN(http),         1, TEXT_MAX, NULL, true},
	{"private",     KEY_BOOL,     IN_PLUGIN(http_private), 0, 1, "false", true},
	{"needs",       KEY_NEEDS,    IN_PLUGIN(needs),        1, TEXT_MAX, NULL, true},
	{"memory",      KEY_SPACES,   IN_PLUGIN(memory),       1, 64, NULL, true},
	{0},
};

const struct key policy_limit_keys[] = {
	{"concurrency", KEY_COUNT,    IN_PLUGIN(concurrency),  0, 1000000, "0", true},
	{"recursion",   KEY_COUNT,    IN_PLUGIN(recursion),    0, 64, "0", true},
	{"day_calls",   KEY_COUNT,    IN_PLUGIN(day_calls),    0, POLICY_DAY_CALLS_MAX, "0", true},
	{"day_money",   KEY_MONEY,    IN_PLUGIN(day_money),    0, MONEY_MAX, "0", true},
	{"day_cpu",     KEY_TIME,     IN_PLUGIN(day_cpu_ns),   0, 366 * 24 * 3600 * S, "0", true},
	{"polled",      KEY_BOOL,     IN_PLUGIN(polled),       0, 1, "false", true},
	{"rate",        KEY_RATE,     IN_PLUGIN(rate.each_ns), 0, 0, "0", true},
	{"burst",       KEY_COUNT,    IN_PLUGIN(rate.burst),   0, 1000000, "0", true},
	{"input",       KEY_SIZE,     IN_PLUGIN(input_max),    0, 64 * M, "0", true},
	{"context",     KEY_SIZE,     IN_PLUGIN(context_max),  0, 1024 * M, "0", true},
	{"breaker",     KEY_BOOL,     IN_PLUGIN(breaker),      0, 1, "true", true},
	{"timeout",     KEY_TIME,     IN_PLUGIN(timeout_ns),   0, 366 * 24 * 3600 * S, "0s", true},
	{0},
};

/* What the file does not say of a plugin is in policy.c: it depends on the plugin. */
#define GROUNDING_KEYS                                                                                                 \
	{"checks",      KEY_NAMES,    IN_HANDOFF(checks),      1, NAME_MAX_BYTES, NULL, true},                         \
	{"confidence",  KEY_REAL,     IN_HANDOFF(confidence),  0, 1000, "0", true},                                       \
	{"on_fail",     KEY_STEPS,    IN_HANDOFF(on_fail),     1, NAME_MAX_BYTES, NULL, true},                         \
	{"retries",     KEY_COUNT,    IN_HANDOFF(retries),     1, 20, "1", true},                                      \
	{"escalate",    KEY_NAME,     IN_HANDOFF(escalate),    0, NAME_MAX_BYTES, NULL, true},                         \
	{"critical",    KEY_BOOL,     IN_HANDOFF(critical),    0, 1, "true", true},                                    \
	{"check_deadline", KEY_TIME,  IN_HANDOFF(check_deadline_ns), 0, 24 * 3600 * S, "0", true}

const struct key policy_grounding_keys[] = {
	GROUNDING_KEYS,
	{0},
};

const struct key policy_handoff_keys[] = {
	GROUNDING_KEYS, /* the same rows first, since `set` counts by them */
	{"from",        KEY_NAME,     IN_HANDOFF(from),        0, NAME_MAX_BYTES, NULL, true},
	{"to",          KEY_NAME,     IN_HANDOFF(to),          0, NAME_MAX_BYTES, NULL, true},
	{"capability",  KEY_TEXT,     IN_HANDOFF(capability),  0, CAPABILITY_MAX, NULL, true},
	{0},
};

const struct key policy_route_keys[] = {
	{"capability",  KEY_TEXT,     IN_ROUTE(capability),    1, 128, NULL, true},
	{"policy",      KEY_ROUTING,  IN_ROUTE(by),            0, 0, "name", true},
	{0},
};
/* clang-format on */

const char *const policy_plugin_groups[] = {"plugins", "grants", "limits", "grounding", NULL};

const struct key *
key_table(const char *group)
{
	if (strcmp(group, "grants") == 0)
		return policy_grant_keys;
	if (strcmp(group, "limits") == 0)
		return policy_limit_keys;
	return strcmp(group, "grounding") == 0 ? policy_grounding_keys : NULL;
}

void *
key_base(const char *group, struct policy_plugin *plugin)
{
	if (strcmp(group, "grounding") == 0)
		return &plugin->grounding;
	return plugin;
}

const struct key *
key_find(const struct key *keys, const char *path)
{
	for (; keys->path != NULL; keys++) {
		if (strcmp(keys->path, path) == 0)
			return keys;
	}
	return NULL;
}

bool
key_is_group(const char *name)
{
	size_t len = strlen(name);

	for (const struct key *k = policy_keys; k->path != NULL; k++) {
		if (strncmp(k->path, name, len) == 0 && k->path[len] == '.')
			return true;
	}
	return false;
}

/* How many characters to put in, take out or change to make one of the other (Levenshtein), for words of up to 63. */
static unsigned
distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned row[64];

	if (a_len > 63 || b_len > 63)
		return 64;
	for (unsigned j = 0; j <= b_len; j++)
		row[j] = j;
	for (unsigned i = 1; i <= a_len; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= b_len; j++) {
			unsigned above = row[j];
			unsigned best = diagonal + (a[i - 1] != b[j - 1]);

			if (above + 1 < best)
				best = above + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
			diagonal = above;
		}
	}
	return row[b_len];
}

static const char *
last_part(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot != NULL ? dot + 1 : path;
}

/* A slip of the pen counts by its letters; the right word in the wrong group counts one. */
static unsigned
unlikeness(const char *found, const char *known)
{
	const char *a = last_part(found), *b = last_part(known);
	size_t group = (size_t)(a - found);
	unsigned by_word = distance(a, strlen(a), b, strlen(b));
	unsigned by_path = distance(found, strlen(found), known, strlen(known));

	if (group != (size_t)(b - known) || strncmp(found, known, group) != 0)
		by_word++;
	return by_word < by_path ? by_word : by_path;
}

const char *
key_nearest(const struct key *keys, const char *path)
{
	bool whole_file = keys == policy_keys;
	const char *best = "";
	unsigned least = (unsigned)(strlen(last_part(path)) / 2) + 1;

	if (least > 4)
		least = 4;
	for (; keys->path != NULL; keys++) {
		unsigned u = unlikeness(path, keys->path);

		if (u < least) {
			least = u;
			best = keys->path;
		}
	}
	for (const char *const *g = policy_plugin_groups; whole_file && *g != NULL; g++) {
		unsigned u = unlikeness(path, *g);

		if (u < least) {
			least = u;
			best = *g;
		}
	}
	return best;
}

void
key_allowed(const struct key *key, char out[KEY_ALLOWED_TEXT])
{
	char low[UNIT_TEXT], high[UNIT_TEXT];

	switch (key->type) {
	case KEY_TEXT:
		snprintf(out, KEY_ALLOWED_TEXT, "a text of at most %lld bytes", (long long)key->max);
		return;
	case KEY_PATH:
		snprintf(out, KEY_ALLOWED_TEXT, "an absolute path of at most %lld bytes", (long long)key->max);
		return;
	case KEY_PATHS:
		snprintf(out, KEY_ALLOWED_TEXT, "a list of absolute paths, [ \"/one\", \"/two\" ]");
		return;
	case KEY_PATTERNS:
		snprintf(out, KEY_ALLOWED_TEXT,
		    "a list of patterns http[s]://HOST[:PORT][/PATH], or \"*\", e.g. [ \"https://*.example.org/api\" "
		    "]");
		return;
	case KEY_NEEDS:
		snprintf(out, KEY_ALLOWED_TEXT,
		    "a list of \"call:NAME\", \"call:cap:PATTERN\", \"http:PATTERN\" or \"memory:SPACE\"");
		return;
	case KEY_SPACES:
		snprintf(out, KEY_ALLOWED_TEXT,
		    "a list of names of spaces, each a small letter and up to 63 small letters, digits and dashes, or "
		    "with "
		    "\"*\" a pattern");
		return;
	case KEY_NAMES:
		snprintf(out, KEY_ALLOWED_TEXT, "a list of names of plugins, e.g. [ \"quotes\" ]; [ ] is none");
		return;
	case KEY_NAME:
		snprintf(out, KEY_ALLOWED_TEXT, "the name of a plugin, [a-z][a-z0-9-]*, or \"\" for none");
		return;
	case KEY_STEPS:
		snprintf(out, KEY_ALLOWED_TEXT,
		    "a list of \"retry\", \"escalate\", \"review\", \"pass\" and \"fail\", each once; nothing comes after the "
		    "last two");
		return;
	case KEY_COUNT:
		snprintf(out, KEY_ALLOWED_TEXT, "a whole number from %lld to %lld", (long long)key->min,
		    (long long)key->max);
		return;
	case KEY_SIZE:
		unit_write_size(key->min, low);
		unit_write_size(key->max, high);
		snprintf(out, KEY_ALLOWED_TEXT, "a size from %s to %s, as a number of bytes or like \"16M\" (K, M, G)",
		    low, high);
		return;
	case KEY_TIME:
		unit_write_time(key->min, low);
		unit_write_time(key->max, high);
		snprintf(out, KEY_ALLOWED_TEXT,
		    "a time from %s to %s, as a number of seconds or like \"500ms\" (ms, s, m, h, d)", low, high);
		return;
	case KEY_RATE:
		snprintf(out, KEY_ALLOWED_TEXT,
		    "a rate like \"100/s\", \"60/m\", \"10/h\" or \"1/d\", at most %d/s; \"0\" is no limit",
		    UNIT_RATE_MOST);
		return;
	case KEY_MONEY:
		snprintf(out, KEY_ALLOWED_TEXT,
		    "an amount of dollars as a text, like \"0.50\", with at most six digits behind the point");
		return;
	case KEY_BOOL:
		snprintf(out, KEY_ALLOWED_TEXT, "true or false");
		return;
	case KEY_UIDS:
		snprintf(out, KEY_ALLOWED_TEXT,
		    "a range of user ids, \"FIRST-LAST\", at most %d of them and none of them 0", POLICY_CELL_UIDS_MAX);
		return;
	case KEY_ISOLATION:
		snprintf(out, KEY_ALLOWED_TEXT, "\"client\", \"version\" or \"run\"");
		return;
	case KEY_ON_CYCLE:
		snprintf(out, KEY_ALLOWED_TEXT, "\"refuse\" or \"end_run\"");
		return;
	case KEY_ROUTING:
		snprintf(out, KEY_ALLOWED_TEXT,
		    "\"name\", \"least_loaded\", \"cheapest\", \"best_score\" or \"weighted\"");
		return;
	case KEY_ANSWER:
		snprintf(out, KEY_ALLOWED_TEXT, "\"reject\" or \"approve\"");
		return;
	case KEY_URL:
		snprintf(out, KEY_ALLOWED_TEXT, "a URL, https://HOST[:PORT][/PATH] or with http, or \"\" for none");
		return;
	case KEY_FILE:
		snprintf(out, KEY_ALLOWED_TEXT, "an absolute path of at most %lld bytes, or \"\" for none", (long long)key->max);
		return;
	case KEY_REAL:
	case KEY_PERCENTS:
		numbers_allowed(key, out);
		return;
	}
}
