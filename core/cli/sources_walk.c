/*
 * From the paths given to files and their names.
 *
 * Symbolic links wait until all that is reached without one has been found: a file is then named by its own name and not
 * by that of a link to it, whatever the alphabet says.
 */

#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/util.h"
#include "cli/document.h"
#include "cli/source_set.h"

#define NAME_MAX_BYTES 1024 /* of a document */

/* A file or folder that was reached: once is enough. */
struct seen {
	struct seen *next;
	char key[48];
};

/* A symbolic link, to be followed later. */
struct later {
	struct later *next;
	char *path, *name;
	const char *source;
};

struct walk {
	struct source_set *set;
	struct map seen;
	struct seen *all_seen;
	struct later *first, **last;
};

void
source_tell(struct source_set *s, const char *what, const char *path, const char *why)
{
	if (s->to_tell++ < SOURCE_TOLD)
		s->told[s->to_tell - 1] = xasprintf("%s %s: %s", what, path, why);
}

void
source_skip(struct source_set *s, const char *path, const char *why)
{
	s->skipped++;
	source_tell(s, "skipped", path, why);
}

static bool
first_time(struct walk *w, const struct stat *st)
{
	struct seen *one = xcalloc(1, sizeof(*one));

	snprintf(one->key, sizeof(one->key), "%ju:%ju", (uintmax_t)st->st_dev, (uintmax_t)st->st_ino);
	if (map_get(&w->seen, one->key) != NULL) {
		free(one);
		return false;
	}
	map_put(&w->seen, one->key, one);
	one->next = w->all_seen;
	w->all_seen = one;
	return true;
}

static void
add_file(struct walk *w, const char *source, const char *path, const char *name, const struct stat *st)
{
	struct source_set *s = w->set;

	if (s->n == s->cap) {
		s->cap = s->cap == 0 ? 64 : 2 * s->cap;
		s->files = xrealloc(s->files, s->cap * sizeof(*s->files));
	}
	s->files[s->n++] = (struct source_file){
	    .path = xstrdup(path), .name = xstrdup(name), .source = source, .size = (uint64_t)st->st_size};
	s->size += (uint64_t)st->st_size;
}

static void
follow_later(struct walk *w, const char *source, const char *path, const char *name)
{
	struct later *one = xcalloc(1, sizeof(*one));

	one->path = xstrdup(path);
	one->name = xstrdup(name);
	one->source = source;
	*w->last = one;
	w->last = &one->next;
}

static const char *
why_not(int error)
{
	switch (error) {
	case ENOENT:
		return "it is a link that leads nowhere";
	case ELOOP:
		return "it is a link that leads to itself";
	case EACCES:
	case EPERM:
		return "you may not read it";
	default:
		return strerror(error);
	}
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
not_hidden(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static void walk_one(struct walk *w, const char *source, const char *path, const char *name, bool follow);

/* The system's bound on paths bounds the recursion. */
static void
walk_folder(struct walk *w, const char *source, const char *path, const char *name)
{
	struct dirent **entries;
	int n = scandir(path, &entries, not_hidden, by_name);

	if (n < 0) {
		source_skip(w->set, path, why_not(errno));
		return;
	}
	for (int i = 0; i < n; i++) {
		const char *slash = path[strlen(path) - 1] == '/' ? "" : "/";
		_cleanup_(free_p) char *below = xasprintf("%s%s%s", path, slash, entries[i]->d_name);
		_cleanup_(free_p) char *called =
		    xasprintf("%s%s%s", name, name[0] != '\0' ? "/" : "", entries[i]->d_name);

		walk_one(w, source, below, called, false);
		free(entries[i]);
	}
	free(entries);
}

static void
walk_one(struct walk *w, const char *source, const char *path, const char *name, bool follow)
{
	struct stat st;

	if ((follow ? stat(path, &st) : lstat(path, &st)) != 0) {
		source_skip(w->set, path, why_not(errno));
		return;
	}
	if (S_ISLNK(st.st_mode))
		follow_later(w, source, path, name);
	else if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		source_skip(w->set, path, "it is neither a file nor a folder");
	else if (!first_time(w, &st))
		return;
	else if (S_ISDIR(st.st_mode))
		walk_folder(w, source, path, name);
	else
		add_file(w, source, path, name, &st);
}

/* The last part of a path that leads to something. */
static char *
last_part(const char *path)
{
	_cleanup_(free_p) char *real = realpath(path, NULL);
	const char *slash = strrchr(real != NULL ? real : path, '/');

	return xstrdup(slash != NULL ? slash + 1 : path);
}

/* What tells a name from the same one of another source: the folder that was given, or in which the given file lies. */
static char *
distinct_part(const struct source_file *f)
{
	const char *slash = strrchr(f->path, '/');
	_cleanup_(free_p) char *folder = NULL;

	if (strcmp(f->path, f->source) != 0)
		return last_part(f->source);
	folder = slash == NULL ? xstrdup(".") : xstrndup(f->path, slash == f->path ? 1 : (size_t)(slash - f->path));
	return last_part(folder);
}

static int
compare_files(const void *a, const void *b)
{
	const struct source_file *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : strcmp(x->path, y->path);
}

static void
sort(struct source_set *s)
{
	if (s->n > 0)
		qsort(s->files, s->n, sizeof(*s->files), compare_files);
}

/* Where several have one name each gets a longer one: first with the source's last part, then the whole path. */
static void
make_distinct(struct source_set *s, bool whole)
{
	sort(s);
	for (size_t i = 0, end; i < s->n; i = end) {
		for (end = i + 1; end < s->n && strcmp(s->files[end].name, s->files[i].name) == 0;)
			end++;
		if (end - i < 2)
			continue;
		/* The first one's name is compared with and so is changed last. */
		for (size_t k = end; k-- > i;) {
			struct source_file *f = &s->files[k];
			_cleanup_(free_p) char *part = whole ? NULL : distinct_part(f);
			char *longer = whole ? xstrdup(f->path) : xasprintf("%s/%s", part, f->name);

			free(f->name);
			f->name = longer;
		}
	}
	sort(s);
}

/* Names of files may be any bytes; those of documents are text on one line. */
static void
clean_name(struct source_file *f)
{
	struct buf name = {0};
	size_t over;

	buf_appends(&name, f->name);
	document_plain(&name, false, NULL);
	for (size_t i = 0; i < name.len; i++)
		if (name.data[i] < ' ')
			name.data[i] = ' ';
	over = name.len > NAME_MAX_BYTES ? name.len - NAME_MAX_BYTES : 0;
	while (over > 0 && over < name.len && (name.data[over] & 0xc0) == 0x80)
		over++;
	buf_consume(&name, over); /* its end tells more than its beginning */
	free(f->name);
	f->name = xstrdup(buf_text(&name));
	buf_free(&name);
}

static int
walk_source(struct walk *w, const char *path, struct fault *fault)
{
	_cleanup_(free_p) char *name = NULL;
	struct stat st;

	if (path[0] == '\0')
		return fault_set(fault, HOSPES_EINPUT, "the name of a source is empty; `.` is the folder you are in");
	if (stat(path, &st) != 0)
		return errno == ENOENT || errno == ENOTDIR
			   ? fault_set(fault, HOSPES_ENOENT, "there is no file or folder %s", path)
			   : fault_errno(fault, errno, "%s cannot be looked at", path);
	if (!S_ISDIR(st.st_mode)) {
		const char *slash = strrchr(path, '/');

		name = xstrdup(slash != NULL ? slash + 1 : path);
	}
	walk_one(w, path, path, name != NULL ? name : "", true);
	return 0;
}

static void
end_walk(struct walk *w)
{
	while (w->all_seen != NULL) {
		struct seen *one = w->all_seen;

		w->all_seen = one->next;
		free(one);
	}
	while (w->first != NULL) {
		struct later *one = w->first;

		w->first = one->next;
		free(one->path);
		free(one->name);
		free(one);
	}
	map_free(&w->seen);
}

int
source_walk(struct source_set *s, const char *const *paths, size_t n, struct fault *fault)
{
	struct walk w = {.set = s, .last = &w.first};
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = walk_source(&w, paths[i], fault);
	/* More links may be found on the way. */
	for (struct later *l = w.first; l != NULL && rc == 0; l = l->next)
		walk_one(&w, l->source, l->path, l->name, true);
	end_walk(&w);
	if (rc != 0)
		return rc;
	make_distinct(s, false);
	make_distinct(s, true);
	for (size_t i = 0; i < s->n; i++)
		clean_name(&s->files[i]);
	sort(s);
	return 0;
}
