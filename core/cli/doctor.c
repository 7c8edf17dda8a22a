/* hospes doctor: has the host program try, layer by layer, what its cells must not be able to do, and shows the answer. */

#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/json.h"
#include "base/util.h"
#include "cli/command.h"
#include "cli/process.h"
#include "cli/text.h"

#define REPORT_MAX (4 * MIB)
#define WIDTH      110
#define INDENT     "        "

/* ---- In words ---------------------------------------------------------------------------------------------------- */

/* While a plugin loads and while it serves other things are refused: "loading" of "loading.socket". */
static size_t
stage_of(const json_t *try)
{
	const char *name = cli_text(try, "name"), *dot = strchr(name, '.');

	return dot == NULL ? 0 : (size_t)(dot - name);
}

static bool
is_tried(const json_t *try)
{
	return json_is_true(json_object_get(try, "applies"));
}

/* Did both end in the same way? */
static bool
is_alike(const json_t *one, const json_t *other)
{
	return is_tried(other) && json_equal(json_object_get(one, "refused"), json_object_get(other, "refused")) &&
	       strcmp(cli_text(one, "found"), cli_text(other, "found")) == 0 && stage_of(one) == stage_of(other) &&
	       strncmp(cli_text(one, "name"), cli_text(other, "name"), stage_of(one)) == 0;
}

/* Everything that ended as this one did, in one paragraph. */
static void
print_way(const json_t *tries, const json_t *one)
{
	_cleanup_(buf_free) struct buf text = {0};
	size_t i, n = 0, stage = stage_of(one);
	const json_t *try;

	if (!json_is_true(json_object_get(one, "refused")))
		buf_printf(&text, "NOT REFUSED, ");
	if (stage > 0)
		buf_printf(&text, "%.*s, ", (int)stage, cli_text(one, "name"));
	buf_printf(&text, "%s: ", cli_text(one, "found"));
	json_array_foreach(tries, i, try)
	{
		if (is_alike(one, try))
			buf_printf(&text, "%s%s", n++ == 0 ? "" : "; ", cli_text(try, "tried"));
	}
	text_wrap(stdout, buf_text(&text), INDENT, INDENT "  ", WIDTH);
}

static bool
is_first(const json_t *tries, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (is_alike(json_array_get(tries, at), json_array_get(tries, i)))
			return false;
	return true;
}

static void
print_layer(const json_t *layer)
{
	const json_t *tries = json_object_get(layer, "tries"), *try;
	bool holds = json_is_true(json_object_get(layer, "holds"));
	size_t i;

	printf("%-5s %s%s: needs %s\n", holds ? "holds" : "NO", cli_text(layer, "name"),
	    json_is_true(json_object_get(layer, "required")) ? " (required)" : "", cli_text(layer, "needs"));
	json_array_foreach(tries, i, try)
	{
		if (is_tried(try) && is_first(tries, i))
			print_way(tries, try);
		else if (!is_tried(try))
			printf(INDENT "not tried: %s (%s)\n", cli_text(try, "tried"), cli_text(try, "found"));
	}
	if (!holds)
		text_wrap(stdout, cli_text(layer, "found"), INDENT, INDENT "  ", WIDTH);
}

static void
print_missing(const json_t *report)
{
	const json_t *name;
	size_t i;

	if (json_array_size(json_object_get(report, "missing")) == 0)
		return;
	printf("not there:");
	json_array_foreach(json_object_get(report, "missing"), i, name)
	    printf("%s %s", i == 0 ? "" : ",", json_string_value(name));
	putchar('\n');
}

static void
print_report(const json_t *report)
{
	const json_t *layer;
	size_t i;

	printf("Linux %s on %s, Landlock ABI %lld; the uid of a cell: %s\n\n", cli_text(report, "kernel"),
	    cli_text(report, "machine"), (long long)json_integer_value(json_object_get(report, "landlock_abi")),
	    cli_text(report, "uid"));
	json_array_foreach(json_object_get(report, "layers"), i, layer) print_layer(layer);
	putchar('\n');
	print_missing(report);
	if (json_is_true(json_object_get(report, "ok")))
		printf("ok: every required layer holds\n");
	else if (json_is_true(json_object_get(report, "degraded")))
		printf("degraded: a required layer does not hold, and hospesd starts nevertheless, since the "
		       "configuration "
		       "says `sandbox.degraded`\n");
	else
		printf("not ok: a required layer does not hold, so hospesd will not start\n");
}

int
command_doctor(struct cli *cli)
{
	const char *config = cli_value(cli, "config");
	const char *const args[] = {"--doctor", config == NULL ? NULL : "--config", config, NULL};
	_cleanup_(buf_free) struct buf out = {0};
	_cleanup_(json_p) json_t *report = NULL;
	struct fault fault;
	int wait_status = 0;

	if (process_read(INSTALL_SBIN, "hospesd", args, &out, REPORT_MAX, &wait_status, &fault) != 0)
		return cli_fail(cli, &fault);
	report = json_loadb(out.len > 0 ? (const char *)out.data : "", out.len, 0, NULL);
	if (!json_is_object(report) || !json_is_array(json_object_get(report, "layers"))) {
		fault_set(&fault, HOSPES_ESANDBOX, "hospesd --doctor ended with status %d and gave no report",
		    WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status));
		return cli_fail(cli, &fault);
	}
	if (cli->json)
		cli_json(cli, report);
	else
		print_report(report);
	if (json_is_true(json_object_get(report, "ok")))
		return CLI_OK;
	return json_is_true(json_object_get(report, "degraded")) ? CLI_PARTIAL : CLI_FAULT;
}
