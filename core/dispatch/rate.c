/* See rate.h. */

#include "dispatch/rate.h"

#include "base/util.h"

int64_t
rate_slack(const struct policy_rate *rate)
{
	int64_t burst = rate->burst != 0 ? rate->burst : NS_PER_S / rate->each_ns, slack;

	if (burst <= 1)
		return 0;
	return __builtin_mul_overflow(burst - 1, rate->each_ns, &slack) ? INT64_MAX / 4 : slack;
}

int64_t
rate_wait(int64_t tat_ns, const struct policy_rate *rate, int64_t now_ns)
{
	int64_t from = tat_ns - rate_slack(rate);

	return from <= now_ns ? 0 : from - now_ns;
}

int64_t
rate_taken(int64_t tat_ns, const struct policy_rate *rate, int64_t now_ns)
{
	return (tat_ns > now_ns ? tat_ns : now_ns) + rate->each_ns;
}

int64_t
rate_given_back(int64_t tat_ns, const struct policy_rate *rate)
{
	return tat_ns - rate->each_ns;
}
