/* Values that are no whole numbers: real ones, and lists of percents. */

#include "policy/numbers.h"

#include <math.h>
#include <string.h>

#include "base/util.h"

#define THOUSAND 1000.0

bool
value_put_real(const struct key *key, void *base, double number)
{
	if (key->type != KEY_REAL || !(number >= (double)key->min / THOUSAND) ||
	    !(number <= (double)key->max / THOUSAND))
		return false;
	memcpy((char *)base + key->at, &number, sizeof number);
	return true;
}

bool
value_put_percents(const struct key *key, void *base, const int64_t *numbers, size_t n)
{
	struct policy_percents percents = {0};

	if (key->type != KEY_PERCENTS || n > POLICY_PERCENTS_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (numbers[i] < key->min || numbers[i] > key->max || (i > 0 && numbers[i] <= numbers[i - 1]))
			return false;
		percents.at[percents.n++] = (uint8_t)numbers[i];
	}
	memcpy((char *)base + key->at, &percents, sizeof percents);
	return true;
}

bool
numbers_preset(const struct key *key, void *base)
{
	int64_t numbers[POLICY_PERCENTS_MAX];
	const char *at = key->preset;
	size_t n = 0;

	if (key->type == KEY_REAL)
		return value_put_real(key, base, strtod(at, NULL));
	for (char *end; n < POLICY_PERCENTS_MAX; at = end) {
		numbers[n] = strtol(at, &end, 10);
		if (end == at)
			break;
		n++;
	}
	return value_put_percents(key, base, numbers, n);
}

void
numbers_write(const struct key *key, const void *base, struct buf *out)
{
	const char *from = (const char *)base + key->at;
	struct policy_percents percents;
	double number;

	if (key->type == KEY_REAL) {
		memcpy(&number, from, sizeof number);
		buf_printf(out, "%g", number);
		return;
	}
	memcpy(&percents, from, sizeof percents);
	buf_appends(out, "[");
	for (unsigned i = 0; i < percents.n; i++)
		buf_printf(out, "%s%u", i == 0 ? " " : ", ", percents.at[i]);
	buf_appends(out, " ]");
}

void
numbers_allowed(const struct key *key, char out[KEY_ALLOWED_TEXT])
{
	if (key->type == KEY_REAL)
		snprintf(out, KEY_ALLOWED_TEXT, "a number from %g to %g", (double)key->min / THOUSAND,
		    (double)key->max / THOUSAND);
	else
		snprintf(out, KEY_ALLOWED_TEXT,
		    "a list of at most %d whole numbers from %lld to %lld, the smallest first, e.g. [ 50, 80, 100 ]",
		    POLICY_PERCENTS_MAX, (long long)key->min, (long long)key->max);
}
