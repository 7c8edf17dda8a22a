/*
 * What the commands of `hospes` share: the table, the parsed command line, how failures are told, exit codes.
 *
 *   main.c     the table of commands             options.c  the command line and --help
 *   client.c   HTTP over the host's socket       socket.c   which socket     sse.c  server-sent events
 *   output.c   JSON, failures, colours           table.c    aligned tables   text.c foreign text made harmless
 *
 * A command is a row of the table and a function in a file named after it or its family.
 */

#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

#include "base/fault.h"

enum cli_exit {
	CLI_OK = 0,
	CLI_FAULT = 1,
	CLI_USAGE = 2,
	CLI_PARTIAL = 3, /* partial, or nothing found */
	CLI_REFUSED = 4, /* permission, depth, cycle, budget, ... */
	CLI_NO_HOST = 5,
};

struct cli;

struct cli_option {
	const char *name; /* without the hyphens */
	char letter;      /* short form, or 0 */
	const char *arg;  /* what its value is called; NULL: it has none */
	const char *help;
};

struct command {
	const char *name;
	const char *usage;   /* what follows the name */
	const char *summary; /* one line */
	const char *detail;  /* more, or NULL */
	const struct cli_option *options; /* ended by a NULL name, or NULL */
	unsigned min_args, max_args;
	bool passes_on; /* its options belong to another program */
	bool no_json;   /* takes no --json */
	/* The commands that begin with this name, ended by a NULL name.  The rest is empty, or for what begins with none. */
	const struct command *family;
	int (*run)(struct cli *cli);
};

struct cli_given {
	const struct cli_option *option;
	const char *value;
};

#define CLI_GIVEN_MAX 256
struct cli {
	const struct command *command;
	const char **args;
	unsigned n_args;
	struct cli_given given[CLI_GIVEN_MAX];
	unsigned n_given;
	const char *socket; /* --socket, or NULL */
	bool json, help;
	bool out_terminal, err_terminal, colour;
	size_t columns; /* of the terminal that stdout is; 0: none, lines may be as long as they are */
};

/* ---- options.c ---- */

/* Fills in args and options from what follows the command's name.  bad_input: a usage error. */
int cli_parse(struct cli *cli, int argc, char **argv, struct fault *fault);
bool cli_wants_json(int argc, char **argv); /* before the command line is known to be right */
const char *cli_value(const struct cli *cli, const char *option); /* the last given, or NULL */
bool cli_flag(const struct cli *cli, const char *option);
const char *cli_each(const struct cli *cli, const char *option, unsigned *at); /* next from *at (0); NULL at the end */
int cli_number(const struct cli *cli, const char *option, double most, double *ret, struct fault *fault);
void cli_help(FILE *to, const struct command *command);

/* ---- output.c ---- */

void cli_terminal(struct cli *cli);
int cli_exit_of(int status);
int cli_fail(const struct cli *cli, const struct fault *fault); /* tells it, returns the exit code */
int cli_usage(const struct cli *cli, const struct fault *fault); /* the same for a wrong command line */
void cli_json(const struct cli *cli, const json_t *value); /* on stdout: indented on a terminal, else one line */
const char *cli_text(const json_t *object, const char *key); /* "" when there is none */
char *cli_count(const json_t *object, const char *key);      /* a whole number as a text, allocated */
const char *cli_paint(const struct cli *cli, const char *style); /* "bold", "red", ..., "" for plain */

/* ---- findings.c ---- */

/* Findings of checks (run/run.h) for people; nothing when there are none. */
void cli_findings(FILE *to, const char *indent, const json_t *findings);

/* ---- the commands ---- */

int command_ask(struct cli *cli);
int command_run(struct cli *cli);
int command_budget(struct cli *cli);
int command_ps(struct cli *cli);
int command_show(struct cli *cli);
int command_wait(struct cli *cli);
int command_cancel(struct cli *cli);
int command_resolve(struct cli *cli);
int command_reviews(struct cli *cli);
int command_review(struct cli *cli);
int command_erase(struct cli *cli);
int command_alerts(struct cli *cli);
int command_scores(struct cli *cli);
int command_score(struct cli *cli);
int command_journal(struct cli *cli);
int command_logs(struct cli *cli);
int command_agents(struct cli *cli);
int command_versions(struct cli *cli);
int command_rollback(struct cli *cli);
int command_withdraw(struct cli *cli);
int command_install(struct cli *cli);
int command_info(struct cli *cli);
int command_new(struct cli *cli);
int command_doctor(struct cli *cli);
int command_backup(struct cli *cli);
int command_restore(struct cli *cli);
int command_dev(struct cli *cli);
int command_test(struct cli *cli);
int command_demo(struct cli *cli);

extern const struct command policy_commands[]; /* policy.c; ended by a NULL name */

/* `hospes show` with --source. */
int show_source(struct cli *cli);

/* The tree of calls of a run, as `hospes show` prints it. */
void show_tree(const struct cli *cli, const json_t *tree);
void show_poll(const json_t *poll, const char *indent); /* its outcome; NULL: nothing */

/* waits.c: "a timer until ..., 2 x http, since ...", of the member `waits` of a run, a call or an op; allocated, perhaps "". */
char *waits_text(const json_t *waits);

/* The error of a run, told on stderr with what checks found; returns the exit code. */
int run_failed(const struct cli *cli, const json_t *error);

/* How a run ended: told on stderr; returns the exit code.  Prints the result unless `quiet`. */
int run_told(const struct cli *cli, const json_t *run, bool quiet);

#endif
