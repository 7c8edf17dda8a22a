/* What was read of sources before: whose digest is believed, and of which files that are the same. */

#include "config.h"

#include <sys/stat.h>

#include "base/fd.h"
#include "base/util.h"
#include "cli/source_cache.h"
#include "cli/sources.h"
#include "cmocka_all.h"
#include "sources_host.h"

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
	    WITH_FOLDER(test_cache),
	    WITH_FOLDER(test_cache_damaged),
	    WITH_FOLDER(test_cache_is_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
