/*
 * A store of which a disk has changed some bytes: what is wrong is told, or all is as it was; nobody crashes, nobody is told
 * anything else.
 */

#include <fcntl.h>
#include <sys/wait.h>

#include "cmocka_all.h"
#include "scratch.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "store/store.h"

#define KEYS  400
#define FLIPS 250
#define LATE  30
#define SMALL 90
#define LARGE 9000

enum { ALL_IS_WELL, TOLD, WRONG = 20 };

static const char *dir;
static struct fault failure;

static size_t
size_of(unsigned n)
{
	return n % 50 == 7 ? LARGE : SMALL + n % 7;
}

static int
apply_put(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	uint32_t n = (uint32_t)record_int(r, TAG_NUMBER);
	_cleanup_(free_p) uint8_t *value = xmalloc(size_of(n));

	memset(value, (int)(n % 251), size_of(n));
	return store_put(txn, STORE_RUNS, &n, sizeof n, value, size_of(n), fault);
}

static const struct store_apply rows[] = {
    {RECORD_COMMAND, "put", apply_put},
    {0},
};
static const struct store_apply *const tables[] = {rows, NULL};

static void
on_failed(const struct fault *fault, void *arg)
{
	(void)arg;
	failure = *fault;
}

static int
open_both(struct event_base *loop, struct journal **j, struct store **s, struct fault *fault)
{
	_cleanup_(free_p) char *journal = xasprintf("%s/journal", dir), *store = xasprintf("%s/store", dir);
	struct journal_options jo = {.dir = journal, .loop = loop, .segment_bytes = 256 * KIB};
	struct store_options so = {.dir = store, .loop = loop, .tables = tables, .failed = on_failed};
	int rc = journal_open(j, &jo, fault);

	so.journal = *j;
	return rc != 0 ? rc : store_open(s, &so, fault);
}

static void
put(struct store *s, unsigned n)
{
	int64_t number = n;
	struct record r;

	record_init(&r, RECORD_COMMAND);
	record_add_text(&r, TAG_COMMAND, "put");
	record_add(&r, TAG_NUMBER, &number, sizeof number);
	store_append(s, &r);
}

static void
look(struct store_txn *txn, struct journal *j, void *arg)
{
	unsigned *right = arg;

	(void)j;
	for (uint32_t n = 0; n < KEYS; n++) {
		const uint8_t *data;
		size_t len;

		if (!store_get(txn, STORE_RUNS, &n, sizeof n, (const void **)&data, &len))
			return;
		if (len != size_of(n) || data[0] != n % 251 || memcmp(data, data + 1, len - 1) != 0)
			return;
		++*right;
	}
}

/* What a host makes of it; what it is told on the way is read by the parent. */
static int
be_host(void)
{
	struct event_base *loop = event_base_new();
	struct journal *j = NULL;
	struct store *s = NULL;
	struct fault fault = {0};
	unsigned right = 0;
	int rc = open_both(loop, &j, &s, &fault);

	if (rc != 0) {
		fprintf(stderr, "%s\n", fault.text);
		return rc == HOSPES_EDAMAGED ? TOLD : WRONG;
	}
	for (unsigned n = 0; n < KEYS; n += 40)
		put(s, n); /* writes too */
	store_read_now(s, look, &right);
	event_base_loop(loop, EVLOOP_NONBLOCK);
	fprintf(stderr, "%u of %d right; %s\n", right, KEYS, failure.text);
	if (failure.status != 0)
		return failure.status == HOSPES_EDAMAGED ? TOLD : WRONG + 1;
	return right == KEYS ? ALL_IS_WELL : WRONG + 2;
}

/* A process of its own, as a host is: cmocka catches signals in its. */
static int
ask_host(const char *what)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		execl("/proc/self/exe", "test_store_damage", what, dir, NULL);
		_exit(WRONG + 3);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static int
make_all(void)
{
	struct event_base *loop = event_base_new();
	struct journal *j = NULL;
	struct store *s = NULL;
	struct fault fault;

	if (open_both(loop, &j, &s, &fault) != 0)
		return WRONG;
	for (unsigned n = 0; n < KEYS; n++)
		put(s, n);
	store_close(&s);
	journal_close(&j);
	return ALL_IS_WELL;
}

/* Bytes change under a host that has the file open, and in its map. */
static int
be_host_under_change(void)
{
	_cleanup_(free_p) char *path = xasprintf("%s/store/data.mdb", dir), *bad = xasprintf("%s/bad", dir);
	struct event_base *loop = event_base_new();
	_cleanup_(buf_free) struct buf bytes = {0};
	struct journal *j = NULL;
	struct store *s = NULL;
	struct fault fault;
	unsigned right = 0;
	int fd;

	if (open_both(loop, &j, &s, &fault) != 0)
		return WRONG;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd_read_file(bad, &bytes, 64 * MIB, &fault) != 0 || pwrite(fd, bytes.data, bytes.len, 0) < 0)
		return WRONG + 1;
	store_read_now(s, look, &right);
	event_base_loop(loop, EVLOOP_NONBLOCK);
	fprintf(stderr, "%s\n", failure.text);
	if (failure.status != 0)
		return failure.status == HOSPES_EDAMAGED ? TOLD : WRONG + 2;
	return ALL_IS_WELL; /* entries that a page hides are missed at the next start */
}

static int
setup(void **state)
{
	(void)state;
	dir = scratch_new();
	return ask_host("make") == ALL_IS_WELL ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	scratch_free((char **)(uintptr_t)&dir);
	return 0;
}

/* What it said. */
static const char *
told(void)
{
	_cleanup_(free_p) char *path = xasprintf("%s/told", dir);
	static struct buf text;
	struct fault fault;

	buf_clear(&text);
	return fd_read_file(path, &text, 64 * KIB, &fault) == 0 ? buf_text(&text) : "";
}

static uint64_t
begin_chance(void)
{
	const char *given = getenv("SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)clock_real_ns() % 100000;

	print_message("# seed %llu (SEED=... to repeat)\n", (unsigned long long)seed);
	return (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static size_t
by_chance(uint64_t *random, size_t below)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return (size_t)(*random >> 16) % below;
}

/* One byte, or all of a few, somewhere. */
static void
change(uint64_t *random, uint8_t *bytes, size_t len)
{
	size_t at = by_chance(random, len), n = by_chance(random, 4) == 0 ? 1 + by_chance(random, 64) : 1;

	/* Half of them where a page keeps its books. */
	if (by_chance(random, 2) == 0)
		at = at / 4096 * 4096 + by_chance(random, 64);
	for (size_t i = at; i < at + n && i < len; i++)
		bytes[i] ^= (uint8_t)(1 + by_chance(random, 255));
}

static void
damage(const char *file, unsigned flips)
{
	_cleanup_(free_p) char *path = xasprintf("%s/%s", dir, file), *journal = NULL;
	_cleanup_(buf_free) struct buf whole = {0}, log = {0};
	uint64_t random = begin_chance();
	struct fault fault;
	unsigned n_told = 0;

	journal = xasprintf("%s/journal/0000000000000001.seg", dir);
	assert_int_equal(fd_read_file(path, &whole, 64 * MIB, &fault), 0);
	assert_int_equal(fd_read_file(journal, &log, 64 * MIB, &fault), 0);
	for (unsigned i = 0; i < flips; i++) {
		_cleanup_(free_p) uint8_t *bytes = xmalloc(whole.len);
		int came;

		memcpy(bytes, whole.data, whole.len);
		change(&random, bytes, whole.len);
		assert_int_equal(
		    fd_write_file(journal, log.data, log.len, 0600, &fault), 0); /* the last host went on with it */
		assert_int_equal(fd_write_file(path, bytes, whole.len, 0600, &fault), 0);
		came = ask_host("look");
		if (came != ALL_IS_WELL && came != TOLD)
			fail_msg("flip %u: a host came to %d: %s", i, came, told());
		n_told += came == TOLD;
	}
	assert_int_equal(fd_write_file(journal, log.data, log.len, 0600, &fault), 0);
	assert_int_equal(fd_write_file(path, whole.data, whole.len, 0600, &fault), 0);
	assert_int_equal(ask_host("look"), ALL_IS_WELL);
	print_message("# %u of %u told\n", n_told, flips);
	assert_true(n_told > flips / 10);
}

static void
bytes_of_the_store(void **state)
{
	(void)state;
	damage("store/data.mdb", FLIPS);
}

static void
bytes_of_a_segment(void **state)
{
	(void)state;
	damage("journal/0000000000000001.seg", FLIPS);
}

/* What the file is now is put under a host that has it open: it is told, or what it looks at is as it was. */
static int
under_a_host(const char *what, size_t n, const struct buf *good, const uint8_t *bytes)
{
	_cleanup_(free_p) char *path = xasprintf("%s/store/data.mdb", dir), *bad = xasprintf("%s/bad", dir);
	struct fault fault;
	int came;

	assert_int_equal(fd_write_file(path, good->data, good->len, 0600, &fault), 0);
	assert_int_equal(fd_write_file(bad, bytes, good->len, 0600, &fault), 0);
	came = ask_host("change");
	if (came > TOLD)
		fail_msg("%s %zu: a host came to %d: %s", what, n, came, told());
	return came;
}

static void
read_store(struct buf *whole)
{
	_cleanup_(free_p) char *path = xasprintf("%s/store/data.mdb", dir);
	struct fault fault;

	assert_int_equal(fd_read_file(path, whole, 64 * MIB, &fault), 0);
}

static void
bytes_change_under_a_host(void **state)
{
	_cleanup_(buf_free) struct buf whole = {0};
	uint64_t random = begin_chance();

	(void)state;
	read_store(&whole);
	for (unsigned i = 0; i < LATE; i++) {
		_cleanup_(free_p) uint8_t *bytes = xmalloc(whole.len);

		memcpy(bytes, whole.data, whole.len);
		change(&random, bytes, whole.len);
		under_a_host("flip", i, &whole, bytes);
	}
	assert_int_equal(under_a_host("nothing", 0, &whole, whole.data), ALL_IS_WELL);
}

/* Of the table that is looked at.  LMDB looks for it as it opens a cursor, and keeps it to itself that it was not there. */
static void
a_root_is_lost_under_a_host(void **state)
{
	static const uint64_t nowhere = UINT64_C(1) << 40;
	static const char table[] = "runs";
	_cleanup_(buf_free) struct buf whole = {0};
	_cleanup_(free_p) uint8_t *bytes = NULL;
	uint8_t *at;

	(void)state;
	read_store(&whole);
	bytes = xmalloc(whole.len);
	memcpy(bytes, whole.data, whole.len);
	/* A struct MDB_db follows the name, of 48 bytes; the last 8 are the page of its root. */
	for (at = bytes; (at = memmem(at, (size_t)(bytes + whole.len - at), table, strlen(table))) != NULL; at += 48)
		memcpy(at + strlen(table) + 40, &nowhere, sizeof nowhere);
	assert_int_equal(under_a_host("root", 0, &whole, bytes), TOLD);
	assert_int_equal(under_a_host("nothing", 0, &whole, whole.data), ALL_IS_WELL);
}

static int
be(const char *what)
{
	_cleanup_(free_p) char *told = xasprintf("%s/told", dir);

	alarm(60);
	log_set_level(LOG_LEVEL_ERROR);
	dup2(open(told, O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
	return strcmp(what, "make") == 0     ? make_all()
	       : strcmp(what, "change") == 0 ? be_host_under_change()
					     : be_host();
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(bytes_of_the_store),
	    cmocka_unit_test(bytes_of_a_segment),
	    cmocka_unit_test(bytes_change_under_a_host),
	    cmocka_unit_test(a_root_is_lost_under_a_host),
	};

	if (argc == 3) {
		dir = argv[2];
		_exit(be(argv[1]));
	}
	return cmocka_run_group_tests(tests, setup, teardown);
}
