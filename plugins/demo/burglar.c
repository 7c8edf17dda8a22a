/*
 * demo-burglar: does what no agent may do, past the C library, whose functions for it no plugin can import:
 * {"try": "open"} opens /etc/passwd, {"try": "socket"} makes a socket, {"try": "many"} opens again and again.
 */

#include <string.h>

#include <hospes.h>

#include "common/kernel.h"

#define AT_FDCWD_ (-100)
#define INET      2
#define STREAM    1

static long
open_passwd(void)
{
	return kernel(SYS_openat, AT_FDCWD_, (long)"/etc/passwd", 0);
}

static int
burgle(hospes_ctx *ctx)
{
	const char *what = hospes_text(hospes_input(ctx), "try");
	long got = 0;

	if (what != NULL && strcmp(what, "open") == 0)
		got = open_passwd();
	else if (what != NULL && strcmp(what, "socket") == 0)
		got = kernel(SYS_socket, INET, STREAM, 0);
	else if (what != NULL && strcmp(what, "many") == 0)
		for (int i = 0; i < 100000; i++)
			got = open_passwd();
	else
		return hospes_fail(ctx, HOSPES_EINPUT, "expected {\"try\": \"open\"}, \"socket\" or \"many\"");
	return hospes_reply(ctx, json_pack("{s:s, s:I}", "tried", what, "got", (json_int_t)got));
}

HOSPES_AGENT("demo-burglar", "1.0.0", "Tries the doors", burgle)
