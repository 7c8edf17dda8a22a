/*
 * hospes test: runs a plugin's cases in a private host, each in a fresh cell, then in the cell that it has used, then
 * twice between all the others; tells the results in the form of TAP.
 *
 *   test_case.c   reading cases
 *   test_ops.c    the ops of a run        test_match.c  comparing outputs
 */

#include "config.h"

#include <assert.h>
#include <string.h>

#include "base/fd.h"
#include "base/json.h"
#include "base/util.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/private_host.h"
#include "cli/test_case.h"
#include "cli/test_ops.h"
#include "cli/text.h"

#define LOG_MAX   (16 * MIB)
#define LOG_LINES 40 /* shown when something failed */

enum execution { FRESH, USED, BETWEEN, BETWEEN_AGAIN, EXECUTIONS };
static const char *const execution_names[] = {"fresh cell", "used cell", "interleaved", "interleaved again"};

struct outcome {
	json_t *run, *ops;
};

struct testing {
	const char *plugin_file[2]; /* one, NULL at the end */
	struct test_cases cases;
	struct private_host_options options;
	struct private_host *host;
	struct client *client; /* of the host that runs now */
	char *name, *version;
	struct outcome (*outcomes)[EXECUTIONS];
	unsigned told, failed;
	json_t *report; /* with --json: [{"case", "what", "ok", "why"}] instead of lines */
};

/* ---- Telling ---- */

/* Foreign text as comment lines. */
static void
comment(const char *text)
{
	_cleanup_(free_p) char *safe = text_safe(text, true);
	char *rest = NULL;

	for (char *line = strtok_r(safe, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
		printf("#   %s\n", line);
}

static void
tell(struct testing *t, bool ok, const char *name, const char *what, struct buf *why)
{
	_cleanup_(free_p) char *safe = text_safe(name, false);

	t->told++;
	t->failed += !ok;
	if (t->report != NULL) {
		_cleanup_(free_p) char *reason = text_safe(ok ? "" : buf_text(why), true);

		json_array_append_new(
		    t->report, json_pack("{s:s, s:s, s:b, s:s}", "case", safe, "what", what, "ok", ok, "why", reason));
		return;
	}
	printf("%sok %u - %s (%s)\n", ok ? "" : "not ", t->told, safe, what);
	if (!ok)
		comment(buf_text(why));
	fflush(stdout);
}

static bool
is_breach(const char *code)
{
	static const char *const breaches[] = {"no_reply", "wrong_place", "not_in_call", "poison", "protocol_violation",
	    "bad_output", "stuck", "nondeterministic", "load_failed"};

	for (size_t i = 0; i < ARRAY_LEN(breaches); i++)
		if (strcmp(code, breaches[i]) == 0)
			return true;
	return false;
}

/* What the private host warned of, and whatever is no line of its log: a complaint of its last breath. */
static void
show_log(const struct testing *t)
{
	_cleanup_(buf_free) struct buf log = {0};
	char *rest = NULL;
	unsigned shown = 0;
	struct fault fault;

	if (t->report != NULL || t->host == NULL || fd_read_file(private_host_log(t->host), &log, LOG_MAX, &fault) != 0)
		return;
	(void)buf_text(&log);
	for (char *line = strtok_r((char *)log.data, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		if (strstr(line, " level=info ") != NULL || strstr(line, " level=debug ") != NULL)
			continue;
		if (shown++ == 0)
			printf("# the private host's log:\n");
		if (shown > LOG_LINES)
			return;
		comment(line);
	}
}

/* Lines of the host's log in which the plugin's cells complain: a function that is an op used outside a call need not end
 * anything, and gives nothing that could be replayed. */
static void
breaches_in_log(const struct testing *t, struct buf *why)
{
	_cleanup_(free_p) char *plugin = xasprintf(" plugin=%s ", t->name);
	_cleanup_(buf_free) struct buf log = {0};
	char *rest = NULL;
	struct fault fault;

	if (fd_read_file(private_host_log(t->host), &log, LOG_MAX, &fault) != 0)
		return;
	(void)buf_text(&log);
	for (char *line = strtok_r((char *)log.data, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
		if (strstr(line, plugin) != NULL && strstr(line, "it is an op and works inside a handler only") != NULL)
			buf_printf(why, "%s\n", line);
}

/* ---- Running ---- */

static int
find_plugin(struct testing *t, struct fault *fault)
{
	_cleanup_(json_p) json_t *versions = NULL;
	const json_t *version;
	size_t i;
	int rc = client_get(t->client, "/v1/versions", &versions, fault);

	if (rc != 0)
		return rc;
	json_array_foreach(versions, i, version)
	{
		if (strcmp(cli_text(version, "object"), private_host_object(t->host, 0)) != 0)
			continue;
		free(t->name);
		free(t->version);
		t->name = xstrdup(cli_text(version, "name"));
		t->version = xstrdup(cli_text(version, "version"));
		return 0;
	}
	return fault_set(fault, HOSPES_EBADPLUGIN, "the host did not take %s in; its log says why", t->plugin_file[0]);
}

/* A host whose cells are all fresh. */
static int
fresh_host(struct testing *t, struct fault *fault)
{
	int rc;

	client_close(&t->client);
	if (t->host == NULL)
		rc = private_host_start(&t->host, &t->options, fault);
	else
		rc = private_host_restart(t->host, fault);
	if (rc == 0)
		rc = client_open(&t->client, private_host_socket(t->host), fault);
	if (rc != 0)
		return rc;
	client_interruptible(t->client);
	return find_plugin(t, fault);
}

/* Starts a case; *id is allocated. */
static int
begin(struct testing *t, size_t i, char **id, struct fault *fault)
{
	_cleanup_(json_p) json_t *request = test_case_request(&t->cases.list[i], t->name, t->version), *run = NULL;
	int rc = client_post(t->client, "/v1/runs", request, &run, fault);

	if (rc != 0)
		return rc;
	*id = xstrdup(cli_text(run, "id"));
	return 0;
}

/* Waits for its end and notes what came of it; takes `id` over. */
static int
finish(struct testing *t, size_t i, enum execution e, char *id, struct fault *fault)
{
	_cleanup_(free_p) char *wait = client_path("/v1/runs/", id, "/wait"), *owned = id;
	_cleanup_(free_p) char *journal = client_path("/v1/runs/", id, "/journal");
	_cleanup_(json_p) json_t *records = NULL;
	struct outcome *o = &t->outcomes[i][e];
	int rc = client_get(t->client, wait, &o->run, fault);

	if (rc == 0)
		rc = client_get(t->client, journal, &records, fault);
	if (rc == 0)
		o->ops = test_ops_of(records);
	return rc;
}

static int
run_alone(struct testing *t, size_t i, struct fault *fault)
{
	int rc = fresh_host(t, fault);

	for (enum execution e = FRESH; rc == 0 && e <= USED; e++) {
		char *id;

		rc = begin(t, i, &id, fault);
		if (rc == 0)
			rc = finish(t, i, e, id, fault);
	}
	return rc;
}

/* All cases at once, each twice. */
static int
run_between(struct testing *t, struct fault *fault)
{
	size_t n = t->cases.n, begun = 0;
	_cleanup_(free_p) char **ids = xcalloc(2 * n, sizeof(*ids));
	int rc = 0;

	assert(n > 0);
	for (; rc == 0 && begun < 2 * n; begun++)
		rc = begin(t, begun % n, &ids[begun], fault);
	for (size_t k = 0; k < begun; k++) {
		if (ids[k] == NULL)
			continue;
		if (rc == 0)
			rc = finish(t, k % n, k < n ? BETWEEN : BETWEEN_AGAIN, ids[k], fault);
		else
			free(ids[k]);
	}
	return rc;
}

/* ---- Judging ---- */

static void
judge_end(struct testing *t, size_t i, enum execution e, struct buf *breaches)
{
	const struct test_case *c = &t->cases.list[i];
	const struct outcome *o = &t->outcomes[i][e];
	_cleanup_(buf_free) struct buf why = {0};
	const char *status = cli_text(o->run, "status");
	bool ok = test_case_agrees(c, o->run, &why);

	if (!ok && is_breach(status))
		buf_printf(breaches, "%s (%s): %s: %s\n", c->name, execution_names[e], status,
		    cli_text(json_object_get(o->run, "error"), "message"));
	if (ok && json_array_size(c->ops) > test_ops_outside(o->ops)) {
		buf_printf(&why, "the case answers %zu ops and the plugin issued %zu", json_array_size(c->ops),
		    test_ops_outside(o->ops));
		ok = false;
	}
	tell(t, ok, c->name, execution_names[e], &why);
}

static void
judge(struct testing *t)
{
	_cleanup_(buf_free) struct buf breaches = {0};

	for (size_t i = 0; i < t->cases.n; i++) {
		const struct outcome *o = t->outcomes[i];
		_cleanup_(buf_free) struct buf why = {0};
		bool same = true;

		for (enum execution e = FRESH; e < EXECUTIONS; e++)
			judge_end(t, i, e, &breaches);
		for (enum execution e = USED; same && e < EXECUTIONS; e++)
			same = test_ops_equal(o[FRESH].ops, execution_names[FRESH], o[e].ops, execution_names[e], &why);
		tell(t, same, t->cases.list[i].name, "the same ops each time", &why);
	}
	breaches_in_log(t, &breaches);
	tell(t, breaches.len == 0, t->name, "keeps the rules of the SDK", &breaches);
}

static int
run_all(struct testing *t, struct fault *fault)
{
	int rc = 0;

	t->outcomes = xcalloc(t->cases.n, sizeof(*t->outcomes));
	for (size_t i = 0; rc == 0 && i < t->cases.n; i++)
		rc = run_alone(t, i, fault);
	return rc != 0 ? rc : run_between(t, fault);
}

static void
testing_clear(struct testing *t)
{
	for (size_t i = 0; t->outcomes != NULL && i < t->cases.n; i++) {
		for (enum execution e = FRESH; e < EXECUTIONS; e++) {
			json_decref(t->outcomes[i][e].run);
			json_decref(t->outcomes[i][e].ops);
		}
	}
	free(t->outcomes);
	client_close(&t->client);
	private_host_stop(&t->host);
	test_cases_free(&t->cases);
	free(t->name);
	free(t->version);
	json_decref(t->report);
}

int
command_test(struct cli *cli)
{
	_cleanup_(testing_clear) struct testing t = {.plugin_file = {cli->args[0]}};
	struct fault fault;

	t.options = (struct private_host_options){.command = "test", .files = t.plugin_file, .scripted = true};
	/* Ctrl-C ends the request under way, and with it all the rest as ever. */
	client_block_signals();
	t.report = cli->json ? json_array() : NULL;
	if (test_cases_read(&t.cases, cli->args[0], cli->args + 1, cli->n_args - 1, &fault) != 0)
		return cli_fail(cli, &fault);
	if (run_all(&t, &fault) != 0) {
		show_log(&t);
		fflush(stdout);
		return cli_fail(cli, &fault);
	}
	judge(&t);
	if (t.report != NULL)
		cli_json(cli, t.report);
	else
		printf("1..%u\n", t.told);
	if (t.failed == 0 || t.report != NULL)
		return t.failed == 0 ? CLI_OK : CLI_FAULT;
	show_log(&t);
	printf("# %u of %u failed\n", t.failed, t.told);
	return CLI_FAULT;
}
