/*
 * hospes: the command for those who run agents, write them, or look after a host.
 *
 * This table is all that main knows; --help of each command is made from its row.
 */

#include "config.h"

#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <string.h>

#include "base/util.h"
#include "cli/breakers.h"
#include "cli/command.h"
#include "cli/journal.h"
#include "cli/memory.h"
#include "cli/patience.h"

static const struct cli_option run_options[] = {
    {"in", 0, "FILE", "the input: JSON, `-` is standard input; {\"$file\": PATH} in it stands for a file"},
    {"input", 0, "JSON", "the input itself"},
    {"set", 0, "P.KEY=VALUE", "configuration of a plugin for this run; may be repeated"},
    {"sources", 0, "SPACE", "documents that the run may read, a space of memory; may be repeated"},
    {"version", 0, "V", "run this version and no other"},
    {"calls", 0, "N", "at most so many calls"},
    {"money", 0, "DOLLARS", "at most so much money, like 0.50"},
    {"cpu", 0, "SECONDS", "at most so much CPU time"},
    {"wall", 0, "SECONDS", "at most so long"},
    {"parts", 0, NULL, "print the parts of the reply as they come, each as a line of JSON"},
    {"detach", 'd', NULL, "print the run's id and leave it to the host"},
    {"key", 0, "TEXT", "start no second run under this key: tell of the one that there is"},
    PATIENCE_OPTION,
    {0},
};

static const struct cli_option ask_options[] = {
    {"sources", 0, "PATH...", "files and folders to look at; may be repeated"},
    {"space", 0, "NAME", "a space of the memory to look at; may be repeated"},
    {"points", 0, "N", "at most so many points (the strategy's own number)"},
    {"strategy", 0, "NAME", "the strategy that answers (supervisor)"},
    {"keep", 0, NULL, "keep documents and run in the host's memory, or the user's own where no host runs"},
    {"tree", 0, NULL, "show the tree of calls too"},
    {"verbose", 'v', NULL, "tell each event of the run in a line"},
    {"set", 0, "P.KEY=VALUE", "configuration of a plugin for this run; may be repeated"},
    {"calls", 0, "N", "at most so many calls"},
    {"money", 0, "DOLLARS", "at most so much money, like 0.50"},
    {"cpu", 0, "SECONDS", "at most so much CPU time"},
    {"wall", 0, "SECONDS", "at most so long"},
    PATIENCE_OPTION,
    {0},
};

static const struct cli_option show_options[] = {
    {"source", 0, "N", "instead of the tree, the citation N of the run's brief where it stands"},
    {0},
};

static const struct cli_option ps_options[] = {
    {"all", 'a', NULL, "those that ended too"},
    {"limit", 'n', "N", "at most so many (100)"},
    {0},
};

static const struct cli_option wait_options[] = {PATIENCE_OPTION, {0}};

static const struct cli_option logs_options[] = {
    {"follow", 'f', NULL, "go on with new lines as they come"},
    PATIENCE_OPTION,
    {0},
};

static const struct cli_option rollback_options[] = {
    {"to", 0, "VERSION", "this version instead of the former one"},
    {"why", 0, "TEXT", "the reason, for the record"},
    {0},
};

static const struct cli_option withdraw_options[] = {{"why", 0, "TEXT", "the reason, for the record"}, {0}};

static const struct cli_option resolve_options[] = {
    {"outcome", 0, "OUTCOME", "done, not-done, or a file with the answer"},
    {"why", 0, "TEXT", "the reason, for the record"},
    {0},
};

static const struct cli_option reviews_options[] = {
    {"all", 'a', NULL, "those that were decided too"},
    {"limit", 'n', "N", "at most so many (100)"},
    {0},
};

static const struct cli_option review_options[] = {
    {"why", 0, "TEXT", "the reason, for the record"},
    {"hash", 0, "HASH", "that of what was seen: something else is not decided"},
    {0},
};

static const struct cli_option erase_options[] = {{"why", 0, "TEXT", "the reason, for the record"}, {0}};

static const struct cli_option alerts_options[] = {
    {"limit", 'n', "N", "at most so many (100)"},
    {0},
};

static const struct cli_option score_options[] = {{"why", 0, "TEXT", "the reason, for the record"}, {0}};

static const struct cli_option demo_options[] = {
    {"scene", 's', "N", "this scene alone: its number or its name"},
    {"input", 0, "JSON", "what FILE.so is given"},
    {"sources", 0, "PATH", "the documents of the scenes that need some (the licences of this system)"},
    {"question", 0, "TEXT", "what is asked of them"},
    {0},
};

static const struct cli_option doctor_options[] = {
    {"config", 0, "FILE", "judge as a host with this configuration would"},
    {0},
};

static const struct cli_option backup_options[] = {
    {"state", 0, "STATE", "a state directory that no host uses, instead of a running host"},
    {"config", 0, "FILE", "the same, of this configuration"},
    {0},
};

static const struct cli_option restore_options[] = {
    {"config", 0, "FILE", "whose state directory and user these are"},
    {0},
};

static const struct command commands[] = {
    {.name = "ask",
	.usage = "QUESTION --sources PATH... [OPTION]...",
	.summary = "Have a question answered from documents, with citations.",
	.detail =
	    "Points, each with the place where it stands word for word, what the sources disagree on, and a line\n"
	    "of what it took.  A running host is asked where there is one, else a private one that leaves nothing\n"
	    "behind.  Ends with 3 when the sources do not tell, with 4 when a check found the answer not to be\n"
	    "borne out.  Ctrl-C cancels the run.",
	.options = ask_options,
	.min_args = 1,
	.max_args = UINT_MAX,
	.run = command_ask},
    {.name = "run",
	.usage = "NAME [--in FILE|-] [--input JSON] [OPTION]...",
	.summary = "Run an agent or strategy and print its result.",
	.detail =
	    "The result goes to standard output, and with --json the whole run; progress goes to standard error when\n"
	    "that is a terminal.  Ctrl-C cancels the run and waits for its end; once more leaves it.",
	.options = run_options,
	.min_args = 1,
	.max_args = 1,
	.run = command_run},
    {.name = "ps",
	.usage = "[--all] [--limit N]",
	.summary = "List the runs.",
	.options = ps_options,
	.run = command_ps},
    {.name = "show",
	.usage = "RUN [--source N]",
	.summary = "Show a run's tree of calls, or a source of its brief.",
	.options = show_options,
	.min_args = 1,
	.max_args = 1,
	.run = command_show},
    {.name = "budget",
	.usage = "[RUN]",
	.summary = "Show what a run, or everybody today, may spend and has spent.",
	.detail = "Of a run each call with limit, reserved, spent and left of calls, money, CPU and wall time, also when it has\n"
		  "ended; without one the accounts of the day: of the host, of each client and of each agent.",
	.max_args = 1,
	.run = command_budget},
    {.name = "wait",
	.usage = "RUN... [--patience SECONDS]",
	.summary = "Wait for runs to end and print their results.",
	.detail = "Results come in the order of the runs given, as `hospes run` prints them; the exit code is that of "
		  "the first\n"
		  "that did not end well.  The host may be started again meanwhile.",
	.options = wait_options,
	.min_args = 1,
	.max_args = UINT_MAX,
	.run = command_wait},
    {.name = "cancel", .usage = "RUN", .summary = "Stop a run.", .min_args = 1, .max_args = 1, .run = command_cancel},
    {.name = "resolve",
	.usage = "RUN CALL --outcome OUTCOME [--why TEXT]",
	.summary = "Say whether an effect took place that a run waits for.",
	.detail =
	    "A host that was killed in the middle of a request that may be made once does not make it again by itself;\n"
	    "`hospes ps` and `hospes show` tell which wait.  OUTCOME is `done`: it took place, and its answer is not\n"
	    "known; `not-done`: it did not, and is begun now; or a file (- is standard input): it took place, and this\n"
	    "JSON is its answer.",
	.options = resolve_options,
	.min_args = 2,
	.max_args = 2,
	.run = command_resolve},
    {.name = "reviews",
	.usage = "[--all] [--limit N]",
	.summary = "List what humans are asked, the oldest first.",
	.options = reviews_options,
	.run = command_reviews},
    {.name = "review",
	.usage = "ID [approve|reject|edit|answer] [FILE] [--why TEXT] [--hash HASH]",
	.summary = "Show a question to a human, or decide it.",
	.detail =
	    "`edit FILE` puts the JSON of a file (- is standard input) in the place of what was asked about; `answer TEXT`\n"
	    "gives one of the choices, or where there are none a text, or the JSON of a file of that name.  Who decided,\n"
	    "when and why is on record.  What is decided is what was shown: its hash goes with the answer.",
	.options = review_options,
	.min_args = 1,
	.max_args = 3,
	.run = command_review},
    {.name = "logs",
	.usage = "[-f] [RUN]",
	.summary = "Show the host's log, or what the calls of a run logged.",
	.options = logs_options,
	.max_args = 1,
	.run = command_logs},
    {.name = "journal",
	.usage = "RUN",
	.summary = "List every record of a run, or look after a journal.",
	.min_args = 1,
	.max_args = 1,
	.run = command_journal,
	.family = journal_commands},
    {.name = "erase",
	.usage = "RUN|DIGEST [--why TEXT]",
	.summary = "Remove what a run was given and said, or a document.",
	.detail = "Of a run that has ended, its records keep hashes, times and statuses.  A document, named by its digest,\n"
		  "leaves the memory of the user who asks, and the runs that read it are erased with it.",
	.options = erase_options,
	.min_args = 1,
	.max_args = 1,
	.run = command_erase},
    {.name = "alerts",
	.usage = "[--limit N]",
	.summary = "List what somebody should know of, the newest first.",
	.detail = "Budgets that are nearly spent, breakers that opened, agents that answer worse than they used to; and for each\n"
		  "whether the webhook has taken it: delivered, pending, or given up.",
	.options = alerts_options,
	.run = command_alerts},
    {.name = "score",
	.usage = "RUN [CALL] SCORE [--why TEXT]",
	.summary = "Say how good the outcome of a run was, or of a call of it.",
	.detail = "SCORE is a number from 0, useless, to 1.  CALL is a path that `hospes show` tells, else it is the root call.\n"
		  "Who asked can score a call once, when the run has ended.",
	.options = score_options,
	.min_args = 2,
	.max_args = 3,
	.run = command_score},
    {.name = "scores",
	.usage = "[NAME]",
	.summary = "List how good the versions of a plugin are, or of all.",
	.detail = "One line for each version, what it was asked as, and who scored it: checks, the agents that called it, or\n"
		  "people.  LATELY weighs the newest twenty; a drop below what a version used to be is an alert.",
	.max_args = 1,
	.run = command_scores},
    {.name = "memory",
	.usage = "load|list|search|put|get|forget|drop|reindex ...",
	.summary = "Keep values and documents, and search them.",
	.family = memory_commands},
    {.name = "agents", .usage = "", .summary = "List the active plugins.", .run = command_agents},
    {.name = "versions",
	.usage = "[NAME]",
	.summary = "List the versions of a plugin, or of all.",
	.max_args = 1,
	.run = command_versions},
    {.name = "breakers",
	.usage = "",
	.summary = "List whom calls and requests go to, and who is left alone for a while.",
	.run = command_breakers,
	.family = breakers_commands},
    {.name = "rollback",
	.usage = "NAME [--to VERSION] [--why TEXT]",
	.summary = "Make the former version of a plugin the active one again.",
	.options = rollback_options,
	.min_args = 1,
	.max_args = 1,
	.run = command_rollback},
    {.name = "withdraw",
	.usage = "NAME VERSION [--why TEXT]",
	.summary = "Take a version out of use for good.",
	.options = withdraw_options,
	.min_args = 2,
	.max_args = 2,
	.run = command_withdraw},
    {.name = "install",
	.usage = "FILE.so",
	.summary = "Give the host a plugin, as copying it into a plugin folder does.",
	.min_args = 1,
	.max_args = 1,
	.run = command_install},
    {.name = "info",
	.usage = "FILE.so",
	.summary = "Show what a plugin file says about itself.",
	.detail = "Needs no host, and does not load the file.",
	.min_args = 1,
	.max_args = 1,
	.run = command_info},
    {.name = "new",
	.usage = "agent|strategy NAME [FOLDER]",
	.summary = "Begin a plugin: a folder that builds as it is.",
	.min_args = 2,
	.max_args = 3,
	.run = command_new},
    {.name = "test",
	.usage = "FILE.so [CASE]...",
	.summary = "Run a plugin's cases in a host of their own.",
	.detail = "Cases are cases/NAME.json beside the file, or those named.  Each runs in a fresh cell, in a used "
		  "one, and\n"
		  "twice between all the others; the ops that it issues have to be the same each time.\n"
		  "A case has input, ops (what is asked for, and the answers), findings (of checks, where the call is\n"
		  "to be one that is asked again) and output, matcher or status.",
	.min_args = 1,
	.max_args = UINT_MAX,
	.run = command_test},
    {.name = "demo",
	.usage = "[--scene N] [FILE.so]",
	.summary = "Show, scene by scene, what the host promises.",
	.detail =
	    "Each scene has a host of its own and a verdict taken from its journal: kill, crash, loop, lie, swap,\n"
	    "break-in, budget, review.  With FILE.so that plugin plays the leading part.",
	.options = demo_options,
	.max_args = 1,
	.run = command_demo},
    {.name = "backup",
	.usage = "DIR [--state STATE]",
	.summary = "Copy the whole state of the host into a folder, while it runs.",
	.detail = "DIR is made, or is empty; the host writes it as its own user.  Where no host answers, the state "
		  "directory of the\n"
		  "configuration is copied.  Every run that was accepted before is in it, and each file has a checksum.",
	.options = backup_options,
	.min_args = 1,
	.max_args = 1,
	.run = command_backup},
    {.name = "restore",
	.usage = "DIR [STATE]",
	.summary = "Make a state directory from a backup.",
	.detail = "Without STATE it is that of the configuration.  It has to be empty, and no host may use it; the backup is\n"
		  "read and compared with its checksums before anything is written.",
	.options = restore_options,
	.min_args = 1,
	.max_args = 2,
	.run = command_restore},
    {.name = "policy",
	.usage = "check [FILE]",
	.summary = "Find the mistakes of a configuration before a host reads it.",
	.family = policy_commands},
    {.name = "doctor",
	.usage = "",
	.summary = "Try, layer by layer, whether cells are closed in.",
	.detail = "Exit code 0: every required layer holds; 1: one does not; 3: one does not, and the configuration "
		  "says that\n"
		  "the host goes on without.",
	.options = doctor_options,
	.run = command_doctor},
    {.name = "dev",
	.usage = "[OPTION OF hospesd]...",
	.summary = "Be a host in the foreground, for writing plugins.",
	.max_args = UINT_MAX,
	.passes_on = true,
	.no_json = true,
	.run = command_dev},
};

static void
help(FILE *to)
{
	fputs("usage: hospes COMMAND [ARGUMENT]...\n\n", to);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].summary);
	fputs("\n`hospes COMMAND --help` tells more; every command takes --socket PATH and --json.\n"
	      "exit codes: 0 ok, 1 fault, 2 usage, 3 partial or nothing found, 4 refused, 5 no host\n",
	    to);
}

static int
no_command(int argc, char **argv)
{
	struct cli cli = {.json = cli_wants_json(argc, argv)};
	struct fault fault;

	cli_terminal(&cli);
	fault_set(&fault, HOSPES_EINPUT, "there is no command %s", argv[1]);
	return cli_usage(&cli, &fault);
}

static void
help_family(FILE *to, const struct command *family)
{
	if (family->run != NULL)
		fprintf(to, "usage: hospes %s %s\n   or: ", family->name, family->usage);
	else
		fprintf(to, "usage: ");
	fprintf(to, "hospes %s COMMAND [ARGUMENT]...\n", family->name);
	fprintf(to, "\n%s\n\n", family->summary);
	for (const struct command *c = family->family; c->name != NULL; c++)
		fprintf(to, "  %-16s %s\n", c->name, c->summary);
	fprintf(to, "\n`hospes %s COMMAND --help` tells more.\n", family->name);
}

static int
run_command(const struct command *command, int argc, char **argv)
{
	struct cli cli = {.command = command};
	struct fault fault;
	int rc;

	cli_terminal(&cli);
	rc = cli_parse(&cli, argc, argv, &fault);
	if (rc != 0) {
		rc = cli_usage(&cli, &fault);
	} else if (cli.help) {
		cli_help(stdout, command);
		rc = CLI_OK;
	} else {
		rc = command->run(&cli);
	}
	free(cli.args);
	if (fflush(stdout) != 0 && rc == CLI_OK) {
		fprintf(stderr, "error: io_error: the output could not be written: %s\n", strerror(errno));
		rc = CLI_FAULT;
	}
	return rc;
}

/* `argv` begins behind the family's name. */
static int
run_family(const struct command *family, int argc, char **argv)
{
	struct cli cli = {.command = family, .json = cli_wants_json(argc, argv)};
	struct fault fault;

	if (argc > 0 && (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)) {
		help_family(stdout, family);
		return CLI_OK;
	}
	for (const struct command *c = family->family; c->name != NULL && argc > 0; c++)
		if (strcmp(c->name + strlen(family->name) + 1, argv[0]) == 0)
			return run_command(c, argc - 1, argv + 1);
	if (family->run != NULL && (argc > 0 || family->min_args == 0))
		return run_command(family, argc, argv);
	cli_terminal(&cli);
	if (argc > 0)
		fault_set(&fault, HOSPES_EINPUT, "there is no command %s %s", family->name, argv[0]);
	else
		fault_set(&fault, HOSPES_EINPUT, "`hospes %s` needs a command", family->name);
	return cli_usage(&cli, &fault);
}

int
main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "");
	if (argc < 2) {
		help(stderr);
		return CLI_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("hospes %s\n", PACKAGE_VERSION);
		return CLI_OK;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    (strcmp(argv[1], "help") == 0 && argc == 2)) {
		help(stdout);
		return CLI_OK;
	}
	if (strcmp(argv[1], "help") == 0) {
		static char ask[] = "--help";

		argv[1] = argv[2];
		argv[2] = ask;
		argc = 3;
	}
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].name, argv[1]) == 0)
			return commands[i].family != NULL ? run_family(&commands[i], argc - 2, argv + 2)
							  : run_command(&commands[i], argc - 2, argv + 2);
	return no_command(argc, argv);
}
