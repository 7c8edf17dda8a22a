/* What all commands say in the same way: JSON, failures, colours. */

#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/util.h"
#include "cli/command.h"
#include "cli/text.h"

#define COLUMNS_USUAL 80
#define COLUMNS_LEAST 20

static size_t
columns(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < COLUMNS_LEAST)
		return COLUMNS_USUAL;
	return size.ws_col;
}

void
cli_terminal(struct cli *cli)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	cli->out_terminal = isatty(STDOUT_FILENO);
	cli->err_terminal = isatty(STDERR_FILENO);
	cli->columns = cli->out_terminal ? columns() : 0;
	cli->colour =
	    cli->out_terminal && (no_color == NULL || no_color[0] == '\0') && term != NULL && strcmp(term, "dumb") != 0;
}

const char *
cli_paint(const struct cli *cli, const char *style)
{
	static const struct {
		const char *name, *code;
	} styles[] = {{"", "\033[0m"}, {"bold", "\033[1m"}, {"dim", "\033[2m"}, {"red", "\033[31m"},
	    {"green", "\033[32m"}, {"yellow", "\033[33m"}};

	if (!cli->colour)
		return "";
	for (size_t i = 0; i < ARRAY_LEN(styles); i++)
		if (strcmp(styles[i].name, style) == 0)
			return styles[i].code;
	return "";
}

int
cli_exit_of(int status)
{
	switch (status) {
	case HOSPES_OK:
		return CLI_OK;
	case HOSPES_ENOHOST:
		return CLI_NO_HOST;
	case HOSPES_ENOENT:
	case HOSPES_EERASED:
	case HOSPES_ENOAGENT:
	case HOSPES_ENORUN:
	case HOSPES_ENOVERSION:
		return CLI_PARTIAL;
	case HOSPES_EPERM:
	case HOSPES_EDEADLINE:
	case HOSPES_EDEPTH:
	case HOSPES_ECYCLE:
	case HOSPES_EBUDGET:
	case HOSPES_ECANCELLED:
	case HOSPES_ERATE:
	case HOSPES_EBUSY:
	case HOSPES_EBREAKER:
	case HOSPES_EREPEATED:
	case HOSPES_EGROUND:
	case HOSPES_EDEADLOCK:
	case HOSPES_EREJECTED:
	case HOSPES_EADDRESS:
		return CLI_REFUSED;
	default:
		return CLI_FAULT;
	}
}

/* The one form of all errors: for people on stderr, with --json for programs on stdout. */
static void
tell(const struct cli *cli, const struct fault *fault, const char *usage, const char *hint)
{
	_cleanup_(free_p) char *text = text_safe(fault->text, true);

	if (cli->json) {
		json_t *error = json_pack(
		    "{s:{s:s, s:s, s:s}}", "error", "code", status_name(fault->status), "message", text, "hint", hint);

		cli_json(cli, error);
		json_decref(error);
	}
	fprintf(stderr, "error: %s: %s\n", status_name(fault->status), text);
	if (usage != NULL)
		fprintf(stderr, "usage: %s\n", usage);
	if (hint[0] != '\0')
		fprintf(stderr, "hint: %s\n", hint);
}

int
cli_fail(const struct cli *cli, const struct fault *fault)
{
	tell(cli, fault, NULL, status_hint(fault->status));
	return cli_exit_of(fault->status);
}

int
cli_usage(const struct cli *cli, const struct fault *fault)
{
	_cleanup_(free_p) char *usage = NULL, *hint = NULL;

	if (cli->command != NULL) {
		usage = xasprintf("hospes %s%s%s", cli->command->name, cli->command->usage[0] != '\0' ? " " : "",
		    cli->command->usage);
		hint = xasprintf("`hospes %s --help` tells more", cli->command->name);
	}
	tell(cli, fault, usage, hint != NULL ? hint : "`hospes --help` lists the commands");
	return CLI_USAGE;
}

void
cli_json(const struct cli *cli, const json_t *value)
{
	/* For people 0.1; for programs every bit of it, which takes 17 digits. */
	size_t flags = JSON_ENCODE_ANY | (cli->out_terminal ? JSON_INDENT(2) | JSON_REAL_PRECISION(15) : JSON_COMPACT);

	text_json(stdout, value, flags);
}

const char *
cli_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

char *
cli_count(const json_t *object, const char *key)
{
	return xasprintf("%lld", (long long)json_integer_value(json_object_get(object, key)));
}
