/* A configuration file of a test's own, in a folder of its own. */

#ifndef TESTS_CONF_SCRATCH_H
#define TESTS_CONF_SCRATCH_H

#include "base/buf.h"
#include "base/fault.h"
#include "scratch.h"

static char *dir, *path;
static struct fault fault;

static int
set_up(void **state)
{
	(void)state;
	dir = scratch_new();
	path = xasprintf("%s/hospes.conf", dir);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	scratch_free(&dir);
	free(path);
	return 0;
}

#endif
