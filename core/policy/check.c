/*
 * Values that do not go together.
 *
 * The stacks of a cell have to fit into it: a host does not start with what is otherwise.  All else here a host takes; it
 * is told by `hospes policy check` alone, and only of keys that the file sets: nobody is blamed for a default.
 */

#include "policy/check.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/util.h"
#include "policy/keys.h"
#include "policy/units.h"
#include "policy/value.h"

#define HEAP_LEAST (16 * MIB) /* what a plugin has beside the stacks of its calls */

static unsigned long long
mib(uint64_t bytes)
{
	return (bytes + MIB - 1) / MIB;
}

static uint64_t
stacks_of(const struct policy *p)
{
	return p->fibers * p->stack_bytes;
}

bool
check_stacks(const struct policy *p, const char *path, policy_found *each, void *arg)
{
	const char *at = policy_place(p, "cells.memory");
	_cleanup_(free_p) char *text = NULL, *found = NULL, *allowed = NULL;

	if (p->cell_memory >= stacks_of(p) + HEAP_LEAST)
		return true;
	if (at[0] == '\0')
		at = policy_place(p, "cells.fibers");
	if (at[0] == '\0')
		at = policy_place(p, "cells.stack");
	found = xasprintf("%llu MiB", mib(p->cell_memory));
	allowed = xasprintf("at least %llu MiB", mib(stacks_of(p) + HEAP_LEAST));
	text = xasprintf("found %s; it holds the stacks of all calls too, and %u of them (cells.fibers) with %llu KiB "
			 "each (cells.stack) "
			 "and %llu MiB for the rest need %llu MiB: raise it, or lower cells.fibers",
	    found, p->fibers, (unsigned long long)(p->stack_bytes / KIB), mib(HEAP_LEAST),
	    mib(stacks_of(p) + HEAP_LEAST));
	each(&(struct policy_finding){.mistake = true,
		 .at = at[0] != '\0' ? at : path,
		 .key = "cells.memory",
		 .text = text,
		 .found = found,
		 .allowed = allowed},
	    arg);
	return false;
}

/* ---- Two keys ---------------------------------------------------------------------------------------------------- */

/* `low` past `high` has no effect, or not the one that was meant. */
struct pair {
	const char *low, *high;
	bool equal_too;
	const char *why;
};

static const struct pair pairs[] = {
    {"run.resume_at_once", "run.at_once", false, "no more than run.at_once are ever open"},
    {"http.timeout", "run.wall", false, "the run has ended before a request may take so long"},
    {"cells.evict_after", "run.wall", true,
	"no run lasts longer, so it has no effect but where others wait for the place"},
    {"breaker.latency", "run.wall", false, "the run has ended before a call is too slow"},
    {"cells.silence", "run.wall", true, "the run has ended before its cell counts as stuck"},
};

static void
check_pair(const struct policy *p, const struct pair *pair, policy_found *each, void *arg)
{
	const struct key *low = key_find(policy_keys, pair->low), *high = key_find(policy_keys, pair->high);
	int64_t low_number = value_integer(low, p), high_number = value_integer(high, p);
	bool of_high = policy_place(p, pair->low)[0] == '\0';
	const char *at = policy_place(p, of_high ? pair->high : pair->low);
	_cleanup_(buf_free) struct buf found = {0}, limit = {0};
	_cleanup_(free_p) char *text = NULL, *allowed = NULL;
	const char *bound = of_high ? "at least" : "at most";

	if (at[0] == '\0' || low_number < high_number || (low_number == high_number && !pair->equal_too))
		return;
	value_write(of_high ? high : low, p, &found);
	value_write(of_high ? low : high, p, &limit);
	if (pair->equal_too)
		bound = of_high ? "more than" : "less than";
	allowed = xasprintf("%s %s (%s)", bound, buf_text(&limit), of_high ? pair->low : pair->high);
	text = xasprintf("found %s, useful is %s: %s", buf_text(&found), allowed, pair->why);
	each(&(struct policy_finding){.at = at,
		 .key = of_high ? pair->high : pair->low,
		 .text = text,
		 .found = buf_text(&found),
		 .allowed = allowed},
	    arg);
}

/* Where humans are asked, they have the time that they are said to have. */
static void
check_reviews(const struct policy *p, policy_found *each, void *arg)
{
	static const char *const keys[] = {"reviews.deadline", "reviews.once", "reviews.spend"};
	_cleanup_(free_p) char *text = NULL, *allowed = NULL;
	char deadline[UNIT_TEXT], wall[UNIT_TEXT];
	const char *at = "";

	if (p->review_deadline_ns <= p->run_wall_ns)
		return;
	for (size_t i = 0; at[0] == '\0' && i < ARRAY_LEN(keys); i++)
		at = policy_place(p, keys[i]);
	if (at[0] == '\0')
		return;
	unit_write_time(p->review_deadline_ns, deadline);
	unit_write_time(p->run_wall_ns, wall);
	allowed = xasprintf("at most %s (run.wall)", wall);
	text = xasprintf("found %s, useful is %s: a review is over when nine tenths of its run's time are, before a "
			 "human has had that "
			 "time; raise run.wall",
	    deadline, allowed);
	each(
	    &(struct policy_finding){
		.at = at, .key = "reviews.deadline", .text = text, .found = deadline, .allowed = allowed},
	    arg);
}

/* ---- The machine ------------------------------------------------------------------------------------------------- */

static void
check_memory(const struct policy *p, uint64_t memory, policy_found *each, void *arg)
{
	bool one = p->cell_memory > memory;
	const char *key = one || policy_place(p, "cells.per_version")[0] == '\0' ? "cells.memory" : "cells.per_version";
	_cleanup_(free_p) char *text = NULL, *found = NULL, *allowed = NULL;

	if (memory == 0 || policy_place(p, key)[0] == '\0' || p->cell_memory <= memory / p->cells_per_pool)
		return;
	found = one ? xasprintf("%llu MiB", mib(p->cell_memory))
		    : xasprintf("%u cells of %llu MiB", p->cells_per_pool, mib(p->cell_memory));
	allowed = xasprintf("at most the %llu MiB that this machine has", mib(memory));
	text = xasprintf(
	    "found %s, useful is %s: cells that use what they may would be ended by the system", found, allowed);
	each(
	    &(struct policy_finding){
		.at = policy_place(p, key), .key = key, .text = text, .found = found, .allowed = allowed},
	    arg);
}

/* What a call is given or gives has to fit beside the stacks. */
static void
check_payload(const struct policy *p, const char *key, size_t bytes, policy_found *each, void *arg)
{
	const char *at = policy_place(p, policy_place(p, key)[0] != '\0' ? key : "cells.memory");
	_cleanup_(free_p) char *text = NULL, *found = NULL, *allowed = NULL;
	uint64_t heap = p->cell_memory > stacks_of(p) ? p->cell_memory - stacks_of(p) : 0;

	if (at[0] == '\0' || bytes <= heap || heap < HEAP_LEAST)
		return;
	found = xasprintf("%llu MiB", mib(bytes));
	allowed = xasprintf("at most the %llu MiB that the stacks leave of a cell", mib(heap));
	text = xasprintf("found %s, useful is %s (cells.memory less cells.fibers x cells.stack): a call with as much "
			 "would not fit into its cell",
	    found, allowed);
	each(&(struct policy_finding){.at = at, .key = key, .text = text, .found = found, .allowed = allowed}, arg);
}

/* ---- Plugins ----------------------------------------------------------------------------------------------------- */

/* A chain of calls is no longer than run.depth, so nothing can appear in it more often. */
static void
check_recursion(const struct policy *p, policy_found *each, void *arg)
{
	const struct policy_plugin *plugin;
	size_t at = 0;

	while ((plugin = map_next(&p->plugins, &at)) != NULL) {
		_cleanup_(free_p) char *key = xasprintf("limits.%s.recursion", plugin->name), *text = NULL;
		char found[16], allowed[64];

		if (plugin->recursion <= p->depth || policy_place(p, key)[0] == '\0')
			continue;
		snprintf(found, sizeof found, "%u", plugin->recursion);
		snprintf(allowed, sizeof allowed, "at most %u (run.depth)", p->depth);
		text = xasprintf("found %s, useful is %s: a longer chain is refused before", found, allowed);
		each(
		    &(struct policy_finding){
			.at = policy_place(p, key), .key = key, .text = text, .found = found, .allowed = allowed},
		    arg);
	}
}

void
check_values(const struct policy *p, const struct policy_check_options *options, policy_found *each, void *arg)
{
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		check_pair(p, &pairs[i], each, arg);
	check_reviews(p, each, arg);
	check_memory(p, options->memory, each, arg);
	check_payload(p, "run.payload", p->payload_max, each, arg);
	check_payload(p, "run.input", p->input_max, each, arg);
	check_recursion(p, each, arg);
}
