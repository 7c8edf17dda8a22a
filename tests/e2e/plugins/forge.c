/*
 * forge-ready, forge-stack, forge-prctl, forge-unmap, forge-over, forge-protect, forge-move: plugins whose constructor tells the
 * host READY itself, to serve calls under the filter that is for loading.
 *
 * All but the first try to look as closed as a cell that went on: by a filter of their own in place of the last one,
 * or by changing the program of the last one (where last_filter.c has it) and loading that.
 */

#include <linux/filter.h>
#include <linux/mman.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <hospes.h>

#define PLACE     ((char *)0x100000)
#define PLACE_LEN 0x10000
#define CONTROL   3

enum { FORGE_READY, FORGE_STACK, FORGE_PRCTL, FORGE_UNMAP, FORGE_OVER, FORGE_PROTECT, FORGE_MOVE };

static long
kernel(long number, long a, long b, long c, long d, long e)
{
#if defined(__x86_64__)
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = 0;
	long rc;

	__asm__ volatile("syscall"
			 : "=a"(rc)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return rc;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = 0;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
	return x0;
#else
#error "say how this machine calls its kernel"
#endif
}

static struct sock_filter pass[] = {{.code = BPF_RET | BPF_K, .k = SECCOMP_RET_ALLOW}};
static struct sock_fprog own = {.len = 1, .filter = pass};

static void
load(const void *program)
{
	kernel(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, (long)program, 0, 0);
}

static void
map_at_place(long at, long flags)
{
	kernel(SYS_mmap, at, PLACE_LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1);
}

/* Puts the pass in the place, if the kernel can write there, which it is asked to try. */
static void
write_place(void)
{
	kernel(SYS_prlimit64, 0, 7 /* RLIMIT_NOFILE */, 0, (long)(PLACE + PLACE_LEN - 64), 0);
	if (*(volatile long *)(PLACE + PLACE_LEN - 64) == 0)
		return; /* what it would load is the true one, and then it might as well say READY */
	memcpy(PLACE, &own, sizeof(own));
	load(PLACE);
}

static void
dress(int how)
{
	switch (how) {
	case FORGE_STACK:
		load(&own);
		break;
	case FORGE_PRCTL:
		kernel(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, (long)&own, 0, 0);
		break;
	case FORGE_UNMAP:
		kernel(SYS_munmap, (long)PLACE - PLACE_LEN, 2L * PLACE_LEN, 0, 0, 0);
		map_at_place((long)PLACE, 0);
		write_place();
		break;
	case FORGE_OVER:
		map_at_place((long)PLACE, MAP_FIXED);
		write_place();
		break;
	case FORGE_PROTECT:
		kernel(SYS_mprotect, (long)PLACE, PLACE_LEN, PROT_READ | PROT_WRITE, 0, 0);
		write_place();
		break;
	case FORGE_MOVE: {
		long from = kernel(SYS_mmap, 0, PLACE_LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

		kernel(SYS_mremap, from, PLACE_LEN, PLACE_LEN, MREMAP_MAYMOVE | MREMAP_FIXED, (long)PLACE);
		write_place();
		break;
	}
	default:
		break;
	}
}

__attribute__((constructor)) static void
forge(void)
{
	struct {
		uint32_t length;
		uint16_t type, flags;
		uint64_t call;
		uint32_t ordinal;
		int32_t status;
		uint32_t version, layers;
	} ready = {.length = 8, .type = 65, .ordinal = UINT32_MAX, .version = 1, .layers = UINT32_MAX};
	struct iovec part = {&ready, sizeof(ready)};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	dress(HOW);
	kernel(SYS_sendmsg, CONTROL, (long)&message, 0, 0, 0);
	/* Here it would serve calls. */
	while (kernel(SYS_recvmsg, CONTROL, (long)&message, 0, 0, 0) > 0)
		;
}

static int
handler(hospes_ctx *ctx)
{
	return hospes_reply(ctx, json_object());
}

HOSPES_AGENT(NAME, "1.0.0", "Says READY before it is", handler)
