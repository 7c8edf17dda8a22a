/* hospes show RUN --source N: a citation of the run's brief where it stands, with some of the text on both sides. */

#include "config.h"

#include <string.h>

#include "base/json.h"
#include "base/util.h"
#include "cli/any_host.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/text.h"

#define AROUND            400 /* characters shown before and after */
#define LONGEST_CHARACTER 4   /* bytes */

/* What the brief says of the source, and what stands in the document. */
struct citation {
	const char *document, *digest, *heading, *quote; /* of the brief; "" where it does not say */
	int64_t from, to;
	char *before, *text, *after;
	bool quoted; /* what stands there is what the brief quotes */
};

static void
citation_clear(struct citation *c)
{
	free(c->before);
	free(c->text);
	free(c->after);
}

static int
find_source(const json_t *run, const char *id, double n, struct citation *c, struct fault *fault)
{
	const json_t *sources = json_object_get(json_object_get(run, "result"), "sources"), *source;
	size_t i;

	if (json_array_size(sources) == 0)
		return fault_set(fault, HOSPES_ENOENT,
		    "the run %s has no sources to show: its status is %s, and its result is %s", id,
		    cli_text(run, "status"), sources == NULL ? "no brief" : "a brief that cites nothing");
	json_array_foreach(sources, i, source)
	{
		if (json_number_value(json_object_get(source, "n")) != n)
			continue;
		*c = (struct citation){.document = cli_text(source, "document"),
		    .digest = cli_text(source, "digest"),
		    .heading = cli_text(source, "heading"),
		    .quote = cli_text(source, "quote"),
		    .from = json_integer_value(json_object_get(source, "from")),
		    .to = json_integer_value(json_object_get(source, "to"))};
		if (c->from < 0 || c->to < c->from)
			return fault_set(
			    fault, HOSPES_EINPUT, "the source %g of the run %s has no range of bytes", n, id);
		return 0;
	}
	return fault_set(fault, HOSPES_ENOENT, "the brief of the run %s has no source %g; it has %zu of them", id, n,
	    json_array_size(sources));
}

/* ---- The text around it ------------------------------------------------------------------------------------------ */

/* The last `n` characters of a text. */
static const char *
last(const char *text, size_t len, size_t n)
{
	const char *at = text + len;

	while (at > text && n > 0) {
		at--;
		n -= ((unsigned char)*at & 0xc0) != 0x80;
	}
	return at;
}

static size_t
first(const char *text, size_t len, size_t n)
{
	size_t at = 0;

	while (at < len && (n > 0 || ((unsigned char)text[at] & 0xc0) == 0x80)) {
		n -= ((unsigned char)text[at] & 0xc0) != 0x80;
		at++;
	}
	return at;
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\f';
}

/* A word that the text around begins or ends in the middle of is left out, where there is another one. */
static const char *
from_word(const char *text, const char *end)
{
	const char *at = text;

	while (at < end && !is_space(*at))
		at++;
	return at < end ? at : text;
}

static size_t
to_word(const char *text, size_t len)
{
	size_t n = len;

	while (n > 0 && !is_space(text[n - 1]))
		n--;
	return n > 0 ? n : len;
}

/* Cuts what the host gave into before, quoted and after. */
static int
cut(struct citation *c, const json_t *part, struct fault *fault)
{
	const json_t *text = json_object_get(part, "text");
	int64_t from = json_integer_value(json_object_get(part, "from"));
	int64_t bytes = json_integer_value(json_object_get(part, "bytes"));
	const char *all = json_string_value(text), *begin, *end, *before;
	size_t len = json_string_length(text), after, rest;

	if (all == NULL || c->from < from || (uint64_t)(c->to - from) > len)
		return fault_set(fault, HOSPES_EDAMAGED,
		    "the brief cites bytes %lld-%lld of %s, and the document does not go that far", (long long)c->from,
		    (long long)c->to, c->document);
	begin = all + (c->from - from);
	end = all + (c->to - from);
	before = last(all, (size_t)(begin - all), AROUND);
	if (before > all || from > 0)
		before = from_word(before, begin);
	rest = len - (size_t)(end - all);
	after = first(end, rest, AROUND);
	if (after < rest || from + (int64_t)len < bytes)
		after = to_word(end, after);
	c->before = xstrndup(before, (size_t)(begin - before));
	c->text = xstrndup(begin, (size_t)(end - begin));
	c->quoted = strcmp(c->quote, c->text) == 0;
	c->after = xstrndup(end, after);
	return 0;
}

static int
read_around(struct client *client, const json_t *run, struct citation *c, struct fault *fault)
{
	int64_t around = AROUND * LONGEST_CHARACTER, from = c->from > around ? c->from - around : 0;
	_cleanup_(json_p) json_t *request = json_pack(
	    "{s:s, s:I, s:I}", "digest", c->digest, "from", (json_int_t)from, "to", (json_int_t)(c->to + around));
	const json_t *spaces = json_object_get(run, "sources"), *space;
	size_t i;

	json_array_foreach(spaces, i, space)
	{
		const char *name = json_is_string(space) ? json_string_value(space) : "";
		_cleanup_(free_p) char *path = client_path("/v1/memory/", name, "/document");
		_cleanup_(json_p) json_t *part = NULL;
		int rc = client_post(client, path, request, &part, fault);

		if (rc == 0)
			return cut(c, part, fault);
		if (rc != HOSPES_ENOENT)
			return rc;
	}
	return fault_set(fault, HOSPES_ENOENT,
	    "the document %s is no longer in the host's memory: the run's documents were dropped when it had ended, or "
	    "since; `hospes ask --keep` keeps them",
	    c->document);
}

/* ---- Showing ----------------------------------------------------------------------------------------------------- */

static void
print_source(const struct cli *cli, const struct citation *c)
{
	_cleanup_(free_p) char *document = text_safe(c->document, false), *heading = text_safe(c->heading, false);
	_cleanup_(free_p) char *before = text_safe(c->before, true), *text = text_safe(c->text, true);
	_cleanup_(free_p) char *after = text_safe(c->after, true);

	printf("%s%s%s%s%s, bytes %lld-%lld\n", cli_paint(cli, "bold"), document, cli_paint(cli, ""),
	    heading[0] != '\0' ? ", " : "", heading, (long long)c->from, (long long)c->to);
	if (!c->quoted)
		printf("%sthis is not what the brief quotes%s\n", cli_paint(cli, "red"), cli_paint(cli, ""));
	printf("\n%s%s%s%s%s\n", before, cli->colour ? cli_paint(cli, "yellow") : ">>>", text,
	    cli->colour ? cli_paint(cli, "") : "<<<", after);
}

static void
print_json(const struct cli *cli, const char *id, double n, const struct citation *c)
{
	_cleanup_(json_p) json_t *json = json_pack("{s:s, s:I, s:s, s:s, s:I, s:I, s:s, s:s, s:s, s:b}", "run", id, "n",
	    (json_int_t)n, "document", c->document, "digest", c->digest, "from", (json_int_t)c->from, "to",
	    (json_int_t)c->to, "before", c->before, "text", c->text, "after", c->after, "quoted", c->quoted);

	if (c->heading[0] != '\0')
		json_object_set_new(json, "heading", json_string(c->heading));
	cli_json(cli, json);
}

int
show_source(struct cli *cli)
{
	const char *id = cli->args[0];
	_cleanup_(free_p) char *path = client_path("/v1/runs/", id, "");
	_cleanup_(any_host_close) struct any_host host = {0};
	_cleanup_(citation_clear) struct citation c = {.document = "", .digest = "", .heading = "", .quote = ""};
	_cleanup_(json_p) json_t *run = NULL;
	struct fault fault;
	double n = 0;
	int rc;

	if (cli_number(cli, "source", 1e6, &n, &fault) != 0)
		return cli_usage(cli, &fault);
	rc = any_host_look(&host, cli, &fault);
	if (rc == 0)
		rc = client_get(host.client, path, &run, &fault);
	if (rc == 0)
		rc = find_source(run, id, n, &c, &fault);
	if (rc == 0)
		rc = read_around(host.client, run, &c, &fault);
	if (rc != 0)
		return cli_fail(cli, &fault);
	if (cli->json)
		print_json(cli, id, n, &c);
	else
		print_source(cli, &c);
	return CLI_OK;
}
