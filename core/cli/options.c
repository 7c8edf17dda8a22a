/*
 * The command line: options of the table's rows, --help made from the same rows.
 *
 * Options may stand anywhere after the command's name, as --name VALUE or --name=VALUE; `--` ends them; `-` alone is an
 * argument.
 */

#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "cli/command.h"

static const struct cli_option general[] = {
    {"socket", 0, "PATH", "the host's socket (else $HOSPES_SOCKET, else where hosts put theirs)"},
    {"json", 0, NULL, "JSON alone on stdout"},
    {"help", 'h', NULL, "this text"},
    {0},
};

static const struct cli_option *
lookup(const struct cli_option *options, const char *name, size_t len)
{
	for (; options != NULL && options->name != NULL; options++)
		if (strlen(options->name) == len && memcmp(options->name, name, len) == 0)
			return options;
	return NULL;
}

static const struct cli_option *
lookup_letter(const struct cli_option *options, char letter)
{
	for (; options != NULL && options->name != NULL; options++)
		if (options->letter != 0 && options->letter == letter)
			return options;
	return NULL;
}

/* Notes an option; those that every command has go to their own fields. */
static int
take(struct cli *cli, const struct cli_option *option, const char *value, struct fault *fault)
{
	if (option == &general[0])
		cli->socket = value;
	else if (option == &general[1])
		cli->json = true;
	else if (option == &general[2])
		cli->help = true;
	else if (cli->n_given == CLI_GIVEN_MAX)
		return fault_set(fault, HOSPES_EINPUT, "more than %d options", CLI_GIVEN_MAX);
	else
		cli->given[cli->n_given++] = (struct cli_given){.option = option, .value = value};
	return 0;
}

/* One word that begins with a hyphen; *i moves on when its value is the next word. */
static int
option_word(struct cli *cli, int argc, char **argv, int *i, struct fault *fault)
{
	const char *word = argv[*i], *value = NULL;
	const struct cli_option *option;

	if (word[1] == '-') {
		size_t len = strcspn(word + 2, "=");

		option = lookup(cli->command->options, word + 2, len);
		if (option == NULL)
			option = lookup(general, word + 2, len);
		if (word[2 + len] == '=')
			value = word + 3 + len;
	} else {
		option = lookup_letter(cli->command->options, word[1]);
		if (option == NULL)
			option = lookup_letter(general, word[1]);
		if (option != NULL && word[2] != '\0') {
			if (option->arg == NULL)
				option = NULL;
			else
				value = word + 2;
		}
	}
	if (option == NULL || (option == &general[1] && cli->command->no_json))
		return fault_set(fault, HOSPES_EINPUT, "`hospes %s` has no option %s", cli->command->name, word);
	if (option->arg == NULL && value != NULL)
		return fault_set(fault, HOSPES_EINPUT, "--%s takes no value", option->name);
	if (option->arg != NULL && value == NULL) {
		if (*i + 1 >= argc)
			return fault_set(fault, HOSPES_EINPUT, "--%s needs a value: --%s %s", option->name,
			    option->name, option->arg);
		value = argv[++*i];
	}
	return take(cli, option, value, fault);
}

static int
check_count(const struct cli *cli, struct fault *fault)
{
	if (cli->help)
		return 0;
	if (cli->n_args < cli->command->min_args)
		return fault_set(fault, HOSPES_EINPUT, "`hospes %s` needs %u argument%s more", cli->command->name,
		    cli->command->min_args - cli->n_args, cli->command->min_args - cli->n_args == 1 ? "" : "s");
	if (cli->n_args > cli->command->max_args)
		return fault_set(fault, HOSPES_EINPUT, "`hospes %s` does not know what to do with %s",
		    cli->command->name, cli->args[cli->command->max_args]);
	return 0;
}

bool
cli_wants_json(int argc, char **argv)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--json") == 0)
			return true;
	return false;
}

static int
parse(struct cli *cli, int argc, char **argv, struct fault *fault)
{
	bool options = true;

	cli->args = xcalloc((size_t)argc + 1, sizeof(*cli->args));
	for (int i = 0; i < argc; i++) {
		const char *word = argv[i];

		if (cli->command->passes_on && strcmp(word, "--help") != 0 && strcmp(word, "-h") != 0) {
			cli->args[cli->n_args++] = word;
		} else if (options && strcmp(word, "--") == 0) {
			options = false;
		} else if (!options || word[0] != '-' || word[1] == '\0') {
			cli->args[cli->n_args++] = word;
		} else {
			int rc = option_word(cli, argc, argv, &i, fault);

			if (rc != 0)
				return rc;
		}
	}
	return check_count(cli, fault);
}

int
cli_parse(struct cli *cli, int argc, char **argv, struct fault *fault)
{
	int rc = parse(cli, argc, argv, fault);

	/* An error in front of --json is told like one behind it. */
	if (rc != 0 && !cli->command->no_json)
		cli->json = cli_wants_json(argc, argv);
	return rc;
}

const char *
cli_each(const struct cli *cli, const char *option, unsigned *at)
{
	while (*at < cli->n_given) {
		const struct cli_given *g = &cli->given[(*at)++];

		if (strcmp(g->option->name, option) == 0)
			return g->value != NULL ? g->value : "";
	}
	return NULL;
}

const char *
cli_value(const struct cli *cli, const char *option)
{
	const char *last = NULL, *value;
	unsigned at = 0;

	while ((value = cli_each(cli, option, &at)) != NULL)
		last = value;
	return last;
}

bool
cli_flag(const struct cli *cli, const char *option)
{
	return cli_value(cli, option) != NULL;
}

int
cli_number(const struct cli *cli, const char *option, double most, double *ret, struct fault *fault)
{
	const char *text = cli_value(cli, option);
	char *end;
	double number;

	if (text == NULL)
		return 0;
	number = strtod(text, &end);
	if (end == text || *end != '\0' || !isfinite(number) || number <= 0 || number > most)
		return fault_set(fault, HOSPES_EINPUT, "--%s has to be a number above 0 and at most %.0f; found %s",
		    option, most, text);
	*ret = number;
	return 0;
}

static void
help_option(FILE *to, const struct cli_option *o)
{
	_cleanup_(free_p) char *left =
	    xasprintf("%s%c%s--%s%s%s", o->letter != 0 ? "-" : "", o->letter != 0 ? o->letter : ' ',
		o->letter != 0 ? ", " : "   ", o->name, o->arg != NULL ? " " : "", o->arg != NULL ? o->arg : "");

	fprintf(to, "  %-26s %s\n", left, o->help);
}

void
cli_help(FILE *to, const struct command *command)
{
	fprintf(to, "usage: hospes %s%s%s\n\n%s\n", command->name, command->usage[0] != '\0' ? " " : "", command->usage,
	    command->summary);
	if (command->detail != NULL)
		fprintf(to, "\n%s\n", command->detail);
	fputs("\noptions:\n", to);
	for (const struct cli_option *o = command->options; o != NULL && o->name != NULL; o++)
		help_option(to, o);
	for (const struct cli_option *o = general; o->name != NULL; o++)
		if (!command->passes_on || o->letter == 'h')
			if (o != &general[1] || !command->no_json)
				help_option(to, o);
}
