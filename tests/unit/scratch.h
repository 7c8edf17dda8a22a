/* A folder of a test's own under $TMPDIR, and taking it away again. */

#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/util.h"

static inline char *
scratch_new(void)
{
	const char *tmp = getenv("TMPDIR");
	char *path = xasprintf("%s/hospes-unit.XXXXXX", tmp == NULL ? "/tmp" : tmp);

	if (mkdtemp(path) == NULL)
		abort();
	return path;
}

static inline int
scratch_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void
scratch_free(char **path)
{
	nftw(*path, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(*path);
	*path = NULL;
}

#endif
