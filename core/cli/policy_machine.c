/* What a configuration names on this machine: folders, users, groups, room on the disk. */

#include "config.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/util.h"
#include "cli/policy.h"

#define GROUP_AND_OTHERS 022

/* As whom a host with this configuration works. */
static uid_t
uid_of(const struct policy *p)
{
	const struct passwd *user = p->for_root && p->user != NULL ? getpwnam(p->user) : NULL;

	if (user != NULL)
		return user->pw_uid;
	if (!p->for_root)
		return geteuid();
	return p->user != NULL ? p->cell_uid_first : 0;
}

/* Who else than root and the host can write there?  NULL: nobody. */
static char *
others(const struct policy_look *look, const struct stat *st)
{
	if (st->st_uid != 0 && st->st_uid != uid_of(look->policy) &&
	    (look->versions == NULL || st->st_uid != look->host_uid))
		return xasprintf("user %u, whom it belongs to", (unsigned)st->st_uid);
	if (st->st_mode & S_IWOTH)
		return xasprintf("everybody (mode %04o)", (unsigned)(st->st_mode & 07777));
	if (st->st_mode & S_IWGRP)
		return xasprintf("its group (mode %04o)", (unsigned)(st->st_mode & 07777));
	return NULL;
}

/* Whoever can write there decides what the host does. */
static void
check_writers(
    struct policy_look *look, bool mistake, const char *at, const char *key, const char *path, const char *then)
{
	_cleanup_(free_p) char *who = NULL, *text = NULL;
	struct stat st;

	if (stat(path, &st) != 0)
		return;
	who = others(look, &st);
	/* Where everybody may put files, but nobody may take away those of others, only what is put there matters. */
	if (who == NULL || (!mistake && S_ISDIR(st.st_mode) && (st.st_mode & S_ISVTX)))
		return;
	text = xasprintf(
	    "%s may be written to by %s; %s: chown it to root or the host's user and chmod go-w it", path, who, then);
	policy_look_say(look, mistake, at, key, text, path, NULL);
}

static void
check_plugin_dirs(struct policy_look *look)
{
	const char *at = policy_place(look->policy, "plugin_dirs");

	for (char **dir = look->policy->plugin_dirs; *dir != NULL; dir++) {
		_cleanup_(free_p) char *text = NULL;
		struct stat st;

		check_writers(look, true, at, "plugin_dirs", *dir, "the host takes no plugin from there");
		if (at[0] == '\0' || (stat(*dir, &st) == 0 && S_ISDIR(st.st_mode)) || dir[1] == NULL)
			continue;
		text = xasprintf("there is no folder %s; the host waits until there is one", *dir);
		policy_look_say(look, false, at, "plugin_dirs", text, *dir, NULL);
	}
}

/* The file, the folder that it is in, the folder of its files of settings. */
static void
check_file(struct policy_look *look)
{
	const char *file = look->policy->file, *slash = strrchr(file, '/');
	_cleanup_(free_p) char *folder = slash == NULL ? xstrdup(".") : xstrndup(file, (size_t)(slash - file) + 1);
	_cleanup_(free_p) char *files = xasprintf("%s%sfiles", folder, slash == NULL ? "/" : "");
	static const char then[] = "whoever can write there says what the host does";

	if (!look->policy->from_file)
		return;
	check_writers(look, false, "", "", file, then);
	check_writers(look, false, "", "", folder, then);
	check_writers(look, false, "", "", files, then);
}

static void
check_names(struct policy_look *look)
{
	const struct policy *p = look->policy;
	_cleanup_(free_p) char *text = NULL, *group = NULL;

	if (p->user != NULL && policy_place(p, "user")[0] != '\0' && getpwnam(p->user) == NULL) {
		text = xasprintf("there is no user %s; the first of cell_uids takes its place", p->user);
		policy_look_say(look, false, policy_place(p, "user"), "user", text, p->user, NULL);
	}
	if (p->socket_group != NULL && policy_place(p, "socket_group")[0] != '\0' &&
	    getgrnam(p->socket_group) == NULL) {
		group = xasprintf("there is no group %s; the owner alone may use the socket", p->socket_group);
		policy_look_say(
		    look, false, policy_place(p, "socket_group"), "socket_group", group, p->socket_group, NULL);
	}
}

/* A user whose uid a cell could have. */
static bool
next_user_among_cells(const struct policy *p, struct passwd *user, char *names, size_t size)
{
	struct passwd *found;

	while (getpwent_r(user, names, size, &found) == 0) {
		if (user->pw_uid >= p->cell_uid_first && user->pw_uid - p->cell_uid_first < p->cell_uids)
			return true;
	}
	return false;
}

/* A cell with the uid of a user could do to that user's processes and files what it likes. */
static void
check_cell_uids(struct policy_look *look)
{
	const char *at = policy_place(look->policy, "cell_uids");
	_cleanup_(free_p) char *text = NULL;
	struct passwd user;
	char names[4096], uid[16];

	if (at[0] == '\0')
		return;
	setpwent();
	if (next_user_among_cells(look->policy, &user, names, sizeof names)) {
		snprintf(uid, sizeof uid, "%u", (unsigned)user.pw_uid);
		text = xasprintf("%s is the uid of the user %s; cells need uids that nobody has", uid, user.pw_name);
		policy_look_say(look, false, at, "cell_uids", text, uid, NULL);
	}
	endpwent();
}

/* The room for records is a promise: a disk that is smaller is full first, and a host with a full disk stops. */
static void
check_disk(struct policy_look *look)
{
	const struct policy *p = look->policy;
	const char *at = policy_place(p, "journal.size");
	_cleanup_(free_p) char *text = NULL, *found = NULL;
	struct statvfs disk;
	uint64_t whole;

	if (at[0] == '\0' || statvfs(p->state_dir, &disk) != 0)
		return;
	whole = (uint64_t)disk.f_blocks * disk.f_frsize;
	if (p->journal_size <= whole)
		return;
	found = xasprintf("%llu MiB", (unsigned long long)(p->journal_size / MIB));
	text = xasprintf("found %s, useful is less than the %llu MiB of the disk that %s is on", found,
	    (unsigned long long)(whole / MIB), p->state_dir);
	policy_look_say(look, false, at, "journal.size", text, found, NULL);
}

void
policy_look_machine(struct policy_look *look)
{
	check_file(look);
	check_writers(look, true, policy_place(look->policy, "state"), "state", look->policy->state_dir,
	    "the host does not start so");
	check_plugin_dirs(look);
	check_disk(look);
	check_names(look);
	check_cell_uids(look);
}
