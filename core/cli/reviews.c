/*
 * hospes reviews, hospes review: what humans are asked, and what they say.
 *
 * What is decided is what was shown: the answer goes with the hash of the review as it was fetched, and with --hash the one
 * who decides says which they have seen.
 */

#include "config.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/util.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/table.h"
#include "cli/text.h"

#define VALUE_MAX     (64 * MIB)
#define HASH_SHOWN    16  /* digits of a hash: as many name one thing */
#define QUESTION_MOST 60  /* columns of the list */
#define COMES_BACK    100 /* tries while its run comes back after a start */
#define PAUSE_MS      300

/* ---- The list ---------------------------------------------------------------------------------------------------- */

static const char *
decision_of(const json_t *review)
{
	const char *decision = cli_text(review, "decision");

	return decision[0] != '\0' ? decision : cli_text(review, "state");
}

int
command_reviews(struct cli *cli)
{
	static const char *const headings[] = {"REVIEW", "CAUSE", "STATE", "DEADLINE", "DEFAULT", "QUESTION", NULL};
	_cleanup_(table_free) struct table *table = table_new(headings);
	_cleanup_(json_p) json_t *reviews = NULL;
	const json_t *review;
	size_t i;
	int rc;

	rc = client_list(cli, "/v1/reviews", &reviews);
	if (rc != 0)
		return rc;
	if (cli->json) {
		cli_json(cli, reviews);
		return CLI_OK;
	}
	json_array_foreach(reviews, i, review)
	{
		_cleanup_(free_p) char *line = text_in_a_line(cli_text(review, "question"));
		_cleanup_(free_p) char *question = text_shortened(line, QUESTION_MOST);

		table_row(table, cli_text(review, "id"), cli_text(review, "cause"), decision_of(review),
		    cli_text(review, "deadline"), cli_text(review, "default"), question);
	}
	table_print(table, cli, stdout);
	return CLI_OK;
}

/* ---- One --------------------------------------------------------------------------------------------------------- */

static void
print_line(const char *what, const char *text)
{
	_cleanup_(free_p) char *safe = text_safe(text, false);

	printf("%s%s\n", what, safe);
}

/* Set in, so that no line of a text that an agent wrote looks like one of ours: which review is decided, and how. */
static void
print_set_in(const char *text)
{
	_cleanup_(free_p) char *safe = text_safe(text, true);

	putchar('\n');
	for (char *line = safe; line != NULL;) {
		char *next = strchr(line, '\n');

		if (next != NULL)
			*next++ = '\0';
		printf("  %s\n", line);
		line = next;
	}
}

/* "approve|reject|edit FILE" */
static char *
ways(const json_t *review)
{
	const json_t *list = json_object_get(review, "answers"), *one;
	struct buf out = {0};
	size_t i;

	json_array_foreach(list, i, one)
	{
		const char *way = json_string_value(one);

		buf_printf(&out, "%s%s%s", i > 0 ? "|" : "", way != NULL ? way : "",
		    way != NULL && strcmp(way, "edit") == 0     ? " FILE"
		    : way != NULL && strcmp(way, "answer") == 0 ? " TEXT"
								: "");
	}
	buf_text(&out);
	return (char *)out.data;
}

static void
print_value(const char *heading, const json_t *value)
{
	_cleanup_(free_p) char *text =
	    value == NULL || json_is_null(value) ? NULL : json_dumps(value, JSON_INDENT(2) | JSON_ENCODE_ANY);
	_cleanup_(free_p) char *safe = text == NULL ? NULL : text_safe(text, true);

	if (safe != NULL)
		printf("\n%s:\n%s\n", heading, safe);
}

static void
print_choices(const json_t *choices)
{
	const json_t *choice;
	size_t i;

	if (choices != NULL)
		putchar('\n');
	json_array_foreach(choices, i, choice)
	{
		print_line("choice: ", json_string_value(choice) != NULL ? json_string_value(choice) : "");
	}
}

static void
print_state(const json_t *review)
{
	_cleanup_(free_p) char *list = ways(review);
	_cleanup_(free_p) char *line = NULL;

	if (strcmp(cli_text(review, "state"), "open") == 0) {
		line = xasprintf("hospes review %s %s --hash %.*s", cli_text(review, "id"), list, HASH_SHOWN,
		    cli_text(review, "hash"));
		print_line("\ndecide it:  ", line);
		return;
	}
	line = xasprintf("%s by %s at %s%s%s", cli_text(review, "decision"), cli_text(review, "by"),
	    cli_text(review, "decided"), cli_text(review, "why")[0] != '\0' ? ": " : "", cli_text(review, "why"));
	print_line("\ndecided: ", line);
	print_value("written", json_object_get(review, "value"));
}

static void
print_review(const struct cli *cli, const json_t *review)
{
	_cleanup_(free_p) char *about = xasprintf("run %s, call %s%s%s, cause: %s", cli_text(review, "run"),
	    cli_text(review, "call"), cli_text(review, "plugin")[0] != '\0' ? ", of " : "", cli_text(review, "plugin"),
	    cli_text(review, "cause"));
	_cleanup_(free_p) char *until = xasprintf("%s; unanswered until %s it is: %s", cli_text(review, "raised"),
	    cli_text(review, "deadline"), cli_text(review, "default"));

	printf("%sreview %s%s  %s\n", cli_paint(cli, "bold"), cli_text(review, "id"), cli_paint(cli, ""),
	    cli_text(review, "state"));
	print_line("", about);
	print_line("raised ", until);
	print_line("hash ", cli_text(review, "hash"));
	print_set_in(cli_text(review, "question"));
	print_choices(json_object_get(review, "choices"));
	print_value("context", json_object_get(review, "context"));
	print_state(review);
}

/* ---- Deciding ---------------------------------------------------------------------------------------------------- */

static int
read_value(const char *file, json_t **ret, struct fault *fault)
{
	bool standard = strcmp(file, "-") == 0;
	_cleanup_(buf_free) struct buf bytes = {0};
	int rc = standard ? fd_read_all(STDIN_FILENO, &bytes, VALUE_MAX, fault)
			  : fd_read_file(file, &bytes, VALUE_MAX, fault);

	if (rc != 0)
		return rc;
	*ret = json_read(buf_text(&bytes), bytes.len, standard ? "standard input" : file, fault);
	return *ret == NULL ? fault->status : 0;
}

static bool
is_file(const char *text)
{
	struct stat st;

	return strcmp(text, "-") == 0 || (stat(text, &st) == 0 && S_ISREG(st.st_mode));
}

/* An answer is one of the choices where there are some; else a file with JSON, or a text. */
static int
value_of(const struct cli *cli, const json_t *review, json_t **ret, struct fault *fault)
{
	const char *text = cli->args[2];

	if (strcmp(cli->args[1], "edit") == 0 || (json_object_get(review, "choices") == NULL && is_file(text)))
		return read_value(text, ret, fault);
	*ret = json_string(text);
	return *ret != NULL ? 0 : fault_set(fault, HOSPES_EINPUT, "the answer is not UTF-8");
}

static int
check_hash(const struct cli *cli, const json_t *review, struct fault *fault)
{
	const char *seen = cli_value(cli, "hash"), *hash = cli_text(review, "hash");

	if (seen == NULL || (strlen(seen) >= HASH_SHOWN && strncmp(seen, hash, strlen(seen)) == 0))
		return 0;
	return fault_set(fault, HOSPES_ECONFLICT,
	    "review %s has the hash %.*s, and what was seen has %.64s (at least %d digits are compared); look at it "
	    "again",
	    cli->args[0], HASH_SHOWN, hash, seen, HASH_SHOWN);
}

/* A run that was open when the host ended comes back in a while: until then nobody can be told. */
static int
post(struct client *client, const char *id, const json_t *request, json_t **ret, struct fault *fault)
{
	_cleanup_(free_p) char *path = client_path("/v1/reviews/", id, "/decide");
	int rc = client_post(client, path, request, ret, fault);

	for (unsigned tries = 0; rc == HOSPES_EBUSY && tries < COMES_BACK && !client_pause(PAUSE_MS); tries++)
		rc = client_post(client, path, request, ret, fault);
	return rc;
}

static int
decide(const struct cli *cli, struct client *client, const json_t *review, json_t **ret, struct fault *fault)
{
	_cleanup_(json_p) json_t *request = NULL, *value = NULL;

	if (check_hash(cli, review, fault) != 0 || (cli->n_args > 2 && value_of(cli, review, &value, fault) != 0))
		return fault->status;
	request = json_pack("{s:s s:s s:O* s:s*}", "decision", cli->args[1], "hash", cli_text(review, "hash"), "value",
	    value, "why", cli_value(cli, "why"));
	if (request == NULL)
		return fault_set(fault, HOSPES_EINPUT, "the reason is not UTF-8");
	return post(client, cli->args[0], request, ret, fault);
}

static int
check_arguments(struct cli *cli, struct fault *fault)
{
	const char *how = cli->n_args > 1 ? cli->args[1] : NULL;
	bool writes = how != NULL && (strcmp(how, "edit") == 0 || strcmp(how, "answer") == 0);

	if (how != NULL && !writes && strcmp(how, "approve") != 0 && strcmp(how, "reject") != 0)
		return fault_set(
		    fault, HOSPES_EINPUT, "a review is decided by approve, reject, edit or answer, not %.40s", how);
	if (how != NULL && writes != (cli->n_args > 2))
		return fault_set(fault, HOSPES_EINPUT,
		    writes ? "`edit` needs a file, and `answer` a text or a file"
			   : "approve and reject take nothing more");
	if (how == NULL && (cli_value(cli, "why") != NULL || cli_value(cli, "hash") != NULL))
		return fault_set(fault, HOSPES_EINPUT, "--why and --hash belong to a decision");
	return 0;
}

int
command_review(struct cli *cli)
{
	_cleanup_(free_p) char *path = client_path("/v1/reviews/", cli->args[0], "");
	_cleanup_(client_close) struct client *client = NULL;
	_cleanup_(json_p) json_t *review = NULL, *decided = NULL;
	struct fault fault;

	if (check_arguments(cli, &fault) != 0)
		return cli_usage(cli, &fault);
	if (client_open(&client, cli->socket, &fault) != 0 || client_get(client, path, &review, &fault) != 0)
		return cli_fail(cli, &fault);
	if (cli->n_args > 1 && decide(cli, client, review, &decided, &fault) != 0)
		return cli_fail(cli, &fault);
	if (cli->json)
		cli_json(cli, decided != NULL ? decided : review);
	else if (decided != NULL)
		printf("review %s is decided: %s\n", cli->args[0], decision_of(decided));
	else
		print_review(cli, review);
	return CLI_OK;
}
