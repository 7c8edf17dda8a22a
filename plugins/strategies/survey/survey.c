/*
 * survey: has wordcount look at every file and fetch at every URL, at most `at_once` of them at a time, and joins what
 * they say.  What failed is told beside the rest; a survey with holes is better than none.
 */

#include <stdlib.h>
#include <string.h>

#include <hospes.h>

/* What the results are sorted by: a file's name or a URL. */
static const char *
name_of(const json_t *item)
{
	const char *name = json_string_value(json_object_get(item, "name"));

	if (name == NULL)
		name = json_string_value(json_object_get(item, "url"));
	if (name == NULL)
		name = json_string_value(json_object_get(item, "who"));
	return name != NULL ? name : "";
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(name_of(*(json_t *const *)a), name_of(*(json_t *const *)b));
}

/* Answers come in any order; a reader wants them in one. */
static json_t *
sorted(json_t *array)
{
	size_t n = json_array_size(array), i;
	json_t **items = malloc((n + 1) * sizeof *items), *result = json_array();

	for (i = 0; i < n; i++)
		items[i] = json_array_get(array, i);
	qsort(items, n, sizeof *items, by_name);
	for (i = 0; i < n; i++)
		json_array_append(result, items[i]);
	free(items);
	json_decref(array);
	return result;
}

static json_int_t
sum(const json_t *files, const char *key)
{
	json_int_t total = 0;
	const json_t *file;
	size_t i;

	for (i = 0; (file = json_array_get(files, i)) != NULL; i++)
		total += json_integer_value(json_object_get(file, key));
	return total;
}

/* A failed answer, told by what it was about: the file or the URL, not the agent that looked at it. */
static json_t *
failure(const hospes_answer *answer, const json_t *about)
{
	return json_pack("{s:s s:s s:s}", "who", json_is_object(about) ? name_of(about) : json_string_value(about),
	    "code", hospes_status_name(answer->status), "message", answer->message);
}

/* A page as the survey lists it: under the URL that was asked for, without its text. */
static json_t *
page(const hospes_answer *answer, json_t *url)
{
	json_t *found = json_copy(hospes_json(answer->value));

	json_object_del(found, "text");
	json_object_set(found, "url", url);
	return found;
}

static int
survey(hospes_ctx *ctx)
{
	const json_t *input = hospes_json(hospes_input(ctx)), *want_files = json_object_get(input, "files");
	const json_t *want_urls = json_object_get(input, "urls");
	size_t n = json_array_size(want_files) + json_array_size(want_urls), got = 0, i;
	json_t *files = json_array(), *urls = json_array(), *failed = json_array(), *item, *totals;
	hospes_group *group = hospes_group_new(ctx, hospes_config_int(ctx, "at_once"));
	const hospes_answer *answer;

	if (n == 0)
		return hospes_fail(ctx, HOSPES_EINPUT, "expected files or urls to survey, found none of either");
	for (i = 0; (item = json_array_get(want_files, i)) != NULL; i++)
		hospes_group_add(group, "wordcount", hospes_value_json(ctx, json_incref(item)), item);
	for (i = 0; (item = json_array_get(want_urls, i)) != NULL; i++)
		hospes_group_add(group, "fetch", hospes_value_json(ctx, json_pack("{s:O}", "url", item)), item);

	while ((answer = hospes_group_next(group)) != NULL) {
		item = answer->tag;
		if (answer->status != 0) {
			hospes_partial(ctx, answer);
			json_array_append_new(failed, failure(answer, item));
		} else if (json_is_object(item)) {
			json_array_append(files, hospes_json(answer->value));
		} else {
			json_array_append_new(urls, page(answer, item));
		}
		got++;
		hospes_progress(ctx, (double)got / (double)n, "%zu of %zu", got, n);
	}
	if (got < n)
		return hospes_status(ctx); /* cancelled, or out of time */

	totals = json_pack("{s:I s:I s:I s:I s:I s:I s:I}", "files", (json_int_t)json_array_size(files), "urls",
	    (json_int_t)json_array_size(urls), "failed", (json_int_t)json_array_size(failed), "lines",
	    sum(files, "lines"), "words", sum(files, "words"), "characters", sum(files, "characters"), "bytes",
	    sum(files, "bytes"));
	return hospes_reply(ctx, json_pack("{s:o s:o s:o s:o}", "files", sorted(files), "urls", sorted(urls), "failed",
				     sorted(failed), "totals", totals));
}

HOSPES_STRATEGY("survey", "1.0.0", "Counts the words of files and looks at URLs, all at once", survey)
HOSPES_NEEDS("call:wordcount")
HOSPES_NEEDS("call:fetch")
HOSPES_CONFIG("at_once", "int", "8")
HOSPES_INPUT("{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
	     "\"files\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"name\"],\"properties\":{"
	     "\"name\":{\"type\":\"string\"},\"text\":{\"type\":\"string\"},\"base64\":{\"type\":\"string\"}}}},"
	     "\"urls\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"minLength\":1}}}}")
HOSPES_OUTPUT("{\"type\":\"object\",\"required\":[\"files\",\"urls\",\"failed\",\"totals\"],\"properties\":{"
	      "\"files\":{\"type\":\"array\"},\"urls\":{\"type\":\"array\"},\"failed\":{\"type\":\"array\"},"
	      "\"totals\":{\"type\":\"object\"}}}")
