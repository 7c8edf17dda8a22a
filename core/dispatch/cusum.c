/* Drops of a series: see cusum.h. */

#include "dispatch/cusum.h"

#include <math.h>

/* How far a score is from those before it: a t value with n - 1 degrees of freedom, on the scale of a normal one (D. L. Wallace,
 * 1959). */
static double
distance(const struct cusum *c, double score)
{
	double n = c->n, degrees = n - 1, sigma = sqrt(c->m2 / degrees), t, z;

	if (sigma < CUSUM_SIGMA_LEAST)
		sigma = CUSUM_SIGMA_LEAST;
	t = sqrt(n / (n + 1)) * (score - c->mean) / sigma;
	z = (8 * degrees + 1) / (8 * degrees + 3) * sqrt(degrees * log1p(t * t / degrees));
	return copysign(fmin(z, CUSUM_Z_MOST), t);
}

static void
learn(struct cusum *c, double score)
{
	double off = score - c->mean;

	c->n++;
	c->mean += off / c->n;
	c->m2 += off * (score - c->mean);
}

/* What is told of a drop, should this become one. */
static void
note_descent(struct cusum *c, double score)
{
	if (c->low == 0) {
		c->since_n = 0;
		return;
	}
	if (c->since_n++ == 0) {
		c->before = c->mean;
		c->since = 0;
	}
	c->since += (score - c->since) / c->since_n;
}

bool
cusum_add(struct cusum *c, const struct cusum_rule *rule, double score, struct cusum *was)
{
	if (c->n >= rule->least && c->n >= 2) {
		c->low = fmax(0, c->low - distance(c, score) - rule->k);
		note_descent(c, score);
		if (c->low > rule->h) {
			*was = *c;
			*c = (struct cusum){0};
			return true;
		}
	}
	if (c->n < UINT32_MAX)
		learn(c, score);
	return false;
}
