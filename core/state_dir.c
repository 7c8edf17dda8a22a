#include "state_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/log.h"

void
state_dir_user(struct policy *policy, struct state_dir *ret)
{
	struct passwd *user;

	ret->uid = geteuid();
	ret->gid = getegid();
	if (geteuid() != 0 || policy->user == NULL || policy->dev)
		return;
	user = getpwnam(policy->user);
	if (user != NULL) {
		ret->uid = user->pw_uid;
		ret->gid = user->pw_gid;
		return;
	}
	ret->uid = ret->gid = policy->cell_uid_first;
	policy->cell_uid_first++;
	policy->cell_uids--;
	log_warn("the user of the core does not exist, a number takes its place", LOG_S("user", policy->user),
	    LOG_U("uid", ret->uid), LOG_S("hint", "useradd --system --no-create-home hospes"));
}

/* Is there nothing in it, and may nobody but root put anything there? */
static bool
is_roots_and_empty(int fd)
{
	DIR *folder = NULL;
	struct dirent *entry;
	struct stat st;
	bool empty = true;
	int copy;

	if (fstat(fd, &st) != 0 || st.st_uid != 0 || (st.st_mode & 022))
		return false;
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (copy >= 0)
		folder = fdopendir(copy);
	if (folder == NULL) {
		if (copy >= 0)
			close(copy);
		return false;
	}
	while (empty && (entry = readdir(folder)) != NULL)
		empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	closedir(folder);
	return empty;
}

/* A service manager that makes folders for us (StateDirectory=, RuntimeDirectory=) makes them root's, since it is root whom
 * it starts.  One that is there and empty is given to the core's user; all others are left as they are. */
static int
take_over(const char *path, const struct state_dir *dir, struct fault *fault)
{
	_cleanup_(close_p) int fd = -1;

	if (dir->uid == geteuid() || geteuid() != 0)
		return 0;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || !is_roots_and_empty(fd))
		return 0;
	return fchown(fd, dir->uid, dir->gid) == 0 ? 0
						   : fault_errno(fault, errno, "giving %s to uid %u", path, dir->uid);
}

/* Makes one folder for the core's user, or checks that it is that user's. */
static int
make(const char *path, mode_t mode, const struct state_dir *dir, struct fault *fault)
{
	struct stat st;

	if (mkdir(path, mode) == 0) {
		if (dir->uid != geteuid() && chown(path, dir->uid, dir->gid) != 0)
			return fault_errno(fault, errno, "giving %s to uid %u", path, dir->uid);
		return 0;
	}
	if (errno != EEXIST)
		return fault_errno(fault, errno, "making the folder %s", path);
	if (stat(path, &st) != 0)
		return fault_errno(fault, errno, "looking at %s", path);
	if (!S_ISDIR(st.st_mode))
		return fault_set(fault, HOSPES_EOWNER, "%s has to be a folder and is something else", path);
	if (st.st_uid != dir->uid)
		return fault_set(fault, HOSPES_EOWNER,
		    "%s belongs to uid %u and the host runs as uid %u; choose another state directory (--state, "
		    "`state`), or chown it",
		    path, st.st_uid, dir->uid);
	if (st.st_mode & 022)
		return fault_set(fault, HOSPES_EOWNER, "%s may be written to by others (mode %03o); chmod go-w it",
		    path, st.st_mode & 0777);
	return 0;
}

static char *
parent_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? xstrdup(".") : slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

static int
take_lock(const char *state, struct state_dir *dir, struct fault *fault)
{
	_cleanup_(free_p) char *path = xasprintf("%s/lock", state);

	dir->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (dir->lock_fd < 0)
		return fault_errno(fault, errno, "opening %s", path);
	if (dir->uid != geteuid() && fchown(dir->lock_fd, dir->uid, dir->gid) != 0)
		return fault_errno(fault, errno, "giving %s to uid %u", path, dir->uid);
	if (flock(dir->lock_fd, LOCK_EX | LOCK_NB) != 0)
		return fault_set(fault, HOSPES_EINUSE,
		    "another host uses the state directory %s; stop it, or choose another (--state, `state`)", state);
	return 0;
}

int
state_dir_claim(const char *path, struct state_dir *dir, struct fault *fault)
{
	_cleanup_(free_p) char *above = parent_of(path);
	int rc = fd_make_dirs(above, 0755, fault);

	if (rc == 0)
		rc = take_over(path, dir, fault);
	if (rc == 0)
		rc = make(path, 0700, dir, fault);
	return rc != 0 ? rc : take_lock(path, dir, fault);
}

/* The folders themselves are on the disk before anything in them is promised to be; always, since a host that lost its power
 * between the two would find them made and not know. */
static int
sync_names(const struct state_dir *dir, const char *state, struct fault *fault)
{
	int rc = fd_sync_above(dir->journal, fault);

	return rc != 0 ? rc : fd_sync_above(state, fault);
}

int
state_dir_open(const struct policy *policy, struct state_dir *dir, struct fault *fault)
{
	_cleanup_(free_p) char *socket_dir = parent_of(policy->socket_path);
	_cleanup_(free_p) char *above_socket = parent_of(socket_dir);
	int rc;

	dir->lock_fd = -1;
	dir->journal = xasprintf("%s/journal", policy->state_dir);
	dir->store = xasprintf("%s/store", policy->state_dir);
	dir->objects = xasprintf("%s/objects", policy->state_dir);
	dir->memory = xasprintf("%s/memory", policy->state_dir);
	rc = state_dir_claim(policy->state_dir, dir, fault);
	if (rc == 0)
		rc = make(dir->journal, 0700, dir, fault);
	if (rc == 0)
		rc = make(dir->store, 0700, dir, fault);
	if (rc == 0)
		rc = make(dir->objects, 0700, dir, fault);
	if (rc == 0)
		rc = make(dir->memory, 0700, dir, fault);
	if (rc == 0)
		rc = sync_names(dir, policy->state_dir, fault);
	if (rc == 0)
		rc = fd_make_dirs(above_socket, 0755, fault);
	/* The socket's folder may be one that others share (a runtime directory); only one that we make is ours. */
	if (rc == 0 && access(socket_dir, F_OK) != 0)
		rc = make(socket_dir, 0755, dir, fault);
	else if (rc == 0)
		rc = take_over(socket_dir, dir, fault);
	if (rc != 0)
		state_dir_close(dir);
	return rc;
}

void
state_dir_close(struct state_dir *dir)
{
	free(dir->journal);
	free(dir->store);
	free(dir->objects);
	free(dir->memory);
	if (dir->lock_fd >= 0)
		close(dir->lock_fd);
	*dir = (struct state_dir){.lock_fd = -1};
}

int
state_dir_drop_privileges(const struct state_dir *dir, struct fault *fault)
{
	gid_t group = dir->gid;

	if (dir->uid == geteuid())
		return 0;
	if (setgroups(1, &group) != 0 || setresgid(dir->gid, dir->gid, dir->gid) != 0 ||
	    setresuid(dir->uid, dir->uid, dir->uid) != 0)
		return fault_errno(fault, errno, "becoming uid %u", dir->uid);
	if (setresuid(0, 0, 0) == 0)
		return fault_set(fault, HOSPES_EBUG, "root could be had back after it was given up");
	/* Core dumps of the host would hold what it keeps for its users. */
	prctl(PR_SET_DUMPABLE, 0);
	return 0;
}
