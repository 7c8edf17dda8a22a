/*
 * Alerts: what somebody should know of before it is too late: a budget nearly spent, a breaker that opens, an agent that
 * answers worse than it used to.
 *
 * An alert is a record, of the run or of the host, a line in the log, an entry of STORE_ALERTS (of the newest ALERTS_KEPT) and,
 * where the operator has a webhook, what that is sent (observe/).  Each has an id of its own, by which whoever is told twice
 * knows it again.  Who raises one sees to it that it is raised once: a run's own records, and alert_was_raised for what is
 * no run's, tell what was raised before the host was started.
 *
 * Private to the room; what the rooms above need is in dispatch.h.  All [loop].
 */

#ifndef DISPATCH_ALERT_H
#define DISPATCH_ALERT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "dispatch/dispatch.h"

struct alerts; /* what the room knows of those raised lately */

struct alert {
	const char *kind;     /* "budget", "quality", "breaker" */
	const char *of;       /* "run", "task /0/3", "client uid:1000", "day", "agent research" */
	const char *what;     /* "calls", "money", "cpu", "score" */
	int64_t limit, spent; /* budget */
	unsigned percent;
	struct run *run;  /* or NULL */
	const struct call *call; /* of the run, that it is about, or NULL */
	const char *text; /* the sentence */
	int64_t day;      /* the UTC day that it is about, days since 1970; 0: today */
	json_t *more;     /* an object whose members the record gets as well, borrowed, or NULL */
};

/* Record (of the run, or of the host), log line, webhook; never blocks, never fails.  A text that is longer than anybody reads
 * is cut. */
void alert_raise(struct dispatch *d, const struct alert *a);

/* Was this alert raised that day, by this host or by one before it?  Of those that are no run's.  It knows the newest
 * ALERTS_KEPT: one of before them is raised again after a start. */
bool alert_was_raised(const struct dispatch *d, const char *of, const char *what, unsigned percent, int64_t day);

/* The UTC day of a time. */
int64_t alert_day(int64_t real_ns);

/* What an ALERT of a run's records says, for whoever builds the run again; false: it was erased. */
struct alert_said {
	char kind[32], of[256], what[32];
	unsigned percent;
};
bool alert_read(const struct record *r, struct alert_said *ret);

void alerts_open(struct dispatch *d);
void alerts_close(struct dispatch *d);

#endif
