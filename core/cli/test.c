/* hospes test: see test_case.h. */
#include "config.h"
#include "cli/command.h"
int
command_test(struct cli *cli)
{
	struct fault fault;

	fault_set(&fault, HOSPES_EBUG, "no cases were run");
	return cli_fail(cli, &fault);
}
