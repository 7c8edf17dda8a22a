/*
 * hospes ask: loads sources, has a strategy answer a question from them, prints the brief.
 *
 * A throw-away space of a running host is dropped in the end, also when the command fails or is interrupted; of a private
 * host nothing is left in any case.  With --keep the space is named after what is in it, so that the next question over the
 * same files loads nothing.
 */

#include "config.h"

#include <string.h>

#include <sodium.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "base/util.h"
#include "cli/any_host.h"
#include "cli/ask.h"
#include "cli/follow.h"
#include "cli/keeper.h"
#include "cli/patience.h"
#include "cli/request.h"
#include "cli/text.h"

#define STRATEGY    "supervisor"
#define TICK_MS     100
#define KEPT_DIGITS 20 /* of the set's digest, in the name of a space that is kept */

struct asking {
	struct cli *cli;
	const char *question;
	bool keep;
	struct any_host host;
	struct patience patience;
	struct ask_progress *progress;
	struct source_set *set;
	json_t *spaces;         /* names */
	json_t *request;        /* for the run */
	json_t *plugins;        /* {"NAME": true} of those that were called */
	char *space;            /* that the sources were loaded into, or NULL */
	struct keeper stand_by; /* drops it when we cannot */
	json_t *end;            /* the ended run */
	struct ask_took took;
};

/* ---- The command line -------------------------------------------------------------------------------------------- */

static void
on_say(const char *line, void *arg)
{
	const struct asking *a = arg;

	ask_progress_say(a->progress, line);
}

static int
read_options(struct asking *a, struct fault *fault)
{
	const struct cli *cli = a->cli;
	const char *strategy = cli_value(cli, "strategy"), *space;
	json_t *input = json_object();
	double points = 0;
	unsigned at = 0;
	int rc;

	json_object_set_new(a->request, "input", input);
	if (a->question[strspn(a->question, " \t\n")] == '\0')
		return fault_set(fault, HOSPES_EINPUT, "the question is empty; ask about something");
	if (json_object_set_new(input, "question", json_string(a->question)) != 0)
		return fault_set(fault, HOSPES_EINPUT, "the question has to be a text in UTF-8");
	if (json_object_set_new(a->request, "plugin", json_string(strategy != NULL ? strategy : STRATEGY)) != 0)
		return fault_set(fault, HOSPES_EINPUT, "the strategy's name is not UTF-8");
	while ((space = cli_each(cli, "space", &at)) != NULL)
		if (json_array_append_new(a->spaces, json_string(space)) != 0)
			return fault_set(fault, HOSPES_EINPUT, "the name of the space is not UTF-8");
	if (cli_value(cli, "sources") == NULL && cli->n_args > 1)
		return fault_set(fault, HOSPES_EINPUT,
		    "one question, in quotes, and then --sources PATH...; what is %s?", cli->args[1]);
	if (cli_value(cli, "sources") == NULL && json_array_size(a->spaces) == 0)
		return fault_set(
		    fault, HOSPES_EINPUT, "there is nothing to look at: say --sources PATH, or --space NAME");
	rc = cli_number(cli, "points", 100, &points, fault);
	if (rc == 0 && points != (double)(int)points)
		rc = fault_set(fault, HOSPES_EINPUT, "--points has to be a whole number; found %g", points);
	if (rc == 0 && points > 0)
		json_object_set_new(input, "points", json_integer((json_int_t)points));
	if (rc == 0)
		rc = patience_read(&a->patience, cli, fault);
	a->patience.say = on_say;
	a->patience.arg = a;
	return rc != 0 ? rc : request_limits(cli, a->request, fault);
}

/* What follows --sources, and the arguments behind the question: PATH...; allocated, borrowed paths. */
static const char **
source_paths(const struct cli *cli, size_t *n)
{
	const char **paths = xcalloc(cli->n_given + cli->n_args + 1, sizeof(*paths)), *path;
	unsigned at = 0;

	*n = 0;
	while ((path = cli_each(cli, "sources", &at)) != NULL)
		paths[(*n)++] = path;
	for (unsigned i = 1; i < cli->n_args; i++)
		paths[(*n)++] = cli->args[i];
	return paths;
}

/* ---- Loading ----------------------------------------------------------------------------------------------------- */

static char *
throw_away_space(void)
{
	struct ulid id = ulid_new();
	char text[ULID_TEXT];

	ulid_format(&id, text);
	for (char *c = text; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return xasprintf("ask-%s", text);
}

/* By a client of its own, which goes through with it when the user is out of patience. */
static int
drop(const struct asking *a, const char *space, struct fault *fault)
{
	_cleanup_(client_close) struct client *client = NULL;
	_cleanup_(free_p) char *path = client_path("/v1/memory/", space, "/drop");
	_cleanup_(json_p) json_t *answer = NULL;
	int rc = client_open(&client, a->host.socket, fault);

	return rc != 0 ? rc : client_post(client, path, NULL, &answer, fault);
}

/* What we were sending when we were killed may be taken in yet.  Documents are taken in one batch after the other: once one
 * of our own has been, nothing comes after it.  `id` is of the run, or "".  [the process that stands by] */
static void
drop_after(const char *id, void *asking)
{
	static const char last[] = "{\"document\": \"last\", \"bytes\": 1}\n.";
	const struct asking *a = asking;
	_cleanup_(free_p) char *path = client_path("/v1/memory/", a->space, "/documents");
	_cleanup_(free_p) char *cancel = client_path("/v1/runs/", id, "/cancel");
	_cleanup_(client_close) struct client *client = NULL;
	_cleanup_(json_p) json_t *answer = NULL, *ended = NULL;
	struct fault fault;

	if (client_open(&client, a->host.socket, &fault) != 0)
		return;
	if (*id != '\0')
		(void)client_post(client, cancel, NULL, &ended, &fault);
	(void)client_post_bytes(client, path, last, sizeof last - 1, &answer, &fault);
	(void)drop(a, a->space, &fault);
}

/* A private host goes with this command, and its memory with it; what others run keeps what it is told. */
static int
make_space(struct asking *a, struct fault *fault)
{
	a->space = throw_away_space();
	return a->host.host != NULL ? 0 : keeper_stand_by(&a->stand_by, drop_after, a, fault);
}

static void
drop_space(struct asking *a)
{
	_cleanup_(free_p) char *space = NULL, *why = NULL;
	struct fault fault;
	int rc;

	if (a->space == NULL || a->keep || (a->host.host != NULL && !a->host.options.own_state))
		return;
	space = a->space;
	a->space = NULL;
	rc = drop(a, space, &fault);
	keeper_dismiss(&a->stand_by);
	if (rc == 0)
		return;
	why = text_safe(fault.text, true);
	fprintf(stderr, "the space %s is left in the host's memory: %s\n", space, why);
}

static int
load(struct asking *a, struct fault *fault)
{
	struct source_progress progress = {.tell = ask_progress_loading, .arg = a->progress};
	struct client *client = a->host.client;
	size_t n;
	_cleanup_(free_p) const char **paths = source_paths(a->cli, &n);
	int rc;

	if (n == 0)
		return 0;
	if (!a->keep) {
		rc = make_space(a, fault);
		if (rc == 0)
			rc = source_set_load(&a->set, paths, n, client, a->space, &progress, fault);
	} else {
		rc = source_set_collect(&a->set, paths, n, &progress, fault);
		if (rc == 0) {
			a->space = xasprintf("ask-%.*s", KEPT_DIGITS, source_set_digest(a->set));
			rc = source_set_upload(a->set, client, a->space, &progress, fault);
		}
	}
	ask_progress_clear(a->progress);
	if (a->set != NULL)
		source_set_tell(a->set, stderr);
	if (rc != 0)
		return rc;
	json_array_append_new(a->spaces, json_string(a->space));
	a->took.documents = source_set_count(a->set);
	a->took.bytes = source_set_bytes(a->set);
	a->took.sent = source_set_sent(a->set);
	a->took.skipped = source_set_skipped(a->set);
	return 0;
}

/* A misspelt space would have the sources not tell. */
static int
check_spaces(struct asking *a, struct fault *fault)
{
	const char *space;
	unsigned at = 0;

	while ((space = cli_each(a->cli, "space", &at)) != NULL) {
		_cleanup_(free_p) char *path = client_path("/v1/memory/", space, "/documents?limit=1");
		_cleanup_(json_p) json_t *listed = NULL;
		int rc = client_get(a->host.client, path, &listed, fault);

		if (rc != 0)
			return rc;
		if (json_array_size(json_object_get(listed, "documents")) == 0)
			return fault_set(fault, HOSPES_ENOENT,
			    "you have no documents in a space %s; `hospes memory list` lists your spaces", space);
	}
	return 0;
}

/* ---- Running ----------------------------------------------------------------------------------------------------- */

static void
on_event(const json_t *event, void *arg)
{
	struct asking *a = arg;

	if (strcmp(cli_text(event, "type"), "call_started") == 0)
		json_object_set_new(a->plugins, cli_text(event, "plugin"), json_true());
	ask_progress_event(a->progress, event);
}

/* arg: struct asking.  What was kept and what was asked is in the host's state, and goes on. */
static int
revive_host(void *arg, struct fault *fault)
{
	struct asking *a = arg;

	return private_host_restart(a->host.host, fault);
}

static int
run(struct asking *a, struct fault *fault)
{
	struct client *client = a->host.client;
	_cleanup_(json_p) json_t *started = NULL;
	struct follow follow = {
	    .cli = a->cli, .client = client, .patience = &a->patience, .event = on_event, .say = on_say, .arg = a};
	int rc;

	json_object_set(a->request, "sources", a->spaces);
	a->patience.client = client;
	if (a->host.host != NULL) /* nobody else starts a private host again */
		a->patience.revive = revive_host;
	rc = patience_start(&a->patience, a->request, NULL, &started, fault);
	if (rc != 0)
		return rc;
	follow.id = cli_text(started, "id");
	keeper_tell(&a->stand_by, follow.id);
	json_object_set_new(a->plugins, cli_text(a->request, "plugin"), json_true());
	ask_progress_run(a->progress, cli_text(a->request, "plugin"));
	client_on_tick(client, TICK_MS, ask_progress_tick, a->progress);
	rc = follow_run(&follow, &a->end, fault);
	client_on_tick(client, 0, NULL, NULL);
	if (rc == FOLLOW_LEFT)
		return fault_set(fault, HOSPES_ECANCELLED, "left the run %s before it had ended", follow.id);
	return rc;
}

/* ---- Telling ----------------------------------------------------------------------------------------------------- */

static json_t *
tree_of(struct asking *a, const char *id)
{
	_cleanup_(free_p) char *path = client_path("/v1/runs/", id, "/tree");
	_cleanup_(json_p) json_t *shown = NULL;
	_cleanup_(free_p) char *why = NULL;
	struct fault fault;

	if (client_get(a->host.client, path, &shown, &fault) == 0)
		return json_incref(json_object_get(shown, "tree"));
	why = text_safe(fault.text, true);
	fprintf(stderr, "the tree of calls cannot be shown: %s\n", why);
	return NULL;
}

static int
tell(struct asking *a)
{
	const struct cli *cli = a->cli;
	bool stays = a->host.host == NULL || a->host.options.own_state;
	_cleanup_(json_p) json_t *answer = NULL, *tree = NULL;
	const json_t *error;

	a->took.agents = json_object_size(a->plugins);
	answer = ask_answer(a->end, a->question, &a->took, stays);
	if (cli_flag(cli, "tree"))
		tree = tree_of(a, cli_text(a->end, "id"));
	error = json_object_get(answer, "error");
	if (cli->json) {
		if (tree != NULL)
			json_object_set(answer, "tree", tree);
		cli_json(cli, answer);
	} else {
		if (error == NULL)
			ask_print(cli, answer, stdout);
		if (tree != NULL)
			putchar('\n');
		show_tree(cli, tree);
	}
	if (error != NULL)
		return run_failed(cli, error);
	return strcmp(cli_text(answer, "answer"), "none") == 0 || json_array_size(json_object_get(answer, "failed")) > 0
		   ? CLI_PARTIAL
		   : CLI_OK;
}

/* ---- The command ------------------------------------------------------------------------------------------------- */

static void
asking_clear(struct asking *a)
{
	ask_progress_free(&a->progress);
	drop_space(a);
	any_host_close(&a->host);
	source_set_free(&a->set);
	json_decref(a->spaces);
	json_decref(a->request);
	json_decref(a->plugins);
	json_decref(a->end);
	free(a->space);
}

static int
ask(struct asking *a, struct fault *fault)
{
	/* spaces that were loaded before are in the user's state, where no host runs */
	bool own_state = a->keep || json_array_size(a->spaces) > 0;
	int rc;

	a->took.began_ns = a->took.loaded_ns = clock_mono_ns();
	rc = any_host_open(&a->host, a->cli, own_state, on_say, a, fault);
	if (rc == 0)
		rc = check_spaces(a, fault);
	if (rc == 0)
		rc = load(a, fault);
	a->took.loaded_ns = clock_mono_ns();
	if (rc == 0)
		rc = run(a, fault);
	a->took.ended_ns = clock_mono_ns();
	ask_progress_clear(a->progress);
	return rc;
}

int
command_ask(struct cli *cli)
{
	_cleanup_(asking_clear) struct asking a = {.cli = cli, .question = cli->args[0]};
	struct fault fault;

	if (sodium_init() < 0)
		abort();
	a.keep = cli_flag(cli, "keep");
	a.spaces = json_array();
	a.request = json_object();
	a.plugins = json_object();
	if (read_options(&a, &fault) != 0)
		return cli_usage(cli, &fault);
	/* From here on an interrupt has to find something that it can undo. */
	client_block_signals();
	a.progress = ask_progress_new(cli, cli_flag(cli, "verbose"));
	if (ask(&a, &fault) != 0)
		return cli_fail(cli, &fault);
	/* Before anything is printed: who reads it may be gone, and we then too. */
	drop_space(&a);
	return tell(&a);
}
