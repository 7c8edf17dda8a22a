/*
 * Where things lie when the file does not say.
 *
 * As the XDG base directory specification has it: a variable that is empty or not an absolute path is passed over.
 */

#include "policy/places.h"

#include <pwd.h>
#include <string.h>

#include "base/install.h"
#include "base/util.h"

static char *
home_folder(void)
{
	const char *home = getenv("HOME");
	const struct passwd *entry;

	if (home != NULL && home[0] == '/')
		return xstrdup(home);
	entry = getpwuid(geteuid());
	return xstrdup(entry != NULL && entry->pw_dir != NULL && entry->pw_dir[0] == '/' ? entry->pw_dir : "/");
}

static char *
xdg_folder(const char *variable, const char *below_home)
{
	_cleanup_(free_p) char *home = NULL;
	const char *value = getenv(variable);

	if (value != NULL && value[0] == '/')
		return xasprintf("%s/hospes", value);
	home = home_folder();
	return xasprintf("%s/%s/hospes", strcmp(home, "/") == 0 ? "" : home, below_home);
}

static char *
user_socket(const char *state_dir)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	if (runtime != NULL && runtime[0] == '/')
		return xasprintf("%s/hospes/hospes.sock", runtime);
	return xasprintf("%s/hospes.sock", state_dir);
}

void
places_preset(struct policy *p, bool root)
{
	_cleanup_(free_p) char *data = NULL;

	p->plugin_dirs = xcalloc(2, sizeof *p->plugin_dirs);
	if (root) {
		p->state_dir = xstrdup("/var/lib/hospes");
		p->socket_path = xstrdup("/run/hospes/hospes.sock");
		p->plugin_dirs[0] = xstrdup("/var/lib/hospes/plugins");
		return;
	}
	data = xdg_folder("XDG_DATA_HOME", ".local/share");
	p->state_dir = xdg_folder("XDG_STATE_HOME", ".local/state");
	p->socket_path = user_socket(p->state_dir);
	p->plugin_dirs[0] = xasprintf("%s/plugins", data);
}

void
places_add_installed(struct policy *p)
{
	const char *installed = install_dir(INSTALL_PLUGINS);
	size_t n = 0;

	for (; p->plugin_dirs[n] != NULL; n++) {
		if (strcmp(p->plugin_dirs[n], installed) == 0)
			return;
	}
	p->plugin_dirs = xrealloc(p->plugin_dirs, (n + 2) * sizeof *p->plugin_dirs);
	p->plugin_dirs[n] = xstrdup(installed);
	p->plugin_dirs[n + 1] = NULL;
}
