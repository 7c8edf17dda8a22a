/*
 * chaos-check: was every promise kept?  Reads what is on record, and nothing else:
 *
 *   chaos-check JOURNAL UNDISTURBED SERVER ACCEPTED CANCELLED
 *
 *   JOURNAL       `hospes journal records` of the host that was killed again and again, one JSON object a line
 *   UNDISTURBED   the same of one that was left in peace and was given the same inputs
 *   SERVER        the log of counting_server
 *   ACCEPTED      ids of runs that a client was told of, one a line
 *   CANCELLED     ids of runs of which a client was told that they are being stopped
 *
 * It prints a line for each broken promise, with the run and the place, and a summary; exit status 0 when there is none.
 */

#include "check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

unsigned broken;

void
breaks(const char *where, const char *format, ...)
{
	va_list args;

	broken++;
	printf("broken: %s: ", where);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

/* ---- What clients were told ---------------------------------------------------------------------------------------- */

static json_t *
ids_read(const char *file)
{
	FILE *from = fopen(file, "r");
	json_t *ids = json_object();
	char line[64];

	if (from == NULL) {
		perror(file);
		exit(2);
	}
	while (fscanf(from, "%63s", line) == 1)
		json_object_set_new(ids, line, json_true());
	fclose(from);
	return ids;
}

/* Every run that a client was told of is there; and no other: a request that was sent again started nothing. */
static void
check_accepted(const struct journal *j, const char *file)
{
	json_t *told = ids_read(file), *run, *is;
	const char *id;

	json_object_foreach(told, id, is)
	{
		if (json_object_get(j->runs, id) == NULL)
			breaks(id, "a client was told of it, and it is not there");
	}
	json_object_foreach(j->runs, id, run)
	{
		if (json_object_get(told, id) == NULL)
			breaks(id, "no client was told of it");
	}
	json_decref(told);
}

static void
check_cancelled(const struct journal *j, const char *file)
{
	json_t *told = ids_read(file), *is;
	const char *id;

	json_object_foreach(told, id, is)
	{
		if (!json_is_true(json_object_get(json_object_get(j->runs, id), "stopped")))
			breaks(id, "a client was told that it is being stopped, and that is not on record");
	}
	json_decref(told);
}

/* ---- Results ------------------------------------------------------------------------------------------------------- */

static char *
input_of(const json_t *run)
{
	char *text = json_dumps(json_object_get(run, "input"), JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);

	if (text == NULL)
		abort();
	return text;
}

/* input, as text -> result */
static json_t *
results_of(const struct journal *j)
{
	json_t *results = json_object(), *run;
	const char *id;

	json_object_foreach(j->runs, id, run)
	{
		char *input = input_of(run);

		if (json_object_get(results, input) != NULL)
			breaks(id, "another run has the same input");
		json_object_set(results, input, json_object_get(run, "result"));
		free(input);
	}
	return results;
}

static void
check_result(const char *id, const json_t *run, const json_t *expected)
{
	char *input = input_of(run), *is, *was;
	json_t *result = json_object_get(run, "result"), *other = json_object_get(expected, input);

	free(input);
	if (other == NULL)
		breaks(id, "no undisturbed run had its input");
	else if (json_is_true(json_object_get(run, "stopped")))
		return;
	else if (result == NULL)
		breaks(id, "it has no result");
	else if (!json_equal(result, other)) {
		is = json_dumps(result, JSON_COMPACT | JSON_ENCODE_ANY);
		was = json_dumps(other, JSON_COMPACT | JSON_ENCODE_ANY);
		breaks(id, "its result is %.200s and undisturbed %.200s", is, was);
		free(is);
		free(was);
	}
}

int
main(int argc, char **argv)
{
	struct journal disturbed, undisturbed;
	unsigned requests = 0, again = 0;
	json_t *expected, *run;
	const char *id;

	if (argc != 6) {
		fprintf(stderr, "usage: chaos-check JOURNAL UNDISTURBED SERVER ACCEPTED CANCELLED\n");
		return 2;
	}
	journal_read(&undisturbed, argv[2]);
	journal_read(&disturbed, argv[1]);
	check_accepted(&disturbed, argv[4]);
	check_cancelled(&disturbed, argv[5]);
	expected = results_of(&undisturbed);
	json_decref(results_of(&disturbed));
	json_object_foreach(undisturbed.runs, id, run) check_run(id, run);
	json_object_foreach(disturbed.runs, id, run)
	{
		check_run(id, run);
		check_result(id, run, expected);
	}
	check_effects(&disturbed, argv[3], &requests, &again);
	printf("%zu records of %zu runs in %" PRIu64
	       " lives of the host, %zu copies; %u requests for %zu effects, %u of "
	       "them made again; %u promises broken\n",
	    disturbed.records, json_object_size(disturbed.runs), disturbed.epochs, disturbed.copies, requests,
	    json_object_size(disturbed.effects), again, broken);
	json_decref(expected);
	journal_free(&disturbed);
	journal_free(&undisturbed);
	return broken == 0 ? 0 : 1;
}
