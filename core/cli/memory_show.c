/* hospes memory list and search: spaces, values, documents and passages. */

#include "config.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/util.h"
#include "cli/memory.h"
#include "cli/table.h"
#include "cli/text.h"

#define PAGE           10000 /* entries asked for at once */
#define DIGEST_SHOWN   12
#define MOST_MAX       1000
#define NOT_A_TERMINAL 100 /* columns of a passage's lines, where there is none */

/* ---- Listing ---- */

static int
list_spaces(const struct cli *cli)
{
	static const char *const headings[] = {"SPACE", "VALUES", "DOCUMENTS", "BYTES", "PASSAGES", "PENDING", NULL};
	_cleanup_(table_free) struct table *table = table_new(headings);
	_cleanup_(json_p) json_t *spaces = NULL;
	const json_t *space;
	size_t i;
	int rc = client_fetch(cli, "/v1/memory", &spaces);

	if (rc != 0)
		return rc;
	if (cli->json) {
		cli_json(cli, spaces);
		return CLI_OK;
	}
	json_array_foreach(spaces, i, space)
	{
		_cleanup_(free_p) char *keys = cli_count(space, "keys"), *documents = cli_count(space, "documents");
		_cleanup_(free_p) char *bytes = cli_count(space, "bytes"), *passages = cli_count(space, "passages");
		_cleanup_(free_p) char *pending = cli_count(space, "pending");

		table_row(table, cli_text(space, "space"), keys, documents, bytes, passages, pending);
	}
	if (table_rows(table) > 0)
		table_print(table, cli, stdout);
	else
		fprintf(stderr, "you have no space; `hospes memory load SPACE PATH...` makes one\n");
	return CLI_OK;
}

/* Every entry of a listing that comes in pages: `what` is its name in the path and in the answer; the next page begins
 * after the `after` of the last entry. */
static int
all_pages(const struct cli *cli, const char *what, const char *after, const char *prefix, json_t **ret)
{
	_cleanup_(free_p) char *path = memory_path(cli->args[0], what);
	_cleanup_(free_p) char *last = xstrdup("");
	json_t *all = json_array();
	bool more = true;

	while (more) {
		_cleanup_(free_p) char *begun = xasprintf("%s?limit=%d&prefix=", path, PAGE);
		_cleanup_(free_p) char *from = client_path(begun, prefix, last[0] != '\0' ? "&after=" : "");
		_cleanup_(free_p) char *whole = client_path(from, last, "");
		_cleanup_(json_p) json_t *page = NULL;
		const json_t *entries;
		int rc = client_fetch(cli, whole, &page);

		if (rc != 0) {
			json_decref(all);
			return rc;
		}
		entries = json_object_get(page, what);
		more = json_is_true(json_object_get(page, "more")) && json_array_size(entries) > 0;
		json_array_extend(all, (json_t *)(uintptr_t)entries);
		free(last);
		last = xstrdup(cli_text(json_array_get(all, json_array_size(all) - 1), after));
	}
	*ret = all;
	return 0;
}

int
memory_list_command(struct cli *cli)
{
	static const char *const key_headings[] = {"KEY", "VERSION", "BYTES", NULL};
	static const char *const document_headings[] = {"DOCUMENT", "BYTES", "MEDIA", "DIGEST", NULL};
	bool documents = cli_flag(cli, "documents");
	const char *prefix = cli_value(cli, "prefix");
	_cleanup_(table_free) struct table *table = table_new(documents ? document_headings : key_headings);
	_cleanup_(json_p) json_t *entries = NULL;
	struct fault fault;
	const json_t *one;
	size_t i;
	int rc;

	if (prefix != NULL && documents) {
		fault_set(&fault, HOSPES_EINPUT, "--prefix is for values; documents are listed all");
		return cli_usage(cli, &fault);
	}
	if (cli->n_args == 0)
		return list_spaces(cli);
	rc = documents ? all_pages(cli, "documents", "digest", "", &entries)
		       : all_pages(cli, "keys", "key", prefix != NULL ? prefix : "", &entries);
	if (rc != 0)
		return rc;
	if (cli->json)
		cli_json(cli, entries);
	json_array_foreach(entries, i, one)
	{
		_cleanup_(free_p) char *bytes = cli_count(one, "bytes"), *version = cli_count(one, "version");
		_cleanup_(free_p) char *digest = xstrndup(cli_text(one, "digest"), DIGEST_SHOWN);

		if (documents)
			table_row(table, cli_text(one, "document"), bytes, cli_text(one, "media"),
			    cli->out_terminal ? digest : cli_text(one, "digest"));
		else
			table_row(table, cli_text(one, "key"), version, bytes);
	}
	if (table_rows(table) > 0 && !cli->json)
		table_print(table, cli, stdout);
	if (table_rows(table) > 0)
		return CLI_OK;
	if (!cli->json)
		fprintf(stderr, "there is no %s in %s\n", documents ? "document" : "value", cli->args[0]);
	return CLI_PARTIAL;
}

/* ---- Searching ---- */

/* A passage's text with its white space in order, in lines as wide as the terminal, set in by two columns. */
static void
print_passage(const struct cli *cli, const char *text)
{
	size_t width = cli->columns > 0 ? cli->columns - 2 : NOT_A_TERMINAL;
	_cleanup_(buf_free) struct buf flat = {0};
	_cleanup_(free_p) char *safe = NULL;
	bool space = false;

	for (; *text != '\0'; text++) {
		if (strchr(" \t\n\f", *text) != NULL) {
			space = flat.len > 0;
			continue;
		}
		if (space)
			buf_append(&flat, " ", 1);
		space = false;
		buf_append(&flat, text, 1);
	}
	safe = text_safe(buf_text(&flat), false);
	for (const char *at = safe; *at != '\0';) {
		size_t len = text_line(at, width);

		printf("  %.*s\n", (int)len, at);
		at += len;
		at += strspn(at, " ");
	}
}

static void
print_found(const struct cli *cli, const json_t *one)
{
	const char *heading = cli_text(one, "heading"), *key = cli_text(one, "key");
	_cleanup_(free_p) char *where = key[0] != '\0'
					    ? xstrdup(key)
					    : xasprintf("%s %lld-%lld%s%s", cli_text(one, "document"),
						  (long long)json_integer_value(json_object_get(one, "from")),
						  (long long)json_integer_value(json_object_get(one, "to")),
						  heading[0] != '\0' ? "  " : "", heading);
	_cleanup_(free_p) char *safe = text_safe(where, false);

	printf("%s%s%s  %s%.2f%s\n", cli_paint(cli, "bold"), safe, cli_paint(cli, ""), cli_paint(cli, "dim"),
	    json_number_value(json_object_get(one, "score")), cli_paint(cli, ""));
	print_passage(cli, cli_text(one, "text"));
}

int
memory_search_command(struct cli *cli)
{
	_cleanup_(free_p) char *path = memory_path(cli->args[0], "search");
	_cleanup_(buf_free) struct buf words = {0};
	_cleanup_(json_p) json_t *answer = NULL;
	double most = 0, most_each = 0;
	const json_t *found, *one;
	struct fault fault;
	size_t i;
	int rc;

	if (cli_number(cli, "most", MOST_MAX, &most, &fault) != 0 ||
	    cli_number(cli, "most-each", MOST_MAX, &most_each, &fault) != 0)
		return cli_usage(cli, &fault);
	for (unsigned k = 1; k < cli->n_args; k++)
		buf_printf(&words, "%s%s", k > 1 ? " " : "", cli->args[k]);
	rc = memory_ask(cli, path,
	    json_pack("{s:s, s:I, s:I}", "query", buf_text(&words), "most", (json_int_t)most, "most_each",
		(json_int_t)most_each),
	    &answer);
	if (rc != 0)
		return rc;
	found = json_object_get(answer, "found");
	if (cli->json)
		cli_json(cli, answer);
	else
		json_array_foreach(found, i, one) print_found(cli, one);
	if (json_array_size(found) > 0)
		return CLI_OK;
	if (!cli->json)
		fprintf(stderr, "nothing in %s fits these words\n", cli->args[0]);
	return CLI_PARTIAL;
}
