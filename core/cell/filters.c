/*
 * Is READY true?  It can come from a plugin's constructor, which runs before the filter for serving is on.
 *
 * The kernel tells how many filters a process has, and a cell sees to it that only the right one can be the last
 * (guest/last_filter.c).  So a cell that has as many as the probe had is closed: the probe runs no plugin and is believed.
 */

#include "cell/host.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"

/* -1: not to be had. */
int
filters_of(pid_t pid)
{
	static const char key[] = "Seccomp_filters:";
	_cleanup_(fclose_p) FILE *f = NULL;
	char path[64], line[256];

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, key, sizeof(key) - 1) == 0)
			return (int)strtol(line + sizeof(key) - 1, NULL, 10);
	return -1;
}

void
filters_learn(struct cell *probe)
{
	struct cells *cells = probe->cells;

	cells->filters = cells->filters_of(probe->pid);
	if (cells->filters <= 0 && (probe->layers & LAYER_SECCOMP) != 0)
		log_warn("the kernel does not tell how many filters a cell has (Linux does from 5.9 on); whether a "
			 "plugin says READY before its sandbox is closed cannot be seen");
}

bool
filters_closed(struct cell *cell)
{
	const struct cells *cells = cell->cells;
	int found;

	if (cells->filters <= 0)
		return true;
	found = cells->filters_of(cell->pid);
	if (found >= cells->filters)
		return true;
	/* A process that is gone is no liar; its end is told by others. */
	if (found >= 0)
		cell_kill(cell, HOSPES_EPROTOCOL,
		    "it said READY before its sandbox was closed, as only code of the plugin itself does while it is "
		    "loaded; "
		    "do nothing but prepare data in constructors and the init hook");
	return false;
}
