/*
 * The two clocks, and the one way in which the host writes a time.
 */

#include <stdbool.h>
#include <string.h>
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

/* Of the thread: what both clocks said when they were stopped for it. */
static _Thread_local struct {
	bool stopped;
	int64_t mono_ns, real_ns; /* 0: not looked at yet */
} held;

int64_t
clock_mono_ns(void)
{
	if (!held.stopped)
		return clock_read(CLOCK_MONOTONIC);
	if (held.mono_ns == 0)
		held.mono_ns = clock_read(CLOCK_MONOTONIC);
	return held.mono_ns;
}

int64_t
clock_real_ns(void)
{
	if (!held.stopped)
		return clock_read(CLOCK_REALTIME);
	if (held.real_ns == 0)
		held.real_ns = clock_read(CLOCK_REALTIME);
	return held.real_ns;
}

void
clock_anew(void)
{
	held.mono_ns = held.real_ns = 0;
}

void
clock_stop(void)
{
	held.stopped = true;
	clock_anew();
}

void
clock_go(void)
{
	held.stopped = false;
}

static char *
two_digits(char *at, int n)
{
	*at++ = (char)('0' + n / 10 % 10);
	*at++ = (char)('0' + n % 10);
	return at;
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
	out = two_digits(two_digits(out, (tm.tm_year + 1900) / 100), tm.tm_year + 1900);
	*out++ = '-';
	out = two_digits(out, tm.tm_mon + 1);
	*out++ = '-';
	out = two_digits(out, tm.tm_mday);
	*out++ = 'T';
	out = two_digits(out, tm.tm_hour);
	*out++ = ':';
	out = two_digits(out, tm.tm_min);
	*out++ = ':';
	out = two_digits(out, tm.tm_sec);
	*out++ = '.';
	*out++ = (char)('0' + rest / NS_PER_MS / 100);
	out = two_digits(out, (int)(rest / NS_PER_MS));
	memcpy(out, "Z", 2);
}
