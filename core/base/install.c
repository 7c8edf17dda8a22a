/*
 * Where the installed pieces are.
 *
 * The program knows its own place, and the tree around it has one shape:
 *
 *   PREFIX/bin  PREFIX/sbin  PREFIX/libexec/hospes  PREFIX/lib/hospes/plugins  PREFIX/share/hospes  PREFIX/etc/hospes
 *
 * A piece that is not there (a distribution with lib/x86_64-linux-gnu, a prefix of /usr with its /etc) is where
 * configure said.
 */

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "base/install.h"
#include "base/util.h"

static const struct {
	const char *below; /* of the prefix */
	const char *configured;
} places[] = {
    [INSTALL_LIBEXEC] = {"libexec/hospes", LIBEXECDIR},
    [INSTALL_PLUGINS] = {"lib/hospes/plugins", PLUGINDIR},
    [INSTALL_DATA] = {"share/hospes", DATADIR},
    [INSTALL_CONF] = {"etc/hospes", CONFDIR},
    [INSTALL_SBIN] = {"sbin", SBINDIR},
};

static const char *found[ARRAY_LEN(places)];

/* Cuts `suffix` from the end of `path`; false when it is not there. */
static bool
cut_suffix(char *path, const char *suffix)
{
	size_t len = strlen(path), tail = strlen(suffix);

	if (len < tail || strcmp(path + len - tail, suffix) != 0)
		return false;
	path[len - tail] = '\0';
	return true;
}

/* The prefix of the tree that the running program stands in; NULL when it stands in none (a build tree). */
static char *
running_prefix(void)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
	char *slash;

	if (len <= 0)
		return NULL;
	path[len] = '\0';
	slash = strrchr(path, '/');
	if (slash == NULL)
		return NULL;
	*slash = '\0';
	if (!cut_suffix(path, "/bin") && !cut_suffix(path, "/sbin") && !cut_suffix(path, "/libexec/hospes"))
		return NULL;
	return xstrdup(path);
}

static void
find_all(void)
{
	_cleanup_(free_p) char *prefix = running_prefix();

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		_cleanup_(free_p) char *near = NULL;
		struct stat st;

		found[i] = places[i].configured;
		if (prefix == NULL)
			continue;
		near = xasprintf("%s/%s", prefix, places[i].below);
		if (stat(near, &st) == 0 && S_ISDIR(st.st_mode)) {
			found[i] = near;
			near = NULL;
		}
	}
}

const char *
install_dir(enum install_dir which)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, find_all);
	return found[which];
}
