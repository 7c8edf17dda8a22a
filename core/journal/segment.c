/*
 * Segments: names, heads and zeros.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <xxhash.h>

#include "base/buf.h"
#include "base/fd.h"
#include "journal/segment.h"

#define SPARE_END   ".spare"

void
segment_name(uint64_t first_lsn, char out[SEGMENT_NAME])
{
	snprintf(out, SEGMENT_NAME, "%016" PRIx64 ".seg", first_lsn);
}

static bool
parse_name(const char *name, uint64_t *ret)
{
	uint64_t lsn = 0;
	char again[SEGMENT_NAME];

	if (sscanf(name, "%16" SCNx64, &lsn) != 1)
		return false;
	segment_name(lsn, again);
	if (strcmp(name, again) != 0)
		return false;
	*ret = lsn;
	return true;
}

char *
segment_path(const struct folder *f, uint64_t first_lsn)
{
	char name[SEGMENT_NAME];

	segment_name(first_lsn, name);
	return xasprintf("%s/%s", f->path, name);
}

static int
drop_spares(const struct folder *f, struct fault *fault)
{
	DIR *dir = fdopendir(openat(f->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	struct dirent *e;

	if (dir == NULL)
		return fault_errno(fault, errno, "cannot read the folder %s", f->path);
	while ((e = readdir(dir)) != NULL) {
		size_t len = strlen(e->d_name), end = strlen(SPARE_END);

		if (len > end && strcmp(e->d_name + len - end, SPARE_END) == 0)
			unlinkat(f->fd, e->d_name, 0); /* one that stays is written over */
	}
	closedir(dir);
	return 0;
}

int
segment_folder_open(struct folder *ret, const char *path, const struct disk *disk, struct fault *fault)
{
	struct folder f = {.disk = disk};
	int rc = fd_make_dirs(path, 0700, fault);

	if (rc != 0)
		return rc;
	f.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f.fd < 0)
		return fault_errno(fault, errno, "cannot open the folder %s", path);
	f.path = xstrdup(path);
	rc = drop_spares(&f, fault);
	if (rc != 0) {
		folder_close(&f);
		return rc;
	}
	*ret = f;
	return 0;
}

void
folder_close(struct folder *f)
{
	close_p(&f->fd);
	free(f->path);
	*f = (struct folder){.fd = -1};
}

static int
compare_lsn(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int
folder_list(const struct folder *f, uint64_t **ret, size_t *ret_n, struct fault *fault)
{
	DIR *dir = fdopendir(openat(f->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	struct buf found = {0};
	struct dirent *e;

	if (dir == NULL)
		return fault_errno(fault, errno, "cannot read the folder %s", f->path);
	while ((e = readdir(dir)) != NULL) {
		uint64_t lsn;

		if (parse_name(e->d_name, &lsn))
			buf_append(&found, &lsn, sizeof lsn);
	}
	closedir(dir);
	*ret_n = found.len / sizeof **ret;
	*ret = (uint64_t *)(void *)found.data;
	if (*ret_n > 1)
		qsort(*ret, *ret_n, sizeof **ret, compare_lsn);
	return 0;
}

static void
seal_head(struct segment_head *head)
{
	XXH128_hash_t sum = XXH3_128bits(head, offsetof(struct segment_head, check));

	head->check[0] = sum.low64;
	head->check[1] = sum.high64;
}

static int
check_head(const struct folder *f, uint64_t first_lsn, int fd, struct segment *ret, struct fault *fault)
{
	_cleanup_(free_p) char *path = segment_path(f, first_lsn);
	struct segment_head head, again;
	struct stat st;
	ssize_t n = pread(fd, &head, sizeof head, 0);

	if (n < 0 || fstat(fd, &st) != 0)
		return fault_errno(fault, errno, "cannot read %s", path);
	if (n < (ssize_t)sizeof head)
		return fault_set(fault, HOSPES_EDAMAGED, "%s should begin with a head of %zu bytes and has %zd", path,
		    sizeof head, n);
	again = head;
	seal_head(&again);
	if (head.magic != SEGMENT_MAGIC || memcmp(&head, &again, sizeof head) != 0)
		return fault_set(
		    fault, HOSPES_EDAMAGED, "%s does not begin with the head of a segment (offset 0)", path);
	if (head.format != SEGMENT_FORMAT)
		return fault_set(fault, HOSPES_EDAMAGED, "%s has format %u and this host reads format %u", path,
		    head.format, SEGMENT_FORMAT);
	if (head.first_lsn != first_lsn || head.size != (uint64_t)st.st_size)
		return fault_set(fault, HOSPES_EDAMAGED,
		    "%s says that it begins at %016" PRIx64 " and has %" PRIu64 " bytes; it has %jd", path,
		    head.first_lsn, head.size, (intmax_t)st.st_size);
	*ret = (struct segment){.first_lsn = first_lsn, .first_number = head.first_number, .size = head.size};
	memcpy(ret->generation, head.generation, GENERATION_BYTES);
	return 0;
}

int
segment_open(
    const struct folder *f, uint64_t first_lsn, int flags, struct segment *ret, int *ret_fd, struct fault *fault)
{
	char name[SEGMENT_NAME];
	int fd, rc;

	segment_name(first_lsn, name);
	fd = openat(f->fd, name, flags | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return fault_errno(fault, errno, "cannot open %s/%s", f->path, name);
	rc = check_head(f, first_lsn, fd, ret, fault);
	if (rc != 0) {
		close(fd);
		return rc;
	}
	*ret_fd = fd;
	return 0;
}

int
spare_begin(const struct folder *f, struct spare *spare, const char *name, uint64_t size, struct fault *fault)
{
	int fd = openat(f->fd, name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return fault_errno(fault, errno, "cannot make the next segment %s/%s", f->path, name);
	*spare = (struct spare){.fd = fd, .name = name, .size = size};
	return 0;
}

/* At most `most` bytes, synced, so that a batch which comes meanwhile has little to wait for. */
int
spare_fill(const struct folder *f, struct spare *spare, uint64_t most, struct fault *fault)
{
	static const uint8_t zeros[256 * 1024];
	uint64_t end = spare->size - spare->filled < most ? spare->size : spare->filled + most;
	int rc = 0;

	while (spare->filled < end && rc == 0) {
		size_t len = end - spare->filled < sizeof zeros ? (size_t)(end - spare->filled) : sizeof zeros;

		rc = f->disk->write(f->disk->arg, spare->fd, zeros, len, (off_t)spare->filled);
		spare->filled += len;
	}
	if (rc == 0)
		rc = f->disk->sync(f->disk->arg, spare->fd);
	if (rc != 0)
		return fault_errno(fault, -rc, "cannot fill the next segment %s/%s with %" PRIu64 " bytes", f->path,
		    spare->name, spare->size);
	spare->ready = spare->filled == spare->size;
	return 0;
}

static int
fill_generation(uint8_t generation[GENERATION_BYTES])
{
	ssize_t n;

	do
		n = getrandom(generation, GENERATION_BYTES, 0);
	while (n < 0 && errno == EINTR);
	return n == GENERATION_BYTES ? 0 : -EIO;
}

int
spare_adopt(const struct folder *f, struct spare *spare, struct segment *s, int *ret_fd, struct fault *fault)
{
	struct segment_head head = {
	    .magic = SEGMENT_MAGIC,
	    .format = SEGMENT_FORMAT,
	    .first_lsn = s->first_lsn,
	    .first_number = s->first_number,
	    .size = spare->size,
	};
	char name[SEGMENT_NAME];
	int rc;

	assert(spare->ready);
	segment_name(s->first_lsn, name);
	rc = fill_generation(head.generation);
	seal_head(&head);
	if (rc == 0)
		rc = f->disk->write(f->disk->arg, spare->fd, &head, sizeof head, 0);
	if (rc == 0)
		rc = f->disk->sync(f->disk->arg, spare->fd);
	if (rc == 0)
		rc = disk_rename(f->disk, f->fd, spare->name, name);
	if (rc != 0)
		return fault_errno(fault, -rc, "cannot make the segment %s/%s", f->path, name);
	s->size = head.size;
	memcpy(s->generation, head.generation, GENERATION_BYTES);
	*ret_fd = spare->fd;
	*spare = (struct spare)SPARE_NONE;
	return 0;
}

int
segment_leave(
    const struct folder *f, const struct segment *s, struct spare *spare, const char *name, struct fault *fault)
{
	char was[SEGMENT_NAME];
	int rc, fd = -1;

	segment_name(s->first_lsn, was);
	rc = spare == NULL ? disk_remove(f->disk, f->fd, was) : disk_rename(f->disk, f->fd, was, name);
	if (rc == 0 && spare != NULL) {
		fd = openat(f->fd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
		rc = fd < 0 ? -errno : 0;
	}
	if (rc != 0)
		return fault_errno(fault, -rc, "cannot take the segment %s/%s away", f->path, was);
	if (spare != NULL)
		*spare = (struct spare){.fd = fd, .name = name, .size = s->size};
	return 0;
}

int
segment_replace(const struct folder *f, const struct segment *s, struct spare *spare, struct fault *fault)
{
	char name[SEGMENT_NAME];
	int rc;

	segment_name(s->first_lsn, name);
	rc = f->disk->sync(f->disk->arg, spare->fd);
	if (rc == 0)
		rc = disk_rename(f->disk, f->fd, spare->name, name);
	if (rc != 0)
		return fault_errno(fault, -rc, "cannot write the segment %s/%s anew", f->path, name);
	close(spare->fd);
	*spare = (struct spare)SPARE_NONE;
	return 0;
}

void
spare_drop(const struct folder *f, struct spare *spare)
{
	if (spare->fd < 0)
		return;
	unlinkat(f->fd, spare->name, 0);
	close(spare->fd);
	*spare = (struct spare)SPARE_NONE;
}
