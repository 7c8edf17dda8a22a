/*
 * Observe: what leaves the host so that somebody hears of it.
 *
 * Today that is the webhook: each alert is sent as JSON, by POST, to the URL that the operator has configured.
 *
 *   - The store knows which alerts are pending (dispatch.h); a window of them is in memory, so a flood or a dead webhook costs
 *     nobody memory, and a start goes on where a killed host was.  An alert is durable before it leaves.
 *   - At least once: what came of it is recorded after the answer, so a host that is killed in between sends it again.  The
 *     alert's id is in its body, and as Idempotency-Key: whoever has seen it throws it away.
 *   - No 2xx is a failure; then it waits, twice as long each time, and is given up after OBSERVE_TRIES.  A start counts anew.
 *   - Signed, where there is a secret: header Hospes-Signature: t=SECONDS,v1=HEX, the HMAC-SHA-256 of "SECONDS.BODY".
 *   - A private address is reached only when the operator's URL says it in so many words (a number, localhost); a name that
 *     turns out to mean one is refused, and so is every redirect.
 *
 * It never blocks, and what the other side does harms nobody: few requests at once, with a deadline and a bound, over
 * connections of its own.  All [loop].
 */

#ifndef OBSERVE_OBSERVE_H
#define OBSERVE_OBSERVE_H

#include <stdint.h>

#include <event2/event.h>

#include "base/fault.h"
#include "journal/journal.h"
#include "policy/policy.h"
#include "store/store.h"

#define OBSERVE_TRIES 12u /* with waits of 1 s, 2 s and so on: a little over half an hour */

struct observe;

struct observe_options {
	struct event_base *loop;
	struct store *store;
	struct journal *journal;
	struct policy *policy;
	int64_t first_wait_ns; /* after the first failure; 0: a second */
	int64_t timeout_ns;    /* of a request; 0: ten seconds */
};

/* Reads the secret and looks for what is pending.  bad_config: the secret's file is not there, too short, or others may
 * read it. */
int observe_open(struct observe **ret, const struct observe_options *options, struct fault *fault);
void observe_close(struct observe **o); /* after the store, before the journal */

/* The configuration was read again.  The fault (bad_config): all stays as it was. */
int observe_set_policy(struct observe *o, struct policy *policy, struct fault *fault);

/* An alert was raised that is to be sent, with this record. */
void observe_alerted(struct observe *o, uint64_t lsn);

#endif
