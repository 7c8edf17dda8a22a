/*
 * One file after the other, in the order of their names: copied while it is hashed, inspected, put into the object
 * store, staged, tried in a cell, and then made active when it is newer than what its name means.
 *
 *   copy -> known? -> inspect -> check -> commit -> stage -> probe -> activate | keep | remove
 *
 * While one is tried, which lasts as long as its constructors like, the next are looked at.  What a name means depends
 * on the order of its versions, so of one name only one is tried at a time: a file that turns out to be another version
 * of it is put aside, and is begun again when its turn has come.
 *
 * What fails leaves nothing behind: no object, no version; a line in the log, and for a file its place in `seen`, so that
 * it is looked at again when it has changed and not before.
 */

#include "registry/take.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/id.h"
#include "base/log.h"

#define FILE_MAX (64 * MIB)
#define SLICE    MIB /* copied in one turn of the loop */

/* ---- The end of one ---------------------------------------------------------------------------------------------- */

void
take_close_fd(int *fd)
{
	close_p(fd);
	*fd = -1;
}

void
take_free(struct take *t)
{
	take_close_fd(&t->fd);
	take_close_fd(&t->copy_fd);
	if (!t->trying)
		version_unref(&t->version);
	free(t->name);
	free(t->shown);
	free(t->actor);
	free(t->claimed_name);
	free(t->claimed_version);
	free(t);
}

/* `v` is what the file became; NULL with a fault, or without where there was nothing to take. */
static void
take_end(struct take *t, const struct version *v, const struct fault *fault)
{
	struct registry *r = t->registry;

	take_leave(t);
	if (t->done != NULL)
		t->done(v, fault, t->done_arg);
	take_free(t);
	if (r->current == NULL)
		take_wake(r);
}

static void
remember(struct take *t, const char *hex)
{
	struct seen *seen;

	if (t->folder == NULL)
		return;
	seen = seen_put(t->registry, t->folder, t->shown, &t->before);
	memcpy(seen->hex, hex, strlen(hex) + 1);
}

static void
take_fail(struct take *t, const struct fault *fault)
{
	char object[13] = ""; /* as much of its hash as people compare */
	const char *name = t->version != NULL ? t->version->name : t->claimed_name;
	const char *semver = t->version != NULL ? t->version->semver : t->claimed_version;

	(void)snprintf(object, sizeof(object), "%.12s", t->hex);
	log_warn("plugin refused", LOG_S("file", t->shown), LOG_S("plugin", name == NULL ? "?" : name),
	    LOG_S("version", semver == NULL ? "?" : semver), LOG_S("object", object),
	    LOG_S("code", status_name(fault->status)), LOG_S("error", fault->text));
	if (!t->trying)
		object_abandon(t->registry);
	remember(t, "");
	take_end(t, NULL, fault);
}

/* ---- Probing, and after ------------------------------------------------------------------------------------------ */

/* A developer builds one version again and again and means the newest; but a copy that came with the host does not
 * displace what lies in the developer's own folder. */
static bool
is_rebuilt(const struct take *t, const struct version *active)
{
	const struct registry *r = t->registry;

	return r->policy->dev && (t->folder == NULL || !seen_above(r, active->object_hex, t->folder));
}

static void
settle_version(struct take *t)
{
	struct registry *r = t->registry;
	struct version *v = t->version, *active = registry_object(r, v->plugin->alias.active);
	int order = active != NULL ? semver_compare(v->semver, active->semver) : 1;

	if (order == 0 && is_rebuilt(t, active))
		order = 1;
	if (order > 0) {
		command_activate(r, v, t->actor, active == NULL ? "the first version that loads" : "a newer version");
		return;
	}
	command_keep(r, v, t->actor, "not newer than the active version");
	log_info(
	    "version staged; it is not newer than the active one, so choose it with: hospes rollback NAME --to VERSION",
	    LOG_S("plugin", v->name), LOG_S("version", v->semver), LOG_S("active", active->semver));
}

static void
take_probed(const struct fault *fault, void *arg)
{
	struct take *t = arg;
	struct version *v = t->version, *held;
	struct fault copy;

	if (fault == NULL) {
		remember(t, t->hex);
		settle_version(t);
		take_end(t, v, NULL);
		return;
	}
	copy = *fault;
	held = version_ref(v); /* the log names it yet */
	command_remove(t->registry, v, t->actor, copy.text);
	take_fail(t, &copy);
	version_unref(&held);
}

static void
take_stage(struct take *t)
{
	struct registry *r = t->registry;

	command_stage(r, t->version, t->actor, t->folder != NULL ? t->shown : "installed");
	take_try(t);
	r->options.probe(t->version, take_probed, t, r->options.arg);
}

/* ---- Inspecting, and after --------------------------------------------------------------------------------------- */

/* The version as a developer's build: 1.0.0+dev.1a2b3c4d. */
static int
mark_dev(struct take *t, struct fault *fault)
{
	struct version *v = t->version;
	char semver[PLUGIN_SEMVER_MAX + 32];
	bool has_build = strchr(v->semver, '+') != NULL;

	snprintf(semver, sizeof semver, "%s%cdev.%.8s", v->semver, has_build ? '.' : '+', t->hex);
	if (strlen(semver) > PLUGIN_SEMVER_MAX)
		return fault_set(fault, HOSPES_EBADPLUGIN,
		    "its version %s is too long to be marked as a developer's build", v->semver);
	memcpy(v->semver, semver, strlen(semver) + 1);
	return 0;
}

/* One name and version is one sequence of bytes, or a rollback would not know where to. */
static int
check_conflict(struct take *t, struct fault *fault)
{
	struct registry *r = t->registry;
	struct version *v = t->version;
	const struct version *other = registry_version(r, v->name, v->semver);

	if (other == NULL)
		return 0;
	if (r->policy->dev)
		return mark_dev(t, fault);
	return fault_set(fault, HOSPES_EVERSION,
	    "%s %s is known already with other bytes (%.12s, this file has %.12s); give the new one another version",
	    v->name, v->semver, other->object_hex, t->hex);
}

static int
take_check(struct take *t, struct fault *fault)
{
	int rc;

	rc = check_conflict(t, fault);
	if (rc != 0)
		return rc;
	version_set_object(t->version, t->object, t->registry->objects_dir);
	return object_commit(t->registry, t->copy_fd, t->hex, fault);
}

/* For the log: who a file says that it is. */
static void
take_claims(struct take *t, const json_t *said)
{
	const char *name = json_string_value(json_object_get(said, "name"));
	const char *semver = json_string_value(json_object_get(said, "version"));

	t->claimed_name = name == NULL ? NULL : xstrdup(name);
	t->claimed_version = semver == NULL ? NULL : xstrdup(semver);
}

static void
take_inspected(json_t *told, const struct fault *refused, void *arg)
{
	struct take *t = arg;
	struct fault fault;

	if (refused != NULL) {
		fault = *refused;
		take_claims(t, told);
		take_fail(t, &fault);
	} else if (version_from_notes(json_object_get(told, "notes"), &t->version, &fault) != 0) {
		take_claims(t, json_object_get(told, "notes"));
		take_fail(t, &fault);
	} else if (take_must_wait(t, t->version->name)) {
		take_hold(t, t->version->name);
	} else if (take_check(t, &fault) != 0) {
		take_fail(t, &fault);
	} else {
		take_stage(t);
	}
}

/* ---- Copying ----------------------------------------------------------------------------------------------------- */

/*
 * Is anybody writing to the file?  A read lease is granted only when nobody is.  0: nobody; 1: somebody; -1: no telling,
 * since the file is another user's or its file system has no leases.
 *
 * A writer that comes while the lease is held would be told to us by SIGIO, which ends a process that does not expect
 * it; SIGURG is ignored by default.
 */
static int
being_written(int fd)
{
	if (fcntl(fd, F_SETSIG, SIGURG) != 0)
		return -1;
	if (fcntl(fd, F_SETLEASE, F_RDLCK) != 0)
		return errno == EAGAIN ? 1 : -1;
	fcntl(fd, F_SETLEASE, F_UNLCK);
	return 0;
}

/* Not now: its writer is not done, and the event of its end brings it here again. */
static void
take_later(struct take *t)
{
	struct seen *seen = seen_get(t->registry, t->shown);
	bool told = seen != NULL && seen->waiting;

	if (!told && t->first_look)
		log_warn("a plugin file is being written to; it is taken when that is done", LOG_S("file", t->shown));
	else if (!told)
		log_info("a plugin file is being written to; it is taken when that is done", LOG_S("file", t->shown));
	seen_put(t->registry, t->folder, t->shown, &t->before)->waiting = true;
	take_end(t, NULL, NULL);
}

static bool
changed_meanwhile(const struct take *t)
{
	struct stat after;

	if (t->folder == NULL)
		return false;
	if (fstat(t->fd, &after) != 0 || being_written(t->fd) == 1)
		return true;
	return after.st_size != t->before.st_size || after.st_mtim.tv_sec != t->before.st_mtim.tv_sec ||
	       after.st_mtim.tv_nsec != t->before.st_mtim.tv_nsec || (size_t)after.st_size != t->copied;
}

static void
take_copied(struct take *t)
{
	struct registry *r = t->registry;
	struct version *known;
	struct fault fault;
	int copy;

	if (changed_meanwhile(t)) {
		object_abandon(r);
		take_later(t);
		return;
	}
	crypto_hash_sha256_final(&t->hash, t->object);
	hex_format(t->object, sizeof t->object, t->hex);
	known = registry_object(r, t->hex);
	if (known != NULL && take_is_trying(r, known)) {
		take_hold(t, known->name);
		return;
	}
	if (known != NULL) {
		log_debug("a plugin file that is known already", LOG_S("file", t->shown), LOG_S("plugin", known->name),
		    LOG_S("version", known->semver));
		object_abandon(r);
		remember(t, t->hex);
		take_end(t, known, NULL);
		return;
	}
	copy = object_reopen(r, &fault);
	if (copy < 0)
		take_fail(t, &fault);
	else
		r->options.inspect(copy, take_inspected, t, r->options.arg);
}

/* One slice; 1 when there is more, 0 at the end. */
static int
copy_slice(struct take *t, struct fault *fault)
{
	static char bytes[SLICE]; /* of the loop thread only */
	ssize_t got = pread(t->fd, bytes, sizeof bytes, (off_t)t->copied);
	int rc;

	if (got < 0)
		return fault_errno(fault, errno, "%s cannot be read", t->shown);
	if (got == 0)
		return 0;
	t->copied += (size_t)got;
	if (t->copied > FILE_MAX)
		return fault_set(fault, HOSPES_ETOOLARGE, "%s has more than %zu MiB, which is the limit for a plugin",
		    t->shown, FILE_MAX / MIB);
	rc = fd_write_all(t->copy_fd, bytes, (size_t)got);
	if (rc != 0)
		return fault_errno(
		    fault, -rc, "the copy of %s cannot be written to %s", t->shown, t->registry->objects_dir);
	crypto_hash_sha256_update(&t->hash, (const unsigned char *)bytes, (unsigned long long)got);
	return 1;
}

/* ---- Beginning --------------------------------------------------------------------------------------------------- */

static int
open_file(struct take *t, struct fault *fault)
{
	_cleanup_(close_p) int folder_fd = -1;
	int rc;

	if (t->folder == NULL)
		return 0;
	rc = plugin_folder_open(t->folder->path, &folder_fd, fault);
	if (rc != 0)
		return rc;
	t->fd = openat(folder_fd, t->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (t->fd >= 0)
		return 0;
	if (errno == ENOENT)
		return fault_set(fault, HOSPES_ENOENT, "%s is gone", t->shown);
	if (errno == ELOOP)
		return fault_set(fault, HOSPES_EBADPLUGIN,
		    "%s is a symbolic link; what it points to may change unseen, so copy the file itself", t->shown);
	return fault_errno(fault, errno, "%s cannot be opened", t->shown);
}

static int
check_file(struct take *t, struct fault *fault)
{
	if (fstat(t->fd, &t->before) != 0)
		return fault_errno(fault, errno, "%s cannot be looked at", t->shown);
	if (!S_ISREG(t->before.st_mode))
		return fault_set(fault, HOSPES_EBADPLUGIN, "%s is not a regular file", t->shown);
	if (t->before.st_size > (off_t)FILE_MAX)
		return fault_set(fault, HOSPES_ETOOLARGE, "%s has %lld bytes; a plugin has at most %zu MiB", t->shown,
		    (long long)t->before.st_size, FILE_MAX / MIB);
	return 0;
}

/* Nothing to do, or nothing yet?  Then the take has ended. */
static bool
passed_over(struct take *t)
{
	const struct seen *seen = seen_get(t->registry, t->shown);
	int writing;

	if (t->folder == NULL)
		return false;
	if (seen != NULL && !seen->waiting && seen_same(seen, &t->before)) {
		take_end(t, NULL, NULL);
		return true;
	}
	writing = being_written(t->fd);
	if (writing == 1) {
		take_later(t);
		return true;
	}
	/* Its name has just appeared, and nobody can tell whether its bytes are there: the end of writing will be an event
	 * of its own.  A second link to a whole file has no such event. */
	if (writing < 0 && t->created && t->before.st_nlink < 2) {
		take_end(t, NULL, NULL);
		return true;
	}
	return false;
}

void
take_begin(struct take *t)
{
	struct fault fault;
	int rc;

	rc = open_file(t, &fault);
	if (rc == HOSPES_ENOENT && t->folder != NULL) {
		take_end(t, NULL, NULL);
		return;
	}
	if (rc == 0)
		rc = check_file(t, &fault);
	if (rc == 0 && passed_over(t))
		return;
	if (rc == 0)
		rc = object_begin(t->registry, &t->copy_fd, &fault);
	if (rc != 0) {
		take_fail(t, &fault);
		return;
	}
	crypto_hash_sha256_init(&t->hash);
}

/* ---- One step ---------------------------------------------------------------------------------------------------- */

void
take_step(struct take *t)
{
	struct fault fault;
	int rc = copy_slice(t, &fault);

	if (rc > 0)
		take_wake(t->registry);
	else if (rc < 0)
		take_fail(t, &fault);
	else
		take_copied(t);
}
