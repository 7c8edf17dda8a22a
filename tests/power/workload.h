/*
 * What the workloads of the power tests have in common: a state directory, and the word of what is durable in it.
 *
 * A line of ROOT/said is an acknowledgement, which the shim writes down in its place between the writes: what it names has to
 * be there whenever the power goes after it.
 */

#ifndef TESTS_POWER_WORKLOAD_H
#define TESTS_POWER_WORKLOAD_H

#include "power/state.h"

struct workload {
	struct power_state s; /* not open yet: workload_open() */
	const char *root;
	int said;
	unsigned waiting; /* promises */
};

/* Of the words of the command, NAME ROOT; ends the program where they are others. */
void workload_begin(struct workload *w, int argc, char **argv);

void workload_open(struct workload *w);

/* Ends the program with the sentence, unless `rc` is 0. */
void workload_check(int rc, const struct fault *fault);

void workload_say(struct workload *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* This line is said once the record `lsn` is durable. */
void workload_promise(struct workload *w, uint64_t lsn, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Turns the loop until all promises are kept. */
void workload_kept(struct workload *w);

/* Lets go of what lies before `below`, and waits until the oldest has gone: from then on nobody but the store knows what was
 * in it. */
void workload_drop(struct workload *w, uint64_t below);

#endif
