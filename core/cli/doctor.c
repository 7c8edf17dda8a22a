/* hospes doctor: has the host program try, layer by layer, what its cells must not be able to do, and shows the answer. */

#include "config.h"

#include <string.h>
#include <sys/wait.h>

#include "base/json.h"
#include "base/util.h"
#include "cli/command.h"
#include "cli/process.h"
#include "cli/table.h"

#define REPORT_MAX (1 * MIB)

static void
print_report(const struct cli *cli, const json_t *report)
{
	static const char *const headings[] = {"LAYER", "", "HOLDS", "TRIED", "FOUND", NULL};
	_cleanup_(table_free) struct table *table = table_new(headings);
	const json_t *layer;
	size_t i;

	json_array_foreach(json_object_get(report, "layers"), i, layer) table_row(table, cli_text(layer, "name"),
	    json_is_true(json_object_get(layer, "required")) ? "required" : "",
	    json_is_true(json_object_get(layer, "holds")) ? "yes" : "NO", cli_text(layer, "tried"),
	    cli_text(layer, "found"));
	printf("kernel %s\n\n", cli_text(report, "kernel"));
	table_print(table, cli, stdout);
	if (json_is_true(json_object_get(report, "ok")))
		printf("\nok: every required layer holds\n");
	else
		printf("\nnot ok: a required layer does not hold, so hospesd will not start\n");
}

int
command_doctor(struct cli *cli)
{
	const char *const args[] = {"--doctor", NULL};
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
		print_report(cli, report);
	return json_is_true(json_object_get(report, "ok")) ? CLI_OK : CLI_FAULT;
}
