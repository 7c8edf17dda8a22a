/* Sources: what is found under paths, what it is called, and what of it reaches a host (a fake one here). */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "base/util.h"
#include "cli/sources.h"
#include "cmocka_all.h"
#include "sources_host.h"

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
