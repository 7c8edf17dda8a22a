/*
 * hospes info: what a plugin file says about itself.  Needs no host: the inspector reads the file's notes in a jail and
 * never loads it.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/json.h"
#include "base/util.h"
#include "cli/command.h"
#include "cli/process.h"
#include "cli/text.h"

#define NOTES_MAX (4 * MIB)

/* What tells most comes first, what is long last; a note that is not here stands between, by its name. */
static const char *const first[] = {"kind", "name", "version", "summary", "license", "abi", "capabilities", "needs",
    "subscribes", "config", "memory_mib", "recursion", "price_micros", "state_cell"};
static const char *const last[] = {"input", "output"};

/* The key stands before the first line of its value, the others below it. */
static void
print_line(const char *key, bool *again, const char *text)
{
	_cleanup_(free_p) char *safe_key = text_safe(key, false), *safe = text_safe(text, false);

	printf("%-14s %s\n", *again ? "" : safe_key, safe);
	*again = true;
}

/* Settings as NAME = DEFAULT (TYPE). */
static void
print_config(const char *key, const json_t *config)
{
	bool again = false;
	const char *name;
	json_t *note;

	json_object_foreach((json_t *)(uintptr_t)config, name, note)
	{
		_cleanup_(free_p) char *preset = json_text(json_object_get(note, "default"));
		_cleanup_(free_p) char *line = xasprintf("%s = %s (%s)", name, preset, cli_text(note, "type"));

		print_line(key, &again, line);
	}
}

static void
print_indented(const char *key, const json_t *value)
{
	_cleanup_(free_p) char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_INDENT(2));
	bool again = false;
	char *rest = NULL;

	if (text == NULL)
		return;
	for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
		print_line(key, &again, line);
}

static void
print_note(const char *key, const json_t *value)
{
	bool again = false;
	const json_t *one;
	size_t i;

	if (json_is_string(value)) {
		print_line(key, &again, json_string_value(value));
	} else if (json_is_array(value)) {
		json_array_foreach(value, i, one)
		{
			_cleanup_(free_p) char *text = json_text(one);

			print_line(key, &again, json_is_string(one) ? json_string_value(one) : text);
		}
	} else if (strcmp(key, "config") == 0) {
		print_config(key, value);
	} else if (value != NULL) {
		print_indented(key, value);
	}
}

static bool
is_among(const char *key, const char *const *keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
print_notes(const json_t *notes)
{
	_cleanup_(free_p) const char **others = xcalloc(json_object_size(notes) + 1, sizeof(*others));
	const char *key;
	json_t *value;
	size_t n = 0;

	json_object_foreach((json_t *)(uintptr_t)notes, key, value)
	{
		if (!is_among(key, first, ARRAY_LEN(first)) && !is_among(key, last, ARRAY_LEN(last)))
			others[n++] = key;
	}
	qsort(others, n, sizeof(*others), by_name);
	for (size_t i = 0; i < ARRAY_LEN(first); i++)
		print_note(first[i], json_object_get(notes, first[i]));
	for (size_t i = 0; i < n; i++)
		print_note(others[i], json_object_get(notes, others[i]));
	for (size_t i = 0; i < ARRAY_LEN(last); i++)
		print_note(last[i], json_object_get(notes, last[i]));
}

/* {"ok": false, "code", "message"} */
static void
refused(const json_t *answer, struct fault *fault)
{
	int status = status_number(cli_text(answer, "code"));

	fault_set(fault, status != 0 ? status : HOSPES_EBADPLUGIN, "%s", cli_text(answer, "message"));
}

int
command_info(struct cli *cli)
{
	const char *const args[] = {"--file", cli->args[0], NULL};
	_cleanup_(buf_free) struct buf out = {0};
	_cleanup_(json_p) json_t *answer = NULL;
	const json_t *notes;
	struct fault fault;
	int wait_status = 0;

	if (process_read(INSTALL_LIBEXEC, "hospes-inspect", args, &out, NOTES_MAX, &wait_status, &fault) != 0)
		return cli_fail(cli, &fault);
	answer = json_loadb(out.len > 0 ? (const char *)out.data : "", out.len, 0, NULL);
	notes = json_object_get(answer, "notes");
	if (answer == NULL)
		fault_set(&fault, HOSPES_EBADPLUGIN,
		    "the inspector ended with status %d and said nothing about %s; is it a readable file?",
		    WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status), cli->args[0]);
	else if (!json_is_object(notes))
		refused(answer, &fault);
	if (!json_is_object(notes))
		return cli_fail(cli, &fault);
	if (cli->json)
		cli_json(cli, notes);
	else
		print_notes(notes);
	return CLI_OK;
}
