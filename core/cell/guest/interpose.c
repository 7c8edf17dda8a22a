/*
 * Time, randomness and sleep, as plugins see them.
 *
 * What a handler asks of the clock or of a random generator has to be the same when the call is replayed.  The functions
 * are defined here, in the program itself, and exported by interpose.list: the linker looks in the program before any
 * library, and unlike a library's a program's symbol without a version stands for every version.  Each becomes an op.
 * Outside a call there is nothing to journal: that is the fault `not_in_call`, and the function says that it failed.
 *
 * A seed is not needed and changes nothing: numbers come from the host, recorded.
 */

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/time.h>
#include <sys/timeb.h>
#include <time.h>
#include <unistd.h>

#include "base/util.h"
#include "runtime.h"

#define PUBLIC     __attribute__((visibility("default")))
#define RANDOM_MAX 4096

/* glibc of Debian 12 has these, its headers for other feature levels do not say so. */
PUBLIC uint32_t arc4random(void);
PUBLIC void arc4random_buf(void *buffer, size_t len);
PUBLIC uint32_t arc4random_uniform(uint32_t bound);
PUBLIC int ftime(struct timeb *ret);

static bool
now(const char *function, int64_t *ret_ns)
{
	hospes_ctx *ctx = hospes_rt_current();

	if (ctx == NULL) {
		hospes_rt_not_in_call(function);
		errno = EPERM;
		return false;
	}
	*ret_ns = hospes_now_ns(ctx);
	return true;
}

static bool
fill(const char *function, void *buffer, size_t len)
{
	hospes_ctx *ctx = hospes_rt_current();
	uint8_t *at = buffer;

	if (ctx == NULL) {
		hospes_rt_not_in_call(function);
		memset(buffer, 0, len);
		errno = EPERM;
		return false;
	}
	while (len > 0) {
		size_t n = len < RANDOM_MAX ? len : RANDOM_MAX;

		/* Only a call that is being ended gets none; zeros are as good as anything then. */
		if (hospes_random(ctx, at, n) != 0) {
			memset(at, 0, len);
			errno = EINTR;
			return false;
		}
		at += n;
		len -= n;
	}
	return true;
}

static uint64_t
number(const char *function)
{
	uint64_t value = 0;

	(void)fill(function, &value, sizeof(value));
	return value;
}

static int
wait_for(const char *function, int64_t ns)
{
	hospes_ctx *ctx = hospes_rt_current();

	if (ctx == NULL) {
		hospes_rt_not_in_call(function);
		return EPERM;
	}
	return hospes_sleep(ctx, ns) == 0 ? 0 : EINTR;
}

/* ---- Time ---- */

PUBLIC time_t
time(time_t *ret)
{
	int64_t ns;
	time_t seconds = now("time", &ns) ? (time_t)(ns / NS_PER_S) : (time_t)-1;

	if (ret != NULL)
		*ret = seconds;
	return seconds;
}

PUBLIC int
gettimeofday(struct timeval *restrict ret, void *restrict zone)
{
	int64_t ns;

	if (zone != NULL)
		memset(zone, 0, sizeof(struct timezone));
	if (!now("gettimeofday", &ns))
		return -1;
	*ret = (struct timeval){.tv_sec = ns / NS_PER_S, .tv_usec = ns % NS_PER_S / NS_PER_US};
	return 0;
}

/* One clock for all that tell a time.  The time that a process computed differs from one execution to the next. */
PUBLIC int
clock_gettime(clockid_t clock, struct timespec *ret)
{
	int64_t ns;

	if (clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID || clock < 0) {
		errno = EINVAL;
		return -1;
	}
	if (!now("clock_gettime", &ns))
		return -1;
	*ret = (struct timespec){.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
	return 0;
}

PUBLIC int
timespec_get(struct timespec *ret, int base)
{
	int64_t ns;

	if (base != TIME_UTC || !now("timespec_get", &ns))
		return 0;
	*ret = (struct timespec){.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
	return base;
}

PUBLIC int
ftime(struct timeb *ret)
{
	int64_t ns;

	if (!now("ftime", &ns))
		return -1;
	*ret = (struct timeb){.time = ns / NS_PER_S, .millitm = (unsigned short)(ns % NS_PER_S / NS_PER_MS)};
	return 0;
}

/* ---- Random numbers ---- */

PUBLIC ssize_t
getrandom(void *buffer, size_t len, unsigned flags)
{
	(void)flags;
	return fill("getrandom", buffer, len) ? (ssize_t)len : -1;
}

PUBLIC int
getentropy(void *buffer, size_t len)
{
	if (len > 256) {
		errno = EIO;
		return -1;
	}
	return fill("getentropy", buffer, len) ? 0 : -1;
}

PUBLIC uint32_t
arc4random(void)
{
	return (uint32_t)number("arc4random");
}

PUBLIC void
arc4random_buf(void *buffer, size_t len)
{
	(void)fill("arc4random_buf", buffer, len);
}

PUBLIC uint32_t
arc4random_uniform(uint32_t bound)
{
	/* 64 bits over a bound of 32: the bias is under one in four thousand million. */
	return bound < 2 ? 0 : (uint32_t)(number("arc4random_uniform") % bound);
}

PUBLIC int
rand(void)
{
	return (int)(number("rand") & RAND_MAX);
}

PUBLIC void
srand(unsigned seed)
{
	(void)seed;
}

PUBLIC long
random(void)
{
	return (long)(number("random") & 0x7fffffff);
}

PUBLIC void
srandom(unsigned seed)
{
	(void)seed;
}

static double
unit(const char *function)
{
	return ldexp((double)(number(function) >> 16), -48);
}

PUBLIC double
drand48(void)
{
	return unit("drand48");
}

PUBLIC double
erand48(unsigned short seed[3])
{
	(void)seed;
	return unit("erand48");
}

PUBLIC long
lrand48(void)
{
	return (long)(number("lrand48") & 0x7fffffff);
}

PUBLIC long
nrand48(unsigned short seed[3])
{
	(void)seed;
	return (long)(number("nrand48") & 0x7fffffff);
}

PUBLIC long
mrand48(void)
{
	return (int32_t)number("mrand48");
}

PUBLIC long
jrand48(unsigned short seed[3])
{
	(void)seed;
	return (int32_t)number("jrand48");
}

PUBLIC void
srand48(long seed)
{
	(void)seed;
}

PUBLIC unsigned short *
seed48(unsigned short seed[3])
{
	static unsigned short former[3];

	(void)seed;
	return former;
}

PUBLIC void
lcong48(unsigned short parameters[7])
{
	(void)parameters;
}

/* ---- Sleep ---- */

PUBLIC unsigned
sleep(unsigned seconds)
{
	return wait_for("sleep", (int64_t)seconds * NS_PER_S) == 0 ? 0 : seconds;
}

PUBLIC int
usleep(useconds_t us)
{
	int error = wait_for("usleep", (int64_t)us * NS_PER_US);

	if (error != 0)
		errno = error;
	return error == 0 ? 0 : -1;
}

static int
sleep_for(const char *function, const struct timespec *time_left, struct timespec *ret_left)
{
	int error;

	if (time_left->tv_sec < 0 || time_left->tv_nsec < 0 || time_left->tv_nsec >= NS_PER_S ||
	    time_left->tv_sec > INT64_MAX / NS_PER_S - 1)
		return EINVAL;
	error = wait_for(function, time_left->tv_sec * NS_PER_S + time_left->tv_nsec);
	if (error != 0 && ret_left != NULL)
		*ret_left = *time_left;
	return error;
}

PUBLIC int
nanosleep(const struct timespec *wanted, struct timespec *ret_left)
{
	int error = sleep_for("nanosleep", wanted, ret_left);

	if (error != 0)
		errno = error;
	return error == 0 ? 0 : -1;
}

PUBLIC int
clock_nanosleep(clockid_t clock, int flags, const struct timespec *wanted, struct timespec *ret_left)
{
	struct timespec left = *wanted;
	int64_t ns, until;

	(void)clock;
	if ((flags & TIMER_ABSTIME) == 0)
		return sleep_for("clock_nanosleep", wanted, ret_left);
	if (wanted->tv_sec < 0 || wanted->tv_sec > INT64_MAX / NS_PER_S - 1)
		return EINVAL;
	if (!now("clock_nanosleep", &ns))
		return EPERM;
	until = wanted->tv_sec * NS_PER_S + wanted->tv_nsec;
	if (until <= ns)
		return 0;
	left.tv_sec = (until - ns) / NS_PER_S;
	left.tv_nsec = (until - ns) % NS_PER_S;
	return sleep_for("clock_nanosleep", &left, NULL);
}
