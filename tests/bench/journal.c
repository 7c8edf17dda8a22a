/*
 * The journal alone, as one line of JSON:
 *
 *   journal fill DIR WAITERS RECORDS     so many waiters; each appends a record, waits until it is durable, appends the next
 *   journal read DIR RUNS A_RUN          so many runs lie interleaved; each is read backwards along its chain
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/util.h"
#include "journal/journal.h"

static struct {
	struct event_base *loop;
	struct journal *journal;
	unsigned waiters;
	uint64_t left, done;
} bench;

static _Noreturn void
fail(const char *what, const char *why)
{
	fprintf(stderr, "journal: %s: %s\n", what, why);
	exit(1);
}

static void
on_failed(const struct fault *fault, void *arg)
{
	(void)arg;
	fail("it failed", fault->text);
}

static void
open_journal(const char *dir)
{
	struct journal_options options = {.dir = dir, .loop = bench.loop, .failed = on_failed};
	struct fault fault;

	if (journal_open(&bench.journal, &options, &fault) != 0)
		fail("cannot open", fault.text);
}

/* As an op's outcome with a short payload: 208 bytes. */
static uint64_t
append(const uint8_t run[16], uint32_t seq, uint64_t prev)
{
	static const char payload[40];
	static const uint16_t op = 1;
	struct record r;

	record_init(&r, RECORD_OP_OUTCOME);
	memcpy(r.head.run, run, sizeof(r.head.run));
	r.head.seq = seq;
	r.head.prev = prev;
	record_add_text(&r, TAG_PATH, "/0/3");
	record_add(&r, TAG_OP_KIND, &op, sizeof(op));
	record_add(&r, TAG_OUTPUT, payload, sizeof(payload));
	return journal_append(bench.journal, &r);
}

static void
next(void *arg)
{
	static const uint8_t run[16] = {1};

	if (arg != NULL)
		bench.done++;
	if (bench.left == 0)
		return;
	bench.left--;
	journal_await(bench.journal, append(run, 0, 0), next, &bench);
}

static int
fill(const char *dir, unsigned waiters, uint64_t records)
{
	int64_t began;
	uint64_t syncs;
	double took;

	open_journal(dir);
	/* The first records find a fresh segment; they do not count. */
	bench.left = records / 10;
	for (unsigned i = 0; i < waiters; i++)
		next(NULL);
	while (bench.done < records / 10)
		event_base_loop(bench.loop, EVLOOP_ONCE);
	bench.left = records;
	bench.done = 0;
	syncs = journal_syncs(bench.journal);
	began = clock_mono_ns();
	for (unsigned i = 0; i < waiters; i++)
		next(NULL);
	while (bench.done < records)
		event_base_loop(bench.loop, EVLOOP_ONCE);
	took = (double)(clock_mono_ns() - began) / NS_PER_S;
	printf("{\"records\": %ju, \"records_a_second\": %.0f, \"syncs\": %ju}\n", (uintmax_t)records,
	    (double)records / took, (uintmax_t)(journal_syncs(bench.journal) - syncs));
	journal_close(&bench.journal);
	return 0;
}

static int
read_back(const char *dir, unsigned runs, unsigned a_run)
{
	_cleanup_(free_p) uint64_t *last = xcalloc(runs, sizeof(*last));
	_cleanup_(buf_free) struct buf storage = {0};
	struct fault fault;
	uint64_t n = 0;
	int64_t began;
	double took;

	open_journal(dir);
	for (uint32_t seq = 0; seq < a_run; seq++)
		for (unsigned i = 0; i < runs; i++) {
			uint8_t run[16] = {0};

			memcpy(run, &i, sizeof(i));
			last[i] = append(run, seq, last[i]);
		}
	journal_close(&bench.journal);
	open_journal(dir);
	began = clock_mono_ns();
	for (unsigned i = 0; i < runs; i++)
		for (uint64_t at = last[i]; at != 0; n++) {
			struct record r;

			if (journal_read(bench.journal, at, &storage, &r, &fault) != 0)
				fail("cannot read", fault.text);
			at = r.head.prev;
		}
	took = (double)(clock_mono_ns() - began) / NS_PER_S;
	printf("{\"records\": %ju, \"records_a_second\": %.0f}\n", (uintmax_t)n, (double)n / took);
	journal_close(&bench.journal);
	return 0;
}

int
main(int argc, char **argv)
{
	int a = argc == 5 ? atoi(argv[3]) : 0, b = argc == 5 ? atoi(argv[4]) : 0;

	if (a < 1 || b < 1) {
		fputs("usage: journal fill DIR WAITERS RECORDS | journal read DIR RUNS A_RUN\n", stderr);
		return 2;
	}
	bench.loop = event_base_new();
	if (strcmp(argv[1], "fill") == 0)
		return fill(argv[2], (unsigned)a, (uint64_t)b);
	return read_back(argv[2], (unsigned)a, (unsigned)b);
}
