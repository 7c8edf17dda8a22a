/* Words, numbers and the signs between them. */

#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "common/statement.h"

/* ---- Numbers ----------------------------------------------------------------------------------------------------- */

static const struct {
	const char *word;
	double value;
} cardinals[] = {{"zero", 0}, {"one", 1}, {"two", 2}, {"three", 3}, {"four", 4}, {"five", 5}, {"six", 6}, {"seven", 7},
    {"eight", 8}, {"nine", 9}, {"ten", 10}, {"eleven", 11}, {"twelve", 12}, {"thirteen", 13}, {"fourteen", 14},
    {"fifteen", 15}, {"sixteen", 16}, {"seventeen", 17}, {"eighteen", 18}, {"nineteen", 19}, {"twenty", 20},
    {"thirty", 30}, {"forty", 40}, {"fifty", 50}, {"sixty", 60}, {"seventy", 70}, {"eighty", 80}, {"ninety", 90},
    {"dozen", 12}, {"hundred", 100}, {"thousand", 1000}, {"million", 1e6}, {"billion", 1e9}};

static double
cardinal(const char *word)
{
	for (size_t i = 0; i < sizeof(cardinals) / sizeof(*cardinals); i++)
		if (strcmp(cardinals[i].word, word) == 0)
			return cardinals[i].value;
	return -1;
}

/* "1,000.5", "3.2", "10th", "10GB": the number that a word of digits begins with; what follows it is left in *rest. */
static bool
digits(const char *word, double *ret, const char **rest)
{
	double value = 0, unit = 1;
	bool fraction = false;
	size_t i;

	for (i = 0; text_digit(word[i]) || word[i] == ',' || word[i] == '.'; i++) {
		if (word[i] == '.') {
			if (fraction)
				return false; /* 3.0.1 is no number */
			fraction = true;
		} else if (word[i] != ',') {
			unit /= fraction ? 10 : 1;
			value = fraction ? value + unit * (word[i] - '0') : 10 * value + (word[i] - '0');
		}
	}
	*ret = value;
	*rest = word + i;
	return i > 0;
}

/* "10th" and "2nd" count nothing; "10GB" is two tokens: the second is made of the rest. */
static void
token_number(struct token *token, struct token *unit, bool *split)
{
	const char *rest;

	*split = false;
	token->number = digits(token->word, &token->value, &rest);
	if (!token->number || *rest == '\0')
		return;
	if (strcmp(rest, "st") == 0 || strcmp(rest, "nd") == 0 || strcmp(rest, "rd") == 0 || strcmp(rest, "th") == 0)
		return;
	*unit = *token;
	unit->number = false;
	unit->flags = 0;
	unit->at += rest - token->word;
	unit->len = (uint16_t)(token->len - (rest - token->word));
	unit->before = 0;
	memmove(unit->word, unit->word + (rest - token->word), strlen(rest) + 1);
	text_stem(unit->word, strlen(unit->word), unit->stem);
	token->len = (uint16_t)(rest - token->word);
	token->word[rest - token->word] = '\0';
	token->stop = false;
	token->after = 0;
	*split = true;
}

/* Numbers in words become one: "two hundred and fifty", "twenty-five", "1.5 million", and "thirty (30)".  Returns how many
 * tokens are left. */
static size_t
join_numbers(struct token *tokens, size_t n)
{
	size_t to = 0;

	for (size_t i = 0; i < n; i++) {
		struct token *last = to > 0 ? &tokens[to - 1] : NULL, *t = &tokens[i];
		bool and = last != NULL && strcmp(t->word, "and") == 0 && last->number && last->value >= 100 &&
			   !text_digit(*last->word) && i + 1 < n && cardinal(tokens[i + 1].word) > 0;
		double value = cardinal(t->word);

		if (and)
			continue;
		if (!t->number && value >= 0) {
			t->number = true;
			t->value = value;
		}
		if (last != NULL && last->number && t->number && t->value == last->value && t->before == '(') {
			last->stop = false;
			last->after = t->after == ')' ? 0 : t->after;
			continue;
		}
		if (last == NULL || !last->number || value < 0 || last->stop) {
			tokens[to++] = *t;
			continue;
		}
		if (value >= 100 || (value == 12 && strcmp(t->word, "dozen") == 0))
			last->value *= value;
		else if (last->value >= 20 && value < last->value)
			last->value += value;
		else {
			tokens[to++] = *t;
			continue;
		}
		last->len = (uint16_t)(t->at + t->len - last->at);
		last->after = t->after;
		last->stop = t->stop;
	}
	return to;
}

/* ---- Tokens ------------------------------------------------------------------------------------------------------ */

static bool
is_stop_sign(char c)
{
	return c != '\0' && strchr(",;:()[]!?", c) != NULL;
}

/* The signs of the text between two words: the first of them, the last, and whether one of them separates. */
static void
between(const char *from, const char *to, char *first, char *last, bool *stop)
{
	*first = *last = 0;
	for (; from < to; from++) {
		/* U+20AC and U+00A3, the euro and the pound, and the dash U+2013 */
		char c = strncmp(from, "\xe2\x82\xac", 3) == 0   ? 'E'
			 : strncmp(from, "\xc2\xa3", 2) == 0     ? 'P'
			 : strncmp(from, "\xe2\x80\x93", 3) == 0 ? '-'
			 : strncmp(from, "\xe2\x80\x94", 3) == 0 ? ';'
			 : strncmp(from, "\xc2\xb0", 2) == 0     ? 'o'
								 : *from;

		if (text_space(c) || (unsigned char)c >= 0x80)
			continue;
		if (*first == 0)
			*first = c;
		*last = c;
		*stop = *stop || is_stop_sign(c) || (c == '.' && from + 1 < to && text_space(from[1]));
	}
}

/* The euro is no letter, though the words of a text have it as one. */
static void
take_euro(struct token *t)
{
	if (t->len > 3 && memcmp(t->at, "\xe2\x82\xac", 3) == 0) {
		t->before = 'E';
		t->at += 3;
		t->len = (uint16_t)(t->len - 3);
		t->flags = text_digit(*t->at) ? TEXT_NUMBER : 0;
	} else if (t->len > 3 && memcmp(t->at + t->len - 3, "\xe2\x82\xac", 3) == 0) {
		t->after = 'E';
		t->len = (uint16_t)(t->len - 3);
	}
}

/* How deep in brackets what follows is. */
static int
brackets(const char *from, const char *to, int depth)
{
	for (; from < to; from++)
		if (*from == '(')
			depth++;
		else if (*from == ')' && depth > 0)
			depth--;
	return depth;
}

static void
token_word(struct token *token, const struct text_word *word)
{
	size_t n = 0;

	take_euro(token);
	for (size_t i = 0; i < token->len && n + 1 < sizeof(token->word); i++)
		if (token->at[i] != '\'' && (unsigned char)token->at[i] < 0x80)
			token->word[n++] = text_lower(token->at[i]);
	token->word[n] = '\0';
	memcpy(token->stem, word->stem, sizeof(token->stem));
}

size_t
tokens_read(const char *text, size_t len, struct token **ret)
{
	struct text_word *words;
	size_t n = text_words(text, len, &words), to = 0, end = 0;
	struct token *tokens = need(calloc(2 * n + 1, sizeof(*tokens)));
	bool stop = false, split;
	int depth = 0;

	for (size_t i = 0; i < n; i++) {
		struct token *t = &tokens[to++];
		size_t next = i + 1 < n ? words[i + 1].from : len;
		char last;

		t->at = text + words[i].from;
		t->len = words[i].len;
		t->flags = words[i].flags;
		between(text + end, t->at, &last, &t->before, &stop);
		depth = brackets(text + end, t->at, depth);
		t->aside = depth > 0;
		end = words[i].from + words[i].len;
		stop = false;
		between(text + end, text + next, &t->after, &last, &stop);
		t->stop = stop;
		token_word(t, &words[i]);
		if (t->flags & TEXT_NUMBER) {
			token_number(t, &tokens[to], &split);
			to += split;
		}
	}
	free(words);
	*ret = tokens;
	return join_numbers(tokens, to);
}

bool
token_in(const struct token *tokens, size_t n, size_t i, const char *words)
{
	const char *at = words;
	size_t len;

	if (i >= n)
		return false;
	len = strlen(tokens[i].word);
	while (len > 0 && (at = strstr(at, tokens[i].word)) != NULL) {
		if (at > words && at[-1] == ' ' && at[len] == ' ')
			return true;
		at++;
	}
	return false;
}

/* ---- Telling ----------------------------------------------------------------------------------------------------- */

void
text_whole(char *out, size_t n)
{
	size_t at = n;

	while (at > 0 && ((unsigned char)out[at - 1] & 0xc0) == 0x80)
		at--;
	if (at > 0 && (unsigned char)out[at - 1] >= 0xc0) {
		unsigned char lead = (unsigned char)out[at - 1];

		if (n - at < (lead >= 0xf0 ? 3u : lead >= 0xe0 ? 2u : 1u))
			n = at - 1;
	}
	out[n] = '\0';
}

void
tokens_told(char *out, size_t size, const struct token *first, const struct token *behind)
{
	const char *begin = first->at, *end = behind[-1].at + behind[-1].len;
	size_t n = 0;

	/* The sign of a currency, or the minus, right before it. */
	if ((first->before == '$' || first->before == '-') && begin[-1] == first->before)
		begin--;
	else if (first->before == 'E' && memcmp(begin - 3, "\xe2\x82\xac", 3) == 0)
		begin -= 3;
	else if (first->before == 'P' && memcmp(begin - 2, "\xc2\xa3", 2) == 0)
		begin -= 2;
	if (*end == '%')
		end++;
	for (const char *c = begin; c < end && n + 1 < size; c++)
		if (!text_space(*c) || (n > 0 && out[n - 1] != ' '))
			out[n++] = text_space(*c) ? ' ' : *c;
	text_whole(out, n);
}
