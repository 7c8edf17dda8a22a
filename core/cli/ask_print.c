/*
 * The answer for people: question, points with their citations, contradictions, sources, who failed, and what it took.
 *
 * All of it comes from plugins and documents, so every text is made harmless before it is printed.
 */

#include "config.h"

#include <string.h>

#include "base/buf.h"
#include "base/util.h"
#include "cli/ask.h"
#include "cli/text.h"

#define WIDTH_USUAL 80

static void
heading(const struct cli *cli, const char *text, FILE *to)
{
	fprintf(to, "\n%s%s%s\n", cli_paint(cli, "bold"), text, cli_paint(cli, ""));
}

/* " [1][3]", as far as they are numbers. */
static void
add_citations(struct buf *line, const json_t *cites)
{
	const json_t *cite;
	size_t i;

	json_array_foreach(cites, i, cite)
	{
		if (json_is_integer(cite))
			buf_printf(line, "%s[%lld]", i == 0 ? " " : "", (long long)json_integer_value(cite));
	}
}

/* A point or a contradiction: its text, its citations, under a number or a mark. */
static void
print_cited(const json_t *item, const char *mark, size_t width, FILE *to)
{
	_cleanup_(free_p) char *text = text_in_a_line(cli_text(item, "text"));
	_cleanup_(free_p) char *rest = xasprintf("%*s", (int)text_width(mark), "");
	_cleanup_(buf_free) struct buf line = {0};

	buf_appends(&line, text);
	add_citations(&line, json_object_get(item, "cites"));
	text_wrap(to, buf_text(&line), mark, rest, width);
}

static void
print_points(const json_t *points, size_t width, FILE *to)
{
	int digits = json_array_size(points) > 9 ? 2 : 1;
	const json_t *point;
	size_t i;

	json_array_foreach(points, i, point)
	{
		_cleanup_(free_p) char *mark = xasprintf("%*zu. ", digits, i + 1);

		fputc('\n', to);
		print_cited(point, mark, width, to);
	}
}

static void
print_contradictions(const struct cli *cli, const json_t *contradictions, size_t width, FILE *to)
{
	const json_t *one;
	size_t i;

	if (json_array_size(contradictions) == 0)
		return;
	heading(cli, "The sources disagree:", to);
	json_array_foreach(contradictions, i, one)
	{
		print_cited(one, " - ", width, to);
	}
}

static void
print_sources(const struct cli *cli, const json_t *sources, size_t width, FILE *to)
{
	const json_t *source;
	size_t i;

	if (json_array_size(sources) == 0)
		return;
	heading(cli, "Sources", to);
	json_array_foreach(sources, i, source)
	{
		_cleanup_(free_p) char *document = text_in_a_line(cli_text(source, "document"));
		_cleanup_(free_p) char *under = text_in_a_line(cli_text(source, "heading"));
		_cleanup_(free_p) char *mark = NULL, *rest = NULL;
		_cleanup_(buf_free) struct buf line = {0};

		mark = xasprintf("[%lld] ", (long long)json_integer_value(json_object_get(source, "n")));
		rest = xasprintf("%*s", (int)strlen(mark), "");
		buf_appends(&line, document);
		if (under[0] != '\0')
			buf_printf(&line, ", %s", under);
		buf_printf(&line, ", bytes %lld-%lld", (long long)json_integer_value(json_object_get(source, "from")),
		    (long long)json_integer_value(json_object_get(source, "to")));
		text_wrap(to, buf_text(&line), mark, rest, width);
	}
}

static void
print_failed(const json_t *failed, size_t width, FILE *to)
{
	const json_t *one;
	size_t i;

	if (json_array_size(failed) > 0)
		fputc('\n', to);
	json_array_foreach(failed, i, one)
	{
		_cleanup_(free_p) char *line =
		    xasprintf("%s: %s: %s", cli_text(one, "who"), cli_text(one, "code"), cli_text(one, "message"));
		_cleanup_(free_p) char *safe = text_in_a_line(line);

		text_wrap(to, safe, "failed: ", "        ", width);
	}
}

static long long
count(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

/* One line, however narrow the terminal is: scripts take the run's id from it. */
static void
print_took(const struct cli *cli, const json_t *answer, FILE *to)
{
	const json_t *took = json_object_get(answer, "took");
	_cleanup_(free_p) char *run = text_in_a_line(cli_text(answer, "run"));
	_cleanup_(buf_free) struct buf line = {0};
	long long documents = count(answer, "documents"), calls = count(took, "calls"), agents = count(took, "agents");

	if (json_is_number(json_object_get(answer, "confidence")))
		buf_printf(&line, "confidence %.2f, ", json_number_value(json_object_get(answer, "confidence")));
	buf_printf(
	    &line, "%lld document%s, %lld call%s", documents, documents == 1 ? "" : "s", calls, calls == 1 ? "" : "s");
	if (agents > 0)
		buf_printf(&line, " of %lld agent%s", agents, agents == 1 ? "" : "s");
	buf_printf(&line, ", %.2f s", json_number_value(json_object_get(took, "ms")) / 1000);
	if (run[0] != '\0')
		buf_printf(&line, ", run %s", run);
	fprintf(to, "\n%s%s%s\n", cli_paint(cli, "dim"), buf_text(&line), cli_paint(cli, ""));
}

void
ask_print(const struct cli *cli, const json_t *answer, FILE *to)
{
	size_t width = cli->columns > 0 ? cli->columns : WIDTH_USUAL;
	_cleanup_(free_p) char *question = text_in_a_line(cli_text(answer, "question"));

	fputs(cli_paint(cli, "bold"), to);
	text_wrap(to, question, "", "", width);
	fputs(cli_paint(cli, ""), to);
	if (strcmp(cli_text(answer, "answer"), "none") == 0) {
		long long documents = count(answer, "documents");

		fprintf(to, "\nThe sources do not tell. %lld document%s looked at.\n", documents,
		    documents == 1 ? " was" : "s were");
	}
	print_points(json_object_get(answer, "points"), width, to);
	print_contradictions(cli, json_object_get(answer, "contradictions"), width, to);
	print_sources(cli, json_object_get(answer, "sources"), width, to);
	print_failed(json_object_get(answer, "failed"), width, to);
	print_took(cli, answer, to);
}
