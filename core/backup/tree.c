/* Copying files; see tree.h. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <sodium.h>

#include "backup/tree.h"
#include "base/fd.h"

#define CHUNK (256 * KIB)

/* ---- One file ---------------------------------------------------------------------------------------------------- */

/* The folder that PATH stands in, made where it is missing; its last name. */
static int
open_above(const struct folders *f, const char *path, int *ret, const char **ret_name, struct fault *fault)
{
	_cleanup_(free_p) char *copy = xstrdup(path);
	_cleanup_(close_p) int at = fcntl(f->to_fd, F_DUPFD_CLOEXEC, 0);
	char *name = copy, *slash;

	if (at < 0)
		return fault_errno(fault, errno, "cannot open the folder %s", f->to);
	while ((slash = strchr(name, '/')) != NULL) {
		int next;

		*slash = '\0';
		if (mkdirat(at, name, 0700) == 0) {
			if (f->uid != (uid_t)-1 && fchownat(at, name, f->uid, f->gid, AT_SYMLINK_NOFOLLOW) != 0)
				return fault_errno(fault, errno, "cannot give %s/%s to uid %u", f->to, copy, f->uid);
		} else if (errno != EEXIST) {
			return fault_errno(fault, errno, "cannot make the folder %s/%s", f->to, copy);
		}
		next = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0)
			return fault_errno(fault, errno, "cannot open the folder %s/%s", f->to, copy);
		close(at);
		at = next;
		*slash = '/';
		name = slash + 1;
	}
	*ret_name = path + (name - copy);
	*ret = at;
	at = -1;
	return 0;
}

int
tree_create(const struct folders *f, const char *path, mode_t mode, int *ret, struct fault *fault)
{
	_cleanup_(close_p) int above = -1;
	const char *name = path;
	int fd, rc = open_above(f, path, &above, &name, fault);

	if (rc != 0)
		return rc;
	fd = openat(above, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fault_errno(fault, errno, "cannot make %s/%s", f->to, path);
	if (fchmod(fd, mode) != 0 || (f->uid != (uid_t)-1 && fchown(fd, f->uid, f->gid) != 0)) {
		rc = fault_errno(fault, errno, "cannot give %s/%s its owner and mode", f->to, path);
		close(fd);
		return rc;
	}
	*ret = fd;
	return 0;
}

/* What is known of a copy under way. */
struct copy {
	const struct folders *f;
	const char *path;
	int from, to; /* to -1: only the digest is wanted */
	crypto_hash_sha256_state hash;
	uint64_t done;
	uint8_t bytes[CHUNK];
};

static bool
all_zero(const uint8_t *bytes, size_t len)
{
	return len == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0);
}

/* The chunk goes to its place; a hole is one where the file has not come to yet. */
static int
put_chunk(struct copy *c, size_t len, struct fault *fault)
{
	size_t written = 0;

	crypto_hash_sha256_update(&c->hash, c->bytes, len);
	while (c->to >= 0 && written < len && !(c->f->sparse && all_zero(c->bytes, len))) {
		ssize_t n = pwrite(c->to, c->bytes + written, len - written, (off_t)(c->done + written));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fault_errno(fault, errno, "cannot write %s/%s", c->f->to, c->path);
		written += (size_t)n;
	}
	c->done += len;
	return 0;
}

/* At most CHUNK bytes of the file; zeros past `take`. */
static int
get_chunk(struct copy *c, uint64_t take, uint64_t size, size_t *ret, struct fault *fault)
{
	uint64_t left = size - c->done, from_file = c->done < take ? take - c->done : 0;
	size_t want = left < CHUNK ? (size_t)left : CHUNK, got = 0;

	memset(c->bytes, 0, want);
	while (got < want && got < from_file) {
		size_t len = want - got < from_file - got ? want - got : (size_t)(from_file - got);
		ssize_t n = pread(c->from, c->bytes + got, len, (off_t)(c->done + got));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fault_errno(fault, errno, "cannot read %s/%s", c->f->from, c->path);
		if (n == 0)
			break;
		got += (size_t)n;
	}
	if (got < want && size != WHOLE && got < from_file)
		return fault_set(fault, HOSPES_EDAMAGED, "%s/%s is shorter than it was", c->f->from, c->path);
	*ret = size == WHOLE ? got : want;
	return 0;
}

static int
copy_bytes(struct copy *c, uint64_t take, uint64_t size, struct manifest_file *ret, struct fault *fault)
{
	size_t len = 1;
	int rc = 0;

	crypto_hash_sha256_init(&c->hash);
	while (rc == 0 && c->done < size && len > 0) {
		if (c->f->stop != NULL && atomic_load(c->f->stop))
			return fault_set(fault, HOSPES_ECANCELLED, "the host stops");
		rc = get_chunk(c, take, size, &len, fault);
		if (rc == 0)
			rc = put_chunk(c, len, fault);
	}
	if (rc != 0)
		return rc;
	if (c->to >= 0 && ftruncate(c->to, (off_t)c->done) != 0)
		return fault_errno(fault, errno, "cannot write %s/%s", c->f->to, c->path);
	*ret = (struct manifest_file){.bytes = c->done};
	snprintf(ret->path, sizeof ret->path, "%s", c->path);
	crypto_hash_sha256_final(&c->hash, ret->digest);
	return 0;
}

static int
run_copy(const struct folders *f, const char *path, int from, int to, uint64_t take, uint64_t size,
    struct manifest_file *ret, struct fault *fault)
{
	struct copy *c = xcalloc(1, sizeof *c); /* too large for a thread's stack */
	int rc;

	c->f = f;
	c->path = path;
	c->from = from;
	c->to = to;
	rc = copy_bytes(c, take, size, ret, fault);
	free(c);
	return rc;
}

/* Is the file that was copied still the one of that name? */
static bool
still_there(const struct folders *f, const char *path, const struct stat *was)
{
	struct stat st;

	return fstatat(f->from_fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_dev == was->st_dev &&
	       st.st_ino == was->st_ino;
}

/* `*again`: another file was put in its place meanwhile, and this one may have been overwritten. */
static int
copy_once(const struct folders *f, const char *path, uint64_t take, uint64_t size, struct manifest_file *ret,
    bool *again, struct fault *fault)
{
	_cleanup_(close_p) int from = openat(f->from_fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), to = -1;
	struct stat st;
	int rc;

	if (from < 0 && errno == ENOENT)
		return fault_set(fault, HOSPES_ENOENT, "there is no %s/%s", f->from, path);
	if (from < 0 || fstat(from, &st) != 0)
		return fault_errno(fault, errno, "cannot read %s/%s", f->from, path);
	if (!S_ISREG(st.st_mode))
		return fault_set(fault, HOSPES_EDAMAGED, "%s/%s should be a file and is something else", f->from, path);
	rc = tree_create(f, path, st.st_mode & 0777, &to, fault);
	if (rc == 0)
		rc = run_copy(f, path, from, to, take, size, ret, fault);
	*again = rc == 0 && !still_there(f, path, &st);
	return rc;
}

int
tree_copy(const struct folders *f, const char *path, uint64_t take, uint64_t size, struct manifest_file *ret,
    struct fault *fault)
{
	bool again = false;
	int rc = copy_once(f, path, take, size, ret, &again, fault);

	while (rc == 0 && again) {
		if (unlinkat(f->to_fd, path, 0) != 0)
			return fault_errno(fault, errno, "cannot write %s/%s", f->to, path);
		rc = copy_once(f, path, take, size, ret, &again, fault);
	}
	return rc;
}

int
tree_digest(const struct folders *f, int fd, const char *path, struct manifest_file *ret, struct fault *fault)
{
	return run_copy(f, path, fd, -1, WHOLE, WHOLE, ret, fault);
}

/* ---- A folder ---------------------------------------------------------------------------------------------------- */

struct tally {
	const struct folders *f;
	struct buf *files;
	uint64_t *n, *bytes;
};

/* What only the host that wrote it could go on with, or what it deletes at its start. */
static bool
passed_over(const char *name)
{
	static const char *const ends[] = {".tmp", ".spare"};
	size_t len = strlen(name);

	if (!fd_name_valid(name))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (len > strlen(ends[i]) && strcmp(name + len - strlen(ends[i]), ends[i]) == 0)
			return true;
	return false;
}

static int copy_folder(const struct tally *t, const char *path, unsigned depth, struct fault *fault);

static int
copy_entry(const struct tally *t, const char *path, unsigned depth, struct fault *fault)
{
	struct manifest_file file = {0};
	struct stat st;
	int rc;

	if (strlen(path) >= MANIFEST_PATH)
		return fault_set(fault, HOSPES_ETOOLARGE, "the path %s/%s is too long for a backup", t->f->from, path);
	if (fstatat(t->f->from_fd, path, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : fault_errno(fault, errno, "cannot look at %s/%s", t->f->from, path);
	if (S_ISDIR(st.st_mode))
		return depth == 0 ? 0 : copy_folder(t, path, depth - 1, fault);
	if (!S_ISREG(st.st_mode))
		return 0;
	rc = tree_copy(t->f, path, WHOLE, WHOLE, &file, fault);
	if (rc == HOSPES_ENOENT)
		return 0; /* gone meanwhile */
	if (rc != 0)
		return rc;
	manifest_line(t->files, &file);
	*t->n += 1;
	*t->bytes += file.bytes;
	return 0;
}

static int
copy_folder(const struct tally *t, const char *path, unsigned depth, struct fault *fault)
{
	int fd = openat(t->f->from_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), rc = 0;
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (folder == NULL)
		return fault_errno(fault, errno, "cannot read the folder %s/%s", t->f->from, path);
	while (rc == 0 && (e = readdir(folder)) != NULL) {
		_cleanup_(free_p) char *below = xasprintf("%s/%s", path, e->d_name);

		if (!passed_over(e->d_name))
			rc = copy_entry(t, below, depth, fault);
	}
	closedir(folder);
	return rc;
}

int
tree_copy_all(
    const struct folders *f, const char *path, struct buf *files, uint64_t *n, uint64_t *bytes, struct fault *fault)
{
	struct tally t = {.f = f, .files = files, .n = n, .bytes = bytes};

	return copy_folder(&t, path, 2, fault);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path) != 0 && errno != ENOENT ? -1 : 0;
}

void
tree_remove(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static bool
is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

void
tree_remove_below(int fd)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *e;

	while (folder != NULL && (e = readdir(folder)) != NULL) {
		_cleanup_(close_p) int below = -1;

		if (is_dots(e->d_name) || unlinkat(fd, e->d_name, 0) == 0)
			continue;
		below = openat(fd, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below >= 0)
			tree_remove_below(below);
		(void)unlinkat(fd, e->d_name, AT_REMOVEDIR);
	}
	if (folder != NULL)
		closedir(folder);
}

int
tree_check_empty(int fd, const char *path, struct fault *fault)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
	DIR *folder = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *e;

	if (folder == NULL)
		return fault_errno(fault, errno, "cannot read the folder %s", path);
	while (rc == 0 && (e = readdir(folder)) != NULL) {
		if (is_dots(e->d_name))
			continue;
		rc = fault_set(fault, HOSPES_ECONFLICT,
		    "%s should be empty and has %s in it; name a folder that is not there yet", path, e->d_name);
	}
	closedir(folder);
	return rc;
}

/* In a folder of somebody else's, or where others may write, anybody could put other files in the place of ours. */
static int
check_owner(int fd, const char *path, uid_t owner, struct fault *fault)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return fault_errno(fault, errno, "cannot look at %s", path);
	if (st.st_uid != geteuid() && st.st_uid != owner && st.st_uid != 0)
		return fault_set(fault, HOSPES_EOWNER,
		    "%s belongs to uid %u and would get what uid %u keeps; name a folder that is not there yet", path,
		    st.st_uid, owner);
	if (st.st_mode & 022)
		return fault_set(fault, HOSPES_EOWNER,
		    "%s may be written to by others (mode %03o); chmod go-w it, or name a folder that is not there yet",
		    path, st.st_mode & 0777);
	return 0;
}

int
tree_open_empty(const char *path, uid_t owner, int *ret, struct fault *fault)
{
	int fd, rc;

	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return fault_errno(fault, errno, "cannot make the folder %s", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return fault_errno(fault, errno, "cannot open the folder %s", path);
	rc = check_owner(fd, path, owner, fault);
	if (rc == 0)
		rc = tree_check_empty(fd, path, fault);
	if (rc != 0) {
		close(fd);
		return rc;
	}
	*ret = fd;
	return 0;
}
