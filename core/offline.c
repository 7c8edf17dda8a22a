/* See offline.h. */

#include "offline.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>
#include <sodium.h>

#include "backup/backup.h"
#include "base/json.h"
#include "base/util.h"
#include "state_dir.h"

static int
back_up(const struct policy *policy, const char *to, struct state_dir *dir, json_t **ret, struct fault *fault)
{
	struct stat st;
	int rc;

	if (stat(policy->state_dir, &st) != 0 && errno == ENOENT)
		return fault_set(fault, HOSPES_ENOENT, "there is no state directory %s", policy->state_dir);
	rc = state_dir_claim(policy->state_dir, dir, fault);
	return rc != 0 ? rc : backup_make(policy->state_dir, to, ret, fault);
}

/* Root makes the files, since it may be root alone who can read the backup, and gives them to the host's user. */
static int
restore(const struct policy *policy, const char *from, struct state_dir *dir, json_t **ret, struct fault *fault)
{
	bool gives = dir->uid != geteuid();
	int rc = backup_verify(from, ret, fault); /* before anything is made */

	if (rc != 0)
		return rc;
	json_decref(*ret);
	*ret = NULL;
	rc = state_dir_claim(policy->state_dir, dir, fault);
	if (rc != 0)
		return rc;
	rc = backup_restore(
	    from, policy->state_dir, gives ? dir->uid : (uid_t)-1, gives ? dir->gid : (gid_t)-1, ret, fault);
	if (rc == 0)
		json_object_set_new(*ret, "state", json_string(policy->state_dir));
	return rc;
}

int
offline_run(const struct options *options, struct policy *policy)
{
	const char *folder = options->backup != NULL ? options->backup : options->restore;
	_cleanup_(free_p) char *path = options_absolute(folder);
	_cleanup_(json_p) json_t *told = NULL;
	struct state_dir dir = {.lock_fd = -1};
	struct fault fault = {0};
	int rc;

	state_dir_user(policy, &dir);
	if (options->backup != NULL)
		rc = back_up(policy, path, &dir, &told, &fault);
	else
		rc = restore(policy, path, &dir, &told, &fault);
	if (rc != 0)
		told = json_pack("{s:{s:s, s:s, s:s}}", "error", "code", status_name(fault.status), "message",
		    fault.text, "hint", status_hint(fault.status));
	json_dumpf(told, stdout, JSON_COMPACT);
	putchar('\n');
	state_dir_close(&dir);
	policy_unref(&policy);
	return rc == 0 ? 0 : 1;
}
