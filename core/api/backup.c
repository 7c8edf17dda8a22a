/*
 * POST /v1/backup: a backup of this host into a folder.
 *
 * The host writes there as its own user, so only that user and root may ask for it.
 */

#include "config.h"

#include <string.h>
#include <unistd.h>

#include "api/serve.h"
#include "backup/backup.h"
#include "base/util.h"

static void
made(json_t *answer, const struct fault *fault, void *arg)
{
	struct exchange *x = arg;

	if (reply_came(answer, fault, x))
		reply_json(x, 200, answer);
}

void
handle_backup(struct exchange *x)
{
	const char *dir = json_string_value(json_object_get(x->body, "dir"));

	if (dir == NULL || dir[0] == '\0' || json_object_size(x->body) != 1) {
		reply_error(x, 400, HOSPES_EINPUT, "a backup takes {\"dir\": FOLDER} and nothing else");
		return;
	}
	if (!exchange_of_owner(x)) {
		reply_error(x, 403, HOSPES_EPERM,
		    "a backup has what all clients keep here: root may make one, and uid %u, as which the host runs",
		    (unsigned)geteuid());
		return;
	}
	exchange_owe(x);
	backups_start(x->api->backups, dir, made, x);
}
