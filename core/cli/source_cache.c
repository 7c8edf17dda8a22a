/* See source_cache.h.  A line: device inode size mtime ctime name day bytes media digest, numbers in decimal. */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/map.h"
#include "base/util.h"
#include "cli/source_cache.h"

#define HEADER    "hospes digests 1\n" /* the number changes with the line, and with what document.h makes of a file */
#define BYTES_MAX (64 * MIB)
#define FILES_MAX 200000
#define DAYS      60 /* that a file is remembered which nobody asked for */
#define SETTLED   (2 * INT64_C(1000000000))
#define DAY       (86400 * INT64_C(1000000000))

struct file {
	char key[48]; /* device and inode */
	uint64_t dev, ino, size, name;
	int64_t mtime_ns, ctime_ns, day;
	struct source_known known;
};

struct source_cache {
	char *path;
	struct map files;
	size_t n;
	int64_t today;
	bool changed;
};

static const char *const kinds[] = {"text/plain", "text/html", "application/pdf"};

static const char *
kind(const char *media)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcmp(kinds[i], media) == 0)
			return kinds[i];
	return NULL;
}

static int64_t
ns_of(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

/* The file's own name tells what it is read as; FNV-1a. */
static uint64_t
name_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	uint64_t hash = UINT64_C(14695981039346656037);

	for (const char *c = slash != NULL ? slash + 1 : path; *c != '\0'; c++)
		hash = (hash ^ (unsigned char)*c) * UINT64_C(1099511628211);
	return hash;
}

static void
set_key(struct file *f)
{
	snprintf(f->key, sizeof(f->key), "%" PRIx64 ":%" PRIx64, f->dev, f->ino);
}

static struct file
file_of(const struct source_cache *c, const struct stat *st, const char *path)
{
	struct file f = {.dev = st->st_dev,
	    .ino = st->st_ino,
	    .size = (uint64_t)st->st_size,
	    .name = name_of(path),
	    .mtime_ns = ns_of(&st->st_mtim),
	    .ctime_ns = ns_of(&st->st_ctim),
	    .day = c->today};

	set_key(&f);
	return f;
}

static void
put(struct source_cache *c, const struct file *f)
{
	struct file *there = map_get(&c->files, f->key);

	if (there == NULL) {
		if (c->n == FILES_MAX)
			return;
		there = xcalloc(1, sizeof(*there));
		memcpy(there->key, f->key, sizeof(there->key));
		map_put(&c->files, there->key, there);
		c->n++;
	}
	*there = *f;
}

/* ---- The file ---- */

/* Another's file, one that others may write to, or one that is not as it was written is not believed. */
static bool
read_text(const char *path, struct buf *ret)
{
	_cleanup_(close_p) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct fault fault;
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
	       (st.st_mode & 022) == 0 && fd_read_all(fd, ret, BYTES_MAX, &fault) == 0 && ret->len >= strlen(HEADER) &&
	       memcmp(ret->data, HEADER, strlen(HEADER)) == 0;
}

static bool
read_line(const char *line, struct file *ret)
{
	char media[32], digest[2 * sizeof(ret->known.digest) + 1];
	size_t len;

	*ret = (struct file){0};
	if (sscanf(line,
		"%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNd64 " %" SCNd64 " %" SCNu64 " %" SCNd64 " %" SCNu64
		" %31s %64s",
		&ret->dev, &ret->ino, &ret->size, &ret->mtime_ns, &ret->ctime_ns, &ret->name, &ret->day,
		&ret->known.bytes, media, digest) != 10)
		return false;
	ret->known.media = kind(media);
	set_key(ret);
	return ret->known.media != NULL &&
	       sodium_hex2bin(ret->known.digest, sizeof(ret->known.digest), digest, strlen(digest), NULL, &len, NULL) ==
		   0 &&
	       len == sizeof(ret->known.digest);
}

static void
read_lines(struct source_cache *c, char *text)
{
	char *rest;

	for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		struct file f;

		if (read_line(line, &f) && f.day <= c->today && c->today - f.day <= DAYS)
			put(c, &f);
	}
}

static void
write_lines(struct source_cache *c)
{
	_cleanup_(buf_free) struct buf out = {0};
	_cleanup_(free_p) char *folder = xstrdup(c->path);
	struct fault ignored; /* next time it takes longer */
	const struct file *f;
	size_t at = 0;

	buf_appends(&out, HEADER);
	while ((f = map_next(&c->files, &at)) != NULL) {
		char hex[2 * sizeof(f->known.digest) + 1];

		sodium_bin2hex(hex, sizeof(hex), f->known.digest, sizeof(f->known.digest));
		buf_printf(&out,
		    "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRId64 " %" PRId64 " %" PRIu64 " %" PRId64 " %" PRIu64
		    " %s %s\n",
		    f->dev, f->ino, f->size, f->mtime_ns, f->ctime_ns, f->name, f->day, f->known.bytes, f->known.media,
		    hex);
	}
	*strrchr(folder, '/') = '\0';
	if (fd_make_dirs(folder, 0700, &ignored) == 0)
		fd_write_file(c->path, out.data, out.len, 0600, &ignored);
}

/* ---- For those who read sources ---- */

struct source_cache *
source_cache_open(const char *path)
{
	_cleanup_(buf_free) struct buf text = {0};
	struct source_cache *c = xcalloc(1, sizeof(*c));

	c->today = clock_real_ns() / DAY;
	if (path == NULL)
		return c;
	c->path = xstrdup(path);
	if (read_text(path, &text)) {
		buf_consume(&text, strlen(HEADER));
		buf_text(&text);
		read_lines(c, (char *)text.data);
	}
	return c;
}

bool
source_cache_find(const struct source_cache *c, const struct stat *st, const char *path, struct source_known *ret)
{
	struct file f = file_of(c, st, path), *there = map_get(&c->files, f.key);

	if (there == NULL || there->size != f.size || there->name != f.name || there->mtime_ns != f.mtime_ns ||
	    there->ctime_ns != f.ctime_ns)
		return false;
	there->day = c->today;
	*ret = there->known;
	return true;
}

void
source_cache_note(
    struct source_cache *c, const struct stat *st, const char *path, const struct source_known *known, int64_t now_ns)
{
	struct file f = file_of(c, st, path);

	if (c->path == NULL || f.ctime_ns > now_ns - SETTLED || f.mtime_ns > now_ns - SETTLED)
		return;
	f.known = *known;
	f.known.media = kind(known->media);
	if (f.known.media == NULL)
		return;
	put(c, &f);
	c->changed = true;
}

void
source_cache_close(struct source_cache **cp)
{
	struct source_cache *c = *cp;
	struct file *f;
	size_t at = 0;

	if (c == NULL)
		return;
	*cp = NULL;
	if (c->changed)
		write_lines(c);
	while ((f = map_next(&c->files, &at)) != NULL)
		free(f);
	map_free(&c->files);
	free(c->path);
	free(c);
}
