/* hospes memory: the table of its commands; values put, got and forgotten. */

#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/json.h"
#include "base/util.h"
#include "cli/memory.h"
#include "cli/text.h"

#define VALUE_MAX (64 * MIB) /* of what is read here; the host has its own limit */

char *
memory_path(const char *space, const char *what)
{
	_cleanup_(free_p) char *suffix = xasprintf("/%s", what);

	return client_path("/v1/memory/", space, suffix);
}

int
memory_ask(const struct cli *cli, const char *path, json_t *request, json_t **ret)
{
	_cleanup_(client_close) struct client *client = NULL;
	_cleanup_(json_p) json_t *body = request;
	struct fault fault;

	if (body == NULL) {
		fault_set(&fault, HOSPES_EINPUT, "what was given is not UTF-8");
		return cli_usage(cli, &fault);
	}
	if (client_open(&client, cli->socket, &fault) != 0 || client_post(client, path, body, ret, &fault) != 0)
		return cli_fail(cli, &fault);
	return 0;
}

/* ---- Values ---- */

/* The value: what --value says, or standard input; a text as it is with --text, else JSON. */
static int
read_value(const struct cli *cli, json_t **ret, struct fault *fault)
{
	const char *given = cli_value(cli, "value");
	_cleanup_(buf_free) struct buf bytes = {0};
	int rc;

	if (given != NULL)
		buf_appends(&bytes, given);
	else if ((rc = fd_read_all(STDIN_FILENO, &bytes, VALUE_MAX, fault)) != 0)
		return fault_prefix(fault, "standard input");
	if (!cli_flag(cli, "text")) {
		*ret = json_read(bytes.data, bytes.len, "the value (without --text)", fault);
		return *ret != NULL ? 0 : fault->status;
	}
	if (bytes.len > 0 && memchr(bytes.data, '\0', bytes.len) != NULL)
		return fault_set(fault, HOSPES_EINPUT, "the value has a zero byte; a text has none");
	*ret = json_stringn(bytes.len > 0 ? (const char *)bytes.data : "", bytes.len);
	if (*ret == NULL)
		return fault_set(fault, HOSPES_EINPUT, "the value has to be UTF-8");
	return 0;
}

/* The version that has to be there; false when it is no number. */
static bool
read_version(const struct cli *cli, json_t *request)
{
	const char *given = cli_value(cli, "version");
	unsigned long long version;
	char *end;

	if (given == NULL)
		return true;
	errno = 0;
	version = strtoull(given, &end, 10);
	if (given[0] < '0' || given[0] > '9' || *end != '\0' || errno != 0 || version > INT64_MAX)
		return false;
	json_object_set_new(request, "version", json_integer((json_int_t)version));
	return true;
}

static int
memory_put_command(struct cli *cli)
{
	_cleanup_(free_p) char *path = memory_path(cli->args[0], "put");
	_cleanup_(json_p) json_t *request = json_pack("{s:s}", "key", cli->args[1]);
	_cleanup_(json_p) json_t *answer = NULL;
	json_t *value = NULL;
	struct fault fault;
	int rc;

	if (request != NULL && !read_version(cli, request)) {
		fault_set(
		    &fault, HOSPES_EINPUT, "--version has to be a whole number; 0 when there may be no value yet");
		return cli_usage(cli, &fault);
	}
	if (read_value(cli, &value, &fault) != 0)
		return cli_fail(cli, &fault);
	if (request != NULL)
		json_object_set_new(request, "value", value);
	else
		json_decref(value);
	rc = memory_ask(cli, path, json_incref(request), &answer);
	if (rc != 0)
		return rc;
	if (cli->json)
		cli_json(cli, answer);
	else
		printf("version %lld\n", (long long)json_integer_value(json_object_get(answer, "version")));
	return CLI_OK;
}

static int
memory_get_command(struct cli *cli)
{
	_cleanup_(free_p) char *path = memory_path(cli->args[0], "get");
	_cleanup_(json_p) json_t *answer = NULL;
	const json_t *value;
	int rc = memory_ask(cli, path, json_pack("{s:s}", "key", cli->args[1]), &answer);

	if (rc != 0)
		return rc;
	value = json_object_get(answer, "value");
	if (cli->json) {
		cli_json(cli, answer);
	} else if (cli_flag(cli, "text") && json_is_string(value)) {
		_cleanup_(free_p) char *safe = cli->out_terminal ? text_safe(json_string_value(value), true) : NULL;

		fputs(safe != NULL ? safe : json_string_value(value), stdout);
	} else {
		cli_json(cli, value);
	}
	return CLI_OK;
}

/* ---- Forgetting ---- */

static int
memory_forget_command(struct cli *cli)
{
	const char *document = cli_value(cli, "document");
	_cleanup_(free_p) char *path = memory_path(cli->args[0], "forget");
	_cleanup_(json_p) json_t *answer = NULL;
	struct fault fault;
	bool forgotten;
	int rc;

	if ((document != NULL) == (cli->n_args > 1)) {
		fault_set(&fault, HOSPES_EINPUT, "say what to forget: a KEY, or --document DIGEST");
		return cli_usage(cli, &fault);
	}
	rc = memory_ask(cli, path,
	    document != NULL ? json_pack("{s:s}", "document", document) : json_pack("{s:s}", "key", cli->args[1]),
	    &answer);
	if (rc != 0)
		return rc;
	forgotten = json_is_true(json_object_get(answer, "forgotten"));
	if (cli->json)
		cli_json(cli, answer);
	else
		puts(forgotten ? "forgotten" : "there was no such thing");
	return forgotten ? CLI_OK : CLI_PARTIAL;
}

static long long
number(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

static int
memory_drop_command(struct cli *cli)
{
	_cleanup_(free_p) char *path = memory_path(cli->args[0], "drop");
	_cleanup_(json_p) json_t *answer = NULL;
	int rc = memory_ask(cli, path, json_object(), &answer);

	if (rc != 0)
		return rc;
	if (cli->json)
		cli_json(cli, answer);
	else
		printf("dropped: %lld values, %lld documents\n", number(answer, "keys"), number(answer, "documents"));
	return number(answer, "keys") + number(answer, "documents") > 0 ? CLI_OK : CLI_PARTIAL;
}

static int
memory_reindex_command(struct cli *cli)
{
	_cleanup_(json_p) json_t *answer = NULL;
	int rc = memory_ask(cli, "/v1/memory/reindex", json_object(), &answer);

	if (rc != 0)
		return rc;
	if (cli->json)
		cli_json(cli, answer);
	else
		printf("%lld documents and %lld values, %lld passages, in %.1f s\n", number(answer, "documents"),
		    number(answer, "values"), number(answer, "passages"),
		    json_number_value(json_object_get(answer, "seconds")));
	return CLI_OK;
}

/* ---- The table ---- */

static const struct cli_option put_options[] = {
    {"value", 0, "JSON", "the value itself, instead of standard input"},
    {"text", 0, NULL, "the value is a text as it stands"},
    {"version", 0, "N", "only when this is still its version; 0: only when there is none"},
    {0},
};

static const struct cli_option get_options[] = {{"text", 0, NULL, "a text as it stands, without quotes"}, {0}};

static const struct cli_option list_options[] = {
    {"prefix", 0, "P", "keys that begin so"},
    {"documents", 0, NULL, "the documents instead of the values"},
    {0},
};

static const struct cli_option search_options[] = {
    {"most", 'n', "N", "at most so many passages (20)"},
    {"most-each", 0, "N", "at most so many of one document"},
    {0},
};

static const struct cli_option forget_options[] = {{"document", 0, "DIGEST", "a document instead of a value"}, {0}};

const struct command memory_commands[] = {
    {.name = "memory load",
	.usage = "SPACE PATH...",
	.summary = "Load files and folders as documents of a space.",
	.detail =
	    "Text, HTML, PDF (by pdftotext) and what of it is compressed with gzip; UTF-8, UTF-16 or Latin-1.  What is "
	    "no\n"
	    "text is skipped, with a line on standard error; equal texts, and files reached twice, are there once.  A "
	    "file\n"
	    "that has changed is loaded beside its former text, which `hospes memory forget` takes away.",
	.min_args = 2,
	.max_args = UINT_MAX,
	.run = memory_load_command},
    {.name = "memory list",
	.usage = "[SPACE [--prefix P] [--documents]]",
	.summary = "List your spaces, or the values or documents of one.",
	.options = list_options,
	.max_args = 1,
	.run = memory_list_command},
    {.name = "memory search",
	.usage = "SPACE WORD... [--most N]",
	.summary = "Find the passages that fit the words best.",
	.detail = "Any of the words will do; \"two words\" in quotes have to stand together.",
	.options = search_options,
	.min_args = 2,
	.max_args = UINT_MAX,
	.run = memory_search_command},
    {.name = "memory put",
	.usage = "SPACE KEY [--value JSON] [--text] [--version N]",
	.summary = "Keep a value.",
	.detail = "Without --value it is read from standard input.",
	.options = put_options,
	.min_args = 2,
	.max_args = 2,
	.run = memory_put_command},
    {.name = "memory get",
	.usage = "SPACE KEY",
	.summary = "Print a value.",
	.options = get_options,
	.min_args = 2,
	.max_args = 2,
	.run = memory_get_command},
    {.name = "memory forget",
	.usage = "SPACE KEY | SPACE --document DIGEST",
	.summary = "Forget a value or a document.",
	.options = forget_options,
	.min_args = 1,
	.max_args = 2,
	.run = memory_forget_command},
    {.name = "memory drop",
	.usage = "SPACE",
	.summary = "Forget all of a space.",
	.min_args = 1,
	.max_args = 1,
	.run = memory_drop_command},
    {.name = "memory reindex",
	.usage = "",
	.summary = "Build the index for searching anew.",
	.run = memory_reindex_command},
    {0},
};
