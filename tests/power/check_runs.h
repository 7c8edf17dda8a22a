/* The checker's part for runs.  Private to the checker. */

#ifndef TESTS_POWER_CHECK_RUNS_H
#define TESTS_POWER_CHECK_RUNS_H

#include <stdbool.h>

#include "base/record.h"
#include "power/state.h"

struct checking;
void wrong(struct checking *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct run_checks;
struct run_checks *run_checks_new(struct checking *c);
void run_checks_free(struct run_checks *x);

bool run_checks_said(struct run_checks *x, const char *line); /* false: it is of something else */
void run_checks_record(struct run_checks *x, const struct record *r);

/* All records were seen: what was said of runs is there.  Then the objects that they name, and the store. */
void run_checks_end(struct run_checks *x, struct power_state *s);
void run_checks_store(struct run_checks *x, struct store_txn *txn, struct journal *j);

#endif
