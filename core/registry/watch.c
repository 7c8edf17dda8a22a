/*
 * The folders, watched.
 *
 * One that does not exist is waited for in the nearest folder above that does; one that is removed or renamed is waited
 * for again.  When the kernel drops events, everything is looked at.
 *
 * Two folders may have one watch (one path twice, or one waited for in another), so all watches have the same mask and
 * an event is offered to every folder.
 */

#include "registry/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/install.h"
#include "base/log.h"

#define WATCHED                                                                                                        \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_ATTRIB | IN_DELETE_SELF |           \
	    IN_MOVE_SELF | IN_ONLYDIR)

/* In a folder above one that is waited for: it, or one on the way to it, may be there now. */
#define APPEARED (IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)

/* ---- Looking through a folder ------------------------------------------------------------------------------------ */

static void
scan(struct folder *folder)
{
	struct registry *r = folder->registry;
	struct fault fault;
	struct dirent *entry;
	DIR *dir;
	int fd;

	if (plugin_folder_open(folder->path, &fd, &fault) != 0) {
		if (!folder->unsafe)
			log_warn("plugin folder passed over", LOG_S("code", status_name(fault.status)),
			    LOG_S("error", fault.text));
		folder->unsafe = fault.status == HOSPES_EFOLDER;
		return;
	}
	folder->unsafe = false;
	dir = fdopendir(fd);
	if (dir == NULL) {
		close(fd);
		return;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (file_name_fits(entry->d_name))
			take_file(r, folder, entry->d_name, false);
	}
	closedir(dir);
}

/* ---- Watches ----------------------------------------------------------------------------------------------------- */

static void
unwatch(struct registry *r, int *wd)
{
	int gone = *wd;

	*wd = -1;
	if (gone < 0)
		return;
	for (size_t i = 0; i < r->n_folders; i++) {
		if (r->folders[i].wd == gone || r->folders[i].parent_wd == gone)
			return;
	}
	inotify_rm_watch(r->inotify_fd, gone);
}

/* A watch of the nearest folder above that exists. */
static int
nearest(const struct folder *folder)
{
	_cleanup_(free_p) char *path = xstrdup(folder->path);
	int wd = -1;

	while (wd < 0) {
		char *slash = strrchr(path, '/');

		if (slash == NULL || strcmp(path, "/") == 0)
			return -1;
		slash[slash == path] = '\0';
		wd = inotify_add_watch(folder->registry->inotify_fd, path, WATCHED);
	}
	return wd;
}

/* What appears between looking and watching has no event, so it looks again until nothing did. */
static void
watch_above(struct folder *folder)
{
	int wd = nearest(folder);

	while (wd != folder->parent_wd) {
		unwatch(folder->registry, &folder->parent_wd);
		folder->parent_wd = wd;
		wd = nearest(folder);
	}
}

static void
make_folder(const struct folder *folder)
{
	struct fault fault;

	if (!folder_is_ours(folder->registry->policy, folder->path))
		return;
	if (fd_make_dirs(folder->path, 0755, &fault) != 0)
		log_warn("plugin folder cannot be made", LOG_S("error", fault.text));
}

/* Watches the folder, or where it will appear, and looks through it. */
static void
arm(struct folder *folder)
{
	struct registry *r = folder->registry;

	unwatch(r, &folder->wd);
	folder->wd = inotify_add_watch(r->inotify_fd, folder->path, WATCHED);
	if (folder->wd < 0 && errno == ENOENT) {
		watch_above(folder);
		/* made between the two: then the event went by */
		folder->wd = inotify_add_watch(r->inotify_fd, folder->path, WATCHED);
	}
	if (folder->wd < 0) {
		if (errno != ENOENT)
			log_warn("plugin folder cannot be watched", LOG_S("folder", folder->path),
			    LOG_S("error", strerror(errno)));
		return;
	}
	unwatch(r, &folder->parent_wd);
	log_debug("plugin folder watched", LOG_S("folder", folder->path));
	scan(folder);
}

/* ---- Events ------------------------------------------------------------------------------------------------------ */

static void
forget_file(struct folder *folder, const char *name)
{
	_cleanup_(free_p) char *path = xasprintf("%s/%s", folder->path, name);

	seen_forget(folder->registry, path);
}

static void
folder_event(struct folder *folder, const struct inotify_event *event)
{
	const char *name = event->len > 0 ? event->name : "";

	if (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)) {
		log_info("plugin folder is gone; waiting for it", LOG_S("folder", folder->path));
		arm(folder);
	} else if (event->mask & IN_ATTRIB) {
		if (name[0] == '\0')
			scan(folder);
	} else if ((event->mask & IN_ISDIR) || !file_name_fits(name)) {
		return;
	} else if (event->mask & (IN_DELETE | IN_MOVED_FROM)) {
		forget_file(folder, name);
	} else if (event->mask & (IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE)) {
		take_file(folder->registry, folder, name, (event->mask & IN_CREATE) != 0);
	}
}

static void
offer_event(struct registry *r, const struct inotify_event *event)
{
	for (size_t i = 0; i < r->n_folders; i++) {
		struct folder *folder = &r->folders[i];

		if (folder->wd >= 0 && folder->wd == event->wd) {
			/* the kernel has taken the watch away itself */
			if (event->mask & IN_IGNORED)
				folder->wd = -1;
			folder_event(folder, event);
		} else if (folder->parent_wd >= 0 && folder->parent_wd == event->wd && (event->mask & APPEARED)) {
			if (event->mask & IN_IGNORED)
				folder->parent_wd = -1;
			arm(folder);
		}
	}
}

static void
overflow(struct registry *r)
{
	log_warn("more happened in the plugin folders than the kernel could tell; all of them are looked through");
	for (size_t i = 0; i < r->n_folders; i++)
		arm(&r->folders[i]);
}

static void
on_inotify(evutil_socket_t fd, short what, void *arg)
{
	_Alignas(struct inotify_event) char bytes[16 * KIB];
	struct registry *r = arg;
	ssize_t got = read((int)fd, bytes, sizeof bytes);

	(void)what;
	for (ssize_t at = 0; at < got;) {
		const struct inotify_event *event = (const void *)(bytes + at);

		at += (ssize_t)(sizeof *event + event->len);
		if (event->mask & IN_Q_OVERFLOW)
			overflow(r);
		else
			offer_event(r, event);
	}
}

/* ---- Opening and closing ----------------------------------------------------------------------------------------- */

/* The operator is told at once of a folder that is not safe; the one that came with the host was not the operator's
 * choice, and is passed over with a warning. */
static int
folder_init(struct registry *r, struct folder *folder, const char *path, struct fault *fault)
{
	struct fault found;
	int fd, rc;

	*folder = (struct folder){.registry = r, .path = xstrdup(path), .wd = -1, .parent_wd = -1};
	make_folder(folder);
	rc = plugin_folder_open(path, &fd, &found);
	if (rc == 0)
		close(fd);
	else if (rc == HOSPES_EFOLDER && strcmp(path, install_dir(INSTALL_PLUGINS)) != 0)
		return fault_set(fault, rc, "%s", found.text);
	else if (rc == HOSPES_ENOENT)
		log_info("plugin folder does not exist yet; it is waited for", LOG_S("folder", path));
	return 0;
}

int
watch_open(struct registry *r, struct fault *fault)
{
	size_t n = 0;

	r->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (r->inotify_fd < 0)
		return fault_errno(fault, errno,
		    "plugin folders cannot be watched (inotify_init1); see fs.inotify.max_user_instances");
	while (r->policy->plugin_dirs[n] != NULL)
		n++;
	r->folders = xcalloc(n + 1, sizeof *r->folders);
	for (; r->n_folders < n; r->n_folders++) {
		int rc = folder_init(r, &r->folders[r->n_folders], r->policy->plugin_dirs[r->n_folders], fault);

		if (rc != 0) {
			r->n_folders++;
			return rc;
		}
	}
	r->inotify = event_new(r->options.loop, r->inotify_fd, EV_READ | EV_PERSIST, on_inotify, r);
	if (r->inotify == NULL || event_add(r->inotify, NULL) != 0)
		return fault_set(fault, HOSPES_ENOMEM, "no event for the plugin folders");
	for (size_t i = 0; i < n; i++)
		arm(&r->folders[i]);
	return 0;
}

void
watch_close(struct registry *r)
{
	if (r->inotify != NULL)
		event_free(r->inotify);
	if (r->inotify_fd >= 0)
		close(r->inotify_fd);
	for (size_t i = 0; i < r->n_folders; i++)
		free(r->folders[i].path);
	free(r->folders);
}
