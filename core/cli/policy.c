/*
 * hospes policy check: the mistakes of a configuration, all of them, before a host reads it.
 *
 * The file is read by the room that reads it in the host.  A host that answers tells what it has, and is not otherwise
 * concerned: nothing is sent to it.
 */

#include "config.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/install.h"
#include "base/json.h"
#include "base/util.h"
#include "cli/client.h"
#include "cli/policy.h"
#include "cli/text.h"
#include "tool/http.h"

/* ---- Findings ---------------------------------------------------------------------------------------------------- */

static void
put(json_t *to, const char *member, const char *text)
{
	json_t *value = text != NULL && text[0] != '\0' ? json_string(text) : NULL;
	_cleanup_(free_p) char *safe = NULL;

	if (value == NULL && text != NULL && text[0] != '\0') {
		safe = text_safe(text, true); /* it is not UTF-8 */
		value = json_string(safe);
	}
	if (value != NULL)
		json_object_set_new(to, member, value);
}

/* "FILE:LINE" into its two parts. */
static void
put_place(json_t *to, const char *at)
{
	const char *colon = strrchr(at, ':');
	_cleanup_(free_p) char *file = NULL;

	if (colon == NULL || colon[1] == '\0' || colon[1 + strspn(colon + 1, "0123456789")] != '\0') {
		put(to, "file", at);
		return;
	}
	file = xstrndup(at, (size_t)(colon - at));
	put(to, "file", file);
	json_object_set_new(to, "line", json_integer(strtoll(colon + 1, NULL, 10)));
}

/* Mistakes first, and each kind in the order of its lines. */
static bool
is_before(const json_t *one, const json_t *other)
{
	bool mistake = json_is_true(json_object_get(one, "mistake"));

	if (mistake != json_is_true(json_object_get(other, "mistake")))
		return mistake;
	return json_integer_value(json_object_get(one, "line")) < json_integer_value(json_object_get(other, "line"));
}

static void
insert(json_t *findings, json_t *one)
{
	size_t at = json_array_size(findings);

	while (at > 0 && is_before(one, json_array_get(findings, at - 1)))
		at--;
	json_array_insert_new(findings, at, one);
}

void
policy_look_found(const struct policy_finding *finding, void *arg)
{
	json_t *one = json_object();
	struct policy_look *look = arg;

	json_object_set_new(one, "mistake", json_boolean(finding->mistake));
	put_place(one, finding->at != NULL ? finding->at : "");
	put(one, "key", finding->key);
	put(one, "text", finding->text);
	put(one, "found", finding->found);
	put(one, "allowed", finding->allowed);
	put(one, "nearest", finding->nearest);
	insert(look->findings, one);
	*(finding->mistake ? &look->mistakes : &look->warnings) += 1;
}

void
policy_look_say(struct policy_look *look, bool mistake, const char *at, const char *key, const char *text,
    const char *found, const char *nearest)
{
	policy_look_found(
	    &(struct policy_finding){
		.mistake = mistake, .at = at, .key = key, .text = text, .found = found, .nearest = nearest},
	    look);
}

static void
print_finding(const struct cli *cli, const json_t *one)
{
	bool mistake = json_is_true(json_object_get(one, "mistake"));
	const char *file = cli_text(one, "file"), *key = cli_text(one, "key");
	json_int_t line = json_integer_value(json_object_get(one, "line"));
	_cleanup_(free_p) char *number = line > 0 ? xasprintf(":%lld", (long long)line) : NULL;
	_cleanup_(free_p) char *whole = xasprintf("%s%s%s%s%s%s", file, number != NULL ? number : "",
	    file[0] != '\0' ? ": " : "", key, key[0] != '\0' ? ": " : "", cli_text(one, "text"));
	_cleanup_(free_p) char *safe = text_safe(whole, false);

	printf("%s%s%s: %s\n", cli_paint(cli, mistake ? "red" : "yellow"), mistake ? "mistake" : "warning",
	    cli_paint(cli, ""), safe);
}

/* ---- The host ---------------------------------------------------------------------------------------------------- */

/* no_host is no fault where none was asked for; one that does not tell everybody has told what plugins it has. */
static int
ask_host(const struct cli *cli, struct policy_look *look, struct fault *fault)
{
	_cleanup_(client_close) struct client *client = NULL;
	struct fault untold;
	struct stat st;
	int rc = client_open(&client, cli->socket, fault);

	if (rc == 0)
		rc = client_get(client, "/v1/versions", &look->versions, fault);
	if (rc == HOSPES_ENOHOST && cli->socket == NULL)
		return 0;
	if (rc != 0)
		return rc;
	look->host_uid = stat(client_socket(client), &st) == 0 ? st.st_uid : geteuid();
	client_get(client, "/v1/policy", &look->host, &untold);
	return 0;
}

struct changes {
	struct policy_look *look;
	json_t *out;
};

/* Where things lie when the file does not say depends on who runs, and that may be somebody else here. */
static bool
is_somebody_elses(const struct policy_look *look, const char *key)
{
	static const char *const keys[] = {"state", "socket", "plugin_dirs"};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (strcmp(keys[i], key) == 0)
			return !look->policy->for_root && look->host_uid != geteuid() &&
			       policy_place(look->policy, key)[0] == '\0';
	return false;
}

static void
add_change(const struct policy_change *change, void *arg)
{
	struct changes *c = arg;

	if (!is_somebody_elses(c->look, change->key))
		json_array_append_new(c->out, json_pack("{s:s, s:s, s:s, s:b}", "key", change->key, "from",
						  change->from, "to", change->to, "reloadable", change->reloadable));
}

static void
print_changes(const json_t *changes, bool reloadable, const char *title)
{
	const json_t *one;
	bool first = true;
	size_t i;

	json_array_foreach(changes, i, one)
	{
		_cleanup_(free_p) char *whole =
		    xasprintf("%s: %s -> %s", cli_text(one, "key"), cli_text(one, "from"), cli_text(one, "to"));
		_cleanup_(free_p) char *safe = text_safe(whole, false);

		if (json_is_true(json_object_get(one, "reloadable")) != reloadable)
			continue;
		printf("%s  %s\n", first ? title : "", safe);
		first = false;
	}
}

static void
print_host(const struct policy_look *look, const json_t *changes, bool refused)
{
	if (look->versions == NULL)
		return;
	if (look->host == NULL)
		printf("the host does not tell you what it has: only root and its own user are told what a reload "
		       "would change\n");
	else if (refused)
		printf("the host would refuse it: a reload (SIGHUP) changes nothing, and a start fails\n");
	else if (json_array_size(changes) == 0)
		printf("the host has all of it already: a reload (SIGHUP) changes nothing\n");
	print_changes(changes, true, "a reload (SIGHUP) changes\n");
	print_changes(changes, false, "waits until the host starts again\n");
}

/* ---- The command ------------------------------------------------------------------------------------------------- */

/* The one that is asked for, else that of the host that answers, else the installed one; NULL where there is none. */
static char *
choose_file(const struct cli *cli, const struct policy_look *look)
{
	char *installed;

	if (cli->n_args > 0)
		return xstrdup(cli->args[0]);
	if (json_is_true(json_object_get(look->host, "from_file")))
		return xstrdup(cli_text(look->host, "file"));
	installed = xasprintf("%s/hospes.conf", install_dir(INSTALL_CONF));
	if (access(installed, F_OK) != 0) {
		free(installed);
		return NULL;
	}
	return installed;
}

static uint64_t
memory_of_machine(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);

	return pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : 0;
}

static void
tell(const struct cli *cli, const struct policy_look *look, const json_t *changes, bool refused)
{
	const json_t *one;
	size_t i;

	if (cli->json) {
		_cleanup_(json_p) json_t *answer = json_pack("{s:i, s:i, s:b, s:O, s:b}", "mistakes",
		    (int)look->mistakes, "warnings", (int)look->warnings, "refused", refused, "findings",
		    look->findings, "host", look->versions != NULL);

		put(answer, "file", look->policy->file);
		if (look->host != NULL)
			json_object_set(answer, "changes", (json_t *)(uintptr_t)changes);
		cli_json(cli, answer);
		return;
	}
	json_array_foreach(look->findings, i, one) print_finding(cli, one);
	printf("%s: %u mistake%s, %u warning%s\n", look->policy->file, look->mistakes, look->mistakes == 1 ? "" : "s",
	    look->warnings, look->warnings == 1 ? "" : "s");
	print_host(look, changes, refused);
}

static int
check(struct cli *cli)
{
	struct policy_look look = {.findings = json_array()};
	_cleanup_(json_p) json_t *findings = look.findings, *changes = json_array();
	_cleanup_(json_p) json_t *host = NULL, *versions = NULL;
	_cleanup_(policy_unref) struct policy *policy = NULL;
	_cleanup_(free_p) char *file = NULL;
	struct policy_check_options options = {.memory = memory_of_machine(), .special = http_host_special};
	struct fault fault;
	bool refused;
	int rc = ask_host(cli, &look, &fault);

	host = look.host;
	versions = look.versions;
	if (rc != 0)
		return cli_fail(cli, &fault);
	options.dev = json_is_true(json_object_get(host, "dev"));
	options.root = host != NULL ? json_is_true(json_object_get(host, "root")) : geteuid() == 0;
	file = choose_file(cli, &look);
	policy_check(file, &options, policy_look_found, &look, &policy);
	refused = look.mistakes > 0;
	look.policy = policy;
	policy_look_machine(&look);
	policy_look_plugins(&look);
	if (host != NULL && !refused)
		policy_diff_texts(host, policy, add_change, &(struct changes){.look = &look, .out = changes});
	tell(cli, &look, changes, refused);
	if (look.mistakes > 0)
		return CLI_FAULT;
	return look.warnings > 0 ? CLI_PARTIAL : CLI_OK;
}

const struct command policy_commands[] = {
    {.name = "policy check",
	.usage = "[FILE]",
	.summary = "Find every mistake of a configuration before a host reads it.",
	.detail = "FILE is read as a host reads it; without it that of the host that answers, else the installed one.  "
		  "Told are\n"
		  "mistakes, and warnings of what can hardly be meant; where a host answers, also what a reload would "
		  "change and\n"
		  "what would wait for a restart.  Nothing is changed.  Exit code 0: nothing was found; 1: mistakes; "
		  "3: warnings\n"
		  "alone.",
	.max_args = 1,
	.run = check},
    {0},
};
