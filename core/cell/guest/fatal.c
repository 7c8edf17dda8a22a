/* See fatal.h.  All that a handler calls here is async-signal-safe. */

#include "cell/guest/fatal.h"

#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/util.h"
#include "cell/guest/sandbox.h"
#include "runtime.h"

/* How far below the stack pointer a fault still counts as the stack's: a big frame skips its guard's first page. */
#define STACK_REACH (64 * KIB)
#define FRAMES_MAX  24

/* asm-generic/siginfo.h, which cannot be included beside signal.h */
#define SIGSYS_BY_SECCOMP 1

static struct {
	struct wire_page *page;
	const struct seal *seal;
	const struct symbols *symbols;
	bool closed;
	const char *refused[8]; /* while it loads */
	unsigned refused_n;
} known;

static uint8_t handler_stack[64 * KIB] __attribute__((aligned(16)));

struct text {
	char *at, *end;
};

static void
put(struct text *t, const char *s)
{
	while (*s != '\0' && t->at < t->end)
		*t->at++ = *s++;
}

static void
put_number(struct text *t, uint64_t number, unsigned base)
{
	char digits[20];
	size_t n = 0;

	if (base == 16)
		put(t, "0x");
	do
		digits[n++] = "0123456789abcdef"[number % base];
	while ((number /= base) != 0);
	while (n > 0 && t->at < t->end)
		*t->at++ = digits[--n];
}

static void
put_place(struct text *t, uintptr_t address)
{
	uintptr_t offset = 0;
	const char *name = known.symbols == NULL ? NULL : symbols_find(known.symbols, address, &offset);

	if (name != NULL) {
		put(t, "`");
		put(t, name);
		put(t, "`");
		if (offset != 0) {
			put(t, "+");
			put_number(t, offset, 16);
		}
	} else {
		put(t, "offset ");
		put_number(t, known.symbols == NULL ? address : address - known.symbols->load, 16);
	}
}

static bool
in_plugin(uintptr_t address)
{
	return known.symbols != NULL && address >= known.symbols->load && address < known.symbols->end;
}

static uintptr_t
stack_pointer(const void *context)
{
	const ucontext_t *uc = context;
#if defined(__x86_64__)
	return (uintptr_t)uc->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
	return (uintptr_t)uc->uc_mcontext.sp;
#else
	(void)uc;
	return 0;
#endif
}

static void
put_signal(struct text *t, int number)
{
	static const struct {
		int number;
		const char *text;
	} names[] = {{SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"}, {SIGFPE, "SIGFPE"}, {SIGILL, "SIGILL"},
	    {SIGABRT, "SIGABRT"}, {SIGSYS, "SIGSYS"}};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].number == number)
			put(t, names[i].text);
}

static void
put_fault(struct text *t, const siginfo_t *info, const void *context)
{
	uintptr_t at = (uintptr_t)info->si_addr, sp = stack_pointer(context);

	if (known.seal != NULL && seal_covers(known.seal, at)) {
		put(t, "it wrote to the global variable ");
		put_place(t, at);
		put(t, ", and globals are read-only once the init hook has returned: keep it in the call, set it in "
		       "init, or "
		       "say HOSPES_STATE_CELL()");
		return;
	}
	put(t, "at address ");
	put_number(t, at, 16);
	if (info->si_code == SI_KERNEL)
		put(t, " (or an instruction that is forbidden here, as rdtsc: use hospes_now_ns)");
	else if (at + STACK_REACH >= sp && at < sp + 4096)
		put(t, ", near the stack pointer: the call's stack is used up; put big arrays on the heap and bound "
		       "recursion");
}

static void
put_cause(struct text *t, int number, const siginfo_t *info, const void *context)
{
	const char *name;

	put_signal(t, number);
	put(t, ": ");
	if (number == SIGSYS) {
		name = filter_killer_name(info->si_syscall);
		put(t, "system call ");
		put_number(t, (unsigned)info->si_syscall, 10);
		if (name != NULL) {
			put(t, " (");
			put(t, name);
			put(t, ")");
		}
		put(t, " is forbidden in a cell");
	} else if (number == SIGABRT)
		put(t, "it called abort, or an assertion failed (see its log)");
	else
		put_fault(t, info, context);
}

static void
put_stack(struct text *t)
{
	void *frames[FRAMES_MAX];
	int n = backtrace(frames, FRAMES_MAX);
	bool first = true;

	for (int i = 0; i < n; i++) {
		if (!in_plugin((uintptr_t)frames[i]))
			continue;
		put(t, first ? "; stack " : " < ");
		put_place(t, (uintptr_t)frames[i]);
		first = false;
	}
}

static void
publish(const struct text *t)
{
	known.page->report_len = (uint32_t)(t->at - known.page->report);
}

static void
answer(mcontext_t *machine, long result)
{
#if defined(__x86_64__)
	machine->gregs[REG_RAX] = result;
#elif defined(__aarch64__)
	machine->regs[0] = (unsigned long long)result;
#else
#error "write down where this machine has the result of a system call"
#endif
}

/* An openat that does not look like the dynamic loader's, which is let through: made again so that it does. */
static long
open_as_loader(const mcontext_t *machine)
{
	long result;
#if defined(__x86_64__)
	const long long *at = machine->gregs;
	const long args[] = {at[REG_RDI], at[REG_RSI], at[REG_RDX], at[REG_R10]};
#elif defined(__aarch64__)
	const unsigned long long *at = machine->regs;
	const long args[] = {(long)at[0], (long)at[1], (long)at[2], (long)at[3]};
#endif

	if ((args[2] & O_CLOEXEC) != 0)
		return -ENOSYS;
	result = syscall(SYS_openat, args[0], args[1], args[2] | O_CLOEXEC, args[3]);
	return result < 0 ? -errno : result;
}

/* For the host's log, once it is loaded: each name once, as many as there is room for. */
static void
note_loading(const char *name)
{
	struct wire_page *page = known.page;
	struct text t = {.at = page->refused, .end = page->refused + sizeof(page->refused)};
	unsigned i = 0;

	while (i < known.refused_n && known.refused[i] != name)
		i++;
	if (i < known.refused_n || i == ARRAY_LEN(known.refused))
		return;
	known.refused[known.refused_n++] = name;
	for (i = 0; i < known.refused_n; i++) {
		put(&t, i == 0 ? "" : ", ");
		put(&t, known.refused[i]);
	}
	page->refused_len = (uint32_t)(t.at - page->refused);
}

bool
fatal_refuse(const siginfo_t *info, void *context)
{
	const char *name = info->si_code == SIGSYS_BY_SECCOMP ? filter_told_name(info->si_syscall) : NULL;
	mcontext_t *machine = &((ucontext_t *)context)->uc_mcontext;
	int saved = errno;
	long result = -ENOSYS;

	if (name == NULL)
		return false;
	if (!known.closed && info->si_syscall == SYS_openat)
		result = open_as_loader(machine);
	if (known.closed)
		hospes_rt_refused(name);
	else if (result < 0)
		note_loading(name);
	answer(machine, result);
	errno = saved;
	return true;
}

static void
on_fatal(int number, siginfo_t *info, void *context)
{
	int saved = errno;
	const char *path = hospes_rt_current_path();
	struct text t = {.at = known.page->report, .end = known.page->report + sizeof(known.page->report)};

	if (number == SIGSYS && fatal_refuse(info, context))
		return;
	put_cause(&t, number, info, context);
	if (path[0] != '\0') {
		put(&t, "; in call ");
		put(&t, path);
	}
	publish(&t);
	hospes_rt_flush_dying();
	/* A broken stack may bring down the walk; what was said before it stands. */
	put_stack(&t);
	publish(&t);
	errno = saved;
	/* A trap while SIGSYS is blocked, as it is here, is the end. */
	if (number == SIGSYS)
		(void)syscall(SYS_ptrace, 0, 0, 0, 0);
	/* The handler is off again (SA_RESETHAND): a fault comes back by itself, the others have to be sent. */
	if (number == SIGABRT || info->si_code == SI_USER || info->si_code == SI_TKILL)
		(void)syscall(SYS_tgkill, getpid(), (pid_t)syscall(SYS_gettid), number);
}

int
fatal_install(struct wire_page *page)
{
	static const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS};
	struct sigaction action = {.sa_sigaction = on_fatal, .sa_flags = SA_SIGINFO | SA_ONSTACK | (int)SA_RESETHAND};
	stack_t stack = {.ss_sp = handler_stack, .ss_size = sizeof(handler_stack)};

	known.page = page;
	if (sigaltstack(&stack, NULL) != 0)
		return -errno;
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		/* SIGSYS also comes for what is only refused, any number of times. */
		if (numbers[i] == SIGSYS)
			action.sa_flags &= ~(int)SA_RESETHAND;
		if (sigaction(numbers[i], &action, NULL) != 0)
			return -errno;
		action.sa_flags |= (int)SA_RESETHAND;
	}
	return 0;
}

void
fatal_close(void)
{
	known.closed = true;
}

void
fatal_know(const struct seal *seal, const struct symbols *symbols)
{
	known.seal = seal;
	known.symbols = symbols;
}
