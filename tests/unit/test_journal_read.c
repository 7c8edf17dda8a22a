/* Reading the journal: from several threads, beside the writer, and what is forgotten. */

#include "cmocka_all.h"
#include "journal_place.h"

#include <pthread.h>

#include "journal/state.h"

struct fixture {
	char *dir;
	struct event_base *loop;
};

static int
setup(void **state)
{
	struct fixture *x = xcalloc(1, sizeof *x);

	x->dir = scratch_new();
	x->loop = event_base_new();
	*state = x;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *x = *state;

	event_base_free(x->loop);
	scratch_free(&x->dir);
	free(x);
	return 0;
}

static struct journal *
open_with(struct fixture *x, size_t segment_bytes)
{
	struct journal_options o = {.dir = x->dir, .loop = x->loop, .segment_bytes = segment_bytes};
	struct fault fault = {0};
	struct journal *j = NULL;

	if (journal_open(&j, &o, &fault) != 0)
		fail_msg("%s", fault.text);
	return j;
}

/* Readers from several threads, of many runs that lie interleaved, beside a writer and one who forgets. */
#define RUNS    50u
#define A_RUN   40u
#define READERS 3u

struct reader {
	struct journal *j;
	const uint64_t *last; /* of each run */
	unsigned from;
	unsigned bad;
	pthread_t thread;
};

static void *
read_runs(void *arg)
{
	struct reader *reader = arg;
	_cleanup_(buf_free) struct buf storage = {0};

	for (unsigned nth = 0; nth < RUNS; nth++) {
		unsigned run = (reader->from + nth) % RUNS, n = 0;

		for (uint64_t at = reader->last[run]; at != 0; n++) {
			struct record r;

			if (journal_read(reader->j, at, &storage, &r, NULL) != 0 || r.head.seq != A_RUN - 1 - n ||
			    r.head.run[0] != run) {
				reader->bad++;
				break;
			}
			at = r.head.prev;
		}
		reader->bad += n != A_RUN;
		if (nth % 5 == 0)
			blocks_forget(reader->j->blocks, LSN_FIRST);
	}
	return NULL;
}

static void
read_by_several_at_once(void **state)
{
	struct fixture *x = *state;
	struct journal *j = open_with(x, 64 * KIB);
	uint64_t last[RUNS] = {0}, more = 0;
	struct reader readers[READERS];
	static char text[40000];

	memset(text, 'x', sizeof text - 1);
	for (unsigned seq = 0; seq < A_RUN; seq++)
		for (unsigned run = 0; run < RUNS; run++) {
			struct record r;

			record_init(&r, RECORD_LOG);
			r.head.run[0] = (uint8_t)run;
			r.head.seq = seq;
			r.head.prev = last[run];
			/* some of one block, some of several, some that are read past the blocks */
			record_add(&r, TAG_MESSAGE, text, run == 7 ? sizeof text : (run * 37 + seq * 11) % 700);
			last[run] = journal_append(j, &r);
		}
	journal_sync(j, journal_end(j));
	for (unsigned i = 0; i < READERS; i++) {
		readers[i] = (struct reader){.j = j, .last = last, .from = i * 17};
		assert_int_equal(pthread_create(&readers[i].thread, NULL, read_runs, &readers[i]), 0);
	}
	for (unsigned i = 0; i < 100; i++) {
		more = append_text(j, text, more);
		journal_sync(j, more + 1);
	}
	for (unsigned i = 0; i < READERS; i++) {
		pthread_join(readers[i].thread, NULL);
		assert_int_equal(readers[i].bad, 0);
	}
	journal_close(&j);
}

/* A block that was read before its end was durable is read again for what came after. */
static void
what_became_durable_is_read(void **state)
{
	struct fixture *x = *state;
	struct journal *j = open_with(x, 0);
	_cleanup_(buf_free) struct buf storage = {0};
	struct fault fault = {0};
	uint64_t prev = 0;
	struct record r;

	for (unsigned i = 0; i < 300; i++) {
		prev = append_text(j, "a line", prev);
		journal_sync(j, prev + 1);
		assert_int_equal(journal_read(j, prev, &storage, &r, &fault), 0);
	}
	journal_close(&j);
}

/* What is written anew in another file of the name is read there once the old one is forgotten. */
static void
what_is_forgotten_is_read_anew(void **state)
{
	struct fixture *x = *state;
	struct journal *j = open_with(x, 4 * KIB);
	_cleanup_(buf_free) struct buf storage = {0};
	_cleanup_(free_p) char *path = segment_path(&j->folder, LSN_FIRST), *other = xasprintf("%s.new", path);
	_cleanup_(free_p) char *copy = xasprintf("cp '%s' '%s'", path, other);
	struct fault fault = {0};
	struct record r;
	uint64_t lsn = append_text(j, "a secret", 0);
	int fd;

	journal_sync(j, lsn + 1);
	assert_int_equal(journal_read(j, lsn, &storage, &r, &fault), 0);
	assert_int_equal(system(copy), 0);
	fd = open(other, O_WRONLY | O_CLOEXEC);
	assert_int_equal(
	    pwrite(fd, "********", 8, (off_t)(sizeof(struct segment_head) + lsn - LSN_FIRST + sizeof r.head + 8)), 8);
	close(fd);
	assert_int_equal(rename(other, path), 0);
	blocks_forget(j->blocks, LSN_FIRST);
	assert_int_equal(journal_read(j, lsn, &storage, &r, &fault), 0);
	assert_memory_equal(record_find(&r, TAG_MESSAGE)->data, "********", 8);
	journal_close(&j);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(read_by_several_at_once),
	    T(what_became_durable_is_read),
	    T(what_is_forgotten_is_read_anew),
	};

	return cmocka_run_group_tests_name("journal_read", tests, NULL, NULL);
}
