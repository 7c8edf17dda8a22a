/*
 * Guard: rate.
 *
 * Calls of a plugin (`limits.NAME.rate`), calls and requests of a client (`rate.client`) and requests to one host outside
 * (`rate.target`) come no faster than their rate, by GCRA (rate.h).  What comes too early waits, each run in its turn, until
 * it conforms; where that cannot be before its deadline it is refused at once, and when its deadline comes first it is
 * refused then.  A token comes back when a later guard has the op wait or refuses it, and what needs two has both or none.
 *
 * There is a bucket for each limit that was met lately: its arrival time, a queue, and a timer for the queue.  One that has
 * filled up again is as good as none and makes room for others; when none has, what is new shares one bucket, so that who
 * reaches for ever new hosts is slower and the host no larger.
 *
 * Buckets live in memory alone.  After a start nobody knows how much of a burst was used before, so there is none at first: it
 * fills up at its rate from the start of the host, and starting again lets one through that would have had to wait, no more.
 */

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "dispatch/guard.h"
#include "dispatch/rate.h"

#define BUCKETS_MAX 4096u
#define LOOKS       16u /* at buckets that may have filled up, for each new one past that */
#define SHARED      "*"
#define NAME_TEXT   300
#define SPAN_TEXT   24

struct bucket {
	char *name;     /* "agent fetch", "client uid:1000", "target example.org:443" */
	const char *of; /* its second word */
	struct dispatch *d;
	struct policy_rate rate; /* by which it was asked last */
	int64_t tat_ns;
	struct waitq waiting;
	struct event *timer; /* pending while somebody waits */
	TAILQ_ENTRY(bucket) entry;
};

/* One that an op has to pass. */
struct limit {
	enum rate_kind kind;
	const char *of;
	const struct policy_rate *rate;
	struct kept *kept; /* where its bucket is */
	struct kept here;  /* of a host outside, of which nothing else is there to keep it */
};

static const char *const kinds[RATE_KINDS] = {
    [RATE_AGENT] = "agent", [RATE_TARGET] = "target", [RATE_CLIENT] = "client"};

static int64_t
now_ns(const struct dispatch *d)
{
	return d->mono_ns();
}

/* ---- Buckets ----------------------------------------------------------------------------------------------------- */

static void
bucket_free(struct dispatch *d, struct bucket *b)
{
	assert(b->waiting.ops.n == 0);
	map_del(&d->rates, b->name);
	TAILQ_REMOVE(&d->buckets, b, entry);
	d->n_rates--;
	d->rates_freed++;
	event_free(b->timer);
	free(b->name);
	free(b);
}

/* What is not free to go is looked at once more when all others have been: so being asked costs a bucket nothing. */
static void
make_room(struct dispatch *d)
{
	int64_t now = now_ns(d);

	for (unsigned i = 0; i < LOOKS; i++) {
		struct bucket *b = TAILQ_FIRST(&d->buckets);

		if (b->waiting.ops.n == 0 && !b->waiting.waking && b->tat_ns <= now) {
			bucket_free(d, b);
			continue;
		}
		TAILQ_REMOVE(&d->buckets, b, entry);
		TAILQ_INSERT_TAIL(&d->buckets, b, entry);
	}
}

static void on_time(evutil_socket_t fd, short what, void *arg);

static struct bucket *
bucket_new(struct dispatch *d, const char *name, const struct limit *limit)
{
	struct bucket *b = xcalloc(1, sizeof(*b));

	b->name = xstrdup(name);
	b->of = b->name + strlen(kinds[limit->kind]) + 1;
	b->d = d;
	b->rate = *limit->rate;
	b->tat_ns = d->rates_since_ns + rate_slack(limit->rate);
	b->timer = evtimer_new(d->loop, on_time, b);
	map_put(&d->rates, b->name, b);
	TAILQ_INSERT_TAIL(&d->buckets, b, entry);
	d->n_rates++;
	return b;
}

/* NULL: there is none, and none is to be made. */
static struct bucket *
find_bucket(struct dispatch *d, const struct limit *limit, bool make)
{
	char name[NAME_TEXT];
	struct bucket *b;

	(void)snprintf(name, sizeof(name), "%s %s", kinds[limit->kind], limit->of);
	b = map_get(&d->rates, name);
	if (b != NULL)
		return b;
	if (make && d->n_rates >= BUCKETS_MAX)
		make_room(d);
	if (make && d->n_rates < BUCKETS_MAX)
		return bucket_new(d, name, limit);
	(void)snprintf(name, sizeof(name), "%s " SHARED, kinds[limit->kind]);
	b = map_get(&d->rates, name);
	return b != NULL || !make ? b : bucket_new(d, name, limit);
}

/* The one that is shared is not kept: when there is room again, each has its own. */
static struct bucket *
find_and_keep(struct dispatch *d, const struct limit *limit, bool make)
{
	struct bucket *b = find_bucket(d, limit, make);

	if (b != NULL && strcmp(b->of, limit->of) == 0)
		kept_put(limit->kept, b, d->rates_freed);
	return b;
}

/* Good until the next one is asked for, which may make room. */
static inline struct bucket *
bucket_of(struct dispatch *d, const struct limit *limit, bool make)
{
	struct bucket *b = kept_get(limit->kept, d->rates_freed);

	return b != NULL ? b : find_and_keep(d, limit, make);
}

/* ---- Waiting ----------------------------------------------------------------------------------------------------- */

/* arg: struct bucket. */
static bool
conforms(void *arg)
{
	const struct bucket *b = arg;

	return rate_wait(b->tat_ns, &b->rate, now_ns(b->d)) == 0;
}

static void
arm(struct bucket *b)
{
	int64_t left = rate_wait(b->tat_ns, &b->rate, now_ns(b->d)) + NS_PER_US;
	struct timeval tv = {.tv_sec = left / NS_PER_S, .tv_usec = left % NS_PER_S / NS_PER_US};

	if (b->waiting.ops.n > 0)
		evtimer_add(b->timer, &tv);
}

static void
let_on(struct bucket *b)
{
	dispatch_wake_while(b->d, &b->waiting, conforms, b);
	arm(b);
}

/* arg: struct bucket. */
static void
on_time(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	let_on(arg);
}

void
rates_look(struct dispatch *d)
{
	struct bucket *b, *next;

	for (b = TAILQ_FIRST(&d->buckets); b != NULL; b = next) {
		next = TAILQ_NEXT(b, entry);
		let_on(b);
	}
}

/* ---- Passing ----------------------------------------------------------------------------------------------------- */

#define LIMITS 2u

static unsigned
limits_of(const struct op *op, struct limit out[LIMITS])
{
	const struct policy *p = op->run->policy;
	unsigned n = 0;

	if (op->kind != WIRE_OP_CALL && op->kind != WIRE_OP_HTTP)
		return 0;
	if (op->rules != NULL && op->rules->rate.each_ns != 0)
		out[n++] = (struct limit){.kind = RATE_AGENT,
		    .of = op->resolved->name,
		    .rate = &op->rules->rate,
		    .kept = &op->resolved->bucket};
	if (op->kind == WIRE_OP_HTTP && p->rate_target.each_ns != 0 && op->host != NULL) {
		out[n] = (struct limit){
		    .kind = RATE_TARGET, .of = op->host, .rate = &p->rate_target, .kept = &out[n].here};
		n++;
	}
	if (p->rate_client.each_ns != 0)
		out[n++] = (struct limit){.kind = RATE_CLIENT,
		    .of = op->run->client,
		    .rate = &p->rate_client,
		    .kept = &op->run->client_bucket};
	return n;
}

/* "wordcount is called" and the like. */
static void
describe(const struct limit *limit, char *out, size_t size)
{
	char rate[POLICY_RATE_TEXT];

	policy_rate_text(limit->rate, rate);
	if (limit->kind == RATE_AGENT)
		(void)snprintf(out, size, "%s may be called %s (`limits.%s.rate`)", limit->of, rate, limit->of);
	else if (limit->kind == RATE_TARGET)
		(void)snprintf(out, size, "%s may be asked %s (`rate.target`)", limit->of, rate);
	else
		(void)snprintf(out, size, "the runs of %s may call and ask %s (`rate.client`)", limit->of, rate);
}

/* In the largest unit of which there are some: nobody reads 3600 s, and a day is 24 h. */
static const char *
span(int64_t ns, char out[SPAN_TEXT])
{
	double s = (double)ns / (double)NS_PER_S;

	if (s >= 5400)
		(void)snprintf(out, SPAN_TEXT, "%.3g h", s / 3600);
	else if (s >= 120)
		(void)snprintf(out, SPAN_TEXT, "%.3g min", s / 60);
	else
		(void)snprintf(out, SPAN_TEXT, "%.3g s", s);
	return out;
}

/* Those of its own run before it have their turn before, and nobody is let through earlier than a rate allows. */
static int
await(struct op *op, const struct limit *limit, int64_t wait, struct fault *why)
{
	struct bucket *b = bucket_of(op->run->dispatch, limit, true);
	int64_t left = op->deadline_real_ns - clock_real_ns(), least = wait;
	int64_t before = turns_of(&b->waiting.ops, op->run);
	char what[2 * NAME_TEXT], earliest[SPAN_TEXT], time[SPAN_TEXT];

	if (before > INT64_MAX / 2 / limit->rate->each_ns)
		before = INT64_MAX / 2 / limit->rate->each_ns;
	least += before * limit->rate->each_ns;
	if (least > left) {
		describe(limit, what, sizeof(what));
		return guard_refuse(why, HOSPES_ERATE,
		    "%s; its turn would come in %s at the earliest and its time is over in %s: ask less often, "
		    "give it more time, or raise the rate",
		    what, span(least, earliest), span(left, time));
	}
	guard_wait(op, &b->waiting);
	arm(b);
	return GUARD_WAIT;
}

static int
rate_admit(struct dispatch *d, struct op *op, struct fault *why)
{
	struct limit limits[LIMITS];
	unsigned n = limits_of(op, limits);
	int64_t now, most = -1;
	unsigned worst = 0;

	if (n == 0)
		return GUARD_PASS;
	now = now_ns(d);
	for (unsigned i = 0; i < n; i++) {
		struct bucket *b = bucket_of(d, &limits[i], true);
		int64_t wait = rate_wait(b->tat_ns, limits[i].rate, now);

		b->rate = *limits[i].rate;
		/* Who comes goes behind those that wait, even if the time of the first of them has just come. */
		if ((wait > 0 || (op->state == OP_NEW && b->waiting.ops.n > 0)) && wait > most) {
			most = wait;
			worst = i;
		}
	}
	if (most >= 0)
		return await(op, &limits[worst], most, why);
	for (unsigned i = 0; i < n; i++) {
		struct bucket *b = bucket_of(d, &limits[i], true);

		b->tat_ns = rate_taken(b->tat_ns, limits[i].rate, now);
	}
	return GUARD_PASS;
}

static void
rate_undo(struct dispatch *d, struct op *op)
{
	struct limit limits[LIMITS];
	unsigned n = limits_of(op, limits);

	for (unsigned i = 0; i < n; i++) {
		struct bucket *b = bucket_of(d, &limits[i], false);

		if (b == NULL)
			continue;
		b->tat_ns = rate_given_back(b->tat_ns, limits[i].rate);
		if (b->waiting.ops.n > 0)
			let_on(b);
	}
}

static void
rate_late(struct op *op, struct fault *why)
{
	struct limit limits[LIMITS];
	unsigned n = limits_of(op, limits), at = 0;
	char what[2 * NAME_TEXT], waited[SPAN_TEXT];

	assert(n > 0); /* it has waited for one of them */
	for (unsigned i = 0; i < n; i++) {
		const struct bucket *b = bucket_of(op->run->dispatch, &limits[i], false);

		if (b != NULL && op->waiting_on == &b->waiting)
			at = i;
	}
	describe(&limits[at], what, sizeof(what));
	guard_refuse(why, HOSPES_ERATE,
	    "%s, and its turn did not come before its time was over, after %s; ask less often, give it more time, "
	    "or raise the rate",
	    what, span(clock_mono_ns() - op->began_mono_ns, waited));
}

void
rates_open(struct dispatch *d)
{
	TAILQ_INIT(&d->buckets);
	d->mono_ns = clock_mono_ns;
	d->rates_since_ns = d->mono_ns();
}

void
rates_close(struct dispatch *d)
{
	while (!TAILQ_EMPTY(&d->buckets))
		bucket_free(d, TAILQ_FIRST(&d->buckets));
	map_free(&d->rates);
}

const struct guard guard_rate = {
    .name = "rate",
    .admit = rate_admit,
    .undo = rate_undo,
    .late = rate_late,
};
