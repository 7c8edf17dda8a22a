/*
 * Moods: what a clause demands, permits or denies.
 *
 * Patterns of up to five words, the longer before the shorter, where "~" lets one or two words stand between: "may ~ not".
 */

#include <string.h>

#include "common/statement.h"

static const struct {
	const char *words;
	uint8_t mood;
} patterns[] = {
    {"whether or not", MOOD_IS},
    {"not limited to", MOOD_IS},
    {"not necessarily", MOOD_IS},
    {"not only", MOOD_IS},
    {"under no circumstances", MOOD_MUST_NOT},
    {"in no case", MOOD_MUST_NOT},
    {"in no event", MOOD_MUST_NOT},
    {"there is no need", MOOD_NEED_NOT},
    {"no need", MOOD_NEED_NOT},
    {"is not ~ required", MOOD_NEED_NOT},
    {"are not ~ required", MOOD_NEED_NOT},
    {"not ~ required", MOOD_NEED_NOT},
    {"no longer required", MOOD_NEED_NOT},
    {"not ~ necessary", MOOD_NEED_NOT},
    {"not ~ mandatory", MOOD_NEED_NOT},
    {"not ~ compulsory", MOOD_NEED_NOT},
    {"not ~ obliged", MOOD_NEED_NOT},
    {"not ~ obligated", MOOD_NEED_NOT},
    {"not ~ needed", MOOD_NEED_NOT},
    {"not ~ have to", MOOD_NEED_NOT},
    {"not ~ need to", MOOD_NEED_NOT},
    {"dont have to", MOOD_NEED_NOT},
    {"doesnt have to", MOOD_NEED_NOT},
    {"dont need to", MOOD_NEED_NOT},
    {"doesnt need to", MOOD_NEED_NOT},
    {"not ~ require", MOOD_NEED_NOT},
    {"not ~ need", MOOD_NEED_NOT},
    {"need not", MOOD_NEED_NOT},
    {"neednt", MOOD_NEED_NOT},
    {"optional", MOOD_NEED_NOT},
    {"voluntary", MOOD_NEED_NOT},
    {"not optional", MOOD_MUST},
    {"not ~ allowed", MOOD_MUST_NOT},
    {"not ~ permitted", MOOD_MUST_NOT},
    {"not ~ authorized", MOOD_MUST_NOT},
    {"not ~ allow", MOOD_MUST_NOT},
    {"not ~ permit", MOOD_MUST_NOT},
    {"no longer allowed", MOOD_MUST_NOT},
    {"no longer permitted", MOOD_MUST_NOT},
    {"not ~ prohibited", MOOD_MAY},
    {"not ~ forbidden", MOOD_MAY},
    {"not ~ prohibit", MOOD_MAY},
    {"not ~ forbid", MOOD_MAY},
    {"not ~ prevent", MOOD_MAY},
    {"is prohibited", MOOD_MUST_NOT},
    {"prohibited", MOOD_MUST_NOT},
    {"prohibits", MOOD_MUST_NOT},
    {"prohibit", MOOD_MUST_NOT},
    {"forbidden", MOOD_MUST_NOT},
    {"forbids", MOOD_MUST_NOT},
    {"banned", MOOD_MUST_NOT},
    {"must ~ not", MOOD_MUST_NOT},
    {"must never", MOOD_MUST_NOT},
    {"must ~ refrain", MOOD_MUST_NOT},
    {"shall ~ not", MOOD_MUST_NOT},
    {"shall never", MOOD_MUST_NOT},
    {"may ~ not", MOOD_MUST_NOT},
    {"may never", MOOD_MUST_NOT},
    {"can ~ not", MOOD_MUST_NOT},
    {"can never", MOOD_MUST_NOT},
    {"cannot", MOOD_MUST_NOT},
    {"cant", MOOD_MUST_NOT},
    {"mustnt", MOOD_MUST_NOT},
    {"should ~ not", MOOD_MUST_NOT},
    {"should never", MOOD_MUST_NOT},
    {"are required to", MOOD_MUST},
    {"is required to", MOOD_MUST},
    {"required", MOOD_MUST},
    {"requires", MOOD_MUST},
    {"require", MOOD_MUST},
    {"mandatory", MOOD_MUST},
    {"compulsory", MOOD_MUST},
    {"obligatory", MOOD_MUST},
    {"obliged", MOOD_MUST},
    {"obligated", MOOD_MUST},
    {"necessary", MOOD_MUST},
    {"needed", MOOD_MUST},
    {"have to", MOOD_MUST},
    {"has to", MOOD_MUST},
    {"need to", MOOD_MUST},
    {"needs to", MOOD_MUST},
    {"must", MOOD_MUST},
    {"shall", MOOD_MUST},
    {"should", MOOD_SHOULD},
    {"allowed", MOOD_MAY},
    {"permitted", MOOD_MAY},
    {"entitled", MOOD_MAY},
    {"welcome", MOOD_MAY},
    {"free to", MOOD_MAY},
    {"allows", MOOD_MAY},
    {"permits", MOOD_MAY},
    {"may", MOOD_MAY},
    {"can", MOOD_MAY},
    {"does not", MOOD_IS_NOT},
    {"do not", MOOD_IS_NOT},
    {"will not", MOOD_IS_NOT},
    {"no longer", MOOD_IS_NOT},
    {"doesnt", MOOD_IS_NOT},
    {"dont", MOOD_IS_NOT},
    {"didnt", MOOD_IS_NOT},
    {"isnt", MOOD_IS_NOT},
    {"arent", MOOD_IS_NOT},
    {"wasnt", MOOD_IS_NOT},
    {"wont", MOOD_IS_NOT},
    {"not", MOOD_IS_NOT},
    {"never", MOOD_IS_NOT},
    {"no", MOOD_IS_NOT},
    {"neither", MOOD_IS_NOT},
    {"nor", MOOD_IS_NOT},
    {"none", MOOD_IS_NOT},
};
#define PATTERNS (sizeof patterns / sizeof patterns[0])

/* Where a pattern that begins at token `i` ends, 0 when it does not fit. */
static size_t
fits(const struct token *tokens, size_t to, size_t i, const char *words)
{
	size_t gap = 0;

	while (*words != '\0') {
		size_t len = strcspn(words, " ");

		if (len == 1 && *words == '~') {
			gap = 2;
		} else {
			while (i < to && (strlen(tokens[i].word) != len || memcmp(tokens[i].word, words, len) != 0)) {
				if (gap == 0 || tokens[i].stop)
					return 0;
				gap--;
				i++;
			}
			if (i >= to || tokens[i].use == TOKEN_AMOUNT || tokens[i].use == TOKEN_DATE)
				return 0;
			gap = 0;
			i++;
		}
		words += len + (words[len] == ' ');
	}
	return i;
}

/* Marks the tokens that the pattern has words for; those in its gaps stay. */
static void
mark(struct token *tokens, size_t from, size_t to, const char *words)
{
	char list[64] = " ";
	size_t n = strlen(words);

	memcpy(list + 1, words, n);
	memcpy(list + 1 + n, " ", 2);
	for (size_t i = from; i < to; i++)
		if (token_in(tokens, to, i, list))
			tokens[i].use = TOKEN_MOOD;
}

/* What a mood that denies makes of one that it stands before: "not" and then "must" in one clause is the weaker one. */
static bool
is_stronger(uint8_t mood, uint8_t than)
{
	return than == MOOD_IS || (than == MOOD_IS_NOT && mood != MOOD_IS && mood != MOOD_IS_NOT);
}

/* "No" denies what the clause says where the clause begins or behind its verb; "not" behind its verb.  Elsewhere they deny
 * one word of many: "any value not in the list is ignored". */
static bool
denies_clause(const struct token *tokens, size_t from, size_t to, size_t i)
{
	static const char behind[] =
	    " is are was were be been has have had do does did will would can could may must shall should "
	    "might need ";

	if (tokens[i].before == '-')
		return false; /* "--no-buffer" */
	if (token_in(tokens, to, i, " not "))
		return (i > from && token_in(tokens, to, i - 1, behind)) ||
		       (i > from + 1 && token_in(tokens, to, i - 2, behind)) ||
		       token_in(tokens, to, i + 1, " only limited necessarily ");
	if (!token_in(tokens, to, i, " no none ") || token_in(tokens, to, i + 1, " longer "))
		return true;
	if (token_in(tokens, to, i + 1, " other more further "))
		return false;
	return i == from || (i == from + 1 && token_in(tokens, to, from, " and but there ")) ||
	       token_in(tokens, to, i - 1,
		   " is are was were be has have had there does do did requires require needs need makes make provides "
		   "provide "
		   "gives give offers offer contains contain includes include accepts accept under in at ");
}

uint8_t
mood_read(struct token *tokens, size_t from, size_t to)
{
	uint8_t mood = MOOD_IS;
	bool relative = false; /* "hosts that are not listed" */

	for (size_t i = from; i < to; i++) {
		size_t end = 0, k;

		if (i > from && tokens[i - 1].stop)
			relative = false;
		relative = relative || (i > from && token_in(tokens, to, i, " that which who whose "));
		if (tokens[i].use != TOKEN_FREE || tokens[i].aside || relative || is_condition(&tokens[i]))
			continue;
		if (!denies_clause(tokens, from, to, i))
			continue;
		for (k = 0; k < PATTERNS && end == 0; k++)
			end = fits(tokens, to, i, patterns[k].words);
		if (end == 0)
			continue;
		k--;
		mark(tokens, i, end, patterns[k].words);
		if (is_stronger(patterns[k].mood, mood) && patterns[k].mood != MOOD_IS) {
			/* "No animals are allowed": what is denied first stays denied. */
			if (mood == MOOD_IS_NOT && patterns[k].mood == MOOD_MAY)
				mood = MOOD_MUST_NOT;
			else if (mood == MOOD_IS_NOT && patterns[k].mood == MOOD_MUST)
				mood = MOOD_NEED_NOT;
			else
				mood = patterns[k].mood;
		}
		i = end - 1;
	}
	return mood;
}

bool
mood_conflicts(uint8_t a, uint8_t b)
{
	uint8_t low = a < b ? a : b, high = a < b ? b : a;

	switch (low) {
	case MOOD_IS:
		return high == MOOD_IS_NOT;
	case MOOD_MUST:
		return high == MOOD_MUST_NOT || high == MOOD_NEED_NOT;
	case MOOD_SHOULD:
		return high == MOOD_MUST_NOT;
	case MOOD_MUST_NOT:
		return high == MOOD_MAY;
	default:
		return false;
	}
}

const char *
mood_name(uint8_t mood)
{
	static const char *const names[] = {"is", "is not", "must", "should", "must not", "may", "need not"};

	return names[mood];
}
