/* A run built again from its records: what the files of that have in common.  Private to the room. */

#ifndef DISPATCH_RESTORE_H
#define DISPATCH_RESTORE_H

#include "base/map.h"
#include "dispatch/state.h"

/* A version that the run has called, as its records name it. */
struct restored_version {
	char *name, *semver;
	uint8_t object[32];
	struct version *version; /* a reference; NULL: it is gone */
};

struct restore {
	struct dispatch *d;
	struct run *run;
	struct payload *input, *output; /* of the record that is being taken; NULL: it has none */
	struct restored_version *versions;
	unsigned n_versions;
	/* Calls of attempts that are over, below which something was still open when the next began. */
	struct call **past;
	size_t n_past, cap_past;
	uint32_t next_seq;
	int cancelled; /* 0, or the status that the run is being stopped with */
	char *cancel_why;
};

/* What is open below attempts that are over is ended. */
void restore_clear_past(struct restore *r, const struct fault *why);

/* The record makes no sense, says why; damaged. */
int restore_senseless(const struct record *rec, const char *what, struct fault *fault);

/* ---- restore_effects.c ------------------------------------------------------------------------------------------- */

/* A record INTENT or COMMAND of an op. */
int restore_under_way(struct restore *r, struct op *op, const struct record *rec, struct fault *fault);

/* The op, which has an effect, has its outcome: what that has cost. */
int restore_cost(struct op *op, const struct record *rec, struct fault *fault);

/* ---- restore_stages.c -------------------------------------------------------------------------------------------- */

/* A record STAGE. */
int restore_stage(struct restore *r, struct op *op, const struct record *rec, struct fault *fault);

/* The call that an attempt of the op led to, as far as something of it is open; else NULL. */
struct call *restore_call_of(const struct restore *r, const struct op *op, uint32_t attempt);

/* The op has its outcome: what nothing needs any more of the calls above and below it is let go of. */
void restore_let_go(struct restore *r, struct op *op);

/* The CPU time that a call took, as the record of its end has it. */
void restore_took_cpu(struct op *op, const struct record *rec);

void restore_free(struct restore **r);

#endif
