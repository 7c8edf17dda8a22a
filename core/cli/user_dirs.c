/* See user_dirs.h. */

#include "config.h"

#include <stdlib.h>

#include "base/util.h"
#include "cli/user_dirs.h"

/* Not an absolute path: as if it were not set, the specification says. */
static const char *
absolute(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && value[0] == '/' ? value : NULL;
}

static char *
below(const char *variable, const char *below_home, const char *name)
{
	const char *folder = absolute(variable), *home = absolute("HOME");

	if (folder != NULL)
		return xasprintf("%s/%s", folder, name);
	return home != NULL ? xasprintf("%s/%s/%s", home, below_home, name) : NULL;
}

char *
user_state_dir(void)
{
	return below("XDG_STATE_HOME", ".local/state", "hospes");
}

char *
user_plugin_dir(void)
{
	return below("XDG_DATA_HOME", ".local/share", "hospes/plugins");
}

char *
user_cache_file(const char *name)
{
	_cleanup_(free_p) char *path = xasprintf("hospes/%s", name);

	return below("XDG_CACHE_HOME", ".cache", path);
}
