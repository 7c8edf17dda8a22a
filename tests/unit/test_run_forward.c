/*
 * Copying a run forward, over a journal on a disk that a test has in its hands and a real store: with a crash at each step of
 * the disk, the run is whole, and where the store says.
 */

#include "config.h"

#include <sys/wait.h>

#include "fake_disk.h"
#include "store_place.h"

#include "base/json.h"
#include "base/log.h"
#include "run/care.h"
#include "run/state.h"

#define RECORDS 30
#define TEXT    300

struct fixture {
	struct store_place at;
	struct fake_disk fake;
	struct disk disk;
	struct runs runs;
	struct run_slot slot;
	unsigned done;
	bool moved, appends; /* the run goes on while it is copied */
};

/* ---- What is above and beside this room --------------------------------------------------------------------------- */

static struct fixture *world;

struct run *
run_find(struct runs *r, const char *id_text)
{
	return map_get(&r->by_id, id_text);
}

uint64_t
dispatch_record(struct dispatch *d, struct run *run, struct record *r)
{
	(void)d;
	memcpy(r->head.run, run->id.bytes, sizeof(r->head.run));
	r->head.prev = run->last_lsn;
	r->head.seq = run->seq++;
	return run->last_lsn = store_append(world->runs.store, r);
}

json_t *
dispatch_undecided(const struct run *run)
{
	(void)run;
	return NULL;
}

json_t *
dispatch_waits(const struct run *run)
{
	(void)run;
	return NULL;
}

json_t *
dispatch_waits_of_run(const struct run *run)
{
	(void)run;
	return NULL;
}

json_t *
run_json(const struct run *run, bool with_result)
{
	(void)run, (void)with_result;
	return NULL;
}

void
run_text(const struct run *run, bool with_result, struct buf *out)
{
	(void)run, (void)with_result, (void)out;
}

json_t *
tree_of(const struct record_list *list)
{
	(void)list;
	return NULL;
}

json_t *
records_json(const struct record_list *list)
{
	(void)list;
	return NULL;
}

json_t *
summary_of(const struct record_list *list)
{
	(void)list;
	return NULL;
}

json_t *
parts_of(const struct record_list *list)
{
	(void)list;
	return NULL;
}

void
care_settle(struct runs *r)
{
	(void)r;
}

/* ---- A host ------------------------------------------------------------------------------------------------------- */

static void
open_both(struct fixture *f, const struct disk *disk)
{
	static const struct store_apply *const tables[] = {run_apply, NULL};
	struct journal_options j = {.dir = f->at.journal_dir, .loop = f->at.loop, .segment_bytes = 4 * KIB};
	struct store_options s = {.dir = f->at.store_dir, .loop = f->at.loop, .map_bytes = 64 * MIB, .tables = tables};
	struct fault fault = {0};

	if (journal_open_on(&f->runs.journal, &j, disk, &fault) != 0)
		fail_msg("%s", fault.text);
	s.journal = f->runs.journal;
	if (store_open(&f->runs.store, &s, &fault) != 0)
		fail_msg("%s", fault.text);
	f->runs.loop = f->at.loop;
	world = f;
}

static void
close_both(struct fixture *f)
{
	store_close(&f->runs.store);
	journal_close(&f->runs.journal);
}

static int
setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	store_place_open(&f->at);
	f->fake = (struct fake_disk)FAKE_DISK;
	f->disk = fake_disk_of(&f->fake);
	log_set_level(LOG_LEVEL_ERROR);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	map_free(&f->runs.by_id);
	store_place_close(&f->at);
	free(f);
	return 0;
}

static void
append(struct fixture *f, enum record_kind kind)
{
	char text[TEXT];
	struct record rec;

	memset(text, 'a' + (int)(f->slot.run.seq % 26), sizeof(text));
	record_init(&rec, kind);
	record_add_text(&rec, TAG_PATH, "/0");
	record_add_text(&rec, TAG_TARGET, "echo");
	record_add_text(&rec, TAG_CLIENT, "uid:1");
	record_add(&rec, TAG_MESSAGE, text, sizeof(text));
	dispatch_record(NULL, &f->slot.run, &rec);
}

/* An open run with records over some segments. */
static void
begin_run(struct fixture *f)
{
	struct ulid id = ulid_new();
	struct run *run = &f->slot.run;

	f->slot = (struct run_slot){.runs = &f->runs};
	run->id = id;
	ulid_format(&id, run->id_text);
	map_put(&f->runs.by_id, run->id_text, &f->slot);
	append(f, RECORD_RUN_START);
	for (int i = 1; i < RECORDS; i++) {
		append(f, RECORD_LOG);
		if (i % 3 == 0)
			journal_sync(f->runs.journal, journal_end(f->runs.journal));
	}
	journal_sync(f->runs.journal, journal_end(f->runs.journal));
}

static void
was_moved(bool moved, uint64_t bytes, void *arg)
{
	struct fixture *f = arg;

	assert_true(!moved || bytes > 0);
	f->done++;
	f->moved = moved;
}

static void
forward(struct fixture *f)
{
	f->done = 0;
	forward_begin(&f->slot, was_moved, f);
	while (f->done == 0) {
		if (f->appends && f->slot.run.seq < RECORDS + 5)
			append(f, RECORD_LOG);
		event_base_loop(f->at.loop, EVLOOP_ONCE);
	}
}

static void
wait_committed(struct fixture *f, uint64_t lsn)
{
	while (store_committed(f->runs.store) <= lsn)
		sched_yield();
}

struct seen {
	uint64_t first_lsn, newest;
	const uint8_t *run;
};

static void
read_entry(struct store_txn *txn, struct journal *j, void *arg)
{
	struct seen *seen = arg;
	_cleanup_(json_p) json_t *entry = NULL;
	const void *data;
	size_t len;

	(void)j;
	if (!store_get(txn, STORE_RUNS, seen->run, 16, &data, &len))
		return;
	entry = json_read(data, len, "entry", NULL);
	seen->first_lsn = (uint64_t)json_integer_value(json_object_get(entry, "first_lsn"));
}

static int
see_record(const struct record *r, void *arg)
{
	struct seen *seen = arg;

	if (memcmp(r->head.run, seen->run, 16) == 0 && !record_is_copy(&r->head))
		seen->newest = r->head.lsn;
	return 0;
}

static void
on_damage(const char *file, uint64_t offset, const char *what, void *arg)
{
	(void)arg;
	fail_msg("%s at offset %lu: %s", file, (unsigned long)offset, what);
}

/* As a start finds it: the newest record that is no copy, and back from there.  Returns how many records it has. */
static size_t
whole_run(struct fixture *f, const uint8_t run[16], struct seen *ret)
{
	_cleanup_(record_list_free) struct record_list list = {0};
	struct journal_check check = {.damaged = on_damage};
	struct seen seen = {.run = run};
	struct fault fault = {0};
	uint64_t lsn;

	store_read_now(f->runs.store, read_entry, &seen);
	assert_int_equal(journal_scan(f->runs.journal, 1, see_record, &seen, &fault), 0);
	*ret = seen;
	if (seen.newest == 0)
		return 0;
	for (lsn = seen.newest; lsn != 0;)
		if (record_list_read(&list, f->runs.journal, &lsn, SIZE_MAX, &fault) != 0)
			fail_msg("%s", fault.text);
	record_list_turn(&list);
	assert_int_equal(list.records[0].head.kind, RECORD_RUN_START);
	assert_int_equal(list.records[0].head.lsn, seen.first_lsn);
	for (size_t i = 0; i < list.n; i++)
		assert_int_equal(list.records[i].head.seq, i);
	if (journal_check(f->at.journal_dir, &check, &fault) != 0)
		fail_msg("%s", fault.text);
	return list.n;
}

/* ---- Tests -------------------------------------------------------------------------------------------------------- */

static void
a_run_is_whole_where_it_was_moved(void **state)
{
	struct fixture *f = *state;
	struct seen before, after;

	open_both(f, &f->disk);
	begin_run(f);
	assert_int_equal(whole_run(f, f->slot.run.id.bytes, &before), RECORDS);
	for (int times = 1; times <= 3; times++) {
		forward(f);
		assert_true(f->moved);
		wait_committed(f, f->slot.run.last_lsn);
		assert_int_equal(whole_run(f, f->slot.run.id.bytes, &after), RECORDS + times);
		assert_true(after.first_lsn > before.newest);
		journal_drop(f->runs.journal, after.first_lsn);
		assert_true(journal_first(f->runs.journal) > before.first_lsn);
		assert_int_equal(whole_run(f, f->slot.run.id.bytes, &before), RECORDS + times);
	}
	close_both(f);
}

static void
what_comes_meanwhile_is_copied_too(void **state)
{
	struct fixture *f = *state;
	struct seen seen;

	f->appends = true;
	open_both(f, &f->disk);
	begin_run(f);
	forward(f);
	assert_true(f->moved);
	journal_sync(f->runs.journal, journal_end(f->runs.journal));
	assert_true(whole_run(f, f->slot.run.id.bytes, &seen) > RECORDS + 1);
	append(f, RECORD_LOG);
	journal_sync(f->runs.journal, journal_end(f->runs.journal));
	assert_int_equal(whole_run(f, f->slot.run.id.bytes, &seen), f->slot.run.seq);
	close_both(f);
}

static void
a_run_that_ends_is_not_moved(void **state)
{
	struct fixture *f = *state;
	struct seen seen;

	open_both(f, &f->disk);
	begin_run(f);
	f->done = 0;
	forward_begin(&f->slot, was_moved, f);
	append(f, RECORD_RUN_END);
	f->slot.run.ended_real_ns = 1;
	while (f->done == 0)
		event_base_loop(f->at.loop, EVLOOP_ONCE);
	assert_false(f->moved);
	journal_sync(f->runs.journal, journal_end(f->runs.journal));
	assert_int_equal(whole_run(f, f->slot.run.id.bytes, &seen), RECORDS + 1);
	close_both(f);
}

/* What came of a command is asked for by its LSN. */
static void
a_run_with_an_open_command_is_not_moved(void **state)
{
	struct fixture *f = *state;

	open_both(f, &f->disk);
	begin_run(f);
	append(f, RECORD_COMMAND);
	forward(f);
	assert_false(f->moved);
	append(f, RECORD_OP_OUTCOME);
	forward(f);
	assert_true(f->moved);
	close_both(f);
}

static void
move_and_drop(struct fixture *f, int fd)
{
	uint64_t oldest;
	struct seen seen;

	open_both(f, &f->disk);
	oldest = journal_first(f->runs.journal);
	begin_run(f);
	assert_int_equal(write(fd, f->slot.run.id.bytes, 16), 16);
	forward(f);
	assert_true(f->moved);
	wait_committed(f, f->slot.run.last_lsn);
	seen.run = f->slot.run.id.bytes;
	store_read_now(f->runs.store, read_entry, &seen);
	/* What care.c has on record before it drops. */
	{
		_cleanup_(free_p) char *body = xasprintf("{\"below\":%llu}", (unsigned long long)seen.first_lsn);
		struct record rec;

		record_init(&rec, RECORD_COMMAND);
		record_add_text(&rec, TAG_COMMAND, COMMAND_DROPPED);
		record_add_text(&rec, TAG_BODY, body);
		wait_committed(f, store_append(f->runs.store, &rec));
	}
	journal_drop(f->runs.journal, seen.first_lsn);
	assert_true(journal_first(f->runs.journal) > oldest);
	append(f, RECORD_LOG);
	journal_sync(f->runs.journal, journal_end(f->runs.journal));
	assert_int_equal(write(fd, "end", 3), 3);
	close_both(f);
}

static void
a_crash_at_each_step(void **state)
{
	struct fixture *f = *state;
	unsigned nth = 1, moved = 0;

	for (bool crashed = true; crashed; nth++) {
		uint8_t said[64];
		struct seen seen;
		int fds[2], status;
		ssize_t n, got = 0;
		pid_t pid;

		store_place_close(&f->at);
		store_place_open(&f->at);
		assert_int_equal(pipe(fds), 0);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			static struct event_base *of_parent; /* not ours to free */

			of_parent = f->at.loop;
			f->at.loop = event_base_new();
			assert_ptr_not_equal(f->at.loop, of_parent);
			f->fake.crash_at = nth;
			move_and_drop(f, fds[1]);
			_exit(0);
		}
		close(fds[1]);
		while ((n = read(fds[0], said + got, sizeof(said) - (size_t)got)) > 0)
			got += n;
		close(fds[0]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == FAKE_CRASHED : WEXITSTATUS(status) == 0);
		crashed = WIFSIGNALED(status);
		open_both(f, &disk_real);
		if (got >= 16) { /* all of its records are durable */
			size_t records = whole_run(f, said, &seen);

			assert_true(records >= RECORDS);
			moved += records > RECORDS;
			if (got > 16)
				assert_int_equal(records, RECORDS + 2);
		}
		close_both(f);
	}
	assert_true(moved > 2);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(a_run_is_whole_where_it_was_moved),
	    T(what_comes_meanwhile_is_copied_too),
	    T(a_run_that_ends_is_not_moved),
	    T(a_run_with_an_open_command_is_not_moved),
	    T(a_crash_at_each_step),
	};

	return cmocka_run_group_tests_name("run_forward", tests, NULL, NULL);
}
