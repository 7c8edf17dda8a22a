/*
 * A host that is told to stop gives runs some time to end.
 *
 * Nothing is lost by not waiting, since what is open goes on at the next start; so it is waited for what may end soon and not
 * for what sleeps, and not for long.
 */

#include "base/clock.h"
#include "run/state.h"

#define LOOK_NS (100 * NS_PER_MS)

/* Is any of them about to do something? */
static bool
awake(const struct runs *r)
{
	const struct run_slot *slot;

	TAILQ_FOREACH(slot, &r->open, entry)
	if (slot->step == RESUME_NONE && !dispatch_asleep(&slot->run))
		return true;
	return false;
}

void
drain_look(struct runs *r)
{
	void (*drained)(void *arg) = r->drained;

	if (drained == NULL || (awake(r) && clock_mono_ns() < r->drain_until_ns))
		return;
	r->drained = NULL;
	drained(r->drained_arg);
}

/* arg: struct runs. */
static void
on_look(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	drain_look(arg);
}

void
runs_drain(struct runs *r, void (*drained)(void *arg), void *arg)
{
	const struct timeval often = {.tv_usec = LOOK_NS / 1000};

	r->draining = true;
	r->drained = drained;
	r->drained_arg = arg;
	r->drain_until_ns = clock_mono_ns() + r->policy->drain_ns;
	r->drain = event_new(r->loop, -1, EV_PERSIST, on_look, r);
	event_add(r->drain, &often);
	drain_look(r);
}

void
drain_close(struct runs *r)
{
	if (r->drain != NULL)
		event_free(r->drain);
	r->drain = NULL;
}
