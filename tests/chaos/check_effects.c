/*
 * chaos-check: effects, as the journal has them against the log of the server that they went to.
 *
 * The target of each request is its own and begins with its class, /once/12-3, so that what the server saw is found again in
 * the journal.  Of an effect is kept:
 *
 *   {"attempts": {"1": {"key", "begun"}}, "next": the attempt that may begin, "undone": decided not to have taken place,
 *    "decided": a human said what its outcome is, "outcome": status}
 */

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *
path_of(const char *url)
{
	const char *host = strstr(url, "://");
	const char *path = host == NULL ? NULL : strchr(host + 3, '/');

	return path == NULL ? url : path;
}

static bool
is_class(const char *path, const char *class)
{
	size_t len = strlen(class);

	return path[0] == '/' && strncmp(path + 1, class, len) == 0 && path[1 + len] == '/';
}

/* ---- The journal --------------------------------------------------------------------------------------------------- */

/* Each time that it is begun there is an intent, which says how often the attempt was begun before. */
static void
take_intent(json_t *effect, const char *id, const char *path, const json_t *record)
{
	char nth[16];
	json_t *attempt;
	json_int_t before = number_of(record, "number");

	snprintf(nth, sizeof(nth), "%lld", (long long)number_of(record, "attempt"));
	attempt = member(member(effect, "attempts"), nth);
	if (json_object_get(effect, "outcome") != NULL)
		breaks(id, "%s is begun and has an outcome already", path);
	if (number_of(record, "attempt") != number_of(effect, "undone") + 1)
		breaks(id, "%s is begun as attempt %s and nobody said that attempt %lld was not done", path, nth,
		    (long long)number_of(effect, "undone") + 1);
	if (number_of(attempt, "begun") != before)
		breaks(id, "%s was begun %lld times before as attempt %s, and its intent says %lld", path,
		    (long long)number_of(attempt, "begun"), nth, (long long)before);
	if (before > 0 && is_class(path, "once"))
		breaks(id, "%s may be done once, and attempt %s is begun again", path, nth);
	if (before > 0 && strcmp(text_of(attempt, "key"), text_of(record, "key")) != 0)
		breaks(id, "attempt %s of %s goes out under two keys, %s and %s", nth, path, text_of(attempt, "key"),
		    text_of(record, "key"));
	json_object_set_new(attempt, "key", json_string(text_of(record, "key")));
	json_object_set_new(attempt, "begun", json_integer(before + 1));
}

void
effect_record(struct journal *j, const char *id, const json_t *record)
{
	const char *kind = text_of(record, "kind"), *path = path_of(text_of(record, "target"));
	json_t *effect = member(j->effects, path);

	if (strcmp(kind, "op_intent") == 0)
		take_intent(effect, id, path, record);
	else if (strcmp(kind, "op_outcome") == 0)
		json_object_set(effect, "outcome", json_object_get(record, "status"));
	else if (strcmp(kind, "resolved") == 0 && json_object_get(record, "output_hash") != NULL)
		json_object_set_new(effect, "decided", json_true());
	else if (strcmp(kind, "resolved") == 0)
		json_object_set_new(effect, "undone", json_integer(number_of(effect, "undone") + 1));
}

/* ---- The server ---------------------------------------------------------------------------------------------------- */

/* path -> {key: times} */
static json_t *
server_read(const char *file)
{
	FILE *from = fopen(file, "r");
	char at[64], method[16], path[512], key[256], body[64], fate[32];
	json_t *paths = json_object();

	if (from == NULL) {
		perror(file);
		exit(2);
	}
	while (fscanf(from, "%63s %15s %511s %255s %63s %31s", at, method, path, key, body, fate) == 6) {
		if (strcmp(method, "POST") == 0)
			count_up(member(paths, path), key);
	}
	fclose(from);
	return paths;
}

/* How often it was begun under a key, "-" for none, as the journal has it; -1: never. */
static json_int_t
begun_under(json_t *effect, const char *key)
{
	json_t *attempt;
	const char *nth;

	json_object_foreach(json_object_get(effect, "attempts"), nth, attempt)
	{
		const char *own = text_of(attempt, "key");

		if (strcmp(*own == '\0' ? "-" : own, key) == 0)
			return number_of(attempt, "begun");
	}
	return -1;
}

static bool
has_key(const char *path)
{
	return is_class(path, "keyed") || is_class(path, "costly") || is_class(path, "once");
}

/* What the server saw of an effect is what was meant to be, each time; what came of it may be less. */
static void
check_requests(const char *path, json_t *effect, json_t *keys, unsigned *all, unsigned *again)
{
	json_int_t sum = 0, times;
	const char *key;
	json_t *n;

	json_object_foreach(keys, key, n)
	{
		times = json_integer_value(n);
		sum += times;
		if (begun_under(effect, key) < 0)
			breaks(path, "it went out under the key %s and no intent on record has that", key);
		else if (times > begun_under(effect, key))
			breaks(path, "it went out %lld times under the key %s and was meant to %lld times: %s",
			    (long long)times, key, (long long)begun_under(effect, key),
			    is_class(path, "costly") ? "paid for, and not told as maybe_billed" : "without an intent");
		if ((strcmp(key, "-") == 0) == has_key(path))
			breaks(path, "it went out under the key %s", key);
	}
	if (is_class(path, "once") && sum > 1)
		breaks(path, "it took place %lld times and may be done once", (long long)sum);
	if (!is_class(path, "once") && json_object_size(keys) > 1)
		breaks(path, "it went out under %zu keys", json_object_size(keys));
	*all += (unsigned)sum;
	*again += sum > 1;
}

void
check_effects(const struct journal *j, const char *log, unsigned *requests, unsigned *again)
{
	json_t *paths = server_read(log), *effect, *keys;
	const char *path;

	json_object_foreach(paths, path, keys)
	{
		effect = json_object_get(j->effects, path);
		if (effect == NULL)
			breaks(path, "it took place, and no run meant it to");
		else
			check_requests(path, effect, keys, requests, again);
	}
	json_object_foreach(j->effects, path, effect)
	{
		if (strcmp(text_of(effect, "outcome"), "ok") == 0 && json_object_get(paths, path) == NULL)
			breaks(path, "it is said to have been done, and was not");
	}
	json_decref(paths);
}
