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

/* Fills in the fault; `whose` is the plugin with its version, `claims` how many its reply makes, 0: nobody can tell. */
int verdict_tell(const struct verdict *v, const char *whose, size_t claims, struct fault *why);

#endif
