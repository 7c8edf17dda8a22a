/* A journal of batches that nothing else looks like, of one record each: what tests of dropping and erasing work on. */

#ifndef TESTS_JOURNAL_BATCHES_H
#define TESTS_JOURNAL_BATCHES_H

#include "cmocka_all.h"
#include "journal_place.h"

#include "base/log.h"
#include "journal/state.h"

#define SEGMENT (4 * KIB)
#define BATCHES 24
#define TEXT    600

struct fixture {
	struct place at;
	uint64_t lsn[BATCHES * 2];
	size_t n;
	unsigned erased;
};

/* For cmocka, with place_teardown. */
int setup(void **state);

struct journal *open_here(struct fixture *x);

/* What the nth batch carries: nothing else has these bytes. */
void batch_text(size_t nth, char out[TEXT]);

/* One record in a batch of its own; and as many as BATCHES. */
uint64_t append_one(struct fixture *x, struct journal *j);
void append_all(struct fixture *x, struct journal *j);
int read_one(struct journal *j, uint64_t lsn, size_t nth, struct fault *fault);

/* How many files of the folder end so; and until the writer, who does so in its own time, has taken away what is not held. */
unsigned files(const struct fixture *x, const char *end);
void wait_gone(const struct fixture *x, struct journal *j);

/* What is on the disk is told to be in order. */
struct journal_check check_clean(const struct fixture *x);

/*
 * Runs `work` in a process that ends at the nth step of its disk; false: there were fewer steps.  What it acknowledged to `fd`
 * comes back.
 */
bool crashes_at(struct fixture *x, unsigned nth, void (*work)(struct fixture *x, int fd), struct buf *ret);
void acknowledge(int fd, uint64_t number);

#endif
