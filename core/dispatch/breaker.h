/*
 * A breaker: whom a call goes to fails too often, is too slow or too dear, so for a while nobody is sent there.
 *
 * There is one for each version of a plugin and one for each host that is asked by HTTP (breakers.c keeps them, guard_breaker.c asks
 * them, this is what one of them knows).  Closed, it counts what becomes of ops in a sliding window of buckets; when too many
 * are bad it opens; past its time it lets one op through, the probe: what becomes of that closes it or opens it again.
 *
 * All functions of breaker.c are told the time and change nothing but the breaker.  [loop]
 */

#ifndef DISPATCH_BREAKER_H
#define DISPATCH_BREAKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/map.h"
#include "base/util.h"

struct op;
struct buf;

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF_OPEN };
enum breaker_cause { BREAKER_ERRORS, BREAKER_LATENCY, BREAKER_MONEY, BREAKER_PROBE };

/* From the policy. */
struct breaker_rules {
	unsigned errors; /* percent of the ops in the window that may be bad; 0: they do not matter */
	unsigned least;  /* ops in the window, before it says anything */
	int64_t window_ns;
	int64_t latency_ns;   /* what takes longer is bad as well; 0: it may take as long as it likes */
	int64_t money_micros; /* that calls may cost in a minute; 0: what they like */
	int64_t open_ns;      /* how long it stays open before it tries again */
};

struct breaker_count {
	uint32_t n, errors, slow; /* ops that ended; of them bad; of the bad ones those that were only slow */
	int64_t micros;           /* that they cost */
};

#define BREAKER_BUCKETS 12 /* of a window */

struct breaker {
	enum breaker_state state;
	struct breaker_count bucket[BREAKER_BUCKETS], sum;
	struct breaker_count *now; /* of the buckets; NULL: the window was not looked at yet */
	int64_t window_ns;         /* that they are parts of */
	int64_t newest, ends_ns;   /* which one that is, the time divided by a part; until when */

	/* since it is not closed */
	enum breaker_cause cause;
	struct breaker_count at_opening;
	int64_t opened_window_ns;             /* over which that was counted */
	int64_t since_real_ns, until_real_ns; /* of its state; when it is tried again */
	struct op *probe;                     /* that is out; NULL: none is */
	unsigned
	    period; /* one more with each time that it opens or closes: what began in another one says nothing of this */

	/* of breakers.c */
	char *name, *semver; /* a plugin and its version; or "https://example.org:443" and NULL */
	uint8_t object[32];  /* of a version */
	unsigned flying;     /* ops past it that have no outcome */
	unsigned generation; /* of the policy that `watched` is from */
	bool watched;        /* limits.NAME.breaker */
	TAILQ_ENTRY(breaker) used;
};
TAILQ_HEAD(breaker_list, breaker);

/* May one that costs so much go there?  BREAKER_DEAR: it would be more than may be spent, so that it has to open. */
enum breaker_answer { BREAKER_PASS, BREAKER_TRY, BREAKER_REFUSE, BREAKER_DEAR };
enum breaker_answer breaker_ask(
    struct breaker *b, const struct breaker_rules *rules, int64_t micros, int64_t mono_ns, int64_t real_ns);

/* What one costs that goes there; negative, at once: that it does not. */
void breaker_spend(struct breaker *b, int64_t micros);

/* One ended in so much time.  True: now it has to open, for *cause. */
bool breaker_count(struct breaker *b, const struct breaker_rules *rules, bool error, int64_t took_ns, int64_t mono_ns,
    enum breaker_cause *cause);

/* Is that too slow? */
bool breaker_is_slow(const struct breaker_rules *rules, int64_t took_ns);

void breaker_open(struct breaker *b, const struct breaker_rules *rules, enum breaker_cause cause, int64_t real_ns);
void breaker_try(struct breaker *b, int64_t real_ns);
void breaker_close(struct breaker *b, int64_t real_ns);

/* The window as it is now. */
const struct breaker_count *breaker_window(struct breaker *b, const struct breaker_rules *rules, int64_t mono_ns);

/* Since when, why, and when it is tried again: of one that is not closed. */
void breaker_tell(const struct breaker *b, int64_t real_ns, struct buf *out);

const char *breaker_state_name(enum breaker_state state);
const char *breaker_cause_name(enum breaker_cause cause);

#endif
