/*
 * chaos-check: was every promise kept?  Reads what is on record, and nothing else:
 *
 *   chaos-check JOURNAL UNDISTURBED SERVER ACCEPTED
 *
 *   JOURNAL       `hospes journal records` of the host that was killed again and again, one JSON object a line
 *   UNDISTURBED   the same of one that was left in peace and was given the same inputs
 *   SERVER        the log of counting_server
 *   ACCEPTED      ids of runs that a client was told of, one a line
 *
 * It prints a line for each broken promise, with the run and the place, and a summary; exit status 0 when there is none.
 */

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

/* id -> {"seq", "input", "calls": {path: n}, "ended": n, "status", "result", "spent", "limit"} */
struct journal {
	json_t *runs;
	size_t records, copies;
	uint64_t last_lsn, epochs;
};

static unsigned broken;

static void __attribute__((format(printf, 2, 3))) breaks(const char *run, const char *format, ...)
{
	va_list args;

	broken++;
	printf("broken: %s: ", run);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

static const char *
text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text == NULL ? "" : text;
}

static json_int_t
number_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static json_int_t
count_up(json_t *counts, const char *key)
{
	json_int_t n = number_of(counts, key) + 1;

	json_object_set_new(counts, key, json_integer(n));
	return n;
}

/* ---- One journal ------------------------------------------------------------------------------------------------- */

static json_t *
run_of(struct journal *j, const char *id)
{
	json_t *run = json_object_get(j->runs, id);

	if (run == NULL) {
		run = json_pack("{s:I s:{} s:I s:{} s:{}}", "seq", (json_int_t)0, "calls", "ended", (json_int_t)0,
		    "outcomes", "intents");
		json_object_set_new(j->runs, id, run);
	}
	return run;
}

static void
take_end(json_t *run, const char *id, const json_t *record)
{
	const json_t *result = json_object_get(record, "output");

	json_object_set_new(run, "ended", json_integer(number_of(run, "ended") + 1));
	if (number_of(run, "ended") > 1)
		breaks(id, "it ends more than once");
	json_object_set(run, "status", json_object_get(record, "status"));
	json_object_set_new(run, "spent", json_integer(number_of(record, "number")));
	json_object_set(run, "message", json_object_get(record, "message"));
	if (result != NULL)
		json_object_set(run, "result", (json_t *)(uintptr_t)result);
	else if (json_object_get(record, "output_hash") != NULL)
		json_object_set(run, "result", json_object_get(run, "root_result"));
}

/* "PATH ORDINAL of a call" is said by its path; ops that are no calls have one too. */
static void
take_run_record(json_t *run, const char *id, const json_t *record)
{
	const char *kind = text_of(record, "kind"), *path = text_of(record, "path");

	if (strcmp(kind, "run_start") == 0) {
		json_object_set(run, "input", json_object_get(record, "input"));
		json_object_set_new(run, "limit", json_integer(number_of(record, "limit_calls")));
	} else if (strcmp(kind, "run_end") == 0)
		take_end(run, id, record);
	else if (strcmp(kind, "call_start") == 0) {
		if (count_up(json_object_get(run, "calls"), path) > 1)
			breaks(id, "the call %s begins twice", path);
	} else if (strcmp(kind, "call_end") == 0 || strcmp(kind, "op_outcome") == 0 || strcmp(kind, "refusal") == 0) {
		if (strcmp(kind, "refusal") != 0 && count_up(json_object_get(run, "outcomes"), path) > 1)
			breaks(id, "the op %s has two outcomes", path);
		if (strcmp(path, "/0") == 0 && json_object_get(record, "output") != NULL)
			json_object_set(run, "root_result", json_object_get(record, "output"));
	}
}

static void
take_record(struct journal *j, const json_t *record)
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
	if (json_is_true(json_object_get(record, "copy"))) {
		j->copies++;
		return;
	}
	run = run_of(j, id);
	if (number_of(record, "seq") != number_of(run, "seq"))
		breaks(id, "its record at %" PRIu64 " is number %lld and %lld was to come", lsn,
		    (long long)number_of(record, "seq"), (long long)number_of(run, "seq"));
	json_object_set_new(run, "seq", json_integer(number_of(record, "seq") + 1));
	take_run_record(run, id, record);
}

static void
journal_read(struct journal *j, const char *file)
{
	FILE *from = fopen(file, "r");
	size_t room = 0;
	char *line = NULL;

	*j = (struct journal){.runs = json_object()};
	if (from == NULL) {
		perror(file);
		exit(2);
	}
	while (getline(&line, &room, from) > 0) {
		json_t *record = json_loads(line, 0, NULL);

		if (record == NULL)
			breaks(file, "a line is no JSON: %.60s", line);
		else
			take_record(j, record);
		json_decref(record);
	}
	free(line);
	fclose(from);
}

/* ---- Runs -------------------------------------------------------------------------------------------------------- */

/* Every one that was accepted is there and has ended, well, having spent what it began. */
static void
check_accepted(struct journal *j, const char *file)
{
	FILE *from = fopen(file, "r");
	char id[64];

	if (from == NULL) {
		perror(file);
		exit(2);
	}
	while (fscanf(from, "%63s", id) == 1) {
		if (json_object_get(j->runs, id) == NULL)
			breaks(id, "a client was told of it, and it is not there");
	}
	fclose(from);
}

static void
check_run(const char *id, json_t *run)
{
	json_int_t begun = (json_int_t)json_object_size(json_object_get(run, "calls"));

	if (number_of(run, "ended") != 1) {
		breaks(id, "it has not ended");
		return;
	}
	if (strcmp(text_of(run, "status"), "ok") != 0)
		breaks(id, "it ended as %s: %s", text_of(run, "status"), text_of(run, "message"));
	if (number_of(run, "spent") != begun)
		breaks(id, "it says that it spent %lld calls and %lld began", (long long)number_of(run, "spent"),
		    (long long)begun);
	if (number_of(run, "limit") > 0 && begun > number_of(run, "limit"))
		breaks(id, "it spent %lld calls of %lld", (long long)begun, (long long)number_of(run, "limit"));
}

/* input, as text -> result */
static json_t *
results_of(const struct journal *j)
{
	json_t *results = json_object(), *run;
	const char *id;

	json_object_foreach(j->runs, id, run)
	{
		char *input =
		    json_dumps(json_object_get(run, "input"), JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);

		if (json_object_get(run, "result") != NULL)
			json_object_set(results, input, json_object_get(run, "result"));
		free(input);
	}
	return results;
}

static void
check_result(const char *id, const json_t *run, const json_t *expected)
{
	char *input = json_dumps(json_object_get(run, "input"), JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
	const json_t *result = json_object_get(run, "result"), *other = json_object_get(expected, input);

	if (other == NULL)
		breaks(id, "no undisturbed run had its input");
	else if (result != NULL && !json_equal(result, other)) {
		char *is = json_dumps(result, JSON_COMPACT | JSON_ENCODE_ANY);
		char *was = json_dumps(other, JSON_COMPACT | JSON_ENCODE_ANY);

		breaks(id, "its result is %.200s and undisturbed %.200s", is, was);
		free(is);
		free(was);
	}
	free(input);
}

/* ---- Effects ----------------------------------------------------------------------------------------------------- */

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
		if (json_object_get(paths, path) == NULL)
			json_object_set_new(paths, path, json_object());
		count_up(json_object_get(paths, path), key);
	}
	fclose(from);
	return paths;
}

/* The path of each effect begins with its class and is its own. */
static void
check_effects(const json_t *paths, unsigned *repeated)
{
	const char *path, *key;
	json_t *keys, *times;

	json_object_foreach((json_t *)(uintptr_t)paths, path, keys)
	{
		json_int_t n = 0;

		json_object_foreach(keys, key, times) n += json_integer_value(times);
		*repeated += n > 1;
		if (strncmp(path, "/once/", 6) == 0 && n > 1)
			breaks(path, "it took place %lld times and may be done once", (long long)n);
		if (strncmp(path, "/keyed/", 7) == 0 && json_object_size(keys) > 1)
			breaks(path, "it was asked for under %zu keys", json_object_size(keys));
	}
}

int
main(int argc, char **argv)
{
	struct journal disturbed, undisturbed;
	json_t *expected, *paths, *run;
	unsigned repeated = 0;
	const char *id;

	if (argc != 5) {
		fprintf(stderr, "usage: chaos-check JOURNAL UNDISTURBED SERVER ACCEPTED\n");
		return 2;
	}
	journal_read(&disturbed, argv[1]);
	journal_read(&undisturbed, argv[2]);
	expected = results_of(&undisturbed);
	check_accepted(&disturbed, argv[4]);
	json_object_foreach(disturbed.runs, id, run)
	{
		check_run(id, run);
		check_result(id, run, expected);
	}
	paths = server_read(argv[3]);
	check_effects(paths, &repeated);
	printf("%zu records of %zu runs in %" PRIu64
	       " lives of the host, %zu copies; %zu effects, of which %u were asked for "
	       "again; %u promises broken\n",
	    disturbed.records, json_object_size(disturbed.runs), disturbed.epochs, disturbed.copies,
	    json_object_size(paths), repeated, broken);
	json_decref(paths);
	json_decref(expected);
	json_decref(disturbed.runs);
	json_decref(undisturbed.runs);
	return broken == 0 ? 0 : 1;
}
