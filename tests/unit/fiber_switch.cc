/*
 * The switch between fibers itself, on whatever machine this is compiled for: what a function may count on when it calls another
 * one has to be there when its fiber goes on.  Speaks TAP and needs nothing but the C++ runtime, so that it runs under
 * qemu-user as well (tests/cross.sh).
 */

#include <cerrno>
#include <cfenv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <unwind.h>
#include <vector>

extern "C" {
#include "fiber.h"
}

static int failures, tests;

static void
ok(bool good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++tests, what);
	failures += !good;
}

/* ---- Registers --------------------------------------------------------------------------------------------------- */

#if defined(__aarch64__)
#define KEPT(X)                                                                                                        \
	X(x19, "x19")                                                                                                  \
	X(x20, "x20") X(x21, "x21") X(x22, "x22") X(x23, "x23") X(x24, "x24") X(x25, "x25") X(x26, "x26")              \
	    X(x27, "x27") X(x28, "x28")
#define KEPT_REAL(X)                                                                                                   \
	X(d8, "d8") X(d9, "d9") X(d10, "d10") X(d11, "d11") X(d12, "d12") X(d13, "d13") X(d14, "d14") X(d15, "d15")
#elif defined(__x86_64__)
#define KEPT(X)      X(rbx, "rbx") X(r12, "r12") X(r13, "r13") X(r14, "r14") X(r15, "r15")
#define KEPT_REAL(X) /* none is kept across a call */
#else
#define KEPT(X)
#define KEPT_REAL(X)
#endif

struct worker {
	struct fiber fiber;
	unsigned seed, turns;
	bool good;
};

/* Each register has a value of this fiber's alone across the switch. */
static bool __attribute__((noinline)) registers_kept(struct worker *w, uint64_t base)
{
	bool good = true;
	uint64_t n = 0;

#define SET(name, text)        register uint64_t name __asm__(text) = base + ++n;
#define SET_REAL(name, text)   register double name __asm__(text) = (double)(base + ++n);
#define PIN(name, text)        __asm__ volatile("" : "+r"(name));
#define PIN_REAL(name, text)   __asm__ volatile("" : "+w"(name));
#define CHECK(name, text)      good = good && name == base + ++n;
#define CHECK_REAL(name, text) good = good && name == (double)(base + ++n);
	KEPT(SET)
	KEPT_REAL(SET_REAL)
	KEPT(PIN)
	KEPT_REAL(PIN_REAL)
	fiber_park(&w->fiber);
	KEPT(PIN)
	KEPT_REAL(PIN_REAL)
	n = 0;
	KEPT(CHECK)
	KEPT_REAL(CHECK_REAL)
	return good;
}

static void
work(void *arg)
{
	struct worker *w = static_cast<struct worker *>(arg);
	double sum = 0;

	w->good = reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) % 16 == 0;
	for (unsigned turn = 1; turn <= w->turns; turn++) {
		errno = static_cast<int>(w->seed + turn);
		sum += std::sqrt(static_cast<double>(w->seed));
		w->good = w->good && registers_kept(w, w->seed * 1000003ull + turn);
		w->good = w->good && errno == static_cast<int>(w->seed + turn);
	}
	w->good = w->good && std::fabs(sum - w->turns * std::sqrt(static_cast<double>(w->seed))) < 1e-6 * (sum + 1);
}

static void
test_many()
{
	const unsigned n = 500, turns = 40;
	std::vector<struct worker> workers(n);
	bool opened = true, good = true, ended = true;
	unsigned live = n;

	errno = 77;
	for (unsigned i = 0; i < n; i++) {
		workers[i].seed = i + 1;
		workers[i].turns = 1 + (i * 7 + 3) % turns;
		opened = fiber_open(&workers[i].fiber, work, &workers[i]) == 0 && opened;
	}
	ok(opened, "500 fibers are made");
	for (unsigned round = 0; live > 0 && round <= turns; round++)
		for (unsigned i = 0; i < n; i++) {
			/* Forwards and backwards, so that none has a place of its own in the order. */
			struct worker *w = &workers[round % 2 == 0 ? i : n - 1 - i];

			if (w->fiber.ended)
				continue;
			fiber_resume(&w->fiber);
			live -= w->fiber.ended;
		}
	for (unsigned i = 0; i < n; i++) {
		good = good && workers[i].good;
		ended = ended && workers[i].fiber.ended;
		if (workers[i].fiber.ended)
			fiber_close(&workers[i].fiber);
	}
	ok(ended, "each went its turns and ended");
	ok(good, "each kept its registers, its stack and its errno");
	ok(errno == 77, "and the scheduler its own errno");
}

/* ---- Rounding ---------------------------------------------------------------------------------------------------- */

struct rounder {
	struct fiber fiber;
	int mode;
	bool fresh, kept;
};

static double __attribute__((noinline)) third()
{
	volatile double one = 1, three = 3;

	return one / three;
}

static void
round_as(void *arg)
{
	struct rounder *r = static_cast<struct rounder *>(arg);
	double before;

	r->fresh = fegetround() == FE_TONEAREST;
	fesetround(r->mode);
	before = third();
	fiber_park(&r->fiber);
	r->kept = fegetround() == r->mode && third() == before;
	fesetround(FE_TONEAREST);
}

static void
test_rounding()
{
	struct rounder up = {}, down = {};
	double nearest = third();

	up.mode = FE_UPWARD;
	down.mode = FE_DOWNWARD;
	fiber_open(&up.fiber, round_as, &up);
	fiber_open(&down.fiber, round_as, &down);
	fesetround(FE_TOWARDZERO);
	fiber_resume(&up.fiber);
	ok(fegetround() == FE_TOWARDZERO, "the scheduler keeps its rounding mode");
	fesetround(FE_TONEAREST);
	fiber_resume(&down.fiber);
	ok(fegetround() == FE_TONEAREST && third() == nearest, "and counts by it");
	fiber_resume(&up.fiber);
	fiber_resume(&down.fiber);
	ok(up.kept && down.kept, "each fiber keeps its own");
#ifndef MACHINE_UCONTEXT
	ok(up.fresh && down.fresh, "a new one begins with that of the ABI");
#else
	ok(down.fresh, "a new one begins with that of who made it");
#endif
	fiber_close(&up.fiber);
	fiber_close(&down.fiber);
}

/* ---- Exceptions -------------------------------------------------------------------------------------------------- */

struct thrower {
	struct fiber fiber;
	std::string name, caught;
	int unwinding;
};

struct parks_when_destroyed {
	struct thrower *thrower;

	~parks_when_destroyed()
	{
		fiber_park(&thrower->fiber);
		thrower->unwinding = std::uncaught_exceptions();
	}
};

static void
throw_and_park(void *arg)
{
	struct thrower *t = static_cast<struct thrower *>(arg);

	try {
		try {
			struct parks_when_destroyed guard = {t};

			throw t->name;
		} catch (const std::string &) {
			fiber_park(&t->fiber);
			throw;
		}
	} catch (const std::string &caught) {
		t->caught = caught;
	}
}

static void
test_exceptions()
{
	std::vector<struct thrower> throwers(8);
	bool own = true, counted = true, clean = true;

	fiber_find_exceptions(nullptr);
	for (size_t i = 0; i < throwers.size(); i++) {
		throwers[i].name = "exception " + std::to_string(i);
		fiber_open(&throwers[i].fiber, throw_and_park, &throwers[i]);
	}
	for (int turn = 0; turn < 3; turn++)
		for (auto &t : throwers) {
			fiber_resume(&t.fiber);
			clean = clean && std::uncaught_exceptions() == 0 && !std::current_exception();
		}
	for (auto &t : throwers) {
		own = own && t.fiber.ended && t.caught == t.name;
		counted = counted && t.unwinding == 1;
		if (t.fiber.ended)
			fiber_close(&t.fiber);
	}
	ok(own, "an exception that is handled across a switch is thrown on as it was");
	ok(counted, "one under way is counted for its own fiber");
	ok(clean, "and none for the scheduler");
}

/* ---- Walking the stack ------------------------------------------------------------------------------------------- */

struct walk {
	struct fiber fiber;
	unsigned frames;
	_Unwind_Reason_Code end;
};

static _Unwind_Reason_Code
count_frame(struct _Unwind_Context *context, void *arg)
{
	unsigned *frames = static_cast<unsigned *>(arg);

	(void)context;
	return ++*frames < 1000 ? _URC_NO_REASON : _URC_NORMAL_STOP;
}

static void
walk_stack(void *arg)
{
	struct walk *w = static_cast<struct walk *>(arg);

	w->end = _Unwind_Backtrace(count_frame, &w->frames);
}

static void
test_walk()
{
	struct walk w = {};

	fiber_open(&w.fiber, walk_stack, &w);
	fiber_resume(&w.fiber);
	ok(w.end == _URC_END_OF_STACK && w.frames >= 2 && w.frames < 20,
	    "a walk up the stack ends where the fiber began");
	fiber_close(&w.fiber);
}

int
main()
{
	puts("1..12");
	if (stacks_open(64 * 1024, 1000) != 0)
		return 2;
	test_many();
	test_rounding();
	test_exceptions();
	test_walk();
	return failures == 0 && tests == 12 ? 0 : 1;
}
