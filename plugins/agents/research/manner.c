/*
 * What kind of statement a text is, told by its words and not by its subject: whether it lays down a duty, gives a number or
 * a reason, or only leads in.
 */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "research.h"

struct sign {
	unsigned manner;
	const char *phrases; /* lower case, words with a space between; phrases with "|" between */
};

/* How duties, leave and the rest are worded in English. */
static const struct sign signs[] = {
    {MANNER_DUTY,
	"must|shall|provided that|provided you|provided the|required|requires|have to|has to|may only|only if|"
	"need to|needs to|obliged|obligated|obligation|responsible for|on condition|following conditions|"
	"as long as|so long as|unless you|if you also|mandatory|should be|be sure to|make sure"},
    {MANNER_BAN, "may not|must not|shall not|cannot|can not|is prohibited|are prohibited|not permitted|not allowed|"
		 "forbidden|should not|do not|never"},
    {MANNER_LEAVE, "may|can|permitted|permission|allowed|allows|permits|is free to|are free to|entitled|authorized"},
    {MANNER_REASON,
	"because|since|due to|so that|in order to|in order that|therefore|to avoid|to prevent|to protect|reason|"
	"caused by|as a result|otherwise"},
    {MANNER_WAIVER,
	"need not|not required|not obligated|not obliged|exception|does not apply|do not apply|does not include|"
	"without restriction|without conditions"},
    {MANNER_EXAMPLE, "for example|for instance"},
    {MANNER_WE, "we|our|us"},
    {MANNER_MEANING,
	"means|refers to|is defined as|are defined as|is called|stands for|denotes|is a|is an|is the|are the"},
    {MANNER_STEPS,
	"use the|using the|run the|by using|you can|specify|to do this|with the option|this option|these options|"
	"command line|try"},
    {MANNER_WHO, "maintained by|written by|author|authors|maintainer|contributed by|copyright by|copyright c|"
		 "copyrighted by|thanks to"},
    {MANNER_DATE, "january|february|march|april|june|july|august|september|october|november|december|days|weeks|months|"
		  "years|before|after|until|date|day|jan|feb|mar|apr|jun|jul|aug|sep|oct|nov|dec"},
    {MANNER_NUMBER, "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|sixty|ninety|"
		    "hundred|thousand|million|once|twice|half|none|zero|unlimited"},
};

/* The text as lower-case words with one space before, between and after; cut at `room`. */
static void
flatten(const char *text, const struct text_word *words, size_t n, char *out, size_t room)
{
	size_t len = 0;

	out[len++] = ' ';
	for (size_t i = 0; i < n && len + words[i].len + 2 < room; i++) {
		const char *word = text + words[i].from;

		for (size_t k = 0; k < words[i].len; k++)
			out[len++] = text_lower(word[k]);
		out[len++] = ' ';
	}
	out[len] = '\0';
}

static bool
has_phrase(const char *flat, const char *phrases)
{
	char phrase[64];

	while (*phrases != '\0') {
		size_t len = strcspn(phrases, "|");

		phrase[0] = ' ';
		memcpy(phrase + 1, phrases, len);
		memcpy(phrase + 1 + len, " ", 2);
		if (strstr(flat, phrase) != NULL)
			return true;
		phrases += len + (phrases[len] == '|');
	}
	return false;
}

static bool
is_year(const char *word, size_t len)
{
	return len == 4 && (memcmp(word, "19", 2) == 0 || memcmp(word, "20", 2) == 0);
}

static unsigned
manner_of_words(const char *text, const struct text_word *words, size_t n)
{
	unsigned manner = 0, shouted = 0;
	bool named = false;

	for (size_t i = 0; i < n; i++) {
		const char *word = text + words[i].from;

		if (words[i].flags & TEXT_NUMBER)
			manner |= is_year(word, words[i].len) ? MANNER_DATE | MANNER_NUMBER : MANNER_NUMBER;
		/* "Copyright 2004 Somebody", not "the copyright notice" */
		named |= i > 0 && is_year(word, words[i].len) && words[i - 1].len == 9 &&
			 strncasecmp(text + words[i - 1].from, "copyright", 9) == 0;
		shouted += (words[i].flags & TEXT_UPPER) != 0;
		named |= i > 0 && (words[i].flags & TEXT_CAPITAL) != 0 && words[i - 1].len == 2 &&
			 memcmp(text + words[i - 1].from, "by", 2) == 0;
	}
	if (shouted * 5 > n * 2 && n > 6)
		manner |= MANNER_SHOUTED;
	if (named) /* by Somebody, copyright of Somebody */
		manner |= MANNER_WHO;
	return manner;
}

static bool
begins_with(const char *flat, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strncmp(flat, *words, strlen(*words)) == 0)
			return true;
	return false;
}

/* Words that point back to what was said before. */
static const char *const back[] = {" this ", " that ", " these ", " those ", " it ", " they ", " such ", " he ",
    " she ", " however ", " otherwise ", " therefore ", " also ", " then ", " in this case ", " in that case ",
    " in addition ", " the default is ", " the default value ", " but ", " and ", " or ", " nor ", NULL};

/* Words that tell somebody to do something. */
static const char *const commands[] = {" add ", " change ", " check ", " choose ", " click ", " copy ", " create ",
    " delete ", " edit ", " enter ", " go ", " install ", " make ", " move ", " open ", " press ", " print ", " put ",
    " remove ", " replace ", " run ", " save ", " select ", " set ", " show ", " specify ", " start ", " stop ", " to ",
    " type ", " use ", " write ", NULL};

/* Signs that are no words: a question mark, an option's dash, a path, an address. */
static unsigned
manner_of_marks(const char *text, size_t len)
{
	unsigned manner = 0;

	if (len > 0 && text[len - 1] == '?')
		manner |= MANNER_ASKING;
	if (len > 1 && (*text == '-' || *text == '$' || *text == '`'))
		manner |= MANNER_STEPS;
	for (size_t i = 1; i + 1 < len; i++)
		if (text[i] == '/' && (text_letter(text[i + 1]) || text[i + 1] == '/'))
			manner |= MANNER_WHERE;
	if (memchr(text, '@', len) != NULL)
		manner |= MANNER_WHO | MANNER_WHERE;
	return manner;
}

unsigned
manner_of(const char *text, size_t from, size_t to, const struct text_word *words, size_t n)
{
	char flat[4096];
	unsigned manner = manner_of_marks(text + from, to - from) | manner_of_words(text, words, n);

	flatten(text, words, n, flat, sizeof(flat));
	for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++)
		if (has_phrase(flat, signs[i].phrases))
			manner |= signs[i].manner;
	if (begins_with(flat, back))
		manner |= MANNER_BACK;
	if (begins_with(flat, commands))
		manner |= MANNER_STEPS;
	return manner;
}

bool
heading_is_aside(const char *heading, size_t len)
{
	static const char asides[] =
	    "preamble|introduction|foreword|preface|background|motivation|rationale|abstract|contents|"
	    "how to apply|end of terms|acknowledgements|acknowledgments|see also|bibliography";
	struct text_word *words;
	size_t n = text_words(heading, len, &words);
	char flat[256];
	bool aside;

	flatten(heading, words, n, flat, sizeof(flat));
	aside = has_phrase(flat, asides);
	free(words);
	return aside;
}
