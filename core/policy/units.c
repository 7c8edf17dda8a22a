/* Sizes, times and rates as people write them: one table for each, read both ways. */

#include "policy/units.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"

struct unit {
	const char *name;
	int64_t factor;
};

/* From small to large, so that writing finds the largest that divides. */
static const struct unit sizes[] = {
    {"", 1},
    {"K", 1024},
    {"M", 1024 * 1024},
    {"G", 1024 * 1024 * 1024},
};

static const struct unit times[] = {
    {"ms", NS_PER_MS},
    {"s", NS_PER_S},
    {"m", 60 * NS_PER_S},
    {"h", 3600 * NS_PER_S},
    {"d", 24 * 3600 * NS_PER_S},
};

/* Of a rate. */
static const struct unit periods[] = {
    {"/s", NS_PER_S},
    {"/m", 60 * NS_PER_S},
    {"/h", 3600 * NS_PER_S},
    {"/d", 24 * 3600 * NS_PER_S},
};

static bool
unit_read(const char *text, const struct unit *units, size_t n, const char *without, int64_t *ret)
{
	int64_t number = 0;
	const char *at = text;

	if (*at < '0' || *at > '9')
		return false;
	for (; *at >= '0' && *at <= '9'; at++) {
		if (__builtin_mul_overflow(number, 10, &number) || __builtin_add_overflow(number, *at - '0', &number))
			return false;
	}
	if (*at == '\0')
		at = without;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(at, units[i].name) != 0)
			continue;
		if (__builtin_mul_overflow(number, units[i].factor, &number))
			return false;
		*ret = number;
		return true;
	}
	return false;
}

static void
unit_write(int64_t value, const struct unit *units, size_t n, char out[UNIT_TEXT])
{
	const struct unit *best = &units[0];

	for (size_t i = 1; i < n && value != 0; i++) {
		if (value % units[i].factor == 0)
			best = &units[i];
	}
	snprintf(out, UNIT_TEXT, "%lld%s", (long long)(value / best->factor), best->name);
}

bool
unit_read_size(const char *text, int64_t *ret_bytes)
{
	return unit_read(text, sizes, ARRAY_LEN(sizes), "", ret_bytes);
}

bool
unit_read_time(const char *text, int64_t *ret_ns)
{
	return unit_read(text, times, ARRAY_LEN(times), "s", ret_ns);
}

void
unit_write_size(int64_t bytes, char out[UNIT_TEXT])
{
	unit_write(bytes, sizes, ARRAY_LEN(sizes), out);
}

void
unit_write_time(int64_t ns, char out[UNIT_TEXT])
{
	unit_write(ns, times, ARRAY_LEN(times), out);
}

bool
unit_read_rate(const char *text, int64_t *ret_ns_each)
{
	size_t digits = strspn(text, "0123456789");
	char *end;
	long long n = strtoll(text, &end, 10);

	if (digits == 0 || digits > 12)
		return false;
	if (n == 0 && *end == '\0') {
		*ret_ns_each = 0;
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(periods); i++) {
		if (strcmp(end, periods[i].name) != 0)
			continue;
		if (n == 0 || periods[i].factor / n < NS_PER_S / UNIT_RATE_MOST)
			return false;
		*ret_ns_each = periods[i].factor / n;
		return true;
	}
	return false;
}

/* In the shortest period of which a whole number comes close: what was read was rounded. */
void
unit_write_rate(int64_t ns_each, char out[UNIT_TEXT])
{
	snprintf(out, UNIT_TEXT, "0");
	for (size_t i = 0; i < ARRAY_LEN(periods) && ns_each > 0; i++) {
		int64_t n = (periods[i].factor + ns_each / 2) / ns_each;

		if (n == 0 || periods[i].factor / n != ns_each)
			continue;
		snprintf(out, UNIT_TEXT, "%lld%s", (long long)n, periods[i].name);
		return;
	}
}
