/* See model.h. */

#include "power/model.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/map.h"
#include "base/util.h"

#define PAGE   4096u
#define SECTOR 512u
#define ROOT   UINT64_MAX /* number of the folder itself */

static void
fail(const char *what)
{
	fprintf(stderr, "power: %s\n", what);
	exit(2);
}

/* ---- Reading the log --------------------------------------------------------------------------------------------- */

/* What things are called, as it was: a path's number. */
struct name {
	char *path;
	uint64_t file;
	bool folder;
};

struct names {
	struct name *all;
	size_t n;
};

static struct name *
names_find(const struct names *names, const char *path)
{
	for (size_t i = 0; i < names->n; i++)
		if (strcmp(names->all[i].path, path) == 0)
			return &names->all[i];
	return NULL;
}

static void
names_put(struct names *names, const char *path, uint64_t file, bool folder)
{
	struct name *found = names_find(names, path);

	if (found == NULL) {
		names->all = xrealloc(names->all, (names->n + 1) * sizeof *names->all);
		found = &names->all[names->n++];
		found->path = xstrdup(path);
	}
	found->file = file;
	found->folder = folder;
}

static void
names_remove(struct names *names, const char *path)
{
	struct name *found = names_find(names, path);

	if (found == NULL)
		return;
	free(found->path);
	*found = names->all[--names->n];
}

static void
names_free(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->all[i].path);
	free(names->all);
	*names = (struct names){0};
}

/* The number of the folder that a path stands in. */
static uint64_t
folder_of(const struct names *names, const char *path)
{
	_cleanup_(free_p) char *copy = xstrdup(path);
	char *slash = strrchr(copy, '/');
	const struct name *folder;

	if (slash == NULL)
		return ROOT;
	*slash = '\0';
	folder = names_find(names, copy);
	return folder == NULL ? ROOT : folder->file;
}

/* One change of a name, done. */
static void
names_apply(struct names *names, const struct power_event *e, uint64_t file)
{
	switch (e->kind) {
	case POWER_MAKE:
	case POWER_MKDIR:
		names_put(names, e->path, e->file, e->kind == POWER_MKDIR);
		break;
	case POWER_RENAME:
		names_remove(names, e->path);
		names_put(names, e->to, file, false);
		break;
	case POWER_REMOVE:
		names_remove(names, e->path);
		break;
	default:
		break;
	}
}

static bool
is_naming(const struct power_event *e)
{
	return e->kind == POWER_MAKE || e->kind == POWER_MKDIR || e->kind == POWER_RENAME || e->kind == POWER_REMOVE;
}

/* What each file was called when it was synced; which file a rename was of, and in which folder a name stands. */
static void
resolve(struct power_log *log)
{
	struct names names = {0};

	for (size_t i = 0; i < log->n; i++) {
		struct power_event *e = &log->events[i];

		if (is_naming(e)) {
			const struct name *old = e->kind == POWER_RENAME ? names_find(&names, e->path) : NULL;
			uint64_t file = old == NULL ? 0 : old->file;

			e->offset = folder_of(&names, e->kind == POWER_RENAME ? e->to : e->path);
			if (e->kind == POWER_RENAME)
				e->file = file;
			names_apply(&names, e, file);
		}
		if (e->kind == POWER_SYNCED) {
			e->at = e->file == ROOT ? "." : e->file == 0 ? "everything" : "gone";
			for (size_t k = 0; k < names.n; k++)
				if (names.all[k].file == e->file)
					e->at = xstrdup(names.all[k].path); /* as long as the program */
		}
		if (e->kind == POWER_DURABLE) {
			log->events[e->offset].durable = true;
			log->events[e->offset].durable_at = i;
		}
		if (e->file != ROOT && e->file > log->files)
			log->files = e->file;
	}
	names_free(&names);
}

static size_t
read_event(const uint8_t *at, size_t left, struct power_event *ret)
{
	struct power_entry e;
	const char *text = (const char *)at + sizeof e;

	if (left < sizeof e)
		fail("the log ends in the middle of an entry");
	memcpy(&e, at, sizeof e);
	if (left - sizeof e < e.text || left - sizeof e - e.text < e.bytes)
		fail("the log ends in the middle of an entry");
	*ret = (struct power_event){
	    .kind = (enum power_kind)e.kind, .file = e.file, .offset = e.offset, .length = e.length};
	if (e.text > 0)
		ret->path = text;
	if (e.kind == POWER_RENAME)
		ret->to = text + strlen(text) + 1;
	if (e.kind == POWER_SAID)
		ret->length = e.text;
	if (e.bytes > 0)
		ret->bytes = at + sizeof e + e.text;
	return sizeof e + e.text + e.bytes;
}

int
power_log_read(struct power_log *log, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len, at = 0, room = 0;
	struct stat st;

	*log = (struct power_log){0};
	if (fd < 0 || fstat(fd, &st) != 0)
		return -1;
	len = (size_t)st.st_size;
	log->raw = xmalloc(len + 1);
	if (read(fd, log->raw, len) != (ssize_t)len)
		fail("the log cannot be read");
	close(fd);
	while (at < len) {
		if (log->n == room)
			log->events = xrealloc(log->events, (room = 2 * room + 64) * sizeof *log->events);
		at += read_event(log->raw + at, len - at, &log->events[log->n++]);
	}
	resolve(log);
	return 0;
}

bool
power_cuts(const struct power_log *log, size_t entry)
{
	return log->events[entry].kind != POWER_SYNC && log->events[entry].kind != POWER_MAPPED;
}

/* ---- Choosing ---------------------------------------------------------------------------------------------------- */

struct build {
	const struct power_log *log;
	size_t cut;
	const struct power_choice *choice;
	const char *to;
	uint64_t random;
	unsigned units;
	size_t *durable; /* by file: all entries before this one are on the disk */
	size_t durable_root;
};

static uint64_t
next_random(struct build *b)
{
	b->random ^= b->random << 13;
	b->random ^= b->random >> 7;
	b->random ^= b->random << 17;
	return b->random;
}

enum unit_kind { UNIT_PAGE, UNIT_SIZE, UNIT_NAME };

/* Which of `n` newer states a unit has; 0: the one that is on the disk for certain. */
static size_t
choose(struct build *b, enum unit_kind kind, size_t n)
{
	unsigned unit = b->units++;

	switch (b->choice->way) {
	case WAY_ALL:
		return n;
	case WAY_NONE:
		return 0;
	case WAY_DATA:
		return kind == UNIT_NAME ? 0 : n;
	case WAY_NAMES:
		return kind == UNIT_PAGE ? 0 : n;
	case WAY_SUBSET:
		return unit < 64 && (b->choice->which >> unit & 1) ? n : 0;
	case WAY_LOST:
		return unit == b->choice->which ? 0 : n;
	case WAY_KEPT:
		return unit == b->choice->which ? n : 0;
	case WAY_RANDOM:
	case WAYS:
		break;
	}
	return (size_t)(next_random(b) % (n + 1));
}

/* ---- Syncs ------------------------------------------------------------------------------------------------------- */

static void
find_durable(struct build *b)
{
	b->durable = xcalloc(b->log->files + 1, sizeof *b->durable);
	for (size_t i = 0; i < b->cut; i++) {
		const struct power_event *e = &b->log->events[i];

		if (e->kind != POWER_SYNCED)
			continue;
		if (b->choice->without != NULL && fnmatch(b->choice->without, e->at, 0) == 0)
			continue;
		if (e->file == ROOT || e->file == 0)
			b->durable_root = e->offset;
		if (e->file == ROOT)
			continue;
		for (uint64_t f = e->file == 0 ? 1 : e->file; f <= (e->file == 0 ? b->log->files : e->file); f++)
			b->durable[f] = e->offset > b->durable[f] ? e->offset : b->durable[f];
	}
}

/* A write that went through the cache, and has ended. */
static bool
is_through(const struct build *b, const struct power_event *e)
{
	return e->durable && e->durable_at < b->cut &&
	       (b->choice->without == NULL || fnmatch(b->choice->without, "through", 0) != 0);
}

/* ---- Bytes ------------------------------------------------------------------------------------------------------- */

struct content {
	uint8_t *data;
	size_t size, room;
	size_t *version; /* by sector: entries up to this one are in it */
	bool mapped;
};

static bool
is_write(const struct power_event *e)
{
	return e->kind == POWER_WRITE || e->kind == POWER_ZEROS;
}

static size_t
room_of(const struct build *b, uint64_t file)
{
	size_t room = 0;

	for (size_t i = 0; i < b->cut; i++) {
		const struct power_event *e = &b->log->events[i];
		size_t end = is_write(e) ? e->offset + e->length : e->kind == POWER_SIZE ? e->length : 0;

		if (e->file == file && end > room)
			room = end;
	}
	return (room + PAGE - 1) / PAGE * PAGE;
}

static bool
touches(const struct power_event *e, size_t from, size_t to)
{
	return is_write(e) && e->length > 0 && e->offset < to && e->offset + e->length > from;
}

/* The states that a part of a file has had since it was on the disk for certain: entries, ascending. */
static size_t
states_of(const struct build *b, uint64_t file, size_t from, size_t to, size_t *certain, size_t *ret, size_t room)
{
	size_t n = 0;

	*certain = b->durable[file];
	for (size_t i = 0; i < b->cut; i++) {
		const struct power_event *e = &b->log->events[i];

		if (e->file != file || !touches(e, from, to))
			continue;
		if (is_through(b, e)) {
			*certain = i + 1 > *certain ? i + 1 : *certain;
			n = 0;
		} else if (i >= *certain && n < room) {
			ret[n++] = i + 1;
		}
	}
	return n;
}

static void
choose_page(struct build *b, struct content *c, uint64_t file, size_t page)
{
	bool torn = b->choice->way == WAY_RANDOM && (b->choice->which & 1);
	size_t states[256], certain, n, at = page * PAGE;

	n = states_of(b, file, at, at + PAGE, &certain, states, ARRAY_LEN(states));
	if (n > 0 && !torn) {
		size_t chosen = choose(b, UNIT_PAGE, n);

		certain = chosen == 0 ? certain : states[chosen - 1];
	}
	for (size_t s = at / SECTOR; s < (at + PAGE) / SECTOR; s++) {
		size_t sure, m = states_of(b, file, s * SECTOR, (s + 1) * SECTOR, &sure, states, ARRAY_LEN(states));

		if (torn && m > 0) {
			size_t chosen = choose(b, UNIT_PAGE, m);

			sure = chosen == 0 ? sure : states[chosen - 1];
		}
		/* What went through the cache in one sector did not take the page's other sectors with it. */
		c->version[s] = torn || sure > certain ? sure : certain;
	}
}

static size_t
size_after(const struct build *b, uint64_t file, size_t until)
{
	size_t size = 0;

	for (size_t i = 0; i < until && i < b->cut; i++) {
		const struct power_event *e = &b->log->events[i];

		if (e->file == file && e->kind == POWER_SIZE)
			size = e->length;
		else if (e->file == file && is_write(e) && e->offset + e->length > size)
			size = e->offset + e->length;
	}
	return size;
}

/* Returns the entry up to which the size goes. */
static size_t
choose_size(struct build *b, struct content *c, uint64_t file)
{
	size_t certain = b->durable[file], states[256], n = 0, now, chosen;

	for (size_t i = 0; i < b->cut; i++)
		if (b->log->events[i].file == file && is_write(&b->log->events[i]) &&
		    is_through(b, &b->log->events[i]) && i + 1 > certain)
			certain = i + 1;
	now = size_after(b, file, certain);
	for (size_t i = certain; i < b->cut && n < ARRAY_LEN(states); i++) {
		size_t size;

		if (b->log->events[i].file != file)
			continue;
		size = size_after(b, file, i + 1);
		if (size != now)
			states[n++] = i + 1;
		now = size;
	}
	if (n > 0) {
		chosen = choose(b, UNIT_SIZE, n);
		certain = chosen == 0 ? certain : chosen == n ? b->cut : states[chosen - 1];
	} else {
		certain = b->cut;
	}
	c->size = size_after(b, file, certain);
	return certain;
}

static void
apply_write(struct content *c, const struct power_event *e, size_t i)
{
	for (size_t at = e->offset; at < e->offset + e->length;) {
		size_t sector = at / SECTOR, end = (sector + 1) * SECTOR;

		end = end < e->offset + e->length ? end : e->offset + e->length;
		if (i < c->version[sector]) {
			if (e->bytes == NULL)
				memset(c->data + at, 0, end - at);
			else
				memcpy(c->data + at, e->bytes + (at - e->offset), end - at);
		}
		at = end;
	}
}

static void
fill(struct build *b, struct content *c, uint64_t file)
{
	size_t size_to;

	c->room = room_of(b, file);
	c->data = xcalloc(1, c->room + 1);
	c->version = xcalloc(c->room / SECTOR + 1, sizeof *c->version);
	for (size_t page = 0; page < c->room / PAGE; page++)
		choose_page(b, c, file, page);
	size_to = choose_size(b, c, file);
	for (size_t i = 0; i < b->cut; i++) {
		const struct power_event *e = &b->log->events[i];

		if (e->file != file)
			continue;
		if (is_write(e))
			apply_write(c, e, i);
		else if (e->kind == POWER_SIZE && i < size_to && e->length < c->room)
			memset(c->data + e->length, 0, c->room - e->length);
		else if (e->kind == POWER_MAPPED)
			c->mapped = true;
	}
	if (c->mapped) /* whatever it was */
		memset(c->data, 0xa5, c->room);
}

static void
content_clear(struct content *c)
{
	free(c->data);
	free(c->version);
}

static void
put_file(struct build *b, uint64_t file, const char *path)
{
	_cleanup_(content_clear) struct content c = {0};
	_cleanup_(free_p) char *to = xasprintf("%s/%s", b->to, path);
	_cleanup_(close_p) int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		fail("a file of an image cannot be made");
	fill(b, &c, file);
	if (c.size > 0 && write(fd, c.data, c.size) != (ssize_t)c.size)
		fail("a file of an image cannot be written");
}

/* ---- Names ------------------------------------------------------------------------------------------------------- */

static bool
name_durable(const struct build *b, const struct power_event *e, size_t i)
{
	uint64_t folder = e->offset;

	return i < (folder == ROOT ? b->durable_root : b->durable[folder]);
}

static int
by_path(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static bool
has_folder(const struct names *names, const char *path)
{
	_cleanup_(free_p) char *copy = xstrdup(path);
	char *slash = strrchr(copy, '/');
	const struct name *above;

	if (slash == NULL)
		return true;
	*slash = '\0';
	above = names_find(names, copy);
	return above != NULL && above->folder && has_folder(names, copy);
}

unsigned
power_build(const struct power_log *log, size_t cut, const struct power_choice *choice, const char *to)
{
	struct build b = {.log = log,
	    .cut = cut,
	    .choice = choice,
	    .to = to,
	    .random = (choice->which + 1) * UINT64_C(0x9e3779b97f4a7c15) + cut};
	struct names names = {0};

	find_durable(&b);
	for (size_t i = 0; i < cut; i++) {
		const struct power_event *e = &log->events[i];

		if (is_naming(e) && (name_durable(&b, e, i) || choose(&b, UNIT_NAME, 1) > 0))
			names_apply(&names, e, e->file);
	}
	if (names.n > 0)
		qsort(names.all, names.n, sizeof *names.all, by_path);
	for (size_t i = 0; i < names.n; i++) {
		_cleanup_(free_p) char *path = xasprintf("%s/%s", to, names.all[i].path);

		if (!has_folder(&names, names.all[i].path))
			continue;
		if (names.all[i].folder && mkdir(path, 0700) != 0)
			fail("a folder of an image cannot be made");
		if (!names.all[i].folder)
			put_file(&b, names.all[i].file, names.all[i].path);
	}
	names_free(&names);
	free(b.durable);
	return b.units;
}
