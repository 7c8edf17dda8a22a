/*
 * What voters of a poll said, and the outcome as it is told.
 *
 * A voter answers {"choice": one of the options, or null, which is to abstain, "why"?: text, "confidence"?: 0..1}.  What it says
 * is foreign and may be long: of each text as much is kept as somebody reads.
 */

#include "dispatch/poll.h"

#include <string.h>

#include "base/json.h"

#define ANSWER_MAX  (64 * KIB)
#define WHY_MAX     1000 /* bytes of a voter's reasons */
#define MESSAGE_MAX 300  /* bytes of a sentence */

/* ---- Ballots ----------------------------------------------------------------------------------------------------- */

/* So much of a text in UTF-8, cut between characters. */
static char *
cut(const char *text, size_t len, size_t max)
{
	size_t to = len < max ? len : max;

	while (to > 0 && to < len && ((unsigned char)text[to] & 0xc0) == 0x80)
		to--;
	return xasprintf("%.*s%s", (int)to, text, to < len ? "…" : "");
}

static void
counts_not(struct ballot *b, enum ballot_state state, const char *why)
{
	b->state = state;
	b->message = why == NULL ? NULL : cut(why, strlen(why), MESSAGE_MAX);
}

static enum ballot_state
failed_as(int status)
{
	switch (status) {
	case HOSPES_EDEADLINE:
		return BALLOT_LATE;
	case HOSPES_ECANCELLED:
		return BALLOT_CANCELLED;
	case HOSPES_EPOISON:
	case HOSPES_ESTUCK:
	case HOSPES_ENONDET:
	case HOSPES_EPROTOCOL:
	case HOSPES_ELOAD:
		return BALLOT_DIED;
	case HOSPES_EPERM:
	case HOSPES_EDEPTH:
	case HOSPES_ECYCLE:
	case HOSPES_EBUDGET:
	case HOSPES_ERATE:
	case HOSPES_EBUSY:
	case HOSPES_EBREAKER:
	case HOSPES_EREPEATED:
	case HOSPES_EDEADLOCK:
	case HOSPES_EREJECTED:
	case HOSPES_ENOAGENT:
	case HOSPES_ENOVERSION:
	case HOSPES_EWITHDRAWN:
		return BALLOT_REFUSED;
	default:
		return BALLOT_FAILED;
	}
}

static void
read_failure(struct ballot *b, int status, const struct payload *said)
{
	_cleanup_(free_p) char *why = NULL, *text = NULL;

	if (said != NULL && said->len > 0 && utf8_valid(said->data, said->len))
		text = cut((const char *)said->data, said->len, MESSAGE_MAX);
	why = xasprintf("%s%s%s", status_name(status), text != NULL ? ": " : "", text != NULL ? text : "");
	counts_not(b, failed_as(status), why);
}

static void
read_choice(struct ballot *b, const json_t *options, const json_t *choice)
{
	const json_t *option;
	size_t i;

	if (json_is_null(choice)) {
		b->state = BALLOT_ABSTAINED;
		return;
	}
	if (json_array_size(choice) > 1) {
		counts_not(b, BALLOT_TWICE, "its answer has several choices");
		return;
	}
	json_array_foreach(options, i, option)
	{
		if (json_is_string(choice) && json_equal(choice, option)) {
			b->state = BALLOT_CHOICE;
			b->choice = (uint32_t)i;
			return;
		}
	}
	if (json_is_string(choice)) {
		_cleanup_(free_p) char *why = xasprintf("it chose \"%s\"", json_string_value(choice));

		counts_not(b, BALLOT_NO_OPTION, why);
	} else
		counts_not(b, BALLOT_NO_OPTION, "its answer has no choice; expected {\"choice\": option or null}");
}

static void
read_reasons(struct ballot *b, const json_t *answer)
{
	const json_t *why = json_object_get(answer, "why"), *confidence = json_object_get(answer, "confidence");

	if (json_string_length(why) > 0)
		b->why = cut(json_string_value(why), json_string_length(why), WHY_MAX);
	b->confidence = json_number_value(confidence);
	b->sure = json_is_number(confidence) && b->confidence >= 0 && b->confidence <= 1;
}

void
ballot_read(struct ballot *b, const json_t *options, int status, const struct payload *said)
{
	_cleanup_(json_p) json_t *answer = NULL;
	struct fault fault;

	if (status != 0 || said == NULL) {
		read_failure(b, status, said);
		return;
	}
	if (said->len > ANSWER_MAX) {
		counts_not(b, BALLOT_NO_OPTION, "its answer is larger than 64 KiB");
		return;
	}
	answer = json_read(said->data, said->len, "its answer", &fault);
	if (answer == NULL) {
		counts_not(b, BALLOT_NO_OPTION,
		    utf8_valid(fault.text, strlen(fault.text)) ? fault.text : "its answer is not JSON");
		return;
	}
	read_choice(b, options, json_object_get(answer, "choice"));
	read_reasons(b, answer);
}

void
ballot_clear(struct ballot *b)
{
	free(b->why);
	free(b->message);
	b->why = b->message = NULL;
}

const char *
ballot_why_not(const struct ballot *b)
{
	static const char *const words[] = {
	    [BALLOT_OPEN] = "open",
	    [BALLOT_CHOICE] = NULL,
	    [BALLOT_ABSTAINED] = NULL,
	    [BALLOT_LATE] = "late",
	    [BALLOT_DIED] = "died",
	    [BALLOT_REFUSED] = "refused",
	    [BALLOT_FAILED] = "failed",
	    [BALLOT_NO_OPTION] = "not_an_option",
	    [BALLOT_TWICE] = "voted_twice",
	    [BALLOT_CANCELLED] = "cancelled",
	    [BALLOT_NOT_NEEDED] = "not_needed",
	};

	return b->listed_twice ? words[BALLOT_TWICE] : words[b->state];
}

/* ---- Telling ----------------------------------------------------------------------------------------------------- */

static json_t *
ballot_json(const struct ballot *b, const json_t *options)
{
	const char *why_not = ballot_why_not(b);
	json_t *json = json_pack("{s:s}", "voter", b->voter != NULL ? b->voter : "");

	json_object_set_new(json, "choice",
	    b->state == BALLOT_CHOICE && !b->listed_twice ? json_incref(json_array_get(options, b->choice))
							  : json_null());
	json_object_set_new(json, "weight", json_integer(b->weight));
	json_object_set_new(json, "valid", json_boolean(why_not == NULL));
	if (why_not != NULL)
		json_object_set_new(json, "why_not", json_string(why_not));
	if (why_not != NULL && b->message != NULL && !b->listed_twice)
		json_object_set_new(json, "message", json_string(b->message));
	if (b->why != NULL)
		json_object_set_new(json, "why", json_string(b->why));
	if (b->sure)
		json_object_set_new(json, "confidence", json_real(b->confidence));
	json_object_set_new(json, "op", json_integer(b->ordinal));
	return json;
}

static const char *
how_name(enum poll_how how)
{
	static const char *const names[] = {
	    [POLL_WON] = "won",
	    [POLL_TIE_BROKEN] = "tie_broken",
	    [POLL_TIED] = "tied",
	    [POLL_NOT_REACHED] = "not_reached",
	    [POLL_NO_QUORUM] = "no_quorum",
	    [POLL_TIMED_OUT] = "timed_out",
	};

	return names[how];
}

static void
add_terms(json_t *json, const struct poll_terms *t)
{
	static const char *const rules[] = {
	    [WIRE_POLL_MAJORITY] = "majority",
	    [WIRE_POLL_SUPERMAJORITY] = "supermajority",
	    [WIRE_POLL_UNANIMOUS] = "unanimous",
	    [WIRE_POLL_WEIGHTED] = "weighted",
	};

	json_object_set_new(json, "rule", json_string(rules[t->rule]));
	if (t->rule == WIRE_POLL_SUPERMAJORITY)
		json_object_set_new(json, "fraction", json_sprintf("%u/%u", t->numerator, t->denominator));
	if (t->rule != WIRE_POLL_WEIGHTED)
		json_object_set_new(json, "of", json_string(t->of_all ? "all" : "cast"));
}

static void
add_counts(json_t *json, const struct poll *p, const struct poll_count *count)
{
	json_t *counts = json_object(), *tied = json_array(), *option;
	size_t i;

	json_array_foreach(p->options, i, option)
	{
		json_object_set_new(counts, json_string_value(option), json_integer((json_int_t)count->of[i]));
		if (count->of[i] == count->best)
			json_array_append(tied, option);
	}
	json_object_set_new(json, "counts", counts);
	json_object_set_new(json, "weights",
	    json_pack("{s:I s:I s:I s:I}", "all", (json_int_t)count->all, "cast", (json_int_t)count->cast, "abstained",
		(json_int_t)count->abstained, "quorum", (json_int_t)poll_quorum(&p->terms, count->all)));
	if (poll_tied(&p->terms, count))
		json_object_set_new(json, "tied", tied);
	else
		json_decref(tied);
}

json_t *
poll_json(const struct poll *p, const struct poll_count *count, const struct poll_decision *decision)
{
	json_t *json = json_object(), *ballots = json_array();

	json_object_set_new(json, "outcome",
	    decision->option == POLL_NOTHING ? json_null() : json_incref(json_array_get(p->options, decision->option)));
	json_object_set_new(json, "how", json_string(how_name(decision->how)));
	json_object_set(json, "question", p->question);
	add_terms(json, &p->terms);
	add_counts(json, p, count);
	for (uint32_t i = 0; i < p->n; i++)
		json_array_append_new(ballots, ballot_json(&p->ballots[i], p->options));
	json_object_set_new(json, "ballots", ballots);
	return json;
}

json_t *
poll_tie_json(const struct poll *p)
{
	const struct ballot *b = &p->ballots[0];
	json_t *json = json_copy(p->told);

	if (b->state == BALLOT_CHOICE) {
		json_object_set(json, "outcome", json_array_get(p->options, b->choice));
		json_object_set_new(json, "how", json_string(how_name(POLL_TIE_BROKEN)));
	}
	json_object_set_new(json, "tie_breaker", ballot_json(b, p->options));
	return json;
}
