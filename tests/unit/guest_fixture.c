/*
 * The plugin of the guest's tests: does what its input names.  Compiled once as it is and once for each fault that the
 * inspector or the cell should find (-DFAULT_...); guest.mk says which.
 */

#include <hospes.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int tally = 7;
static int from_init;

#ifdef FAULT_IMPORT
int forbidden(void);
int
forbidden(void)
{
	return fopen("/etc/passwd", "r") != NULL;
}
#endif

#ifdef FAULT_TLS
__thread int per_thread = 3;
#endif

#ifdef FAULT_IFUNC
static int
one(void)
{
	return 1;
}

static int (*resolve(void))(void)
{
	return one;
}

int indirect(void) __attribute__((ifunc("resolve")));
#endif

#ifdef FAULT_CONSTRUCTOR
__attribute__((constructor)) static void
too_early(void)
{
	tally = (int)time(NULL);
}
#endif

static int
deep(int n)
{
	volatile char big[4096];

	big[0] = (char)n;
	return n == 0 ? big[0] : deep(n + 1) + big[0];
}

/* How many MiB there are to be had: never more than the test asks the machine for. */
static int
hoard(void)
{
	int mib = 0;
	char *p;

	while (mib < 512 && (p = malloc(1 << 20)) != NULL) {
		memset(p, 1, 1 << 20);
		mib++;
	}
	return mib;
}

static int
act(hospes_ctx *ctx)
{
	const char *what = hospes_text(hospes_input(ctx), "do");

	if (what == NULL)
		return hospes_fail(ctx, HOSPES_EINPUT, "expected `do`");
	if (strcmp(what, "write") == 0)
		tally++;
	if (strcmp(what, "abort") == 0)
		abort();
	if (strcmp(what, "start and abort") == 0) {
		(void)hospes_start(ctx, "cap:read.it", NULL, NULL);
		abort();
	}
	if (strcmp(what, "null") == 0)
		*(volatile int *)NULL = 1; /* cppcheck-suppress nullPointer */
	if (strcmp(what, "deep") == 0)
		return deep(1);
	if (strcmp(what, "time") == 0)
		return hospes_reply(ctx, json_integer((json_int_t)time(NULL)));
	if (strcmp(what, "rand") == 0)
		return hospes_reply(ctx, json_integer(rand()));
	if (strcmp(what, "hoard") == 0)
		return hospes_reply(ctx, json_integer(hoard()));
	if (strcmp(what, "print") == 0)
		printf("a line of output\n");
#if defined(__x86_64__)
	/* Not through the C library, whose functions the inspector refuses: what hostile code would do. */
	if (strcmp(what, "ptrace") == 0) {
		long rc = SYS_ptrace;

		__asm__ volatile("syscall" : "+a"(rc) : "D"(0L), "S"(0L), "d"(0L) : "rcx", "r11", "memory");
	}
	if (strcmp(what, "rdtsc") == 0)
		return hospes_reply(ctx, json_integer((json_int_t)__builtin_ia32_rdtsc()));
#endif
	return hospes_reply(ctx, json_integer(tally + from_init));
}

static int
begin(void)
{
#ifdef FAULT_INIT
	return HOSPES_EFAILED;
#endif
#ifdef FAULT_INIT_TIME
	from_init = (int)time(NULL);
#endif
	from_init += 100;
	return 0;
}

static void
end(void)
{
	tally = 0;
	printf("the exit hook ran\n");
}

#ifdef FAULT_ABI
HOSPES_EXPORT_ const struct hospes_plugin hospes_plugin_v1 = {.magic = HOSPES_PLUGIN_MAGIC,
    .size = sizeof(struct hospes_plugin),
    .abi_major = 2,
    .abi_minor = 0,
    .handler = act,
    .init = begin,
    .exit = end};
HOSPES_NOTE("kind=agent")
HOSPES_NOTE("name=guest")
HOSPES_NOTE("version=1.0.0")
HOSPES_NOTE("abi=2.0")
HOSPES_NOTE("summary=Built for another host")
#elif !defined(FAULT_SYMBOL)
HOSPES_AGENT("guest", "1.2.3-rc.1", "Does what it is told", act, .init = begin, .exit = end)
HOSPES_CAPABILITY("guest.test")
HOSPES_NEEDS("call:cap:read.*")
HOSPES_NEEDS("http:https://*.example.org/*")
HOSPES_CONFIG("at_once", "int", "4")
HOSPES_CONFIG("ratio", "real", "0.5")
HOSPES_INPUT("{\"type\": \"object\"}")
HOSPES_MEMORY("64")
HOSPES_PRICE("10")
#else
int keep(hospes_ctx *ctx);
int
keep(hospes_ctx *ctx)
{
	end();
	return begin() + act(ctx);
}
HOSPES_NOTE("kind=agent")
HOSPES_NOTE("name=guest")
HOSPES_NOTE("version=1.0.0")
HOSPES_NOTE("abi=1.0")
HOSPES_NOTE("summary=Exports nothing")
#endif
#ifdef FAULT_STATE
HOSPES_STATE_CELL()
#endif
#ifdef FAULT_NOTE
HOSPES_NOTE("colour=green")
#endif
