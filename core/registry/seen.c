/*
 * Which files were looked at already: a file that was refused is not refused again at every event in its folder, and a
 * second look at all folders costs a stat for each.
 */

#include "registry/state.h"

#include <string.h>

struct seen *
seen_get(const struct registry *r, const char *path)
{
	return map_get(&r->seen, path);
}

struct seen *
seen_put(struct registry *r, const struct folder *folder, const char *path, const struct stat *st)
{
	struct seen *seen = seen_get(r, path);

	if (seen == NULL) {
		seen = xcalloc(1, sizeof *seen);
		seen->path = xstrdup(path);
		map_put(&r->seen, seen->path, seen);
	}
	seen->folder = folder;
	seen->device = st->st_dev;
	seen->inode = st->st_ino;
	seen->size = st->st_size;
	seen->modified = st->st_mtim;
	seen->changed = st->st_ctim;
	seen->waiting = false;
	seen->hex[0] = '\0';
	return seen;
}

static bool
same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool
seen_same(const struct seen *seen, const struct stat *st)
{
	return seen->device == st->st_dev && seen->inode == st->st_ino && seen->size == st->st_size &&
	       same_time(&seen->modified, &st->st_mtim) && same_time(&seen->changed, &st->st_ctim);
}

static void
seen_free(struct seen *seen)
{
	if (seen == NULL)
		return;
	free(seen->path);
	free(seen);
}

void
seen_forget(struct registry *r, const char *path)
{
	seen_free(map_del(&r->seen, path));
}

bool
seen_object(const struct registry *r, const char *hex)
{
	const struct seen *seen;
	size_t at = 0;

	while ((seen = map_next(&r->seen, &at)) != NULL) {
		if (strcmp(seen->hex, hex) == 0)
			return true;
	}
	return false;
}

bool
seen_above(const struct registry *r, const char *hex, const struct folder *folder)
{
	const struct seen *seen;
	size_t at = 0;

	while ((seen = map_next(&r->seen, &at)) != NULL) {
		if (strcmp(seen->hex, hex) == 0 && seen->folder < folder)
			return true;
	}
	return false;
}

void
seen_clear(struct registry *r)
{
	struct seen *seen;
	size_t at = 0;

	while ((seen = map_next(&r->seen, &at)) != NULL)
		seen_free(seen);
	map_free(&r->seen);
}
