/* Proofs that a cell does not survive, or is not meant to: memory without end, silence, other ways into the kernel. */

#include "cell/guest/proof.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/util.h"
#include "runtime.h"

#define STEP ((size_t)MIB)

/* For the host to read when this process is no more. */
static void
publish(struct wire_page *page, uint64_t bytes)
{
	int n = snprintf(page->report, sizeof(page->report), "%llu MiB", (unsigned long long)(bytes / MIB));

	atomic_store(&page->report_len, (uint32_t)n);
}

struct used {
	uint64_t got;
	int error;   /* that ended it */
	void *first; /* MiB of it */
};

/* Maps and uses, one MiB after the other. */
static struct used
use(struct wire_page *page, uint64_t from, int flags, int prot)
{
	struct used used = {.error = 0};

	while (from + used.got < PROOF_MUCH) {
		uint8_t *at = mmap(NULL, STEP, prot, MAP_ANONYMOUS | flags, -1, 0);

		used.error = errno;
		if (at == MAP_FAILED)
			break;
		if (prot == PROT_NONE && mprotect(at, STEP, PROT_READ | PROT_WRITE) != 0) {
			used.error = errno;
			break;
		}
		memset(at, 1, STEP);
		if (used.first == NULL)
			used.first = at;
		used.got += STEP;
		publish(page, from + used.got);
	}
	return used;
}

static struct used
use_break(void)
{
	long at = syscall(SYS_brk, 0);

	if (syscall(SYS_brk, at + (long)(4 * STEP)) == at)
		return (struct used){.error = ENOMEM};
	return (struct used){.got = 4 * STEP};
}

static void
tell(struct proof *proof, enum try_id id, const struct used *used, uint64_t most)
{
	unsigned long long mib = used->got / MIB;

	if (used->got > most)
		proof_tell(proof, id, false, "it got %llu MiB", mib);
	else
		proof_tell(proof, id, true, "%s after %llu MiB", strerrorname_np(used->error), mib);
}

void
proof_memory(struct proof *proof, struct wire_page *page)
{
	const int use_it = PROT_READ | PROT_WRITE;
	struct used private, brk, shared, grows, protect;

	private = use(page, 0, MAP_PRIVATE, use_it);
	brk = use_break();
	shared = use(page, private.got, MAP_SHARED, use_it);
	grows = use(page, private.got + shared.got, MAP_PRIVATE | MAP_GROWSDOWN, use_it);
	protect = use(page, private.got + shared.got + grows.got, MAP_PRIVATE, PROT_NONE);
	/* Telling takes memory too. */
	if (private.first != NULL)
		munmap(private.first, STEP);
	tell(proof, TRY_MEMORY_PRIVATE, &private, proof->profile->limit_data ? proof->data : PROOF_MUCH / 2);
	tell(proof, TRY_MEMORY_BRK, &brk, STEP);
	tell(proof, TRY_MEMORY_SHARED, &shared, STEP);
	tell(proof, TRY_MEMORY_GROWS, &grows, STEP);
	tell(proof, TRY_MEMORY_PROTECT, &protect, STEP);
}

_Noreturn void
proof_spin(void)
{
	volatile uint64_t turns = 0;

	for (;;)
		turns = turns + 1;
}

/* Reads what comes, so that it is not the socket that fills up, and answers nothing. */
_Noreturn void
proof_silent(void)
{
	static char bytes[4096];

	for (;;) {
		struct iovec iov = {bytes, sizeof(bytes)};
		struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

		if (syscall(SYS_recvmsg, WIRE_FD_CONTROL, &msg, 0) == 0)
			_exit(1);
	}
}

void
proof_stay(void)
{
	char byte;
	struct iovec iov = {&byte, 1};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	(void)syscall(SYS_recvmsg, WIRE_FD_CONTROL, &msg, 0);
}

_Noreturn void
proof_other_abi(bool x32)
{
#if defined(__x86_64__)
	long rc = x32 ? 0x40000000 + SYS_getpid : 20; /* getpid, in the numbers of each */

	if (x32)
		__asm__ volatile("syscall" : "+a"(rc) : : "rcx", "r11", "memory");
	else
		__asm__ volatile("int $0x80" : "+a"(rc) : : "memory");
	/* The kernel has answered. */
	_exit(rc == -ENOSYS ? 3 : 4);
#else
	(void)x32;
	_exit(3);
#endif
}
