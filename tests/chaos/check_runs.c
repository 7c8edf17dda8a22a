/*
 * chaos-check: one journal, record by record.
 *
 * Of a run is kept:
 *
 *   {"seq": how many records it has, "input", "result", "status", "message", "ended": how often, "spent": as it says,
 *    "account": its own, "calls": {path: {"account", "ended"}}, "stopped": by a client, "versions": {plugin: version},
 *    "ops": {path: {"due", "changes", "outcome", "held": a poll, "refused": a reply, by a check, "asked", "decided": a review}},
 *    "attempts": {path of an op: the number of the one that is under way, from 2 on},
 *    "prints": [what its records say], "copies": how many of them were copied since it was moved}
 *
 * An account is {"limit", "spent", "reserved", "most"}: most is what it takes of the account above it while it is open; a call
 * without a share of its own has a `most` of 1 and no limit, and what is below it is taken from above.
 */

#include "check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EARLY_NS 20000000 /* two clocks are read for a timer, and the machine may have had other work in between */

/* ---- JSON ---------------------------------------------------------------------------------------------------------- */

const char *
text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text == NULL ? "" : text;
}

json_int_t
number_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static void
add(json_t *object, const char *key, json_int_t n)
{
	json_object_set_new(object, key, json_integer(number_of(object, key) + n));
}

json_int_t
count_up(json_t *counts, const char *key)
{
	add(counts, key, 1);
	return number_of(counts, key);
}

json_t *
member(json_t *object, const char *key)
{
	json_t *found = json_object_get(object, key);

	if (found == NULL)
		json_object_set_new(object, key, found = json_object());
	return found;
}

/* ---- Accounts ------------------------------------------------------------------------------------------------------ */

static bool
parent_of(const char *path, char *parent, size_t size)
{
	const char *last = strrchr(path, '/');

	if (last == NULL || last == path || (size_t)(last - path) >= size)
		return false;
	memcpy(parent, path, (size_t)(last - path));
	parent[last - path] = '\0';
	return true;
}

/* The account that a call at a path is paid from: of the nearest call above it that was given a share, else the run's. */
static json_t *
payer(json_t *run, const char *path)
{
	char at[512];
	json_t *account;

	snprintf(at, sizeof(at), "%s", path);
	while (parent_of(at, at, sizeof(at))) {
		account = json_object_get(json_object_get(json_object_get(run, "calls"), at), "account");
		if (number_of(account, "limit") > 0)
			return account;
	}
	return member(run, "account");
}

/* What a run has used once it stays with, whatever is installed meanwhile. */
static void
take_version(json_t *run, const char *id, const char *path, const json_t *record)
{
	json_t *versions = member(run, "versions");
	const char *callee = text_of(record, "callee"), *is = text_of(record, "version"),
		   *was = text_of(versions, callee);

	if (*was != '\0' && strcmp(is, was) != 0)
		breaks(id, "the call %s is on version %s of %s, and the run was on %s", path, is, callee, was);
	json_object_set_new(versions, callee, json_string(is));
}

static void
take_call_start(json_t *run, const char *id, const char *path, const json_t *record)
{
	json_t *above = payer(run, path), *call, *account;
	json_int_t share = number_of(record, "limit_calls"), most = share > 0 ? share : 1;
	char parent[512];

	if (json_object_get(json_object_get(run, "calls"), path) != NULL)
		breaks(id, "the call %s begins twice", path);
	if (parent_of(path, parent, sizeof(parent))) {
		call = json_object_get(json_object_get(run, "calls"), parent);
		if (call == NULL || number_of(call, "ended") > 0)
			breaks(id, "the call %s begins and the one that wants it is not under way", path);
	}
	take_version(run, id, path, record);
	call = member(member(run, "calls"), path);
	account = member(call, "account");
	json_object_set_new(account, "limit", json_integer(share));
	json_object_set_new(account, "most", json_integer(most));
	json_object_set_new(account, "spent", json_integer(share > 0 ? 1 : 0));
	add(above, "reserved", most);
	if (number_of(above, "limit") > 0 &&
	    number_of(above, "spent") + number_of(above, "reserved") > number_of(above, "limit"))
		breaks(id, "with the call %s, %lld calls are spent or reserved of %lld", path,
		    (long long)(number_of(above, "spent") + number_of(above, "reserved")),
		    (long long)number_of(above, "limit"));
}

static void
take_call_end(json_t *run, const char *id, const char *path)
{
	json_t *call = json_object_get(json_object_get(run, "calls"), path), *above = payer(run, path), *account;

	if (call == NULL) {
		breaks(id, "the call %s ends and never began", path);
		return;
	}
	if (count_up(call, "ended") > 1) {
		breaks(id, "the call %s has two outcomes", path);
		return;
	}
	account = json_object_get(call, "account");
	add(above, "reserved", -number_of(account, "most"));
	add(above, "spent",
	    number_of(account, "limit") == 0 ? 1 : number_of(account, "spent") + number_of(account, "reserved"));
}

/* ---- Ops ----------------------------------------------------------------------------------------------------------- */

/* The input of a sleep: nanoseconds, eight bytes, the lowest first, told in hexadecimal digits or as text. */
static json_int_t
sleep_of(const json_t *record)
{
	const json_t *input = json_object_get(record, "input");
	const char *text = json_string_value(input);
	size_t len = json_string_length(input);
	json_int_t ns = 0;

	if (len == 16) {
		for (int i = 7; i >= 0; i--) {
			char digits[3] = {text[2 * i], text[2 * i + 1], 0};

			ns = ns << 8 | (json_int_t)strtoul(digits, NULL, 16);
		}
	} else if (len == 8) {
		for (int i = 7; i >= 0; i--)
			ns = ns << 8 | (unsigned char)text[i];
	}
	return ns;
}

static void
take_op(json_t *run, const char *id, const char *path, const json_t *record)
{
	const char *kind = text_of(record, "kind");
	bool sleeps = strcmp(text_of(record, "op"), "sleep") == 0;
	json_t *op = member(member(run, "ops"), path);

	if (strcmp(kind, "op_intent") == 0 && sleeps) {
		if (json_object_get(op, "due") != NULL)
			breaks(id, "the timer %s is set twice", path);
		json_object_set_new(op, "due", json_integer(number_of(record, "real_ns") + sleep_of(record)));
	} else if (strcmp(kind, "op_outcome") == 0) {
		if (count_up(op, "outcome") > 1)
			breaks(id, "the op %s has two outcomes", path);
		if (json_object_get(op, "changes") != NULL &&
		    strcmp(text_of(record, "status"),
			json_is_true(json_object_get(op, "changes")) ? "ok" : "conflict") != 0)
			breaks(id, "the op %s is told %s, and it %s memory", path, text_of(record, "status"),
			    json_is_true(json_object_get(op, "changes")) ? "changed" : "did not change");
		if (sleeps && strcmp(text_of(record, "status"), "ok") == 0 &&
		    number_of(record, "real_ns") + EARLY_NS < number_of(op, "due"))
			breaks(id, "the timer %s goes off %lld ms too early", path,
			    (long long)(number_of(op, "due") - number_of(record, "real_ns")) / 1000000);
	}
}

/* A poll is held once, whoever begins it again. */
static void
take_poll(json_t *run, const char *id, const char *path, const json_t *record)
{
	if (strcmp(text_of(record, "kind"), "op_intent") == 0 && count_up(member(member(run, "ops"), path), "held") > 1)
		breaks(id, "the poll %s is held twice", path);
}

/* A human is asked once, and one decision is taken: the default no earlier than at the deadline. */
static void
take_review(json_t *run, const char *id, const char *path, const json_t *record)
{
	json_t *op = member(member(run, "ops"), path);

	if (strcmp(text_of(record, "kind"), "review") == 0) {
		if (count_up(op, "asked") > 1)
			breaks(id, "%s asks a human twice", path);
		json_object_set(op, "until", json_object_get(record, "deadline"));
		return;
	}
	if (number_of(op, "asked") != 1 || count_up(op, "decided") > 1)
		breaks(id, "the review of %s is decided twice, or was never asked for", path);
	if (strcmp(text_of(record, "decision"), "expired") != 0 &&
	    number_of(record, "real_ns") < number_of(op, "until"))
		breaks(id, "the default of %s is taken %lld ms too early", path,
		    (long long)(number_of(op, "until") - number_of(record, "real_ns")) / 1000000);
}

/* An attempt that is over, which this record ends where it had begun, and the next one of the same op. */
static void
take_stage(json_t *run, const char *id, const char *path, const json_t *record)
{
	json_t *attempts = member(run, "attempts");
	json_int_t next;
	char op[512];
	char *nth;

	snprintf(op, sizeof(op), "%s", path);
	nth = strrchr(op, '#');
	if (nth != NULL && strchr(nth, '/') == NULL)
		*nth = '\0';
	next = number_of(attempts, op) == 0 ? 2 : number_of(attempts, op) + 1;
	if (number_of(record, "number") != next)
		breaks(id, "%s comes to attempt %lld and %lld is the next", op, (long long)number_of(record, "number"),
		    (long long)next);
	json_object_set_new(attempts, op, json_integer(next));
	if (json_object_get(json_object_get(run, "calls"), path) != NULL)
		take_call_end(run, id, path);
}

/* What is under a key is a counter, changed by compare and swap: who named the version that there was makes it one more, and
 * only he is told that he did. */
static void
take_memory(struct journal *j, const char *id, const char *path, json_t *op, const json_t *record)
{
	const json_t *body = json_object_get(record, "body");
	char name[256];
	bool changes;

	snprintf(name, sizeof(name), "%s/%s", text_of(body, "space"), text_of(body, "key"));
	if (json_object_get(op, "changes") != NULL)
		breaks(id, "the op %s changes memory twice", path);
	changes = number_of(body, "version") == number_of(j->memory, name);
	json_object_set_new(op, "changes", json_boolean(changes));
	if (changes && number_of(body, "value") != count_up(j->memory, name))
		breaks(id, "%s is made %lld by %s and was to become %lld", name, (long long)number_of(body, "value"),
		    path, (long long)number_of(j->memory, name));
}

/* ---- Runs ---------------------------------------------------------------------------------------------------------- */

static void
take_run_start(struct journal *j, json_t *run, const char *id, const json_t *record)
{
	const char *key = text_of(record, "key");

	if (json_object_get(run, "input") != NULL)
		breaks(id, "it starts twice");
	json_object_set(run, "input", json_object_get(record, "input"));
	json_object_set_new(member(run, "account"), "limit", json_integer(number_of(record, "limit_calls")));
	if (*key == '\0')
		return;
	if (json_object_get(j->keys, key) != NULL)
		breaks(id, "it was started with the key %s, and so was another run", key);
	json_object_set_new(j->keys, key, json_string(id));
}

static void
take_run_end(json_t *run, const char *id, const json_t *record)
{
	if (count_up(run, "ended") > 1)
		breaks(id, "it ends more than once");
	json_object_set(run, "status", json_object_get(record, "status"));
	json_object_set(run, "message", json_object_get(record, "message"));
	json_object_set(run, "result", json_object_get(record, "output"));
	json_object_set_new(run, "spent", json_integer(number_of(record, "number")));
}

/* Who is late, and who lost a race, may hear of it when he asks for something. */
static bool
may_refuse(const char *status)
{
	return strcmp(status, "deadline_exceeded") == 0 || strcmp(status, "cancelled") == 0;
}

/* A check refuses a reply once; an attempt follows, or check_run tells. */
static void
take_refusal(json_t *run, const char *id, const char *path, const json_t *record)
{
	const char *status = text_of(record, "status");

	if (strcmp(text_of(record, "guard"), "grounding") == 0 && strcmp(status, "not_grounded") == 0) {
		if (count_up(member(member(run, "ops"), path), "refused") > 1)
			breaks(id, "the reply %s is refused twice", path);
	} else if (!may_refuse(status))
		breaks(id, "the op %s is refused as %s: %s", path, status, text_of(record, "message"));
}

static void
take_run_record(struct journal *j, json_t *run, const char *id, const json_t *record)
{
	const char *kind = text_of(record, "kind"), *path = text_of(record, "path");

	if (number_of(run, "ended") > 0)
		breaks(id, "it has ended, and then comes a record %s of %s", kind, path);
	if (strcmp(kind, "run_start") == 0)
		take_run_start(j, run, id, record);
	else if (strcmp(kind, "run_end") == 0)
		take_run_end(run, id, record);
	else if (strcmp(kind, "call_start") == 0)
		take_call_start(run, id, path, record);
	else if (strcmp(kind, "call_end") == 0)
		take_call_end(run, id, path);
	else if (strcmp(kind, "refusal") == 0)
		take_refusal(run, id, path, record);
	else if (strcmp(kind, "stage") == 0)
		take_stage(run, id, path, record);
	else if (*text_of(record, "review") != '\0')
		take_review(run, id, path, record);
	else {
		take_op(run, id, path, record);
		if (strcmp(text_of(record, "op"), "poll") == 0)
			take_poll(run, id, path, record);
		if (strcmp(text_of(record, "command"), "memory.put") == 0)
			take_memory(j, id, path, member(member(run, "ops"), path), record);
		if (strcmp(text_of(record, "command"), "run.cancel") == 0)
			json_object_set_new(run, "stopped", json_true());
		if (strcmp(text_of(record, "op"), "http") == 0)
			effect_record(j, id, record);
	}
}

/* ---- Sequences ----------------------------------------------------------------------------------------------------- */

/* What a record says, but for where it lies and who wrote it. */
static json_int_t
print_of(json_t *record)
{
	uint64_t hash = 0xcbf29ce484222325u;
	char *text;

	json_object_del(record, "lsn");
	json_object_del(record, "prev");
	json_object_del(record, "copy");
	json_object_del(record, "epoch");
	text = json_dumps(record, JSON_COMPACT | JSON_SORT_KEYS);
	for (const char *at = text; at != NULL && *at != '\0'; at++)
		hash = (hash ^ (unsigned char)*at) * 0x100000001b3u;
	free(text);
	return (json_int_t)hash;
}

/* Copies of a run are made one after the other from its first record; a host that is killed meanwhile begins anew. */
static void
take_copy(json_t *run, const char *id, uint64_t lsn, json_t *record)
{
	json_t *prints = json_object_get(run, "prints");
	json_int_t seq = number_of(record, "seq");

	if (seq != 0 && seq != number_of(run, "copies"))
		breaks(id, "the copy at %" PRIu64 " is of number %lld and %lld was to come", lsn, (long long)seq,
		    (long long)number_of(run, "copies"));
	json_object_set_new(run, "copies", json_integer(seq + 1));
	if (print_of(record) != json_integer_value(json_array_get(prints, (size_t)seq)))
		breaks(id, "the copy at %" PRIu64 " is not as its record number %lld", lsn, (long long)seq);
}

static void
take_record(struct journal *j, json_t *record)
{
	const char *id = text_of(record, "run");
	uint64_t lsn = (uint64_t)number_of(record, "lsn");
	json_t *run;

	j->records++;
	if (lsn <= j->last_lsn)
		breaks("journal", "the record at %" PRIu64 " follows one at %" PRIu64, lsn, j->last_lsn);
	j->last_lsn = lsn;
	if (strcmp(text_of(record, "kind"), "host_start") == 0)
		j->epochs++;
	if (*id == '\0')
		return;
	run = member(j->runs, id);
	if (json_object_get(run, "prints") == NULL)
		json_object_set_new(run, "prints", json_array());
	if (json_is_true(json_object_get(record, "copy"))) {
		j->copies++;
		take_copy(run, id, lsn, record);
		return;
	}
	if (number_of(record, "seq") != number_of(run, "seq"))
		breaks(id, "its record at %" PRIu64 " is number %lld and %lld was to come", lsn,
		    (long long)number_of(record, "seq"), (long long)number_of(run, "seq"));
	json_object_set_new(run, "seq", json_integer(number_of(record, "seq") + 1));
	take_run_record(j, run, id, record);
	json_array_append_new(json_object_get(run, "prints"), json_integer(print_of(record)));
}

void
journal_read(struct journal *j, const char *file)
{
	FILE *from = fopen(file, "r");
	size_t room = 0;
	char *line = NULL;

	*j = (struct journal){
	    .runs = json_object(), .effects = json_object(), .memory = json_object(), .keys = json_object()};
	if (from == NULL) {
		perror(file);
		exit(2);
	}
	while (getline(&line, &room, from) > 0) {
		json_t *record = json_loads(line, JSON_ALLOW_NUL, NULL);

		if (record == NULL)
			breaks(file, "a line is no JSON: %.60s", line);
		else
			take_record(j, record);
		json_decref(record);
	}
	free(line);
	fclose(from);
}

void
journal_free(struct journal *j)
{
	json_decref(j->runs);
	json_decref(j->effects);
	json_decref(j->memory);
	json_decref(j->keys);
}

/* What was still reserved below a call that was stopped is as good as spent. */
static void
check_spent(const char *id, json_t *run)
{
	json_int_t begun = (json_int_t)json_object_size(json_object_get(run, "calls")), spent = number_of(run, "spent");
	const json_t *account = json_object_get(run, "account");

	if (json_is_true(json_object_get(run, "stopped"))) {
		if (spent < begun || spent > number_of(account, "limit"))
			breaks(id, "it says that it spent %lld calls of %lld, and %lld began", (long long)spent,
			    (long long)number_of(account, "limit"), (long long)begun);
		return;
	}
	if (spent != begun)
		breaks(id, "it says that it spent %lld calls and %lld began", (long long)spent, (long long)begun);
	if (number_of(account, "spent") != begun || number_of(account, "reserved") != 0)
		breaks(id, "its calls add up to %lld, with %lld still reserved, and %lld began",
		    (long long)number_of(account, "spent"), (long long)number_of(account, "reserved"),
		    (long long)begun);
}

/* What a check refused was not the last word. */
static void
check_refused(const char *id, const json_t *run)
{
	json_t *op;
	const char *path;

	json_object_foreach(json_object_get(run, "ops"), path, op)
	{
		if (number_of(op, "refused") > 0 && number_of(json_object_get(run, "attempts"), path) == 0)
			breaks(id, "the reply %s was refused, and nobody was asked again", path);
	}
}

/* It has ended, well or as who stopped it wanted, and has spent what it began. */
void
check_run(const char *id, json_t *run)
{
	const char *status = json_is_true(json_object_get(run, "stopped")) ? "cancelled" : "ok";

	if (number_of(run, "ended") != 1) {
		breaks(id, "it has not ended");
		return;
	}
	if (strcmp(text_of(run, "status"), status) != 0)
		breaks(id, "it ended as %s and should have as %s: %s", text_of(run, "status"), status,
		    text_of(run, "message"));
	if (!json_is_true(json_object_get(run, "stopped")))
		check_refused(id, run);
	check_spent(id, run);
}
