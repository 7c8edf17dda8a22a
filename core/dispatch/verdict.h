/*
 * A verdict: what the checks of one reply say of it, added up.  Private to the room.
 *
 * A check answers {"score": 0..1, "failed": [{"claim", "text", "why", "quote"?, "found"?, "document"?}], "reasons"?}.  What
 * it says is foreign and may be long: of each text as much is kept as somebody reads.
 */

#ifndef DISPATCH_VERDICT_H
#define DISPATCH_VERDICT_H

#include <jansson.h>

#include "base/buf.h"
#include "base/fault.h"

#define VERDICT_FINDINGS_MAX (64 * KIB) /* of all findings as JSON */

struct verdict {
	double score;      /* the lowest */
	unsigned scoring;  /* checks that gave one */
	unsigned refusing; /* checks that refuse, or could not say */
	bool unknown;      /* something could not be looked at: nobody is sure of the reply */
	bool unsure;       /* what refuses is that the reply is not sure enough */
	size_t failed;     /* claims that the first of them refuses */
	struct buf first;  /* what it says of the first of those */
	json_t *findings;  /* array */
	json_t *told;      /* the same as an object, by their texts */
	size_t findings_len;
};

void verdict_init(struct verdict *v);
void verdict_clear(struct verdict *v);

/* What came of a check: its status, and its answer or the sentence. */
void verdict_add(struct verdict *v, const char *check, int status, const struct payload *said);

/* Claims of a reply that it calls critical and names no source of: nobody has to look at those.  NULL: it makes none. */
void verdict_add_critical(struct verdict *v, const json_t *output);

/* A reply that is less sure than it has to be. */
void verdict_add_unsure(struct verdict *v, double confidence, double least);

/* Fills in the fault; `whose` is the plugin with its version, `claims` how many its reply makes, 0: nobody can tell. */
int verdict_tell(const struct verdict *v, const char *whose, size_t claims, struct fault *why);

#endif
