/*
 * The generic cell rate algorithm, as virtual scheduling: ITU-T I.371, Annex A; ATM Forum, Traffic Management Specification
 * 4.0 (af-tm-0056.000, 1996), 4.4.2.
 *
 * What is kept is one number, the theoretical arrival time of the next: each that is let through moves it on by the time
 * between two, and one may come as much before it as a burst allows.  So nothing ticks and nothing is added up: a rate that
 * nobody used for a while is as it was at first.
 */

#ifndef DISPATCH_RATE_H
#define DISPATCH_RATE_H

#include <stdint.h>

#include "base/util.h"
#include "policy/policy.h"

/* How much before the theoretical arrival time one may come. */
static inline int64_t
rate_slack(const struct policy_rate *rate)
{
	int64_t burst = rate->burst != 0 ? rate->burst : NS_PER_S / rate->each_ns, slack;

	if (burst <= 1)
		return 0;
	return __builtin_mul_overflow(burst - 1, rate->each_ns, &slack) ? INT64_MAX / 4 : slack;
}

/* How long until the next conforms; 0: it does now. */
static inline int64_t
rate_wait(int64_t tat_ns, const struct policy_rate *rate, int64_t now_ns)
{
	int64_t from = tat_ns - rate_slack(rate);

	return from <= now_ns ? 0 : from - now_ns;
}

/* The theoretical arrival time once one was let through; once it was given back in the same instant. */
static inline int64_t
rate_taken(int64_t tat_ns, const struct policy_rate *rate, int64_t now_ns)
{
	return (tat_ns > now_ns ? tat_ns : now_ns) + rate->each_ns;
}

static inline int64_t
rate_given_back(int64_t tat_ns, const struct policy_rate *rate)
{
	return tat_ns - rate->each_ns;
}

#endif
