/* The store: applied in order, exactly once over crashes, never committed past the journal. */

#include <sys/wait.h>

#include "fake_disk.h"
#include "store_place.h"

#include "store/store.h"

struct fixture {
	struct store_place at;
	struct fake_disk fake;
	struct disk disk;
	struct journal *journal;
	struct store *store;
	size_t map_bytes;
	unsigned failures;
	struct fault failure;
};

/* "count": adds one to the number under the key in BODY.  Not idempotent, so that a second time would show. */
static int
apply_count(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	const struct record_field *key = record_find(r, TAG_BODY);
	const void *data;
	uint64_t n = 0;
	size_t len;

	if (store_get(txn, STORE_REGISTRY, key->data, key->len, &data, &len))
		memcpy(&n, data, sizeof n);
	n++;
	return store_put(txn, STORE_REGISTRY, key->data, key->len, &n, sizeof n, fault);
}

/* "put": the key in BODY gets the bytes of INPUT. */
static int
apply_put(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	const struct record_field *key = record_find(r, TAG_BODY), *value = record_find(r, TAG_INPUT);

	return store_put(txn, STORE_RUNS, key->data, key->len, value->data, value->len, fault);
}

static int
apply_del(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	const struct record_field *key = record_find(r, TAG_BODY);

	return store_del(txn, STORE_RUNS, key->data, key->len, fault);
}

static int
apply_bug(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	(void)txn;
	(void)r;
	return fault_set(fault, HOSPES_EBUG, "as asked");
}

static const struct store_apply commands[] = {
    {RECORD_COMMAND, "count", apply_count},
    {RECORD_COMMAND, "put", apply_put},
    {RECORD_COMMAND, "del", apply_del},
    {RECORD_COMMAND, "bug", apply_bug},
    {0},
};

static int
apply_start(struct store_txn *txn, const struct record *r, struct fault *fault)
{
	return store_put(txn, STORE_META, "start", 5, &r->head.epoch, sizeof r->head.epoch, fault);
}

static const struct store_apply start_rows[] = {
    {RECORD_HOST_START, NULL, apply_start},
    {0},
};

static const struct store_apply *const tables[] = {commands, start_rows, NULL};

static void
on_failed(const struct fault *fault, void *arg)
{
	struct fixture *x = arg;

	x->failures++;
	x->failure = *fault;
}

static int
try_open(struct fixture *x, const struct disk *disk, struct fault *fault)
{
	struct journal_options j = {.dir = x->at.journal_dir, .loop = x->at.loop, .segment_bytes = 64 * KIB};
	struct store_options s = {.dir = x->at.store_dir,
	    .loop = x->at.loop,
	    .map_bytes = x->map_bytes,
	    .tables = tables,
	    .failed = on_failed,
	    .arg = x};
	int rc = journal_open_on(&x->journal, &j, disk, fault);

	assert_int_equal(rc, 0);
	s.journal = x->journal;
	rc = store_open(&x->store, &s, fault);
	if (rc != 0)
		journal_close(&x->journal);
	return rc;
}

static void
open_both(struct fixture *x)
{
	struct fault fault = {0};

	if (try_open(x, &x->disk, &fault) != 0)
		fail_msg("%s", fault.text);
}

static void
close_both(struct fixture *x)
{
	store_close(&x->store);
	journal_close(&x->journal);
}

static int
setup(void **state)
{
	struct fixture *x = xcalloc(1, sizeof *x);

	store_place_open(&x->at);
	x->fake = (struct fake_disk)FAKE_DISK;
	x->disk = fake_disk_of(&x->fake);
	x->map_bytes = 64 * MIB;
	*state = x;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *x = *state;

	close_both(x);
	store_place_close(&x->at);
	free(x);
	return 0;
}

static uint64_t
command(struct fixture *x, const char *name, const void *key, size_t key_len, const void *value, size_t len)
{
	struct record r;

	record_init(&r, RECORD_COMMAND);
	record_add_text(&r, TAG_COMMAND, name);
	record_add(&r, TAG_BODY, key, key_len);
	record_add(&r, TAG_INPUT, value, len);
	return store_append(x->store, &r);
}

static uint64_t
count(struct fixture *x, const char *key)
{
	return command(x, "count", key, strlen(key), NULL, 0);
}

/* A question to the store thread. */
struct look {
	enum store_table table;
	const char *key;
	uint64_t number; /* the answer */
	bool found;
	unsigned done;
};

static void
look_read(struct store_txn *txn, struct journal *j, void *arg)
{
	struct look *look = arg;
	const void *data;
	size_t len;

	(void)j;
	look->found = store_get(txn, look->table, look->key, strlen(look->key), &data, &len);
	if (look->found && len == sizeof look->number)
		memcpy(&look->number, data, len);
}

static void
look_done(void *arg)
{
	struct look *look = arg;

	look->done++;
}

static uint64_t
number_now(struct fixture *x, const char *key)
{
	struct look look = {.table = STORE_REGISTRY, .key = key};

	store_read_now(x->store, look_read, &look);
	return look.number;
}

static void
a_read_sees_what_was_appended_before(void **state)
{
	struct fixture *x = *state;
	struct look looks[50] = {0};

	open_both(x);
	for (unsigned i = 0; i < ARRAY_LEN(looks); i++) {
		count(x, "n");
		looks[i] = (struct look){.table = STORE_REGISTRY, .key = "n"};
		store_read(x->store, look_read, look_done, &looks[i]);
	}
	while (looks[49].done == 0)
		event_base_loop(x->at.loop, EVLOOP_ONCE);
	for (unsigned i = 0; i < ARRAY_LEN(looks); i++) {
		assert_int_equal(looks[i].done, 1);
		assert_int_equal(looks[i].number, i + 1);
	}
}

static void
a_row_may_be_for_a_kind(void **state)
{
	struct fixture *x = *state;
	struct look look = {.table = STORE_META, .key = "start"};

	open_both(x);
	store_read_now(x->store, look_read, &look);
	assert_int_equal(look.number, 1);
	close_both(x);
	open_both(x);
	store_read_now(x->store, look_read, &look);
	assert_int_equal(look.number, 2);
}

static void
on_timeout(evutil_socket_t fd, short what, void *arg)
{
	unsigned *over = arg;

	(void)fd;
	(void)what;
	*over = 1;
}

static void
not_committed_before_the_journal_has_it(void **state)
{
	struct fixture *x = *state;
	struct look look = {.table = STORE_REGISTRY, .key = "n"};
	static const char large[12 * 1000 * 1000]; /* over 2,000 pages: to be committed at once */
	struct timeval while_ = {.tv_usec = 200000};
	unsigned over = 0;
	uint64_t lsn;

	open_both(x);
	fake_hold(&x->fake, true);
	lsn = command(x, "put", "large", 5, large, sizeof large);
	store_read(x->store, look_read, look_done, &look);
	event_base_once(x->at.loop, -1, EV_TIMEOUT, on_timeout, &over, &while_);
	while (over == 0 && look.done == 0)
		event_base_loop(x->at.loop, EVLOOP_ONCE);
	assert_int_equal(look.done, 0); /* the store thread stands before the commit */
	assert_true(journal_durable(x->journal) <= lsn);
	assert_true(store_committed(x->store) <= lsn);
	fake_hold(&x->fake, false);
	while (look.done == 0)
		event_base_loop(x->at.loop, EVLOOP_ONCE);
	assert_true(store_committed(x->store) > lsn);
}

static void
nothing_is_committed_when_the_journal_fails(void **state)
{
	struct fixture *x = *state;
	struct fault fault = {0};

	open_both(x);
	count(x, "n");
	journal_sync(x->journal, journal_end(x->journal));
	x->fake.fail_sync = EIO;
	count(x, "n");
	while (x->failures == 0)
		event_base_loop(x->at.loop, EVLOOP_ONCE);
	assert_int_equal(x->failure.status, HOSPES_EIO);
	close_both(x);
	assert_int_equal(x->failures, 1);
	x->fake.fail_sync = 0;
	/* Whatever the journal kept of the second, the store agrees with it. */
	assert_int_equal(try_open(x, &x->disk, &fault), 0);
	assert_true(number_now(x, "n") >= 1);
}

/* A host that counts and is killed before the store commits; returns false when it was too slow for that. */
static bool
crash_after(struct fixture *x, unsigned n)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		uint64_t lsn = 0;
		bool lost;

		open_both(x);
		for (unsigned i = 0; i < n; i++)
			lsn = count(x, "n");
		number_now(x, "n"); /* applied, in a transaction that is open */
		journal_sync(x->journal, lsn + 1);
		lost = store_committed(x->store) <= lsn;
		_exit(lost ? 0 : 3);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 3));
	return WEXITSTATUS(status) == 0;
}

static void
a_lost_commit_is_applied_again_and_no_other(void **state)
{
	struct fixture *x = *state;
	unsigned lost = 0, total = 0;

	open_both(x);
	for (; total < 10; total++)
		count(x, "n");
	close_both(x);
	for (unsigned round = 0; lost < 3 && round < 50; round++, total += 7)
		lost += crash_after(x, 7);
	assert_true(lost >= 3);
	open_both(x);
	assert_int_equal(number_now(x, "n"), total);
	close_both(x);
	open_both(x);
	assert_int_equal(number_now(x, "n"), total);
}

static void
a_lost_store_is_made_anew(void **state)
{
	struct fixture *x = *state;

	open_both(x);
	for (unsigned i = 0; i < 500; i++)
		count(x, "n");
	close_both(x);
	scratch_free(&x->at.store_dir);
	x->at.store_dir = xasprintf("%s/store", x->at.dir);
	open_both(x);
	assert_int_equal(number_now(x, "n"), 500);
}

static void
a_journal_that_is_too_short_is_damage(void **state)
{
	struct fixture *x = *state;
	struct fault fault = {0};

	open_both(x);
	for (unsigned i = 0; i < 10; i++)
		count(x, "n");
	close_both(x);
	scratch_free(&x->at.journal_dir);
	x->at.journal_dir = xasprintf("%s/journal", x->at.dir);
	assert_int_equal(try_open(x, &x->disk, &fault), HOSPES_EDAMAGED);
	assert_non_null(strstr(fault.text, "the journal ends at"));
}

/* Another journal, with a record at the very LSN: the epoch tells them apart. */
static void
another_journal_is_damage(void **state)
{
	struct fixture *x = *state;
	struct journal_options o = {.loop = x->at.loop};
	struct fault fault = {0};
	struct journal *j = NULL;
	static char filler[4096];
	struct record r;
	uint64_t lsn;

	open_both(x);
	close_both(x);
	open_both(x);
	lsn = count(x, "n");
	close_both(x);
	scratch_free(&x->at.journal_dir);
	x->at.journal_dir = xasprintf("%s/journal", x->at.dir);
	o.dir = x->at.journal_dir;
	assert_int_equal(journal_open_on(&j, &o, &x->disk, &fault), 0);
	record_init(&r, RECORD_LOG);
	record_add(&r, TAG_MESSAGE, filler, lsn - journal_end(j) - sizeof(struct record_head) - 8);
	journal_append(j, &r);
	record_init(&r, RECORD_LOG);
	assert_int_equal(journal_append(j, &r), lsn);
	journal_close(&j);
	assert_int_equal(try_open(x, &x->disk, &fault), HOSPES_EDAMAGED);
	assert_non_null(strstr(fault.text, "of epoch 2 and the journal has one of epoch 1"));
}

/* A read that puts nothing anywhere: it is there to be waited for. */
static void
no_read(struct store_txn *txn, struct journal *j, void *arg)
{
	(void)txn;
	(void)j;
	(void)arg;
}

static void
a_long_key_is_bad_input(void **state)
{
	struct fixture *x = *state;
	char key[STORE_KEY_MAX + 1];

	memset(key, 'k', sizeof key);
	open_both(x);
	command(x, "put", key, STORE_KEY_MAX, "v", 1);
	store_read_now(x->store, no_read, NULL);
	command(x, "put", key, sizeof key, "v", 1);
	while (x->failures == 0)
		event_base_loop(x->at.loop, EVLOOP_ONCE);
	assert_int_equal(x->failure.status, HOSPES_EINPUT);
	assert_non_null(strstr(x->failure.text, "511"));
}

/* Counts beside puts, so that a record applied twice or not at all would show; reads beside both. */
static void
fill(struct fixture *x, unsigned from, unsigned to)
{
	static const char large[300 * 1000];
	struct look look = {.table = STORE_REGISTRY, .key = "n"};

	for (unsigned i = from; i < to; i++) {
		count(x, "n");
		command(x, "put", &i, sizeof i, large, i % 3 == 0 ? sizeof large : 100);
		if (i % 4 == 0)
			store_read(x->store, look_read, look_done, &look);
		if (i % 7 == 0)
			store_read_now(x->store, no_read, NULL);
	}
	store_read_now(x->store, look_read, &look);
	event_base_loop(x->at.loop, EVLOOP_NONBLOCK);
	assert_int_equal(x->failures, 0);
	assert_int_equal(look.number, to);
}

static void
a_full_map_grows(void **state)
{
	struct fixture *x = *state;

	x->map_bytes = 64 * KIB;
	open_both(x);
	fill(x, 0, 60);
	close_both(x);
	open_both(x); /* what is larger than the map that is asked for is opened as it is */
	fill(x, 60, 120);
}

static void
a_full_map_grows_at_the_start(void **state)
{
	struct fixture *x = *state;

	open_both(x);
	fill(x, 0, 60);
	close_both(x);
	scratch_free(&x->at.store_dir);
	x->at.store_dir = xasprintf("%s/store", x->at.dir);
	x->map_bytes = 64 * KIB; /* all from the journal, through a small one */
	open_both(x);
	fill(x, 60, 61);
}

static void
a_failing_row_stops_the_store(void **state)
{
	struct fixture *x = *state;
	struct look look = {.table = STORE_REGISTRY, .key = "n"};

	open_both(x);
	command(x, "bug", "k", 1, NULL, 0);
	store_read(x->store, look_read, look_done, &look);
	while (x->failures == 0)
		event_base_loop(x->at.loop, EVLOOP_ONCE);
	assert_int_equal(x->failure.status, HOSPES_EBUG);
	assert_non_null(strstr(x->failure.text, "cannot apply the record command at "));
	assert_int_equal(look.done, 0);
}

struct walked {
	const char *prefix;
	size_t prefix_len;
	bool down;
	char text[200];
	int stop_after;
	int stopped;
};

static int
walk_visit(const void *key, size_t key_len, const void *data, size_t len, void *arg)
{
	struct walked *w = arg;
	size_t at = strlen(w->text);

	(void)key;
	(void)key_len;
	snprintf(w->text + at, sizeof w->text - at, "%.*s ", (int)len, (const char *)data);
	return --w->stop_after == 0 ? 5 : 0;
}

static void
walk_read(struct store_txn *txn, struct journal *j, void *arg)
{
	struct walked *w = arg;

	(void)j;
	w->stopped = store_walk(txn, STORE_RUNS, w->prefix, w->prefix_len, w->down, walk_visit, w);
}

static void
walks_check(struct fixture *x, const char *prefix, bool down, int stop_after, const char *expected)
{
	struct walked w = {.prefix = prefix, .prefix_len = strlen(prefix), .down = down, .stop_after = stop_after};

	store_read_now(x->store, walk_read, &w);
	assert_string_equal(w.text, expected);
	assert_int_equal(w.stopped, stop_after > 0 ? 5 : 0);
}

static void
walks_up_and_down(void **state)
{
	struct fixture *x = *state;
	static const char *const keys[] = {"a/1", "a/2", "a/3", "b/1", "b\xff\xff", "b\xff\xff/1", "\xff", "\xff\xff"};
	static const char *const names[] = {"a1", "a2", "a3", "b1", "bf", "bf1", "f", "ff"};

	open_both(x);
	walks_check(x, "", false, 0, "");
	walks_check(x, "", true, 0, "");
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		command(x, "put", keys[i], strlen(keys[i]), names[i], strlen(names[i]));
	walks_check(x, "", false, 0, "a1 a2 a3 b1 bf bf1 f ff ");
	walks_check(x, "", true, 0, "ff f bf1 bf b1 a3 a2 a1 ");
	walks_check(x, "a/", false, 0, "a1 a2 a3 ");
	walks_check(x, "a/", true, 0, "a3 a2 a1 ");
	walks_check(x, "a/", true, 2, "a3 a2 ");
	walks_check(x, "b\xff", true, 0, "bf1 bf ");
	walks_check(x, "\xff", true, 0, "ff f ");
	walks_check(x, "c", true, 0, "");
	walks_check(x, "c", false, 0, "");
	command(x, "del", "a/2", 3, NULL, 0);
	command(x, "del", "not there", 9, NULL, 0);
	walks_check(x, "a", false, 0, "a1 a3 ");
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(a_read_sees_what_was_appended_before),
	    T(a_row_may_be_for_a_kind),
	    T(not_committed_before_the_journal_has_it),
	    T(nothing_is_committed_when_the_journal_fails),
	    T(a_lost_commit_is_applied_again_and_no_other),
	    T(a_lost_store_is_made_anew),
	    T(a_journal_that_is_too_short_is_damage),
	    T(another_journal_is_damage),
	    T(a_long_key_is_bad_input),
	    T(a_full_map_grows),
	    T(a_full_map_grows_at_the_start),
	    T(a_failing_row_stops_the_store),
	    T(walks_up_and_down),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
