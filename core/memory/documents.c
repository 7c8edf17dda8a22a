/* Files of documents. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/fd.h"
#include "memory/documents.h"

#define READ_UNSEEN MIB /* bytes; more are only read, and room made for them, where the file has them */

void
documents_digest(const void *text, size_t len, uint8_t ret[DIGEST])
{
	static_assert(DIGEST == crypto_hash_sha256_BYTES, "digest");
	crypto_hash_sha256(ret, text, len);
}

static char *
path_of(const char *dir, const uint8_t digest[DIGEST])
{
	char text[DIGEST_TEXT];

	digest_text(digest, text);
	return xasprintf("%s/documents/%.2s/%s", dir, text, text);
}

static int
make_folder(const char *dir, const uint8_t digest[DIGEST], struct fault *fault)
{
	_cleanup_(free_p) char *path = xasprintf("%s/documents/%02x", dir, digest[0]);

	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return fault_errno(fault, errno, "cannot make the folder %s", path);
	return 0;
}

/* Is there a file of that very text? */
static bool
has_text(const char *path, const void *text, size_t len)
{
	_cleanup_(close_p) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	_cleanup_(buf_free) struct buf found = {0};
	struct fault fault;
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && (size_t)st.st_size == len &&
	       documents_read(fd, 0, len, &found, &fault) == 0 &&
	       (found.data == NULL || memcmp(found.data, text, len) == 0);
}

int
documents_write(
    const char *dir, const uint8_t digest[DIGEST], const void *text, size_t len, bool *ret_new, struct fault *fault)
{
	_cleanup_(free_p) char *path = path_of(dir, digest), *tmp = xasprintf("%s.tmp", path);
	_cleanup_(close_p) int fd = -1;
	int rc;

	if (has_text(path, text, len)) {
		*ret_new = false;
		return 0;
	}
	if (make_folder(dir, digest, fault) != 0)
		return fault->status;
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fault_errno(fault, errno, "cannot write %s", tmp);
	rc = fd_write_all(fd, text, len);
	if (rc != 0) {
		unlink(tmp);
		return fault_errno(fault, -rc, "cannot write %s", tmp);
	}
	if (rename(tmp, path) != 0) {
		unlink(tmp);
		return fault_errno(fault, errno, "cannot write %s", path);
	}
	*ret_new = true;
	return 0;
}

int
documents_sync(const char *dir, struct fault *fault)
{
	_cleanup_(close_p) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || syncfs(fd) != 0)
		return fault_errno(fault, errno, "cannot make the documents in %s durable", dir);
	return 0;
}

int
documents_open_to_wipe(const char *dir, const uint8_t digest[DIGEST])
{
	_cleanup_(free_p) char *path = path_of(dir, digest);

	return open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
}

int
documents_wipe(int fd, uint64_t bytes, struct fault *fault)
{
	static const uint8_t zeros[64 * 1024];

	for (uint64_t at = 0; at < bytes;) {
		size_t len = bytes - at < sizeof zeros ? (size_t)(bytes - at) : sizeof zeros;
		ssize_t n = pwrite(fd, zeros, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return fault_errno(fault, errno, "cannot overwrite a document that was erased");
		at += (uint64_t)n;
	}
	return fdatasync(fd) == 0 ? 0 : fault_errno(fault, errno, "cannot overwrite a document that was erased");
}

void
documents_remove(const char *dir, const uint8_t digest[DIGEST])
{
	_cleanup_(free_p) char *path = path_of(dir, digest);

	unlink(path);
}

static size_t
sweep_folder(const char *path, bool (*named)(const char *file, void *arg), void *arg)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	size_t removed = 0;

	if (folder == NULL)
		return 0;
	while ((entry = readdir(folder)) != NULL)
		if (entry->d_name[0] != '.' && !named(entry->d_name, arg))
			removed += unlinkat(dirfd(folder), entry->d_name, 0) == 0 ? 1 : 0;
	closedir(folder);
	return removed;
}

size_t
documents_sweep(const char *dir, bool (*named)(const char *file, void *arg), void *arg)
{
	size_t removed = 0;

	for (unsigned i = 0; i < 256; i++) {
		_cleanup_(free_p) char *path = xasprintf("%s/documents/%02x", dir, i);

		removed += sweep_folder(path, named, arg);
	}
	return removed;
}

bool
documents_there(const char *dir, const uint8_t digest[DIGEST], uint64_t bytes)
{
	_cleanup_(free_p) char *path = path_of(dir, digest);
	struct stat st;

	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size == bytes;
}

int
documents_open(const char *dir, const uint8_t digest[DIGEST], int *ret, struct fault *fault)
{
	_cleanup_(free_p) char *path = path_of(dir, digest);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 && errno == ENOENT)
		return fault_set(fault, HOSPES_ENOENT, "the text of a document is missing: there is no file %s", path);
	if (fd < 0)
		return fault_errno(fault, errno, "cannot read the document %s", path);
	*ret = fd;
	return 0;
}

static int
too_short(struct fault *fault)
{
	return fault_set(fault, HOSPES_EDAMAGED, "the text of a document has become shorter");
}

int
documents_read(int fd, uint64_t from, uint64_t to, struct buf *ret, struct fault *fault)
{
	size_t want, have = 0;
	struct stat st;
	uint8_t *data;

	if ((to == UINT64_MAX || to - from > READ_UNSEEN) && fstat(fd, &st) != 0)
		return fault_errno(fault, errno, "cannot look at a document");
	if (to == UINT64_MAX)
		to = (uint64_t)st.st_size;
	else if (from < to && to - from > READ_UNSEEN && to > (uint64_t)st.st_size)
		return too_short(fault);
	if (from >= to)
		return 0;
	want = (size_t)(to - from);
	data = buf_extend(ret, want);
	while (have < want) {
		ssize_t n = pread(fd, data + have, want - have, (off_t)(from + have));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			ret->len -= want;
			return n < 0 ? fault_errno(fault, errno, "cannot read a document") : too_short(fault);
		}
		have += (size_t)n;
	}
	return 0;
}
