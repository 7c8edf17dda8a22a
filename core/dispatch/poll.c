/*
 * What the ballots of a poll come to.
 *
 * The rules, in weights (each voter has 1 where nothing is said).  `all` is the weight of those who might have voted, `cast`
 * that of those who chose an option:
 *
 *   majority       more than half of what was cast
 *   supermajority  at least the fraction of what was cast
 *   unanimous      all of what was cast, and something was
 *   weighted       more than any other option
 *
 * or the same of all (but for weighted).  A quorum is a part of all, and abstaining is taking part.  Where two options or more
 * lead with the same weight, majority and weighted have a tie, which another voice may break; the other rules ask for more
 * than one voice could add, and have none.
 *
 * In this order it is looked: is there a quorum; has an option what the rule asks; is there a tie; else it was not reached.
 *
 * A poll is settled when the same comes out whatever those do from whom nothing came: choose any option, abstain, or fail.  The
 * conditions are those of the worst that could happen, so settled early is what would have come out late.  When the time is
 * over and it is not settled, those who are late could have changed it: what is not won then has timed out.
 */

#include "dispatch/poll.h"

#include <string.h>

void
poll_count(const struct ballot *ballots, uint32_t n, uint32_t n_options, struct poll_count *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->n_options = n_options;
	for (uint32_t i = 0; i < n; i++) {
		const struct ballot *b = &ballots[i];

		if (b->listed_twice)
			continue;
		ret->waiting |= b->state == BALLOT_OPEN;
		ret->all += b->weight;
		if (b->state == BALLOT_CHOICE) {
			ret->cast += b->weight;
			ret->of[b->choice] += b->weight;
		}
		ret->abstained += b->state == BALLOT_ABSTAINED ? b->weight : 0;
		ret->late += b->state == BALLOT_LATE ? b->weight : 0;
		ret->open += b->state == BALLOT_LATE || b->state == BALLOT_OPEN ? b->weight : 0;
	}
	for (uint32_t i = 0; i < n_options; i++) {
		if (ret->of[i] > ret->best) {
			ret->second = ret->best;
			ret->best = ret->of[i];
			ret->leader = i;
		} else if (ret->of[i] > ret->second) {
			ret->second = ret->of[i];
		}
	}
}

/* ---- The rules --------------------------------------------------------------------------------------------------- */

uint64_t
poll_quorum(const struct poll_terms *terms, uint64_t all)
{
	if (terms->quorum_denominator == 0)
		return all / 2 + 1;
	return (all * terms->quorum_numerator + terms->quorum_denominator - 1) / terms->quorum_denominator;
}

/* Would so much for an option be enough, when so much is cast in all? */
static bool
enough(const struct poll_terms *terms, const struct poll_count *count, uint64_t weight, uint64_t cast)
{
	uint64_t of = terms->of_all ? count->all : cast;

	switch (terms->rule) {
	case WIRE_POLL_MAJORITY:
		return 2 * weight > of;
	case WIRE_POLL_SUPERMAJORITY:
		return weight > 0 && weight * terms->denominator >= of * terms->numerator;
	case WIRE_POLL_UNANIMOUS:
		return weight > 0 && weight == of;
	case WIRE_POLL_WEIGHTED:
	case WIRE_POLL_RULES:
		break;
	}
	return false;
}

static bool
can_tie(const struct poll_terms *terms)
{
	return terms->rule == WIRE_POLL_MAJORITY || terms->rule == WIRE_POLL_WEIGHTED;
}

static bool
has_quorum(const struct poll_terms *terms, const struct poll_count *count)
{
	return count->cast + count->abstained >= poll_quorum(terms, count->all);
}

bool
poll_tied(const struct poll_terms *terms, const struct poll_count *count)
{
	return can_tie(terms) && has_quorum(terms, count) && count->best > 0 && count->best == count->second;
}

static struct poll_decision
nobody(enum poll_how how)
{
	return (struct poll_decision){.how = how, .option = POLL_NOTHING};
}

/* With the ballots that are in, and no other. */
static struct poll_decision
as_it_stands(const struct poll_terms *terms, const struct poll_count *count)
{
	struct poll_decision won = {.how = POLL_WON, .option = count->leader};

	if (!has_quorum(terms, count))
		return nobody(POLL_NO_QUORUM);
	if (terms->rule == WIRE_POLL_WEIGHTED ? count->best > count->second
					      : enough(terms, count, count->best, count->cast))
		return won;
	return nobody(poll_tied(terms, count) ? POLL_TIED : POLL_NOT_REACHED);
}

/* ---- When it is settled ------------------------------------------------------------------------------------------ */

/* Whatever comes: all of it goes to others. */
static bool
has_won(const struct poll_terms *terms, const struct poll_count *count)
{
	if (terms->rule == WIRE_POLL_WEIGHTED)
		return count->best - count->second > count->open;
	return enough(terms, count, count->best, count->cast + count->open);
}

/* Whatever comes: all of it goes to the one that has most.  And no two can become equal. */
static bool
is_out_of_reach(const struct poll_terms *terms, const struct poll_count *count)
{
	uint64_t most = count->best + count->open;

	if (can_tie(terms) && count->best - count->second <= count->open)
		return false;
	if (terms->rule == WIRE_POLL_WEIGHTED)
		return false;
	if (terms->rule == WIRE_POLL_UNANIMOUS && count->second > 0)
		return true;
	return !enough(terms, count, most, count->cast + count->open);
}

bool
poll_settled(const struct poll_terms *terms, const struct poll_count *count, struct poll_decision *ret)
{
	struct poll_count all_in = *count;

	if (count->open == 0) {
		*ret = as_it_stands(terms, count);
		return true;
	}
	all_in.abstained += count->open;
	if (!has_quorum(terms, &all_in)) {
		*ret = nobody(POLL_NO_QUORUM);
		return true;
	}
	if (!has_quorum(terms, count))
		return false;
	if (has_won(terms, count)) {
		*ret = (struct poll_decision){.how = POLL_WON, .option = count->leader};
		return true;
	}
	if (!is_out_of_reach(terms, count))
		return false;
	*ret = nobody(POLL_NOT_REACHED);
	return true;
}

void
poll_end(const struct poll_terms *terms, const struct poll_count *count, struct poll_decision *ret)
{
	if (poll_settled(terms, count, ret))
		return;
	*ret = as_it_stands(terms, count);
	if (ret->how != POLL_WON)
		ret->how = POLL_TIMED_OUT;
}
