/*
 * The two clocks, and the one way in which the host writes a time.
 */

#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/util.h"

static int64_t
clock_read(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

int64_t
clock_mono_ns(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

int64_t
clock_real_ns(void)
{
	return clock_read(CLOCK_REALTIME);
}

void
clock_format(int64_t real_ns, char out[CLOCK_TEXT])
{
	int64_t seconds = real_ns / NS_PER_S, rest = real_ns % NS_PER_S;
	struct tm tm = {0};
	time_t t;

	if (rest < 0) {
		seconds--;
		rest += NS_PER_S;
	}
	t = (time_t)seconds;
	gmtime_r(&t, &tm);
	/* 64-bit nanoseconds end in the year 2262, so four digits are enough. */
	snprintf(out, CLOCK_TEXT, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned)(tm.tm_year + 1900) % 10000u,
	    (unsigned)(tm.tm_mon + 1) % 100u, (unsigned)tm.tm_mday % 100u, (unsigned)tm.tm_hour % 100u,
	    (unsigned)tm.tm_min % 100u, (unsigned)tm.tm_sec % 100u, (unsigned)(rest / NS_PER_MS) % 1000u);
}
