/* What a poll came to and how, and what each voter had to do with it: lines of `hospes show` below its op. */

#include "config.h"

#include <string.h>

#include "base/util.h"
#include "cli/command.h"
#include "cli/text.h"

#define BALLOTS_SHOWN 100u
#define WHY_MOST      200 /* characters of a voter's reasons */

/* "majority of what was cast", "2/3 of all". */
static char *
rule_text(const json_t *poll)
{
	const char *rule = cli_text(poll, "rule"), *fraction = cli_text(poll, "fraction"), *of = cli_text(poll, "of");

	if (strcmp(rule, "weighted") == 0)
		return xstrdup("the greatest weight");
	return xasprintf("%s%s%s of %s", rule, fraction[0] != '\0' ? " " : "", fraction,
	    strcmp(of, "all") == 0 ? "all" : "what was cast");
}

static void
print_outcome(const json_t *poll, const char *indent)
{
	const char *outcome = json_string_value(json_object_get(poll, "outcome")), *option;
	const json_t *weights = json_object_get(poll, "weights"), *n;
	_cleanup_(free_p) char *question = text_shortened(cli_text(poll, "question"), WHY_MOST);
	_cleanup_(free_p) char *safe = text_safe(question, false), *rule = rule_text(poll);
	_cleanup_(free_p) char *chosen = text_safe(outcome == NULL ? "nothing" : outcome, false);
	long long cast = (long long)json_integer_value(json_object_get(weights, "cast"));
	long long abstained = (long long)json_integer_value(json_object_get(weights, "abstained"));
	const char *sep = "";

	printf("%s\"%s\"\n%s%s: %s; %s; ", indent, safe, indent, chosen, cli_text(poll, "how"), rule);
	json_object_foreach((json_t *)(uintptr_t)json_object_get(poll, "counts"), option, n)
	{
		_cleanup_(free_p) char *name = text_safe(option, false);

		printf("%s%s %lld", sep, name, (long long)json_integer_value(n));
		sep = ", ";
	}
	printf("; %lld of %lld took part, quorum %lld\n", cast + abstained,
	    (long long)json_integer_value(json_object_get(weights, "all")),
	    (long long)json_integer_value(json_object_get(weights, "quorum")));
}

static void
print_ballot(const char *indent, const char *what, const json_t *ballot)
{
	const char *why_not = cli_text(ballot, "why_not"),
		   *choice = json_string_value(json_object_get(ballot, "choice"));
	const char *more = why_not[0] != '\0' ? cli_text(ballot, "message") : cli_text(ballot, "why");
	long long weight = (long long)json_integer_value(json_object_get(ballot, "weight"));
	_cleanup_(free_p) char *voter = text_safe(cli_text(ballot, "voter"), false);
	_cleanup_(free_p) char *said = text_safe(choice == NULL ? "abstained" : choice, false);
	_cleanup_(free_p) char *cut = text_shortened(more, WHY_MOST), *because = text_safe(cut, false);

	printf("%s  %s%s: %s%s", indent, what, voter, why_not[0] != '\0' ? "does not count, " : said, why_not);
	if (weight != 1)
		printf(", weight %lld", weight);
	printf("%s%s\n", because[0] != '\0' ? " - " : "", because);
}

void
show_poll(const json_t *poll, const char *indent)
{
	const json_t *ballots = json_object_get(poll, "ballots"), *tie_breaker = json_object_get(poll, "tie_breaker"),
		     *one;
	size_t i;

	if (poll == NULL)
		return;
	print_outcome(poll, indent);
	if (tie_breaker != NULL) { /* the others stand with the poll that was tied */
		print_ballot(indent, "tie-breaker ", tie_breaker);
		return;
	}
	json_array_foreach(ballots, i, one)
	{
		if (i < BALLOTS_SHOWN)
			print_ballot(indent, "", one);
	}
	if (json_array_size(ballots) > BALLOTS_SHOWN)
		printf("%s  and %zu more; --json has them\n", indent, json_array_size(ballots) - BALLOTS_SHOWN);
}
