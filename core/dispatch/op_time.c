/*
 * The ops NOW, RANDOM and SLEEP: what would make two executions of a handler differ, recorded so that it does not.
 */

#include <sodium.h>
#include <string.h>

#include "base/clock.h"
#include "dispatch/guard.h"

#define RANDOM_MAX 4096u

static void
now_begin(struct dispatch *d, struct op *op)
{
	int64_t now;

	clock_anew(); /* two that ask have two answers */
	now = clock_real_ns();
	pipeline_complete(d, op, 0, payload_new(&now, sizeof(now)), 1);
}

static bool
read_number(const struct op *op, void *out, size_t size)
{
	if (op->input == NULL || op->input->len != size)
		return false;
	memcpy(out, op->input->data, size);
	return true;
}

static void
bad_number(struct dispatch *d, struct op *op, const char *what)
{
	struct fault fault;

	fault_set(&fault, HOSPES_EINPUT, "%s", what);
	pipeline_fail(d, op, &fault);
}

static void
random_begin(struct dispatch *d, struct op *op)
{
	struct payload *bytes;
	uint32_t n;

	if (!read_number(op, &n, sizeof(n)) || n > RANDOM_MAX) {
		bad_number(d, op, "random numbers come in at most 4,096 bytes at a time; ask for fewer");
		return;
	}
	bytes = payload_alloc(n);
	randombytes_buf(bytes->data, n);
	pipeline_complete(d, op, 0, bytes, 1);
}

/* The loop reads the clock before it serves what is due and what has come, so that a timer set in a long turn goes off early by
 * as much: no call wakes before its time. */
struct nap {
	struct op *op;
	struct event *timer;
	int64_t until_mono_ns;
};

static void
nap_set(struct nap *nap)
{
	int64_t left = nap->until_mono_ns - clock_mono_ns();
	struct timeval tv = {0};

	if (left > 0)
		tv = (struct timeval){.tv_sec = left / NS_PER_S, .tv_usec = left % NS_PER_S / NS_PER_US + 1};
	evtimer_add(nap->timer, &tv);
}

static void
nap_free(struct nap *nap)
{
	nap->op->executing = NULL;
	event_free(nap->timer);
	free(nap);
}

static void
sleep_over(evutil_socket_t fd, short what, void *arg)
{
	struct nap *nap = arg;
	struct op *op = nap->op;

	(void)fd, (void)what;
	if (clock_mono_ns() < nap->until_mono_ns) {
		nap_set(nap);
		return;
	}
	nap_free(nap);
	pipeline_complete(op->run->dispatch, op, 0, payload_new("", 0), 1);
}

/* Until then by the real clock: where the host was down meanwhile it is over sooner. */
static void
sleep_for(struct dispatch *d, struct op *op, int64_t ns)
{
	struct nap *nap = xcalloc(1, sizeof(*nap));
	int64_t now = clock_mono_ns();

	*nap = (struct nap){.op = op, .until_mono_ns = ns < INT64_MAX - now ? now + ns : INT64_MAX};
	nap->timer = evtimer_new(d->loop, sleep_over, nap);
	op->executing = nap;
	nap_set(nap);
}

static void
sleep_begin(struct dispatch *d, struct op *op)
{
	int64_t ns;

	if (!read_number(op, &ns, sizeof(ns)) || ns < 0) {
		bad_number(d, op, "a sleep takes a number of nanoseconds that is not negative");
		return;
	}
	clock_anew(); /* it is as long as was asked for from now on */
	record_intent(d, op);
	sleep_for(d, op, ns);
}

static void
sleep_resume(struct dispatch *d, struct op *op)
{
	int64_t ns, gone = clock_real_ns() - op->intent_real_ns;

	if (!read_number(op, &ns, sizeof(ns)) || ns < 0) {
		bad_number(d, op, "its length is not on record");
		return;
	}
	if (gone > 0) /* else the clock was set back */
		ns = gone < ns ? ns - gone : 0;
	sleep_for(d, op, ns);
}

int64_t
sleep_ends(const struct op *op)
{
	const struct nap *nap = executor_of(op) == &executor_sleep ? op->executing : NULL;

	return nap == NULL ? 0 : clock_real_ns() + nap->until_mono_ns - clock_mono_ns();
}

static void
sleep_stop(struct dispatch *d, struct op *op)
{
	(void)d;
	nap_free(op->executing);
}

/* A call does when it is parked and so are all that it waits for. */
static bool
asleep(const struct op *op)
{
	const struct call *call = op->callee;
	bool waits = false;

	if (op->kind == WIRE_OP_SLEEP || op->undecided || op_awaits_review(op) != NULL)
		return true;
	if (call == NULL || (call->state != CALL_PARKED && call->state != CALL_EVICTED))
		return false;
	for (uint32_t i = 0; i < call->n_ops; i++) {
		const struct op *below = call->ops[i];
		bool follows = below->kind == WIRE_OP_FIRST || below->kind == WIRE_OP_PART ||
			       below->kind == WIRE_OP_POLL; /* others of this call */

		if (below->state == OP_NEW || below->state == OP_DONE || follows)
			continue;
		if (below->state == OP_WAITING && below->held_at == &guard_review) {
			waits = true; /* for the answer to a question of its own, or of another call */
			continue;
		}
		if (below->state != OP_OPEN || !asleep(below))
			return false;
		waits = true;
	}
	return waits;
}

bool
dispatch_asleep(const struct run *run)
{
	return run->root.state == OP_OPEN && asleep(&run->root);
}

const struct executor executor_now = {.name = "now", .begin = now_begin};
const struct executor executor_random = {.name = "random", .begin = random_begin};
const struct executor executor_sleep = {
    .name = "sleep", .begin = sleep_begin, .stop = sleep_stop, .resume = sleep_resume};
