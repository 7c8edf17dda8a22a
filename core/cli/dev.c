/* hospes dev: becomes a host in the foreground, for the one who writes plugins. */

#include "config.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "cli/command.h"
#include "cli/process.h"

int
command_dev(struct cli *cli)
{
	_cleanup_(free_p) const char **argv = xcalloc(cli->n_args + 5, sizeof(*argv));
	_cleanup_(free_p) char *path = NULL;
	struct fault fault;
	size_t n = 0;

	if (process_path(INSTALL_SBIN, "hospesd", &path, &fault) != 0)
		return cli_fail(cli, &fault);
	argv[n++] = path;
	argv[n++] = "--dev";
	memcpy(argv + n, cli->args, cli->n_args * sizeof(*argv));
	execv(path, (char *const *)argv);
	fault_errno(&fault, errno, "%s could not be started", path);
	return cli_fail(cli, &fault);
}
