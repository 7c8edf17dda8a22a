/*
 * Routing: which one is called of those that offer a capability.
 *
 * The first entry of `routing` that fits what was asked for says how: by name (where there is none), who has the fewest calls open,
 * who is cheapest by the price in its notes, who has the best score, or by weights.  One whose breaker is open is passed over while
 * there is another, and so is one of weight 0.  Of equals the first by name is taken.
 *
 * By weights means by a hash of the run's id and of the op's place in it: spread as evenly as ids are, with nothing to remember
 * across a restart.  By score, who has none gets every tenth call, in turn, or would never have one; where nobody has any they
 * take turns.
 *
 * A choice is made once, when the op comes, and put on record with the call (TAG_ROUTE): a run that is built again, or a call that
 * replays, has the one that is on record.  What a run's pins hold is the version that a name means, not which name is chosen.
 */

#include <math.h>
#include <string.h>

#include <xxhash.h>

#include "base/json.h"
#include "dispatch/guard.h"
#include "dispatch/quality.h"

#define WEIGHED_MOST   256u /* by name: of more the rest is not looked at */
#define TOLD_MOST      8u   /* on record, with their figures */
#define UNSCORED_EVERY 10u

struct candidate {
	struct version *v;
	bool open;     /* its breaker */
	double figure; /* that it is compared by; NAN: it has none */
};

struct choice {
	const struct op *op;
	const char *capability;
	const struct policy_route *route; /* NULL: by name */
	enum policy_routing by;
	struct candidate all[WEIGHED_MOST]; /* the first n */
	unsigned n, passed_over;
	const struct candidate *taken;
	const char *turn; /* why this one, where its figure is not the reason */
	struct buf reason;
};

/* ---- Figures ----------------------------------------------------------------------------------------------------- */

static double
figure_of(struct dispatch *d, const struct choice *c, const struct version *v)
{
	switch (c->by) {
	case ROUTING_LEAST_LOADED:
		return breaker_calls_of(d, v);
	case ROUTING_CHEAPEST:
		return (double)v->price_micros;
	case ROUTING_BEST_SCORE:
		return quality_score(d, v->name, v->semver, c->capability);
	case ROUTING_WEIGHTED:
		return policy_weight(c->route, v->name);
	default:
		return 0;
	}
}

static const char *
figure_name(enum policy_routing by)
{
	static const char *const names[ROUTINGS] = {[ROUTING_LEAST_LOADED] = "open_calls",
	    [ROUTING_CHEAPEST] = "price_micros",
	    [ROUTING_BEST_SCORE] = "score",
	    [ROUTING_WEIGHTED] = "weight"};

	return names[by];
}

static void
look(struct dispatch *d, struct choice *c, struct version *const *found, size_t n)
{
	for (size_t i = 0; i < n && c->n < WEIGHED_MOST; i++) {
		struct candidate *one = &c->all[c->n];

		one->v = resolve_name(d, c->op->run, found[i]->name);
		if (one->v == NULL)
			continue;
		c->n++;
		one->open = breaker_open_for(d, one->v);
		one->figure = figure_of(d, c, one->v);
		c->passed_over += one->open;
		if (c->by == ROUTING_NAME && !one->open)
			return; /* nobody after it matters */
	}
}

/* ---- Choosing ---------------------------------------------------------------------------------------------------- */

/* Where all are open, they are all there is. */
static bool
may_be_taken(const struct choice *c, const struct candidate *one)
{
	return !one->open || c->passed_over == c->n;
}

static const struct candidate *
first(const struct choice *c)
{
	for (unsigned i = 0; i < c->n; i++) {
		if (may_be_taken(c, &c->all[i]))
			return &c->all[i];
	}
	return NULL;
}

/* The first with the lowest figure, or with the highest. */
static const struct candidate *
extreme(const struct choice *c, bool highest)
{
	const struct candidate *best = NULL;

	for (unsigned i = 0; i < c->n; i++) {
		const struct candidate *one = &c->all[i];

		if (!may_be_taken(c, one) || isnan(one->figure))
			continue;
		if (best == NULL || (highest ? one->figure > best->figure : one->figure < best->figure))
			best = one;
	}
	return best;
}

static uint64_t
place_hash(const struct op *op)
{
	const char *path = op->caller == NULL ? "" : op->caller->path;
	uint64_t place = XXH3_64bits_withSeed(path, strlen(path), (XXH64_hash_t)op->ordinal << 16 | op->attempt);

	return XXH3_64bits_withSeed(op->run->id.bytes, sizeof(op->run->id.bytes), place);
}

static const struct candidate *
by_weight(const struct choice *c)
{
	uint64_t total = 0, at;

	for (unsigned i = 0; i < c->n; i++)
		total += may_be_taken(c, &c->all[i]) ? (uint64_t)c->all[i].figure : 0;
	if (total == 0)
		return first(c);
	at = (uint64_t)(((unsigned __int128)place_hash(c->op) * total) >> 64);
	for (unsigned i = 0; i < c->n; i++) {
		uint64_t weight = may_be_taken(c, &c->all[i]) ? (uint64_t)c->all[i].figure : 0;

		if (at < weight)
			return &c->all[i];
		at -= weight;
	}
	return first(c);
}

/* The one at `turn` of those that have no figure; NULL: all have one. */
static const struct candidate *
without_figure(const struct choice *c, uint64_t turn)
{
	unsigned n = 0;

	for (unsigned i = 0; i < c->n; i++)
		n += may_be_taken(c, &c->all[i]) && isnan(c->all[i].figure);
	for (unsigned i = 0, at = n == 0 ? 0 : (unsigned)(turn % n); n > 0 && i < c->n; i++) {
		if (may_be_taken(c, &c->all[i]) && isnan(c->all[i].figure) && at-- == 0)
			return &c->all[i];
	}
	return NULL;
}

static const struct candidate *
by_score(struct dispatch *d, struct choice *c)
{
	const struct candidate *best = extreme(c, true), *unscored;
	uint64_t turn = d->routed++;

	if (best != NULL && turn % UNSCORED_EVERY != UNSCORED_EVERY - 1)
		return best;
	unscored = without_figure(c, best == NULL ? turn : turn / UNSCORED_EVERY);
	if (unscored != NULL)
		c->turn = best == NULL ? "nobody has a score, and it is its turn"
				       : "it has no score, and every tenth call is for such";
	return unscored != NULL ? unscored : best;
}

static const struct candidate *
take(struct dispatch *d, struct choice *c)
{
	switch (c->by) {
	case ROUTING_LEAST_LOADED:
	case ROUTING_CHEAPEST:
		return extreme(c, false);
	case ROUTING_BEST_SCORE:
		return by_score(d, c);
	case ROUTING_WEIGHTED:
		return by_weight(c);
	default:
		return first(c);
	}
}

/* ---- On record --------------------------------------------------------------------------------------------------- */

static void
tell_reason(struct choice *c, size_t offered)
{
	static const char *const words[ROUTINGS] = {[ROUTING_NAME] = "the first by name",
	    [ROUTING_LEAST_LOADED] = "the fewest open calls",
	    [ROUTING_CHEAPEST] = "the lowest price",
	    [ROUTING_BEST_SCORE] = "the best score",
	    [ROUTING_WEIGHTED] = "by weight"};

	if (offered == 1)
		buf_appends(&c->reason, "the only one that offers it");
	else if (c->turn != NULL)
		buf_appends(&c->reason, c->turn);
	else if (c->by == ROUTING_NAME)
		buf_printf(&c->reason, "%s of %zu", words[c->by], offered);
	else
		buf_printf(&c->reason, "%s of %zu: %.6g", words[c->by], offered, c->taken->figure);
	if (c->passed_over == c->n)
		buf_appends(&c->reason, "; the breakers of all are open");
	else if (c->passed_over > 0)
		buf_printf(&c->reason, "; passed over %u whose breaker is open", c->passed_over);
}

static void
add_candidate(const struct choice *c, const struct candidate *one, struct buf *out)
{
	/* names and versions have nothing in them that JSON would have to escape */
	buf_printf(out, "{\"name\":\"%s\",\"version\":\"%s\"", one->v->name, one->v->semver);
	if (figure_name(c->by) != NULL && !isnan(one->figure))
		buf_printf(out, ",\"%s\":%.6g", figure_name(c->by), one->figure);
	buf_appends(out, one->open ? ",\"breaker\":\"open\"}" : "}");
}

/* Those that were looked at, of many the first and the one that was taken. */
static void
add_candidates(const struct choice *c, struct buf *out)
{
	const char *before = "";

	for (unsigned i = 0; i < c->n; i++) {
		if (i >= TOLD_MOST && &c->all[i] != c->taken)
			continue;
		buf_appends(out, before);
		add_candidate(c, &c->all[i], out);
		before = ",";
	}
}

static char *
told(struct choice *c, size_t offered)
{
	struct buf out = {0};

	tell_reason(c, offered);
	buf_printf(&out, "{\"policy\":\"%s\",\"of\":%zu,\"chosen\":\"%s\",\"reason\":\"%s\",\"candidates\":[",
	    policy_routings[c->by], offered, c->taken->v->name, buf_text(&c->reason));
	add_candidates(c, &out);
	buf_appends(&out, "]}");
	buf_free(&c->reason);
	buf_text(&out);
	return (char *)out.data;
}

struct version *
routing_choose(struct dispatch *d, struct op *op, const char *capability)
{
	struct version *const *found;
	size_t n = registry_capables(d->registry, capability, &found);
	struct choice c;

	if (n == 0)
		return NULL;
	/* field by field: nobody clears 256 candidates for one */
	c.op = op;
	c.capability = capability;
	c.n = c.passed_over = 0;
	c.turn = NULL;
	c.reason = (struct buf){0};
	c.route = policy_route(op->run->policy, capability);
	c.by = c.route == NULL ? ROUTING_NAME : c.route->by;
	look(d, &c, found, n);
	if (c.n == 0)
		return NULL;
	c.taken = take(d, &c);
	op->route = told(&c, n);
	return c.taken->v;
}
