/*
 * Groups of words that mean much the same: one group a line, separated by commas.
 *
 * A member of several words that stands in the question as it is ("object code") makes one term of those words there.
 */

#include "common/need.h"
#include "common/question.h"

#include <stdlib.h>
#include <string.h>

#define WORTH         0.9  /* of a synonym, where the asker's own word has 1 */
#define PART_WORTH    0.35 /* of one word of several that are one term */
#define GROUP_MEMBERS 32

struct member {
	char stems[FORM_WORDS][TEXT_STEM];
	size_t n;
	bool content; /* has a word that is no function word */
};

/* The members of a line; those of more than five words are left out. */
static size_t
read_group(const char *line, size_t len, struct member members[GROUP_MEMBERS])
{
	const char *end = line + len;
	size_t found = 0;

	while (line < end && found < GROUP_MEMBERS) {
		const char *comma = memchr(line, ',', (size_t)(end - line));
		struct text_word *words;
		size_t n = text_words(line, (size_t)((comma != NULL ? comma : end) - line), &words);
		struct member *member = &members[found];

		*member = (struct member){.n = n};
		for (size_t i = 0; i < n && n <= FORM_WORDS; i++) {
			memcpy(member->stems[i], words[i].stem, TEXT_STEM);
			member->content |= !(words[i].flags & TEXT_STOP);
		}
		free(words);
		if (n > 0 && n <= FORM_WORDS)
			found++;
		line = comma != NULL ? comma + 1 : end;
	}
	return found;
}

static size_t
find_term(const struct question *q, const char *stem)
{
	size_t i = 0;

	while (i < q->n &&
	       (q->terms[i].name || q->terms[i].forms[0].n != 1 || strcmp(q->terms[i].forms[0].stems[0], stem) != 0))
		i++;
	return i;
}

/* Where the words of a member are terms one after the other; q->n when they are not. */
static size_t
find_member(const struct question *q, const struct member *member)
{
	size_t first = find_term(q, member->stems[0]);

	for (size_t i = 1; i < member->n; i++)
		if (first + i >= q->n || find_term(q, member->stems[i]) != first + i)
			return q->n;
	return first;
}

static void
add_members(struct term *term, const struct member *members, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (members[i].content)
			term_add_form(term, members[i].stems, members[i].n, WORTH);
}

/* Makes one term of the `n` that begin at `first`. */
static void
join_terms(struct question *q, size_t first, const struct member *member)
{
	struct term *term = &q->terms[first], joined = {.weight = term->weight};
	size_t len = 0;

	term_add_form(&joined, member->stems, member->n, 1);
	for (size_t i = 0; i < member->n; i++) {
		const struct term *part = &q->terms[first + i];
		size_t room = sizeof(joined.word) - len;

		if (part->weight > joined.weight)
			joined.weight = part->weight;
		term_add_form(&joined, &member->stems[i], 1, PART_WORTH);
		if (strlen(part->word) + 2 < room)
			len = (size_t)(stpcpy(stpcpy(joined.word + len, len > 0 ? " " : ""), part->word) - joined.word);
		free(part->forms);
	}
	joined.weight *= 1.5;
	*term = joined;
	memmove(term + 1, term + member->n, (q->n - first - member->n) * sizeof(*term));
	q->n -= member->n - 1;
}

static void
use_group(struct question *q, const struct member *members, size_t n, bool several)
{
	for (size_t i = 0; i < n; i++) {
		size_t at;

		if ((members[i].n > 1) != several)
			continue;
		at = find_member(q, &members[i]);
		if (at == q->n)
			continue;
		if (several)
			join_terms(q, at, &members[i]);
		add_members(&q->terms[at], members, n);
	}
}

/* First what stands in several words, so that "object code" is not taken for "code". */
void
synonyms_add(struct question *q, const char *synonyms)
{
	struct member *members = need(malloc(GROUP_MEMBERS * sizeof(*members)));

	for (int round = 0; round < 2; round++)
		for (const char *line = synonyms; *line != '\0';) {
			size_t len = strcspn(line, "\n");

			if (*line != '#')
				use_group(q, members, read_group(line, len, members), round == 0);
			line += len + (line[len] == '\n');
		}
	free(members);
}
