/*
 * One claim and its quotes.
 *
 * A claim that is a quote, word for word, holds.  Any other is judged sentence by sentence against all its quotes together:
 * is it about what they are about, do they have its numbers, and do they say it the same way round?
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/brief.h"
#include "common/need.h"
#include "common/statement.h"
#include "support.h"

bool
support_tell(struct support_verdict *verdict, enum support_kind kind, const char *why, ...)
{
	va_list args;

	if (verdict->kind != SUPPORT_HOLDS)
		return false;
	verdict->kind = kind;
	va_start(args, why);
	(void)vsnprintf(verdict->why, sizeof(verdict->why), why, args);
	va_end(args);
	text_whole(verdict->why, strlen(verdict->why));
	return false;
}

const char *
support_name(enum support_kind kind)
{
	static const char *const names[] = {"holds", "number", "negation", "subject"};

	return names[kind];
}

static bool
is_led_in(const char *claim, const char *name, const char *heading, const char *quote)
{
	char *lead = brief_lead(name, heading);
	size_t n = strlen(lead);
	bool is = strncmp(claim, lead, n) == 0 && brief_is_quoted(claim + n, quote);

	free(lead);
	return is;
}

/* Is it whole sentences of a quote, led in at most by where that stands? */
static bool
is_verbatim(const struct support_case *support, const char *claim)
{
	bool is = false;

	for (size_t i = 0; i < support->n && !is; i++) {
		const char *heading = support->headings != NULL ? support->headings[i] : NULL;
		char *quote = brief_plain(support->quotes[i]);

		is = brief_is_quoted(claim, quote) || is_led_in(claim, support->names[i], NULL, quote) ||
		     (heading != NULL && is_led_in(claim, support->names[i], heading, quote));
		free(quote);
	}
	return is;
}

/* All of them in one text, white space in order, a blank line between. */
static char *
joined(const char *const *texts, size_t n, bool plain)
{
	size_t len = 1;
	char *all, *at;

	for (size_t i = 0; i < n; i++)
		len += strlen(texts[i]) + 2;
	all = at = need(malloc(len));
	*at = '\0';
	for (size_t i = 0; i < n; i++) {
		char *text = plain ? brief_plain(texts[i]) : need(strdup(texts[i]));

		at = stpcpy(stpcpy(at, text), "\n\n");
		free(text);
	}
	return all;
}

/* The quote that has most of what the claim says: it is shown beside it. */
static size_t
nearest(const struct support_case *support, const char *claim)
{
	double best = -1;
	size_t found = 0;

	for (size_t i = 0; i < support->n && support->n > 1; i++) {
		struct subject *subject = subject_read(claim, support->quotes[i], "", "");
		double covered = subject_covered(subject);

		if (covered > best) {
			best = covered;
			found = i;
		}
		subject_free(&subject);
	}
	return found;
}

struct evidence {
	char *quotes, *names;
	struct figures *figures;
};

static void
judge_sentence(
    const char *sentence, const struct evidence *evidence, const char *synonyms, struct support_verdict *verdict)
{
	struct subject *subject = subject_read(sentence, evidence->quotes, evidence->names, synonyms);
	struct figures *figures = figures_read(sentence);
	double covered = subject_covered(subject);
	char why[SUPPORT_WHY] = "";
	bool turned = false;

	if (covered < verdict->covered)
		verdict->covered = covered;
	if (figures_hold(figures, evidence->figures, verdict, &turned, why) && subject_holds(subject, verdict))
		sense_holds(sentence, evidence->quotes, subject, turned, why, verdict);
	figures_free(&figures);
	subject_free(&subject);
}

void
support_judge(const struct support_case *support, struct support_verdict *ret)
{
	char *claim = brief_plain(support->claim);
	const char *end = claim + strlen(claim);
	struct evidence evidence;

	*ret = (struct support_verdict){.kind = SUPPORT_HOLDS, .covered = 1};
	if (is_verbatim(support, claim)) {
		free(claim);
		return;
	}
	evidence.quotes = joined(support->quotes, support->n, true);
	evidence.names = joined(support->names, support->n, false);
	evidence.figures = figures_read(evidence.quotes);
	for (const char *at = claim; at < end && ret->kind == SUPPORT_HOLDS;) {
		const char *next = text_sentence_end(at, end);
		char *sentence = need(strndup(at, (size_t)(next - at)));

		judge_sentence(sentence, &evidence, support->synonyms, ret);
		free(sentence);
		for (at = next; at < end && text_space(*at);)
			at++;
	}
	if (ret->kind != SUPPORT_HOLDS)
		ret->quote = nearest(support, claim);
	figures_free(&evidence.figures);
	free(evidence.quotes);
	free(evidence.names);
	free(claim);
}
