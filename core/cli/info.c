/*
 * hospes info: what a plugin file says about itself.  Needs no host: the inspector reads the file's notes in a jail and
 * never loads it.
 */

#include "config.h"

#include <string.h>
#include <sys/wait.h>

#include "base/json.h"
#include "base/util.h"
#include "cli/command.h"
#include "cli/process.h"
#include "cli/text.h"

#define NOTES_MAX (4 * MIB)

static void
print_value(const char *key, const json_t *value)
{
	_cleanup_(free_p) char *text = json_is_string(value) ? xstrdup(json_string_value(value)) : json_text(value);
	_cleanup_(free_p) char *safe = text_safe(text, false);

	printf("%-14s %s\n", key, safe);
}

static void
print_notes(const json_t *notes)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)notes, key, value)
	{
		_cleanup_(free_p) char *safe = text_safe(key, false);
		const json_t *one;
		size_t i;

		if (!json_is_array(value)) {
			print_value(safe, value);
			continue;
		}
		json_array_foreach(value, i, one) print_value(safe, one);
	}
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
