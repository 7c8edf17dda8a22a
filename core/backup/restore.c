/*
 * Back from a backup.
 *
 * All files are read and compared with the manifest before the first is written.  STATE/format says "restoring" until all
 * of them are there and durable.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "backup/make.h"
#include "backup/restoring.h"
#include "base/fd.h"

struct restoring {
	struct folders f;
	struct manifest_head head;
	uint64_t n, bytes;
	bool has_format;
};

static int
compare(
    const struct folders *f, const struct manifest_file *want, const struct manifest_file *found, struct fault *fault)
{
	if (want->bytes != found->bytes)
		return fault_set(fault, HOSPES_EDAMAGED,
		    "the backup is damaged: %s/%s should have %llu bytes and has %llu; take another backup", f->from,
		    want->path, (unsigned long long)want->bytes, (unsigned long long)found->bytes);
	if (memcmp(want->digest, found->digest, sizeof want->digest) != 0)
		return fault_set(fault, HOSPES_EDAMAGED,
		    "the backup is damaged: %s/%s is not what was backed up; take another backup", f->from, want->path);
	return 0;
}

static int
verify_file(const struct manifest_file *want, void *arg, struct fault *fault)
{
	struct restoring *r = arg;
	_cleanup_(close_p) int fd = openat(r->f.from_fd, want->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct manifest_file found;
	int rc;

	if (fd < 0 && errno == ENOENT)
		return fault_set(fault, HOSPES_EDAMAGED,
		    "the backup is damaged: there is no %s/%s; take another backup", r->f.from, want->path);
	if (fd < 0)
		return fault_errno(fault, errno, "cannot read %s/%s", r->f.from, want->path);
	rc = tree_digest(&r->f, fd, want->path, &found, fault);
	if (rc == 0)
		rc = compare(&r->f, want, &found, fault);
	r->n++;
	r->bytes += want->bytes;
	return rc;
}

static int
read_manifest(struct restoring *r, struct buf *text, struct fault *fault)
{
	_cleanup_(free_p) char *path = xasprintf("%s/" MANIFEST_NAME, r->f.from);

	if (access(path, F_OK) != 0 && errno == ENOENT)
		return fault_set(fault, HOSPES_ENOENT,
		    "%s is no backup: it has no " MANIFEST_NAME ", which is written when all else is there", r->f.from);
	return fd_read_file(path, text, MANIFEST_MAX, fault);
}

static int
verify(struct restoring *r, const char *from, struct buf *text, struct fault *fault)
{
	int rc;

	r->f = (struct folders){.from = from, .to_fd = -1};
	r->f.from_fd = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->f.from_fd < 0)
		return fault_errno(fault, errno, "cannot open the backup %s", from);
	rc = read_manifest(r, text, fault);
	if (rc == 0)
		rc = manifest_read(text->data, text->len, &r->head, verify_file, r, fault);
	if (rc == 0 && r->head.format > STATE_FORMAT)
		rc = fault_set(fault, HOSPES_ECONFLICT,
		    "%s was made by hospesd %s and has format %u; this one reads formats up to %u: restore with the "
		    "newer "
		    "one",
		    from, r->head.version, r->head.format, STATE_FORMAT);
	return rc;
}

int
backup_verify(const char *from, json_t **ret, struct fault *fault)
{
	_cleanup_(buf_free) struct buf text = {0};
	struct restoring r = {.f.from_fd = -1};
	int rc = verify(&r, from, &text, fault);

	if (rc == 0)
		*ret = backup_told(from, &r.head, r.n, r.bytes);
	close_p(&r.f.from_fd);
	return rc;
}

/* ---- Where it goes ----------------------------------------------------------------------------------------------- */

/* The lock is there, a folder for plugins may be, and folders that were made beforehand; nothing of a host's. */
static int
open_state(struct restoring *r, struct fault *fault)
{
	static const char *const ours[] = {FORMAT_NAME, "journal", "store", "objects", "memory"};
	int rc = 0;

	r->f.to_fd = open(r->f.to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->f.to_fd < 0)
		return fault_errno(fault, errno, "cannot open the state directory %s", r->f.to);
	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(ours); i++) {
		_cleanup_(free_p) char *path = xasprintf("%s/%s", r->f.to, ours[i]);
		_cleanup_(close_p) int fd =
		    openat(r->f.to_fd, ours[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0 && errno == ENOENT)
			continue;
		rc = fd < 0 ? fault_set(fault, HOSPES_ECONFLICT,
				  "%s is there; a backup is restored into a state directory that is empty", path)
			    : tree_check_empty(fd, path, fault);
	}
	return rc;
}

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

static int
restore_file(const struct manifest_file *want, void *arg, struct fault *fault)
{
	struct restoring *r = arg;
	struct manifest_file found;
	int rc;

	if (strcmp(want->path, FORMAT_NAME) == 0) {
		r->has_format = true;
		return 0;
	}
	rc = tree_copy(&r->f, want->path, WHOLE, WHOLE, &found, fault);
	return rc != 0 ? rc : compare(&r->f, want, &found, fault);
}

static int
put_format(struct restoring *r, const char *path, const char *text, struct fault *fault)
{
	_cleanup_(close_p) int fd = -1;
	int rc = tree_create(&r->f, path, 0600, &fd, fault);

	if (rc != 0)
		return rc;
	rc = fd_write_all(fd, text, strlen(text));
	if (rc == 0 && fsync(fd) != 0)
		rc = -errno;
	return rc == 0 ? 0 : fault_errno(fault, -rc, "cannot write %s/%s", r->f.to, path);
}

/* A state directory of format 0 has no number, so what stands in for it goes. */
static int
finish(struct restoring *r, struct fault *fault)
{
	_cleanup_(free_p) char *number = xasprintf("%u\n", r->head.format);
	int rc = 0;

	if (syncfs(r->f.to_fd) != 0)
		return fault_errno(fault, errno, "cannot make %s durable", r->f.to);
	if (r->has_format)
		rc = put_format(r, FORMAT_NAME ".new", number, fault);
	if (rc != 0)
		return rc;
	if (r->has_format)
		rc = renameat(r->f.to_fd, FORMAT_NAME ".new", r->f.to_fd, FORMAT_NAME);
	else
		rc = unlinkat(r->f.to_fd, FORMAT_NAME, 0);
	if (rc != 0 || fsync(r->f.to_fd) != 0)
		return fault_errno(fault, errno, "cannot finish the restore into %s", r->f.to);
	return 0;
}

int
backup_restore(const char *from, const char *state_dir, uid_t uid, gid_t gid, json_t **ret, struct fault *fault)
{
	_cleanup_(buf_free) struct buf text = {0};
	struct restoring r = {.f.from_fd = -1};
	int rc = verify(&r, from, &text, fault);

	r.f.to = state_dir;
	r.f.uid = uid;
	r.f.gid = gid;
	if (rc == 0)
		rc = open_state(&r, fault);
	if (rc == 0)
		rc = put_format(&r, FORMAT_NAME, FORMAT_RESTORING, fault);
	if (rc == 0)
		rc = manifest_read(text.data, text.len, &r.head, restore_file, &r, fault);
	if (rc == 0)
		rc = finish(&r, fault);
	if (rc == 0)
		*ret = backup_told(from, &r.head, r.n, r.bytes);
	close_p(&r.f.from_fd);
	close_p(&r.f.to_fd);
	return rc;
}
