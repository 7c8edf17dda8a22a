/* Sources: what is found under paths, what it is called, and what of it reaches a host (a fake one here). */

#include "config.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/fd.h"
#include "base/json.h"
#include "base/util.h"
#include "cli/source_cache.h"
#include "cli/sources.h"
#include "cmocka_all.h"
#include "scratch.h"
#include "sources_host.h"

/* ---- The files ---- */

static char *folder;

static int
set_up(void **state)
{
	(void)state;
	folder = scratch_new();
	setenv("XDG_CACHE_HOME", folder, 1);
	host.known = json_object();
	host.batches = host.asked = host.fails_at = 0;
	host.largest = host.document_max = 0;
	host.on_batch = NULL;
	return chdir(folder);
}

static int
tear_down(void **state)
{
	(void)state;
	json_decref(host.known);
	assert_int_equal(chdir("/"), 0);
	scratch_free(&folder);
	return 0;
}

static void
file(const char *path, const char *text)
{
	_cleanup_(free_p) char *dir = xstrdup(path);
	char *slash = strrchr(dir, '/');
	_cleanup_(close_p) int fd = -1;
	struct fault fault;

	if (slash != NULL) {
		*slash = '\0';
		assert_int_equal(fd_make_dirs(dir, 0755, &fault), 0);
	}
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
}

/* The names of the documents, with spaces between. */
static char *
names(const struct source_set *s)
{
	struct buf out = {0};
	const char *name, *digest;

	for (size_t i = 0; (name = source_set_document(s, i, &digest)) != NULL; i++)
		buf_printf(&out, "%s%s", i > 0 ? " " : "", name);
	buf_text(&out);
	return (char *)out.data;
}

static char *
told(const struct source_set *s)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	source_set_tell(s, to);
	fclose(to);
	return text;
}

/* Collects the paths (with spaces between) and compares the names. */
static struct source_set *
finds(const char *paths, const char *expected)
{
	_cleanup_(free_p) char *copy = xstrdup(paths), *found = NULL;
	const char *list[8];
	char *rest;
	struct source_set *s = NULL;
	struct fault fault;
	size_t n = 0;

	for (char *word = strtok_r(copy, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest))
		list[n++] = word;
	if (source_set_collect(&s, list, n, NULL, &fault) != 0)
		fail_msg("%s: %s", paths, fault.text);
	found = names(s);
	assert_string_equal(found, expected);
	return s;
}

static void
finds_only(const char *paths, const char *expected)
{
	_cleanup_(source_set_free) struct source_set *s = finds(paths, expected);

	assert_int_equal(source_set_skipped(s), 0);
}

static void
finds_nothing(const char *path, const char *why)
{
	struct source_set *s = NULL;
	struct fault fault;

	assert_int_equal(source_set_collect(&s, &path, 1, NULL, &fault), HOSPES_ENOENT);
	assert_null(s);
	if (strstr(fault.text, why) == NULL)
		fail_msg("expected \"%s\" in: %s", why, fault.text);
}

/* ---- Finding ---- */

static void
test_walk(void **state)
{
	(void)state;
	file("d/b.txt", "b");
	file("d/a/x", "x");
	file("d/a.c", "ac");
	file("d/.hidden", "h");
	file("d/.git/config", "g");
	file("one", "1");
	finds_only("d", "a.c a/x b.txt");
	finds_only("./d/", "a.c a/x b.txt");
	finds_only("one d", "a.c a/x b.txt one");
	finds_only("d/.hidden d/.git", ".hidden config");
	finds_only("d/a/x", "x");
	finds_only("d d d/a", "a.c a/x b.txt");
	finds_nothing("nowhere", "there is no file or folder nowhere");
}

/* Links are followed, each file is there once, and by its own name; loops end. */
static void
test_links(void **state)
{
	_cleanup_(source_set_free) struct source_set *s = NULL;
	_cleanup_(free_p) char *lines = NULL;

	(void)state;
	file("d/z-real", "z");
	file("d/sub/y", "y");
	file("away/far", "f");
	assert_int_equal(symlink("z-real", "d/a-link"), 0);
	assert_int_equal(symlink("..", "d/sub/up"), 0);
	assert_int_equal(symlink("sub", "d/again"), 0);
	assert_int_equal(symlink("../away", "d/away"), 0);
	assert_int_equal(link("d/z-real", "d/zz-same"), 0);
	finds_only("d", "away/far sub/y z-real");
	finds_only("d/a-link", "a-link");
	assert_int_equal(symlink("nowhere", "d/dangling"), 0);
	assert_int_equal(symlink("itself", "d/itself"), 0);
	s = finds("d", "away/far sub/y z-real");
	lines = told(s);
	assert_string_equal(lines, "skipped d/dangling: it is a link that leads nowhere\n"
				   "skipped d/itself: it is a link that leads to itself\n");
}

static void
test_skipped(void **state)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "d/socket"};
	_cleanup_(source_set_free) struct source_set *s = NULL;
	_cleanup_(close_p) int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	_cleanup_(free_p) char *lines = NULL;

	(void)state;
	file("d/good", "good");
	file("d/binary", "x\1y");
	file("d/empty", "");
	file("d/locked", "secret");
	assert_int_equal(chmod("d/locked", 0), 0);
	assert_int_equal(mkfifo("d/pipe", 0600), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	file("d/\033[31mred", "\1");
	s = finds("d", geteuid() == 0 ? "good locked" : "good");
	lines = told(s);
	assert_non_null(strstr(lines, "skipped d/binary: it is no text: there is a byte 0x01 at position 1\n"));
	assert_non_null(strstr(lines, "skipped d/empty: there is no text in it\n"));
	assert_non_null(strstr(lines, "skipped d/pipe: it is neither a file nor a folder\n"));
	assert_non_null(strstr(lines, "skipped d/socket: "));
	assert_non_null(strstr(lines, "skipped d/\\x1b[31mred: "));
	if (geteuid() != 0)
		assert_non_null(strstr(lines, "skipped d/locked: you may not read it\n"));
	assert_int_equal(source_set_skipped(s), geteuid() == 0 ? 5 : 6);
	finds_nothing("d/binary", "there is nothing to read in the sources: skipped d/binary: it is no text");
	assert_int_equal(mkdir("nothing", 0755), 0);
	finds_nothing("nothing", "there is no file in the sources");
}

static void
test_skipped_many(void **state)
{
	_cleanup_(source_set_free) struct source_set *s = NULL;
	_cleanup_(free_p) char *lines = NULL;
	unsigned n = 0;

	(void)state;
	file("d/good", "good");
	for (int i = 0; i < 50; i++) {
		char name[32];

		snprintf(name, sizeof(name), "d/x%02d", i);
		file(name, "\1");
	}
	s = finds("d", "good");
	lines = told(s);
	for (const char *c = lines; *c != '\0'; c++)
		n += *c == '\n';
	assert_int_equal(n, 21);
	assert_non_null(strstr(lines, "and 30 more\n"));
	assert_int_equal(source_set_skipped(s), 50);
}

/* Equal texts are one document, under the first name; in whatever form they came. */
static void
test_equal_texts(void **state)
{
	(void)state;
	file("d/c", "caf\xe9\n");
	file("d/b", "caf\xc3\xa9\r\n");
	file("d/a", "other");
	finds_only("d", "a b");
	for (int i = 0; i < 20; i++)
		finds_only("d", "a b");
}

static void
test_names(void **state)
{
	(void)state;
	file("x/docs/same", "1");
	file("y/docs/same", "2");
	file("y/docs/own", "3");
	file("x/odd\xe9\nname", "4");
	finds_only("x/docs y/docs", "own x/docs/same y/docs/same");
	finds_only("x y", "docs/own odd\xc3\xa9 name x/docs/same y/docs/same");
	finds_only("x/docs/same y/docs/same", "x/docs/same y/docs/same");
	file("p/a", "5");
	file("q/a", "6");
	finds_only("p/a q/a", "p/a q/a");
	finds_only("p q", "p/a q/a");
	assert_int_equal(chdir("p"), 0);
	finds_only(". ../q", "p/a q/a");
}

/* The digest of a set depends on names and texts, and on nothing else. */
static void
test_digest(void **state)
{
	_cleanup_(source_set_free) struct source_set *a = NULL, *b = NULL, *c = NULL, *d = NULL;

	(void)state;
	file("one/x", "x");
	file("one/y", "y");
	file("two/y", "y");
	file("two/x", "x");
	file("three/x", "x");
	file("three/z", "y");
	a = finds("one", "x y");
	b = finds("two", "x y");
	c = finds("three", "x z");
	file("two/y", "Y");
	d = finds("two", "x y");
	assert_string_equal(source_set_digest(a), source_set_digest(b));
	assert_string_not_equal(source_set_digest(a), source_set_digest(c));
	assert_string_not_equal(source_set_digest(a), source_set_digest(d));
	assert_int_equal(source_set_bytes(a), 2);
}

/* ---- Sending ---- */

static struct source_set *
loaded(const char *path, int expected)
{
	struct source_set *s = NULL;
	struct fault fault;
	int rc = source_set_load(&s, &path, 1, NULL, "space", NULL, &fault);

	if (rc != expected)
		fail_msg("expected %s, found %s: %s", status_name(expected), status_name(rc), fault.text);
	return s;
}

static void
many_files(size_t bytes)
{
	_cleanup_(free_p) char *text = xmalloc(bytes + 1);

	for (int i = 0; i < 30; i++) {
		char name[32];

		memset(text, 'a' + i % 26, bytes);
		text[i / 26] = '!';
		text[bytes] = '\0';
		snprintf(name, sizeof(name), "d/f%02d", i);
		file(name, text);
	}
}

static void
test_load(void **state)
{
	_cleanup_(source_set_free) struct source_set *s = NULL, *again = NULL;

	(void)state;
	many_files(MIB);
	file("d/twin", "same");
	file("d/twin2", "same");
	s = loaded("d", 0);
	assert_int_equal(source_set_count(s), 31);
	assert_int_equal(source_set_sent(s), 31);
	assert_int_equal(json_object_size(host.known), 31);
	assert_true(host.batches >= 8);
	assert_true(host.largest <= 4 * MIB);
	host.batches = 0;
	again = loaded("d", 0);
	assert_int_equal(source_set_sent(again), 0);
	assert_int_equal(host.batches, 0);
	/* One more: it alone goes. */
	file("d/more", "more");
	source_set_free(&again);
	host.largest = 0;
	again = loaded("d", 0);
	assert_int_equal(source_set_sent(again), 1);
	assert_int_equal(host.batches, 1);
	assert_true(host.largest < 100);
}

static void
test_load_large(void **state)
{
	_cleanup_(source_set_free) struct source_set *s = NULL;
	_cleanup_(free_p) char *text = xmalloc(10 * MIB + 1);

	(void)state;
	memset(text, 'x', 10 * MIB);
	text[10 * MIB] = '\0';
	file("d/large", text);
	file("d/a", "a");
	file("d/z", "z");
	s = loaded("d", 0);
	assert_int_equal(source_set_sent(s), 3);
}

/* The first fault ends it and is told; nothing hangs. */
static void
test_load_fails(void **state)
{
	(void)state;
	many_files(MIB);
	host.fails_at = 3;
	assert_null(loaded("d", HOSPES_EDISK));
	host.fails_at = host.batches + 1;
	file("e/x", "x");
	assert_null(loaded("e", HOSPES_EDISK));
}

/* What is larger than the host's limit is left out alone. */
static void
test_load_over_limit(void **state)
{
	_cleanup_(source_set_free) struct source_set *s = NULL;
	_cleanup_(free_p) char *lines = NULL;

	(void)state;
	file("d/a", "small");
	file("d/b", "this one is larger");
	file("d/c", "tiny");
	host.document_max = 10;
	s = loaded("d", 0);
	assert_int_equal(source_set_count(s), 2);
	assert_int_equal(source_set_sent(s), 2);
	assert_int_equal(source_set_bytes(s), 9);
	lines = told(s);
	assert_string_equal(lines, "skipped d/b: one is too large\n");
	assert_null(loaded("d/b", HOSPES_ENOENT));
}

static void
change_one(void)
{
	host.on_batch = NULL;
	file("d/f29", "changed");
}

/* Between the two readings a file may change or go. */
static void
test_upload(void **state)
{
	_cleanup_(source_set_free) struct source_set *s = NULL;
	_cleanup_(free_p) char *lines = NULL, *before = NULL;
	const char *path = "d";
	struct fault fault;

	(void)state;
	many_files(MIB);
	assert_int_equal(source_set_collect(&s, &path, 1, NULL, &fault), 0);
	assert_int_equal(host.asked, 0);
	before = xstrdup(source_set_digest(s));
	assert_int_equal(unlink("d/f03"), 0);
	host.on_batch = change_one;
	assert_int_equal(source_set_upload(s, NULL, "space", NULL, &fault), 0);
	assert_int_equal(host.asked, 1);
	assert_int_equal(source_set_count(s), 29);
	assert_int_equal(source_set_sent(s), 29);
	lines = told(s);
	assert_non_null(strstr(lines, "skipped d/f03: it has gone meanwhile\n"));
	assert_string_not_equal(before, source_set_digest(s));
	host.batches = 0;
	assert_int_equal(source_set_upload(s, NULL, "space", NULL, &fault), 0);
	assert_int_equal(host.batches, 0);
}

static void
test_upload_changed(void **state)
{
	_cleanup_(source_set_free) struct source_set *s = NULL;
	_cleanup_(free_p) char *lines = NULL;
	const char *path = "d";
	struct fault fault;

	(void)state;
	file("d/a", "a");
	file("d/b", "b");
	assert_int_equal(source_set_collect(&s, &path, 1, NULL, &fault), 0);
	file("d/a", "b");
	file("d/b", "new");
	assert_int_equal(source_set_upload(s, NULL, "space", NULL, &fault), 0);
	assert_int_equal(source_set_count(s), json_object_size(host.known));
	lines = told(s);
	assert_non_null(strstr(lines, "changed d/b: its text is another one than before"));
}

static struct source_counts last;

static void
note_progress(const struct source_counts *now, void *arg)
{
	(void)arg;
	assert_true(now->files == last.files + 1 && now->bytes >= last.bytes);
	assert_true(now->files <= now->of_files && now->bytes <= now->of_bytes);
	last = *now;
}

static void
test_progress(void **state)
{
	struct source_progress progress = {.tell = note_progress};
	_cleanup_(source_set_free) struct source_set *s = NULL;
	const char *path = "d";
	struct fault fault;

	(void)state;
	many_files(1000);
	last = (struct source_counts){0};
	assert_int_equal(source_set_load(&s, &path, 1, NULL, "space", &progress, &fault), 0);
	assert_int_equal(last.files, 30);
	assert_int_equal(last.bytes, 30000);
	assert_int_equal(last.of_bytes, 30000);
}

/* ---- What was read before ---- */

#define S INT64_C(1000000000)

/* A file that was changed at `changed_s` last. */
static struct stat
state_of(uint64_t inode, long size, long changed_s)
{
	return (struct stat){.st_dev = 7,
	    .st_ino = inode,
	    .st_size = size,
	    .st_mtim = {.tv_sec = changed_s},
	    .st_ctim = {.tv_sec = changed_s, .tv_nsec = 5}};
}

static void
note(struct source_cache *c, uint64_t inode, const char *path, long changed_s, int64_t now_ns)
{
	struct source_known known = {.bytes = 11, .media = "text/plain"};
	struct stat st = state_of(inode, 12, changed_s);

	memset(known.digest, (int)inode, sizeof(known.digest));
	source_cache_note(c, &st, path, &known, now_ns);
}

static bool
knows(const struct source_cache *c, uint64_t inode, const char *path, long size, long changed_s)
{
	struct stat st = state_of(inode, size, changed_s);
	struct source_known known;

	if (!source_cache_find(c, &st, path, &known))
		return false;
	assert_int_equal(known.bytes, 11);
	assert_string_equal(known.media, "text/plain");
	for (size_t i = 0; i < sizeof(known.digest); i++)
		assert_int_equal(known.digest[i], inode);
	return true;
}

static void
test_cache(void **state)
{
	_cleanup_(free_p) char *path = xasprintf("%s/a/b/digests", folder);
	_cleanup_(source_cache_close) struct source_cache *c = source_cache_open(path);

	(void)state;
	note(c, 1, "x/one", 100, 103 * S);
	note(c, 2, "two", 100, 101 * S);  /* it may change once more before the clock goes on */
	note(c, 3, "three", 100, 90 * S); /* from a future */
	source_cache_close(&c);
	c = source_cache_open(path);
	assert_true(knows(c, 1, "y/one", 12, 100));
	assert_false(knows(c, 1, "one.html", 12, 100));
	assert_false(knows(c, 1, "one", 13, 100));
	assert_false(knows(c, 1, "one", 12, 101));
	assert_false(knows(c, 2, "two", 12, 100));
	assert_false(knows(c, 3, "three", 12, 100));
	note(c, 1, "one", 110, 120 * S);
	source_cache_close(&c);
	c = source_cache_open(path);
	assert_true(knows(c, 1, "one", 12, 110));
	assert_false(knows(c, 1, "one", 12, 100));
}

/* What is written there by somebody else, or is no line of ours, is not believed and does no harm. */
static void
test_cache_damaged(void **state)
{
	static const char *const lines[] = {"", "x", "7 9 12 1 1 1 1 11 text/plain", "7 9 12 1 1 1 1 11 text/plain xyz",
	    "7 9 12 1 1 1 99999999 11 text/plain 00", "99999999999999999999999 1 1 1 1 1 1 1 text/plain 00",
	    "7 9 12 1 1 1 1 11 text/rtf 0000000000000000000000000000000000000000000000000000000000000000"};
	_cleanup_(free_p) char *path = xasprintf("%s/digests", folder), *text = NULL;
	_cleanup_(source_cache_close) struct source_cache *c = source_cache_open(path);
	struct fault fault;
	_cleanup_(buf_free) struct buf good = {0};

	(void)state;
	note(c, 1, "one", 100, 103 * S);
	source_cache_close(&c);
	assert_int_equal(fd_read_file(path, &good, 10000, &fault), 0);
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		_cleanup_(free_p) char *damaged = xasprintf("%s%s\n", buf_text(&good), lines[i]);

		file("digests", damaged);
		c = source_cache_open(path);
		assert_true(knows(c, 1, "one", 12, 100));
		assert_false(knows(c, 9, "one", 12, 100));
		source_cache_close(&c);
	}
	text = xasprintf("another%s", buf_text(&good));
	file("digests", text);
	c = source_cache_open(path);
	assert_false(knows(c, 1, "one", 12, 100));
	source_cache_close(&c);
	file("digests", buf_text(&good));
	assert_int_equal(chmod("digests", 0666), 0);
	c = source_cache_open(path);
	assert_false(knows(c, 1, "one", 12, 100));
	source_cache_close(&c);
	c = source_cache_open(NULL);
	note(c, 1, "one", 100, 103 * S);
}

/* A file is read once, as long as nobody touches it: its cached digest is taken for what it is. */
static void
test_cache_is_used(void **state)
{
	_cleanup_(free_p) char *path = xasprintf("%s/hospes/digests", folder);
	_cleanup_(source_cache_close) struct source_cache *c = source_cache_open(path);
	_cleanup_(source_set_free) struct source_set *s = NULL;
	struct source_known known = {.bytes = 5, .media = "text/plain"};
	const char *from = "d", *digest;
	struct fault fault;
	struct stat st;

	(void)state;
	file("d/a", "text");
	assert_int_equal(stat("d/a", &st), 0);
	memset(known.digest, 0xab, sizeof(known.digest));
	source_cache_note(c, &st, "d/a", &known, INT64_MAX);
	source_cache_close(&c);
	assert_int_equal(source_set_collect(&s, &from, 1, NULL, &fault), 0);
	assert_string_equal(source_set_document(s, 0, &digest), "a");
	assert_memory_equal(digest, "abababab", 8);
	source_set_free(&s);
	file("d/a", "other");
	assert_int_equal(source_set_collect(&s, &from, 1, NULL, &fault), 0);
	source_set_document(s, 0, &digest);
	assert_memory_equal(digest, "d9298a10", 8);
}

int
main(void)
{
#define WITH_FOLDER(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    WITH_FOLDER(test_walk),
	    WITH_FOLDER(test_links),
	    WITH_FOLDER(test_skipped),
	    WITH_FOLDER(test_skipped_many),
	    WITH_FOLDER(test_equal_texts),
	    WITH_FOLDER(test_names),
	    WITH_FOLDER(test_digest),
	    WITH_FOLDER(test_load),
	    WITH_FOLDER(test_load_large),
	    WITH_FOLDER(test_load_fails),
	    WITH_FOLDER(test_load_over_limit),
	    WITH_FOLDER(test_upload),
	    WITH_FOLDER(test_upload_changed),
	    WITH_FOLDER(test_progress),
	    WITH_FOLDER(test_cache),
	    WITH_FOLDER(test_cache_damaged),
	    WITH_FOLDER(test_cache_is_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
