/*
 * demo-burglar: does what no agent may do, past the C library, whose functions for it no plugin can import:
 * {"try": "open"} opens /etc/passwd, {"try": "socket"} makes a socket, {"try": "many"} opens again and again.
 */

#include <string.h>
#include <sys/syscall.h>

#include <hospes.h>

static long
call_kernel(long number, long first, long second, long third)
{
#if defined(__x86_64__)
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(first), "S"(second), "d"(third)
			 : "rcx", "r11", "memory");
	return result;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = number, x0 __asm__("x0") = first, x1 __asm__("x1") = second;
	register long x2 __asm__("x2") = third;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
	return x0;
#else
#error "write down how this machine makes a system call"
#endif
}

#define AT_FDCWD_ (-100)
#define INET      2
#define STREAM    1

static long
open_passwd(void)
{
	return call_kernel(SYS_openat, AT_FDCWD_, (long)"/etc/passwd", 0);
}

static int
burgle(hospes_ctx *ctx)
{
	const char *what = hospes_text(hospes_input(ctx), "try");
	long got = 0;

	if (what != NULL && strcmp(what, "open") == 0)
		got = open_passwd();
	else if (what != NULL && strcmp(what, "socket") == 0)
		got = call_kernel(SYS_socket, INET, STREAM, 0);
	else if (what != NULL && strcmp(what, "many") == 0)
		for (int i = 0; i < 100000; i++)
			got = open_passwd();
	else
		return hospes_fail(ctx, HOSPES_EINPUT, "expected {\"try\": \"open\"}, \"socket\" or \"many\"");
	return hospes_reply(ctx, json_pack("{s:s, s:I}", "tried", what, "got", (json_int_t)got));
}

HOSPES_AGENT("demo-burglar", "1.0.0", "Tries the doors", burgle)
