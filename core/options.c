/* The command line of hospesd. */

#include "config.h"

#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/install.h"
#include "base/log.h"
#include "base/util.h"

static const char usage[] =
    "usage: hospesd [-c FILE] [--dev] [--state DIR] [--socket PATH] [--plugins DIR]...\n"
    "       hospesd --doctor\n"
    "       hospesd --backup DIR | --restore DIR [-c FILE] [--dev] [--state DIR]\n"
    "\n"
    "  -c, --config FILE    the configuration; without it the defaults, or the installed hospes.conf\n"
    "      --dev            for developing: in the foreground, state under the XDG folders, declared public hosts "
    "granted\n"
    "      --state DIR      where journal, store and objects are kept\n"
    "      --socket PATH    where the API listens\n"
    "      --plugins DIR    a plugin folder; may be given several times\n"
    "      --ready-fd N     write one byte there once the host serves\n"
    "      --log-level L    debug, info, warn or error\n"
    "      --degraded       go on where a required layer of the sandbox is missing, as `sandbox.degraded` says\n"
    "      --scripted       a private host of `hospes test`: requests may carry the answers to their ops\n"
    "      --doctor         try every layer of the sandbox in a probe cell, print what was found as JSON\n"
    "      --backup DIR     copy the state directory, which no host uses, into DIR, and print what was copied as JSON\n"
    "      --restore DIR    make the state directory, which is empty, from the backup in DIR; print the same\n"
    "      --version, --help\n";

static int
usage_error(const char *message, const char *what)
{
	fprintf(stderr, "hospesd: %s%s\n%s", message, what, usage);
	return 2;
}

static bool
set_level(const char *name)
{
	static const char *const names[] = {"debug", "info", "warn", "error"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strcmp(name, names[i]) == 0) {
			log_set_level((enum log_level)i);
			return true;
		}
	}
	return false;
}

/* One option: -1 to go on, else the exit status. */
static int
take_option(int c, struct options *o)
{
	switch (c) {
	case 'c':
		o->config = optarg;
		return -1;
	case 'd':
		o->dev = true;
		return -1;
	case 's':
		o->state = optarg;
		return -1;
	case 'k':
		o->socket = optarg;
		return -1;
	case 'p':
		if (o->n_plugins == PLUGIN_DIRS_MAX)
			return usage_error("too many plugin folders; the last is ", optarg);
		o->plugins[o->n_plugins++] = optarg;
		return -1;
	case 'r':
		o->ready_fd = atoi(optarg);
		return -1;
	case 'l':
		return set_level(optarg) ? -1 : usage_error("no such log level: ", optarg);
	case 'g':
		o->degraded = true;
		return -1;
	case 'x':
		o->scripted = true;
		return -1;
	case 'b':
		o->backup = optarg;
		return -1;
	case 'R':
		o->restore = optarg;
		return -1;
	case 'D':
		o->doctor = true;
		return -1;
	case 'V':
		printf("hospesd " PACKAGE_VERSION "\n");
		return 0;
	case 'h':
		fputs(usage, stdout);
		return 0;
	default:
		fputs(usage, stderr);
		return 2;
	}
}

int
options_read(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"dev", no_argument, NULL, 'd'},
	    {"state", required_argument, NULL, 's'},
	    {"socket", required_argument, NULL, 'k'},
	    {"plugins", required_argument, NULL, 'p'},
	    {"ready-fd", required_argument, NULL, 'r'},
	    {"log-level", required_argument, NULL, 'l'},
	    {"degraded", no_argument, NULL, 'g'},
	    {"scripted", no_argument, NULL, 'x'},
	    {"doctor", no_argument, NULL, 'D'},
	    {"backup", required_argument, NULL, 'b'},
	    {"restore", required_argument, NULL, 'R'},
	    {"version", no_argument, NULL, 'V'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	int c, status = -1;

	*o = (struct options){.ready_fd = -1};
	while (status < 0 && (c = getopt_long(argc, argv, "c:hV", longs, NULL)) != -1)
		status = take_option(c, o);
	if (status >= 0 || optind == argc)
		return status;
	return usage_error("what is this: ", argv[optind]);
}

/* An absolute path stays good whatever the working folder is. */
char *
options_absolute(const char *path)
{
	_cleanup_(free_p) char *cwd = path[0] == '/' ? NULL : getcwd(NULL, 0);

	return cwd == NULL ? xstrdup(path) : xasprintf("%s/%s", cwd, path);
}

static void
replace(struct policy *policy, const char *key, char **at, const char *path)
{
	if (path == NULL)
		return;
	free(*at);
	*at = options_absolute(path);
	policy_overridden(policy, key);
}

void
options_apply(const struct options *o, struct policy *policy)
{
	replace(policy, "state", &policy->state_dir, o->state);
	replace(policy, "socket", &policy->socket_path, o->socket);
	policy->sandbox_degraded = policy->sandbox_degraded || o->degraded;
	if (o->degraded)
		policy_overridden(policy, "sandbox.degraded");
	if (o->n_plugins == 0)
		return;
	for (char **dir = policy->plugin_dirs; *dir != NULL; dir++)
		free(*dir);
	policy->plugin_dirs = xrealloc(policy->plugin_dirs, (o->n_plugins + 1) * sizeof(char *));
	for (unsigned i = 0; i < o->n_plugins; i++)
		policy->plugin_dirs[i] = options_absolute(o->plugins[i]);
	policy->plugin_dirs[o->n_plugins] = NULL;
	policy_overridden(policy, "plugin_dirs");
}

const char *
options_config(const struct options *o, char **allocated)
{
	if (o->config != NULL || o->dev)
		return o->config;
	*allocated = xasprintf("%s/hospes.conf", install_dir(INSTALL_CONF));
	return access(*allocated, R_OK) == 0 ? *allocated : NULL;
}
