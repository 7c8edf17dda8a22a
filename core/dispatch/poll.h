/*
 * A poll: what each voter said, and what comes of it.  Private to the room.
 *
 * Nothing here waits, and nothing depends on the order in which ballots came: poll_settled and poll_end look at the ballots as
 * they stand and at nothing else.  Weights are integers, so that no sum depends on an order either.
 *
 *   poll.c        what the ballots come to
 *   poll_read.c   what a cell says of a poll, which is foreign
 *   poll_tell.c   what a voter said, which is foreign as well, and the outcome as JSON
 *   op_poll.c     who waits for whom
 */

#ifndef DISPATCH_POLL_H
#define DISPATCH_POLL_H

#include <event2/event.h>
#include <jansson.h>

#include "base/buf.h"
#include "base/fault.h"
#include "wire.h"

enum ballot_state {
	BALLOT_OPEN, /* nothing has come of it yet */
	BALLOT_CHOICE,
	BALLOT_ABSTAINED,
	BALLOT_LATE,      /* the time was over */
	BALLOT_DIED,      /* crashed, stuck, against the protocol */
	BALLOT_REFUSED,   /* a guard did not let it begin, or go on */
	BALLOT_FAILED,    /* it said that it failed */
	BALLOT_NO_OPTION, /* its answer is none of the options */
	BALLOT_TWICE,     /* its voter has another one, or chose two */
	BALLOT_CANCELLED, /* by its caller */
	BALLOT_NOT_NEEDED /* nothing that it says could have changed the outcome */
};

struct ballot {
	uint32_t ordinal, weight;
	enum ballot_state state;
	bool listed_twice; /* its voter is in the list before: it is not one of those who might have voted */
	bool asked_late; /* when the host ended its call had not begun: who that is comes out when it is asked again */
	bool sure;       /* it says how much: */
	double confidence;
	uint32_t choice;   /* an option */
	const char *voter; /* borrowed */
	char *why;         /* its reasons; NULL: it gives none */
	char *message;     /* why it does not count; NULL: that is all there is to say */
};

struct poll_terms {
	enum wire_poll_rule rule;
	bool of_all;
	uint32_t numerator, denominator;
	uint32_t quorum_numerator, quorum_denominator; /* 0/0: more than half */
};

enum poll_how { POLL_WON, POLL_TIE_BROKEN, POLL_TIED, POLL_NOT_REACHED, POLL_NO_QUORUM, POLL_TIMED_OUT };

#define POLL_NOTHING UINT32_MAX

struct poll_decision {
	enum poll_how how;
	uint32_t option; /* POLL_NOTHING: none */
};

/* Ballots added up; all are weights. */
struct poll_count {
	uint64_t all;  /* of those who might have voted */
	uint64_t cast; /* for an option */
	uint64_t abstained;
	uint64_t open;         /* of those from whom nothing came: not yet, or not in time */
	uint64_t late;         /* of these */
	bool waiting;          /* some are not in yet */
	uint64_t best, second; /* the greatest of the options, and the greatest of the others */
	uint32_t leader;       /* the first option that has `best` */
	uint32_t n_options;
	uint64_t of[WIRE_POLL_OPTIONS_MAX];
};

/* ---- poll.c ------------------------------------------------------------------------------------------------------ */

void poll_count(const struct ballot *ballots, uint32_t n, uint32_t n_options, struct poll_count *ret);

/* Whatever may still come from those from whom nothing came, this is what comes of it: true and the decision. */
bool poll_settled(const struct poll_terms *terms, const struct poll_count *count, struct poll_decision *ret);

/* Nothing will come any more. */
void poll_end(const struct poll_terms *terms, const struct poll_count *count, struct poll_decision *ret);

/* Do several options share the lead, with a quorum, so that another voice could decide between them? */
bool poll_tied(const struct poll_terms *terms, const struct poll_count *count);

/* The weight that has to take part, abstentions included. */
uint64_t poll_quorum(const struct poll_terms *terms, uint64_t all);

/* ---- poll_read.c ------------------------------------------------------------------------------------------------- */

struct poll {
	struct poll_terms terms;
	bool wait_all, repeated, keep_time;
	bool breaks_tie;
	uint32_t first; /* whose tie it breaks */
	json_t *question, *options;
	struct payload_hash asked; /* what each voter was given */
	struct ballot *ballots;
	uint32_t n;
	json_t *told; /* of `first`: its outcome, which is added to */
	struct event *later;
};

/* The input of the op POLL; NULL and the fault: it can't be one. */
struct poll *poll_read(const void *data, size_t len, struct fault *fault);
void poll_free(struct poll **p);

/* Its options are those that the outcome of `first` has as tied, and its question is the same: takes them for its own. */
int poll_read_tie(struct poll *p, const struct payload *outcome, struct fault *fault);

/* ---- poll_tell.c ------------------------------------------------------------------------------------------------- */

/* What came of the call of a voter: its status, and its answer or the sentence. */
void ballot_read(struct ballot *b, const json_t *options, int status, const struct payload *said);
void ballot_clear(struct ballot *b);
const char *ballot_why_not(const struct ballot *b); /* NULL: it counts */

/* The outcome as its caller, the record and people have it. */
json_t *poll_json(const struct poll *p, const struct poll_count *count, const struct poll_decision *decision);
json_t *poll_tie_json(const struct poll *p); /* of one that breaks a tie */

#endif
