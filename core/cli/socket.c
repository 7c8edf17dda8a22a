/* See socket.h. */

#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/util.h"
#include "cli/socket.h"
#include "cli/user_dirs.h"

static const char *
set(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0' ? value : NULL;
}

bool
socket_given(const char *given)
{
	return given != NULL || set("HOSPES_SOCKET") != NULL;
}

static char *
state_socket(void)
{
	_cleanup_(free_p) char *state = user_state_dir();

	return state != NULL ? xasprintf("%s/hospes.sock", state) : NULL;
}

int
socket_find(const char *given, char **ret, struct fault *fault)
{
	const char *runtime = set("XDG_RUNTIME_DIR");
	char *places[3] = {runtime != NULL ? xasprintf("%s/hospes/hospes.sock", runtime) : NULL, state_socket(),
	    xstrdup("/run/hospes/hospes.sock")};
	_cleanup_(buf_free) struct buf tried = {0};
	char *found = NULL;

	if (given == NULL)
		given = set("HOSPES_SOCKET");
	if (given != NULL)
		found = xstrdup(given);
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		struct stat st;

		if (places[i] == NULL)
			continue;
		if (found == NULL && stat(places[i], &st) == 0 && S_ISSOCK(st.st_mode)) {
			found = places[i];
			continue;
		}
		buf_printf(&tried, "%s%s", tried.len > 0 ? ", " : "", places[i]);
		free(places[i]);
	}
	if (found == NULL)
		return fault_set(
		    fault, HOSPES_ENOHOST, "no host is running: there is no socket at %s", buf_text(&tried));
	*ret = found;
	return 0;
}
