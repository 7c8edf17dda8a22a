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

#include <hospes.h>

#include "common/kernel.h"

#define PLACE     ((char *)0x100000)
#define PLACE_LEN 0x10000
#define CONTROL   3

enum { FORGE_READY, FORGE_STACK, FORGE_PRCTL, FORGE_UNMAP, FORGE_OVER, FORGE_PROTECT, FORGE_MOVE };

static struct sock_filter pass[] = {{.code = BPF_RET | BPF_K, .k = SECCOMP_RET_ALLOW}};
static struct sock_fprog own = {.len = 1, .filter = pass};

static void
load(const void *program)
{
	kernel6(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, (long)program, 0, 0, 0);
}

static void
map_at_place(long at, long flags)
{
	kernel6(SYS_mmap, at, PLACE_LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
}

/* Puts the pass in the place, if the kernel can write there, which it is asked to try. */
static void
write_place(void)
{
	kernel6(SYS_prlimit64, 0, 7 /* RLIMIT_NOFILE */, 0, (long)(PLACE + PLACE_LEN - 64), 0, 0);
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
		kernel6(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, (long)&own, 0, 0, 0);
		break;
	case FORGE_UNMAP:
		kernel6(SYS_munmap, (long)PLACE - PLACE_LEN, 2L * PLACE_LEN, 0, 0, 0, 0);
		map_at_place((long)PLACE, 0);
		write_place();
		break;
	case FORGE_OVER:
		map_at_place((long)PLACE, MAP_FIXED);
		write_place();
		break;
	case FORGE_PROTECT:
		kernel6(SYS_mprotect, (long)PLACE, PLACE_LEN, PROT_READ | PROT_WRITE, 0, 0, 0);
		write_place();
		break;
	case FORGE_MOVE: {
		long from = kernel6(SYS_mmap, 0, PLACE_LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		kernel6(SYS_mremap, from, PLACE_LEN, PLACE_LEN, MREMAP_MAYMOVE | MREMAP_FIXED, (long)PLACE, 0);
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
	kernel6(SYS_sendmsg, CONTROL, (long)&message, 0, 0, 0, 0);
	/* Here it would serve calls. */
	while (kernel6(SYS_recvmsg, CONTROL, (long)&message, 0, 0, 0, 0) > 0)
		;
}

static int
handler(hospes_ctx *ctx)
{
	return hospes_reply(ctx, json_object());
}

HOSPES_AGENT(NAME, "1.0.0", "Says READY before it is", handler)
