/* Dates: "2024-03-01", "1 March 2024", "March 1st", "01.03.2024", "in 2024", "on Mondays". */

#include <string.h>

#include "common/statement.h"

static const char *const months[] = {"january jan", "february feb", "march mar", "april apr", "may", "june jun",
    "july jul", "august aug", "september sep sept", "october oct", "november nov", "december dec"};
static const char *const weekdays[] = {"monday mondays", "tuesday tuesdays", "wednesday wednesdays",
    "thursday thursdays", "friday fridays", "saturday saturdays", "sunday sundays"};

static uint8_t
index_in(const char *const *names, size_t n, const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; len > 2 && i < n; i++)
		for (const char *at = names[i]; (at = strstr(at, word)) != NULL; at++)
			if ((at == names[i] || at[-1] == ' ') && (at[len] == '\0' || at[len] == ' '))
				return (uint8_t)(i + 1);
	return 0;
}

static bool
is_day(const struct token *t)
{
	return t->number && text_digit(*t->word) && t->value >= 1 && t->value <= 31 && strpbrk(t->word, ".,") == NULL;
}

static bool
is_year(const struct token *t)
{
	return t->number && t->len == 4 && text_digit(*t->word) && strpbrk(t->word, ".,") == NULL && t->value >= 1500 &&
	       t->value < 2200;
}

/* The month that the token names.  "may" is one only where a number or the right word is beside it. */
static uint8_t
month_at(const struct token *tokens, size_t n, size_t i)
{
	uint8_t month = index_in(months, 12, tokens[i].word);

	if (month == 0 || !(tokens[i].flags & TEXT_CAPITAL))
		return 0;
	if (month != 5 && month != 3)
		return month;
	if ((i > 0 && is_day(&tokens[i - 1])) || (i + 1 < n && (is_day(&tokens[i + 1]) || is_year(&tokens[i + 1]))))
		return month;
	return i > 0 && token_in(tokens, n, i - 1, " in of until by since before after from to during on every each ")
		   ? month
		   : 0;
}

/* "01.03.2024": one word, since its dots are between digits. */
static bool
dotted(const struct token *t, struct date *date)
{
	unsigned part[3] = {0}, k = 0;

	for (const char *c = t->word; *c != '\0'; c++) {
		if (*c == '.' && ++k > 2)
			return false;
		if (*c != '.' && !text_digit(*c))
			return false;
		if (*c != '.')
			part[k] = part[k] * 10 + (unsigned)(*c - '0');
		if (part[k] > 9999)
			return false;
	}
	if (k != 2 || part[0] < 1 || part[0] > 31 || part[1] < 1 || part[1] > 12 || part[2] < 1500)
		return false;
	date->day = (uint16_t)part[0];
	date->month = (uint16_t)part[1];
	date->year = (uint16_t)part[2];
	return true;
}

/* "2024-03-01" and "2024-03", "2024/03/01" */
static size_t
iso(const struct token *tokens, size_t n, size_t i, struct date *date)
{
	if (!is_year(&tokens[i]) || i + 1 >= n || strchr("-/", tokens[i].after) == NULL || tokens[i].after == '\0' ||
	    !tokens[i + 1].number || tokens[i + 1].value > 12 || tokens[i + 1].len != 2)
		return 0;
	date->year = (uint16_t)tokens[i].value;
	date->month = (uint16_t)tokens[i + 1].value;
	if (i + 2 >= n || tokens[i + 1].after != tokens[i].after || !is_day(&tokens[i + 2]))
		return 2;
	date->day = (uint16_t)tokens[i + 2].value;
	return 3;
}

/* A month with a day before or behind it, and a year. */
static size_t
named(const struct token *tokens, size_t n, size_t i, struct date *date)
{
	size_t at = i;
	bool day = is_day(&tokens[i]) && !tokens[i].stop;

	at += day;
	if (day && at < n && token_in(tokens, n, at, " of "))
		at++;
	if (at >= n || (date->month = month_at(tokens, n, at)) == 0)
		return 0;
	if (day)
		date->day = (uint16_t)tokens[i].value;
	at++;
	if (!day && at < n && is_day(&tokens[at]) && !tokens[at - 1].stop)
		date->day = (uint16_t)tokens[at++].value;
	if (at < n && is_year(&tokens[at]))
		date->year = (uint16_t)tokens[at++].value;
	return at - i;
}

static size_t
read_one(const struct token *tokens, size_t n, size_t i, struct date *date)
{
	const struct token *t = &tokens[i];
	size_t taken = iso(tokens, n, i, date);

	if (taken == 0)
		taken = named(tokens, n, i, date);
	if (taken == 0 && (t->flags & TEXT_NUMBER) && dotted(t, date))
		taken = 1;
	if (taken == 0 && (t->flags & TEXT_CAPITAL) && (date->weekday = index_in(weekdays, 7, t->word)) > 0)
		taken = 1;
	if (taken == 0 && is_year(t) && i > 0 &&
	    token_in(tokens, n, i - 1, " in since until by before after from to during year of for ") &&
	    (i + 1 >= n || t->stop || (tokens[i + 1].flags & TEXT_STOP))) {
		date->year = (uint16_t)t->value;
		taken = 1;
	}
	return taken;
}

size_t
dates_read(struct token *tokens, size_t n, struct date *ret, size_t most)
{
	size_t found = 0;

	for (size_t i = 0; i < n && found < most; i++) {
		struct date date = {.token = i};
		size_t taken = read_one(tokens, n, i, &date);

		if (taken == 0)
			continue;
		date.end = i + taken;
		for (size_t k = i; k < date.end; k++)
			tokens[k].use = TOKEN_DATE;
		ret[found++] = date;
		i = date.end - 1;
	}
	return found;
}

bool
date_conflicts(const struct date *a, const struct date *b)
{
	if (a->weekday != 0 || b->weekday != 0)
		return a->weekday != 0 && b->weekday != 0 && a->weekday != b->weekday;
	return (a->year != 0 && b->year != 0 && a->year != b->year) ||
	       (a->month != 0 && b->month != 0 && a->month != b->month) ||
	       (a->day != 0 && b->day != 0 && a->day != b->day);
}
