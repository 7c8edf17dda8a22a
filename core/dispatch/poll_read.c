/* What a cell says of a poll: which calls are its ballots, what counts, and what its voters were given.  All of it is foreign. */

#include "dispatch/poll.h"

#include <string.h>

#include "base/json.h"

#define BAD(fault, ...) fault_set(fault, HOSPES_EINPUT, "this can be no poll: " __VA_ARGS__)

static int
read_ballots(struct poll *p, struct cursor *in, struct fault *fault)
{
	for (uint32_t i = 0; i < p->n; i++) {
		struct wire_ballot ballot;

		if (!cursor_get(in, &ballot, sizeof(ballot)))
			return BAD(fault, "%u ballots were announced, and there are %u", p->n, i);
		if (ballot.weight == 0 || ballot.weight > WIRE_POLL_NUMBER_MAX)
			return BAD(
			    fault, "a weight is %u; it has to be from 1 to %u", ballot.weight, WIRE_POLL_NUMBER_MAX);
		p->ballots[i].ordinal = ballot.ordinal;
		p->ballots[i].weight = ballot.weight;
	}
	return 0;
}

static bool
fraction_is_sound(uint32_t numerator, uint32_t denominator)
{
	return denominator > 0 && denominator <= WIRE_POLL_NUMBER_MAX && numerator <= denominator;
}

static int
read_terms(struct poll *p, const struct wire_poll *wire, struct fault *fault)
{
	struct poll_terms *t = &p->terms;

	*t = (struct poll_terms){.rule = wire->rule,
	    .of_all = (wire->flags & WIRE_POLL_OF_ALL) != 0,
	    .numerator = wire->numerator,
	    .denominator = wire->denominator,
	    .quorum_numerator = wire->quorum_numerator,
	    .quorum_denominator = wire->quorum_denominator};
	if (t->rule == WIRE_POLL_SUPERMAJORITY &&
	    (!fraction_is_sound(t->numerator, t->denominator) || 2 * (uint64_t)t->numerator <= t->denominator))
		return BAD(fault,
		    "a supermajority has to be more than 1/2 and no more than 1, in numbers up to %u; it is %u/%u",
		    WIRE_POLL_NUMBER_MAX, t->numerator, t->denominator);
	if (t->rule != WIRE_POLL_SUPERMAJORITY && (t->numerator != 0 || t->denominator != 0))
		return BAD(fault, "only a supermajority has a fraction");
	if (t->rule == WIRE_POLL_WEIGHTED && t->of_all)
		return BAD(fault, "where the greatest weight wins it is a part of nothing");
	if ((t->quorum_numerator != 0 || t->quorum_denominator != 0) &&
	    !fraction_is_sound(t->quorum_numerator, t->quorum_denominator))
		return BAD(fault, "a quorum is a fraction up to 1, in numbers up to %u; it is %u/%u",
		    WIRE_POLL_NUMBER_MAX, t->quorum_numerator, t->quorum_denominator);
	return 0;
}

static int
read_head(struct poll *p, struct cursor *in, struct fault *fault)
{
	struct wire_poll wire;

	if (!cursor_get(in, &wire, sizeof(wire)) || wire.rule >= WIRE_POLL_RULES || wire.reserved != 0 ||
	    (wire.flags & ~WIRE_POLL_FLAGS) != 0)
		return BAD(fault, "its rule or its flags are none that there are");
	p->breaks_tie = (wire.flags & WIRE_POLL_TIE) != 0;
	p->wait_all = (wire.flags & WIRE_POLL_WAIT_ALL) != 0;
	p->repeated = (wire.flags & WIRE_POLL_REPEATED) != 0;
	p->keep_time = (wire.flags & WIRE_POLL_KEEP_TIME) != 0;
	p->first = wire.first;
	if (wire.ballots == 0 || wire.ballots > (p->breaks_tie ? 1 : WIRE_POLL_BALLOTS_MAX))
		return BAD(fault, "it has %u ballots, and there may be from 1 to %u", wire.ballots,
		    p->breaks_tie ? 1 : WIRE_POLL_BALLOTS_MAX);
	if (p->breaks_tie ? wire.flags != WIRE_POLL_TIE || wire.rule != 0 : wire.first != 0)
		return BAD(fault, "it breaks a tie and is a poll of its own at once");
	p->n = wire.ballots;
	p->ballots = xcalloc(p->n, sizeof(*p->ballots));
	return read_terms(p, &wire, fault) != 0 ? fault->status : read_ballots(p, in, fault);
}

/* Without a zero in it, and not empty. */
static bool
is_text(const json_t *json, size_t max)
{
	const char *text = json_string_value(json);

	return text != NULL && text[0] != '\0' && strlen(text) == json_string_length(json) && strlen(text) <= max;
}

static int
check_options(const json_t *options, struct fault *fault)
{
	_cleanup_(json_p) json_t *seen = json_object();
	const json_t *option;
	size_t i;

	if (json_array_size(options) < 2 || json_array_size(options) > WIRE_POLL_OPTIONS_MAX)
		return BAD(fault, "there have to be from 2 to %u options, and there are %zu", WIRE_POLL_OPTIONS_MAX,
		    json_array_size(options));
	json_array_foreach(options, i, option)
	{
		const char *text = json_string_value(option);

		if (!is_text(option, WIRE_POLL_OPTION_MAX))
			return BAD(fault, "option %zu is no text of 1 to %u bytes", i, WIRE_POLL_OPTION_MAX);
		if (json_object_get(seen, text) != NULL)
			return BAD(fault, "the option \"%s\" is there twice", text);
		json_object_set_new(seen, text, json_true());
	}
	return 0;
}

/* What else the voters were given is theirs, and not looked at. */
static int
read_ask(struct poll *p, struct cursor *in, struct fault *fault)
{
	size_t len = cursor_left(in);
	const void *text = cursor_take(in, len);
	_cleanup_(payload_unref) struct payload *ask = NULL;
	_cleanup_(json_p) json_t *json = NULL;

	if (len > WIRE_POLL_ASK_MAX)
		return fault_set(fault, HOSPES_ETOOLARGE,
		    "question, options and context of a poll are %zu bytes, and may be %u; put what is large into "
		    "memory "
		    "and name it",
		    len, WIRE_POLL_ASK_MAX);
	ask = payload_new(text, len);
	p->asked = payload_hash(ask);
	if (payload_scan(text, len, WIRE_POLL_ASK_MAX, "what the voters are given", fault) != 0)
		return fault->status;
	json = json_loadb(
	    text, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL); /* in the context there may be zeros */
	if (json == NULL)
		return BAD(fault, "what its voters were given is not JSON");
	p->question = json_incref(json_object_get(json, "question"));
	p->options = json_incref(json_object_get(json, "options"));
	if (!is_text(p->question, WIRE_POLL_QUESTION_MAX))
		return BAD(fault, "it has no question, a text of 1 to %u bytes", WIRE_POLL_QUESTION_MAX);
	return check_options(p->options, fault);
}

struct poll *
poll_read(const void *data, size_t len, struct fault *fault)
{
	struct cursor in = cursor_of(data, len);
	struct poll *p = xcalloc(1, sizeof(*p));

	if (read_head(p, &in, fault) != 0 || read_ask(p, &in, fault) != 0)
		poll_free(&p);
	return p;
}

int
poll_read_tie(struct poll *p, const struct payload *outcome, struct fault *fault)
{
	json_t *told = json_read(outcome->data, outcome->len, "the outcome of the poll", fault);

	if (told == NULL)
		return fault->status;
	if (!json_equal(json_object_get(told, "tied"), p->options) ||
	    !json_equal(json_object_get(told, "question"), p->question) ||
	    json_object_get(told, "tie_breaker") != NULL) {
		json_decref(told);
		return BAD(fault, "who breaks a tie was asked another question than the one that is tied");
	}
	p->told = told;
	return 0;
}

void
poll_free(struct poll **pp)
{
	struct poll *p = *pp;

	if (p == NULL)
		return;
	*pp = NULL;
	for (uint32_t i = 0; p->ballots != NULL && i < p->n; i++)
		ballot_clear(&p->ballots[i]);
	free(p->ballots);
	json_decref(p->question);
	json_decref(p->options);
	json_decref(p->told);
	free(p);
}
