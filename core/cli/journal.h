/*
 * hospes journal: the records of a run, and a journal as it lies on disk.
 *
 *   runs.c   `hospes journal RUN`, asked of the host      journal.c   verify, records: read from the folder itself
 *   journal_store.c   the journal held against the store      journal_payloads.c   what hashes and changes stand for
 */

#ifndef CLI_JOURNAL_H
#define CLI_JOURNAL_H

#include <stdint.h>

#include "base/fault.h"
#include "base/map.h"
#include "base/record.h"
#include "cli/command.h"
#include "journal/journal.h"

extern const struct command journal_commands[]; /* ended by a NULL name */

/* What the store says of the journal, as it was before the journal was looked at. */
struct journal_store;

/* `dir`: of the state.  NULL with a fault when it cannot be read. */
struct journal_store *journal_store_open(const char *dir, struct fault *fault);
void journal_store_free(struct journal_store **s); /* also for _cleanup_ */

/* A record of the journal that is looked at: held against what the store says of it. */
void journal_store_visit(struct journal_store *s, struct journal_check *check, const struct record *r);

/* The journal was seen to its end: what the store says of records that were not there. */
void journal_store_end(struct journal_store *s, struct journal_check *check);

/* Payloads of the runs of a journal, as its records are seen in order: only of runs that were seen from their start. */
struct payloads {
	struct map runs; /* the random end of the id -> struct run_payloads */
};

/* What the record names under TAG_INPUT and TAG_OUTPUT: new references, or NULL.  A fault: it names what is not there. */
int payloads_read(struct payloads *p, const struct record *r, struct payload **ret_input, struct payload **ret_output,
    struct fault *fault);
void payloads_forget(struct payloads *p); /* all: something was not readable */

#endif
