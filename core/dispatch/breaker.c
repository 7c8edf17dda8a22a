/* One breaker: the window, and what follows from it. */

#include "dispatch/breaker.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/money.h"

#define MINUTE_NS (60 * NS_PER_S)

static const char *const state_names[] = {
    [BREAKER_CLOSED] = "closed", [BREAKER_OPEN] = "open", [BREAKER_HALF_OPEN] = "half_open"};
static const char *const cause_names[] = {
    [BREAKER_ERRORS] = "errors", [BREAKER_LATENCY] = "latency", [BREAKER_MONEY] = "money", [BREAKER_PROBE] = "probe"};

const char *
breaker_state_name(enum breaker_state state)
{
	return state_names[state];
}

const char *
breaker_cause_name(enum breaker_cause cause)
{
	return cause_names[cause];
}

/* ---- The window -------------------------------------------------------------------------------------------------- */

static void
window_clear(struct breaker *b)
{
	memset(b->bucket, 0, sizeof(b->bucket));
	b->sum = (struct breaker_count){0};
}

static void
bucket_drop(struct breaker *b, int64_t number)
{
	struct breaker_count *old = &b->bucket[number % BREAKER_BUCKETS];

	b->sum.n -= old->n;
	b->sum.errors -= old->errors;
	b->sum.slow -= old->slow;
	b->sum.micros -= old->micros;
	*old = (struct breaker_count){0};
}

/* What is older than the window leaves it, a bucket at a time; at most all of them. */
static void
next_bucket(struct breaker *b, const struct breaker_rules *rules, int64_t mono_ns)
{
	int64_t bucket_ns = rules->window_ns / BREAKER_BUCKETS, number = mono_ns / bucket_ns;

	if (rules->window_ns != b->window_ns || number - b->newest >= BREAKER_BUCKETS) {
		window_clear(b);
	} else {
		for (int64_t i = b->newest + 1; i <= number; i++)
			bucket_drop(b, i);
	}
	b->now = &b->bucket[number % BREAKER_BUCKETS];
	b->window_ns = rules->window_ns;
	b->newest = number;
	b->ends_ns = (number + 1) * bucket_ns;
}

static inline void
window_move(struct breaker *b, const struct breaker_rules *rules, int64_t mono_ns)
{
	if (mono_ns >= b->ends_ns || rules->window_ns != b->window_ns)
		next_bucket(b, rules, mono_ns);
}

const struct breaker_count *
breaker_window(struct breaker *b, const struct breaker_rules *rules, int64_t mono_ns)
{
	window_move(b, rules, mono_ns);
	return &b->sum;
}

/* Would the window be dearer than a window may be? */
static bool
too_dear(const struct breaker *b, const struct breaker_rules *rules, int64_t micros)
{
	__int128 spent = (__int128)b->sum.micros + micros;

	return rules->money_micros > 0 && micros > 0 &&
	       spent * MINUTE_NS > (__int128)rules->money_micros * rules->window_ns;
}

/* ---- Asking ------------------------------------------------------------------------------------------------------ */

/* A clock that was put back, or a time that was made shorter since, does not keep it open for longer. */
static bool
is_time(struct breaker *b, const struct breaker_rules *rules, int64_t real_ns)
{
	int64_t latest = (b->since_real_ns < real_ns ? b->since_real_ns : real_ns) + rules->open_ns;

	if (b->until_real_ns > latest)
		b->until_real_ns = latest;
	return real_ns >= b->until_real_ns;
}

enum breaker_answer
breaker_ask(struct breaker *b, const struct breaker_rules *rules, int64_t micros, int64_t mono_ns, int64_t real_ns)
{
	switch (b->state) {
	case BREAKER_CLOSED:
		window_move(b, rules, mono_ns);
		return too_dear(b, rules, micros) ? BREAKER_DEAR : BREAKER_PASS;
	case BREAKER_OPEN:
		return is_time(b, rules, real_ns) ? BREAKER_TRY : BREAKER_REFUSE;
	case BREAKER_HALF_OPEN:
		return b->probe == NULL ? BREAKER_TRY : BREAKER_REFUSE;
	}
	abort();
}

void
breaker_spend(struct breaker *b, int64_t micros)
{
	if (b->state != BREAKER_CLOSED || b->now == NULL)
		return;
	b->now->micros += micros;
	b->sum.micros += micros;
}

bool
breaker_is_slow(const struct breaker_rules *rules, int64_t took_ns)
{
	return rules->latency_ns > 0 && took_ns > rules->latency_ns;
}

bool
breaker_count(struct breaker *b, const struct breaker_rules *rules, bool error, int64_t took_ns, int64_t mono_ns,
    enum breaker_cause *cause)
{
	bool slow = !error && breaker_is_slow(rules, took_ns);

	window_move(b, rules, mono_ns);
	b->now->n++;
	b->now->errors += error || slow;
	b->now->slow += slow;
	b->sum.n++;
	b->sum.errors += error || slow;
	b->sum.slow += slow;
	if (rules->errors == 0 || b->sum.errors == 0 || b->sum.n < rules->least ||
	    (uint64_t)b->sum.errors * 100 < (uint64_t)b->sum.n * rules->errors)
		return false;
	*cause = b->sum.slow * 2 > b->sum.errors ? BREAKER_LATENCY : BREAKER_ERRORS;
	return true;
}

/* ---- Changing ---------------------------------------------------------------------------------------------------- */

void
breaker_open(struct breaker *b, const struct breaker_rules *rules, enum breaker_cause cause, int64_t real_ns)
{
	/* Of a probe that failed it is not told what the window was long ago. */
	b->at_opening = cause == BREAKER_PROBE ? (struct breaker_count){.n = 1, .errors = 1} : b->sum;
	b->opened_window_ns = rules->window_ns;
	b->state = BREAKER_OPEN;
	b->cause = cause;
	b->since_real_ns = real_ns;
	b->until_real_ns = real_ns + rules->open_ns;
	b->probe = NULL;
	b->period++;
	window_clear(b);
}

void
breaker_try(struct breaker *b, int64_t real_ns)
{
	assert(b->state == BREAKER_OPEN);
	b->state = BREAKER_HALF_OPEN;
	b->since_real_ns = real_ns;
}

void
breaker_close(struct breaker *b, int64_t real_ns)
{
	b->state = BREAKER_CLOSED;
	b->since_real_ns = real_ns;
	b->probe = NULL;
	b->period++;
	window_clear(b);
}

/* ---- Telling ----------------------------------------------------------------------------------------------------- */

static void
tell_cause(const struct breaker *b, struct buf *out)
{
	const struct breaker_count *c = &b->at_opening;
	char money[MONEY_TEXT];
	long long seconds = (long long)((b->opened_window_ns + NS_PER_S - 1) / NS_PER_S);

	switch (b->cause) {
	case BREAKER_ERRORS:
	case BREAKER_LATENCY:
		buf_printf(out, "%u of its last %u in %lld s went wrong", c->errors, c->n, seconds);
		if (c->slow > 0)
			buf_printf(out, ", %u of them by being slower than `breaker.latency`", c->slow);
		return;
	case BREAKER_MONEY:
		money_write(c->micros, money);
		buf_printf(out, "its calls had cost %s dollars in %lld s, and one more would be past `breaker.money`",
		    money, seconds);
		return;
	case BREAKER_PROBE:
		buf_appends(out, "the one that was sent there to try it went wrong again");
		return;
	}
}

void
breaker_tell(const struct breaker *b, int64_t real_ns, struct buf *out)
{
	char since[CLOCK_TEXT], until[CLOCK_TEXT];

	clock_format(b->since_real_ns, since);
	clock_format(b->until_real_ns, until);
	if (b->state == BREAKER_HALF_OPEN && b->probe != NULL) {
		buf_printf(out, "since %s one is tried, and the others wait for how that ends: ", since);
		tell_cause(b, out);
	} else if (b->state == BREAKER_HALF_OPEN || real_ns >= b->until_real_ns) {
		tell_cause(b, out);
		buf_appends(out, "; the next one is let through to try it");
	} else {
		buf_printf(out, "since %s nothing is sent there: ", since);
		tell_cause(b, out);
		buf_printf(out, "; it is tried again at %s", until);
	}
}
