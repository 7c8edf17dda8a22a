/* See demo.h.  The table of scenes, and the command. */

#include "config.h"

#include <sys/wait.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/install.h"
#include "base/json.h"
#include "base/util.h"
#include "cli/demo.h"
#include "cli/process.h"
#include "cli/text.h"

#define NOTES_MAX (4 * MIB)
#define LICENCES  "/usr/share/common-licenses"
#define QUESTION  "What must someone who distributes binaries do?"

static const struct scene {
	const char *name, *title;
	demo_play *play;
	const char *input; /* of the agent that comes with it */
} scenes[] = {
    {"kill", "Cells are killed in mid-brief", demo_kill, "null"},
    {"crash", "The host is killed in mid-brief", demo_crash, "null"},
    {"loop", "Two agents delegate to each other", demo_loop, "{}"},
    {"lie", "An agent invents a quote", demo_lie, "null"},
    {"swap", "A new version under load, and back", demo_swap, "{\"name\": \"x\", \"text\": \"one two three\"}"},
    {"break-in", "An agent opens files and sockets", demo_break_in, "null"},
    {"budget", "An agent spends without end", demo_budget, "{}"},
    {"review", "A payment waits for a human", demo_review, "null"},
    {"poll", "Voters die, and there is an outcome", demo_poll, "null"},
};

/* Name and version of the user's own plugin, as its notes have them; it is not loaded. */
static int
read_notes(struct demo *d, struct fault *fault)
{
	const char *const args[] = {"--file", d->so, NULL};
	_cleanup_(buf_free) struct buf out = {0};
	_cleanup_(json_p) json_t *answer = NULL;
	const json_t *notes;
	int wait_status = 0;
	int rc = process_read(INSTALL_LIBEXEC, "hospes-inspect", args, &out, NOTES_MAX, &wait_status, fault);

	if (rc != 0)
		return rc;
	answer = json_loadb(out.len > 0 ? (const char *)out.data : "", out.len, 0, NULL);
	notes = json_object_get(answer, "notes");
	if (cli_text(notes, "name")[0] == '\0') {
		int status = status_number(cli_text(answer, "code"));

		return fault_set(
		    fault, status != 0 ? status : HOSPES_EBADPLUGIN, "%s: %s", d->so, cli_text(answer, "message"));
	}
	d->name = xstrdup(cli_text(notes, "name"));
	d->semver = xstrdup(cli_text(notes, "version"));
	return 0;
}

static int
prepare(struct demo *d, struct fault *fault)
{
	const struct cli *cli = d->cli;
	const char *sources = cli_value(cli, "sources"), *question = cli_value(cli, "question");

	d->so = cli->n_args > 0 ? cli->args[0] : NULL;
	d->question = question != NULL ? question : QUESTION;
	d->sources = sources != NULL ? sources : access(LICENCES, R_OK) == 0 ? LICENCES : install_dir(INSTALL_DATA);
	return d->so != NULL ? read_notes(d, fault) : 0;
}

/* What a scene's leading agent is given: --input is for the user's own. */
static int
take_input(struct demo *d, const struct scene *scene, struct fault *fault)
{
	const char *given = cli_value(d->cli, "input"), *text = d->so == NULL   ? scene->input
								: given != NULL ? given
										: "{}";

	json_decref(d->input);
	d->input = json_read(text, strlen(text), "--input", fault);
	return d->input == NULL ? fault->status : 0;
}

static void
tell(const struct demo *d, size_t i, int rc, struct buf *verdict, int64_t took_ns, json_t *all)
{
	_cleanup_(free_p) char *safe = text_safe(buf_text(verdict), false);

	if (d->cli->json) {
		json_array_append_new(all, json_pack("{s:I, s:s, s:s, s:b, s:s, s:f}", "scene", (json_int_t)(i + 1),
					       "name", scenes[i].name, "title", scenes[i].title, "kept", rc == 0,
					       "verdict", safe, "seconds", (double)took_ns / NS_PER_S));
		return;
	}
	printf("   %s%s%s: %s (%.1f s)\n\n", cli_paint(d->cli, rc == 0 ? "green" : "red"), rc == 0 ? "kept" : "BROKEN",
	    cli_paint(d->cli, ""), safe, (double)took_ns / NS_PER_S);
	fflush(stdout);
}

/* 0: kept.  A scene that could not be played has not kept its promise either; one that was interrupted has no verdict. */
static int
play(struct demo *d, size_t i, json_t *all, struct fault *fault)
{
	_cleanup_(buf_free) struct buf verdict = {0};
	int64_t began = clock_mono_ns();
	int rc;

	if (!d->cli->json)
		printf("%s%zu  %s%s\n", cli_paint(d->cli, "bold"), i + 1, scenes[i].title, cli_paint(d->cli, ""));
	rc = take_input(d, &scenes[i], fault);
	if (rc == 0)
		rc = scenes[i].play(d, &verdict, fault);
	demo_stop(d);
	if (rc == HOSPES_ECANCELLED)
		return rc;
	if (rc != 0 && (rc != HOSPES_EFAILED || verdict.len == 0)) {
		buf_clear(&verdict);
		buf_printf(&verdict, "could not be played: %s: %s", status_name(fault->status), fault->text);
	}
	tell(d, i, rc, &verdict, clock_mono_ns() - began, all);
	return rc;
}

/* "3" or "lie"; the number of scenes: there is none such. */
static size_t
find_scene(const char *which)
{
	size_t i = 0;
	char number[8];

	for (; i < ARRAY_LEN(scenes); i++) {
		snprintf(number, sizeof(number), "%zu", i + 1);
		if (strcmp(which, number) == 0 || strcmp(which, scenes[i].name) == 0)
			break;
	}
	return i;
}

int
command_demo(struct cli *cli)
{
	struct demo d = {.cli = cli};
	_cleanup_(json_p) json_t *all = json_array();
	const char *which = cli_value(cli, "scene");
	size_t only = which == NULL ? ARRAY_LEN(scenes) : find_scene(which), broken = 0;
	struct fault fault;
	int rc = 0, status = CLI_OK;

	if (which != NULL && only == ARRAY_LEN(scenes)) {
		fault_set(&fault, HOSPES_EINPUT, "--scene is a number from 1 to %zu or a name from %s to %s; found %s",
		    ARRAY_LEN(scenes), scenes[0].name, scenes[ARRAY_LEN(scenes) - 1].name, which);
		return cli_usage(cli, &fault);
	}
	if (prepare(&d, &fault) != 0)
		return cli_fail(cli, &fault);
	client_block_signals();
	for (size_t i = 0; i < ARRAY_LEN(scenes) && rc != HOSPES_ECANCELLED; i++) {
		if (which == NULL || i == only)
			broken += (rc = play(&d, i, all, &fault)) != 0;
	}
	if (rc == HOSPES_ECANCELLED)
		status = cli_fail(cli, &fault);
	else if (cli->json)
		cli_json(cli, all);
	else if (which == NULL)
		printf("%s\n", broken == 0 ? "Every promise was kept." : "NOT every promise was kept.");
	json_decref(d.input);
	free(d.name);
	free(d.semver);
	return rc == HOSPES_ECANCELLED ? status : broken == 0 ? CLI_OK : CLI_FAULT;
}
