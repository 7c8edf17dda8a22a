/*
 * CUSUM: has a series of scores dropped below what it used to be?
 *
 * The cumulative sum of E. S. Page ("Continuous inspection schemes", Biometrika 41, 1954), on the low side alone:
 *
 *     low = max(0, low - z - k),   and a drop is told when low > h
 *
 * where z is how far a score lies above the mean of those before it, in standard deviations of those before it.  `k` is the slack
 * in standard deviations: half of the drop that is to be found quickest, so 0.5 looks for one of a standard deviation.  `h` is
 * how much has to come together: with more of it fewer drops are told that are none, and real ones later.  For normal scores
 * with a known mean, D. Siegmund's approximation (1985) of the mean number of scores until a drop is told is
 *
 *     (exp(2 d b) - 2 d b - 1) / (2 d^2),   b = h + 1.166,   d = k where nothing changed, d = k - drop where it did
 *
 * which for k = 0.5 and h = 8 is about 19,000 while nothing changes, 16 after a drop of one standard deviation and 6 after one of
 * two.  tests/unit/test_cusum measures both for this code, and for scores that are not normal at all.
 *
 * The mean is not known: it is that of the series itself (D. M. Hawkins, "Self-starting CUSUM charts for location and scale",
 * 1987), and a score is compared with those before it as a t value that is brought to the normal scale.  Three things keep it
 * honest for what scores of agents are like:
 *   - until there are `least` scores none is told of;
 *   - a standard deviation counts as CUSUM_SIGMA_LEAST at the least: a series of nothing but 1.0 is no reason to cry at 0.97;
 *   - one score counts for at most CUSUM_Z_MOST standard deviations, so no single one, however bad, is a drop.
 * When a drop has been told the series begins anew at its new level: one drop is told once.
 */

#ifndef DISPATCH_CUSUM_H
#define DISPATCH_CUSUM_H

#include <stdbool.h>
#include <stdint.h>

#define CUSUM_SIGMA_LEAST 0.05
#define CUSUM_Z_MOST      3.0

struct cusum {
	uint32_t n;      /* scores since it began (anew) */
	double mean, m2; /* of those; m2: sum of squared distances from the mean (B. P. Welford, 1962) */
	double low;
	/* since it has been above 0: the mean before, and how many scores with what mean since */
	double before, since;
	uint32_t since_n;
};

struct cusum_rule {
	double k, h;
	uint32_t least;
};

/* A score more, 0..1: true when with it there is a drop, and the series has begun anew.  `was` then gets it as it was. */
bool cusum_add(struct cusum *c, const struct cusum_rule *rule, double score, struct cusum *was);

#endif
