/*
 * What the files of this room share.  Private to the room.
 *
 *   watch.c   folders and their events      -> take_file
 *   take.c    one file after the other: copied, inspected, staged; a few at a time: probed
 *   queue.c   which of them when
 *   object.c  the object store              seen.c   which files were looked at already
 *   command.c every change of state: journaled, applied to memory
 *   apply.c   the same, applied to the store (and the rules that both share)
 *   load.c    memory from the store at start
 *   lookup.c  questions          capable.c  who offers what
 *   configured.c  what the configuration says of plugins that are not so, told   settings.c  one value of it
 */

#ifndef REGISTRY_STATE_H
#define REGISTRY_STATE_H

#include <sys/queue.h>
#include <sys/stat.h>

#include "base/map.h"
#include "base/util.h"
#include "registry/registry.h"

#define OBJECT_HEX 65

/* What a name means: objects in hex, "" for none. */
struct alias {
	char active[OBJECT_HEX];
	char former[OBJECT_HEX];
};

struct plugin {
	char name[PLUGIN_NAME_MAX + 1];
	struct version **versions; /* newest first; each holds a reference */
	size_t n;
	struct alias alias;
};

/* What became of a file when it was last looked at, by its path. */
struct seen {
	char *path;
	const struct folder *folder;
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified, changed;
	bool waiting;         /* somebody was writing to it: said so once */
	char hex[OBJECT_HEX]; /* the object that it became, "" where it was refused */
};

struct folder {
	struct registry *registry;
	char *path;
	int wd;        /* of the folder, -1 while it does not exist */
	int parent_wd; /* of what it is waited for in, -1 while it exists */
	bool unsafe;   /* said so once */
};

struct take;
TAILQ_HEAD(take_list, take);

struct registry {
	struct registry_options options;
	struct policy *policy;
	char *objects_dir;
	struct plugin **plugins; /* sorted by name */
	size_t n_plugins;
	struct map by_object; /* hex -> struct version */
	struct map capable;   /* of capable.c: what was asked for -> who offers it */
	unsigned n_capable;
	size_t capable_versions; /* in all of them together */

	struct folder *folders;
	size_t n_folders;
	int inotify_fd;
	struct event *inotify;

	struct take_list waiting;
	struct take *current; /* the one that is copied and inspected */
	struct take_list trying;
	unsigned n_trying;
	struct take_list held; /* until a version of the same name has been tried */
	struct event *turn;    /* the current file goes on */
	bool settling;
	struct map seen; /* path -> struct seen */
};

/* ---- apply.c: rules that memory and store share ------------------------------------------------------------------ */

#define COMMAND_STAGED    "version.staged"    /* its object is stored, a cell tries it */
#define COMMAND_KEPT      "version.kept"      /* it loads, and the name goes on meaning another */
#define COMMAND_ACTIVE    "version.active"    /* the name means it */
#define COMMAND_WITHDRAWN "version.withdrawn" /* never again */
#define COMMAND_REMOVED   "version.removed"   /* it did not load, or nobody ever used it */

/* The alias after one of the commands; `former` is for COMMAND_ACTIVE. */
void alias_change(struct alias *alias, const char *command, const char *object, const char *former);
enum version_state alias_state(const struct alias *alias, const char *object, enum version_state before);

/* ---- command.c: each journals, changes memory, and tells the log ------------------------------------------------- */

void command_stage(struct registry *r, struct version *v, const char *actor, const char *why); /* takes `v` over */
void command_keep(struct registry *r, struct version *v, const char *actor, const char *why);
void command_activate(struct registry *r, struct version *v, const char *actor, const char *why);
void command_withdraw(struct registry *r, struct version *v, const char *actor, const char *why);
void command_remove(struct registry *r, struct version *v, const char *actor, const char *why);
void command_forget(struct registry *r, const char *name, const char *object, const char *why); /* not in memory */

/* ---- registry.c: memory ------------------------------------------------------------------------------------------ */

struct plugin *registry_plugin(const struct registry *r, const char *name);
void registry_add(struct registry *r, struct version *v);  /* takes `v` over */
void registry_drop(struct registry *r, struct version *v); /* and lets go of it */

/* ---- capable.c: a name means another version, or a version goes ------------------------------------------------- */

void capable_forget(struct registry *r);

/* ---- version.c --------------------------------------------------------------------------------------------------- */

/* A version from what the inspector told; the notes are foreign still, and checked. */
int version_from_notes(const json_t *notes, struct version **ret, struct fault *fault);
void version_set_object(struct version *v, const uint8_t object[32], const char *objects_dir);
void version_set_state(struct version *v, enum version_state state, int64_t real_ns, const char *by, const char *why);
int version_state_number(const char *name); /* -1: none */

/* ---- object.c ---------------------------------------------------------------------------------------------------- */

int object_dirs(const char *objects_dir, struct fault *fault);
int object_begin(const struct registry *r, int *ret_fd, struct fault *fault); /* an empty file to copy into */
int object_reopen(const struct registry *r, struct fault *fault);             /* the copy, to read */
int object_commit(const struct registry *r, int fd, const char *hex, struct fault *fault);
void object_abandon(const struct registry *r);
bool object_exists(const struct version *v);
void object_remove(const struct registry *r, const char *hex);

/* ---- seen.c ------------------------------------------------------------------------------------------------------ */

struct seen *seen_get(const struct registry *r, const char *path);
struct seen *seen_put(struct registry *r, const struct folder *folder, const char *path, const struct stat *st);
bool seen_same(const struct seen *seen, const struct stat *st);
void seen_forget(struct registry *r, const char *path);
bool seen_object(const struct registry *r, const char *hex); /* does a file in the folders hold these bytes? */
bool seen_above(const struct registry *r, const char *hex, const struct folder *folder); /* one in an earlier folder? */
void seen_clear(struct registry *r);

/* ---- queue.c, take.c --------------------------------------------------------------------------------------------- */

/* `created`: the event says only that the name appeared, not that its bytes are all there. */
void take_file(struct registry *r, const struct folder *folder, const char *name, bool created);
bool take_is_trying(const struct registry *r, const struct version *v);
void take_wake(struct registry *r);
void take_close(struct registry *r);

/* ---- folder.c, watch.c ------------------------------------------------------------------------------------------- */

/* Opens a plugin folder that only its owner can write to: a descriptor, or unsafe_folder, not_found, io_error. */
int plugin_folder_open(const char *path, int *ret_fd, struct fault *fault);
bool folder_is_ours(const struct policy *policy, const char *path); /* may be made by the host */
bool file_name_fits(const char *name);                              /* *.so, visible, printable */

int watch_open(struct registry *r, struct fault *fault);
void watch_close(struct registry *r);

/* ---- configured.c ------------------------------------------------------------------------------------------------ */

void configured_check(const struct registry *r, const struct version *v);
void configured_check_all(const struct registry *r);

/* ---- load.c ------------------------------------------------------------------------------------------------------ */

int load_state(struct registry *r, struct fault *fault);

#endif
