/*
 * English words whose forms no stemmer brings together: "wrote" and "write", "people" and "person".
 *
 * Forms of one word are worth nearly as much as each other, unlike synonyms.
 */

#include "common/question.h"

#include <string.h>

#define WORTH 0.97

/* Forms of one word, with a space between. */
static const char *const families[] = {"add added addition", "arise arose arisen", "become became", "begin began begun",
    "bind bound", "bite bit bitten", "break broke broken", "bring brought", "build built", "burn burnt", "buy bought",
    "catch caught", "choose chose chosen", "come came", "deal dealt", "draw drew drawn", "drink drank drunk",
    "drive drove driven", "eat ate eaten", "fall fell fallen", "feed fed", "feel felt", "fight fought", "find found",
    "flee fled", "fly flew flown", "forbid forbade forbidden", "forget forgot forgotten", "freeze froze frozen",
    "give gave given", "grow grew grown", "hear heard", "hide hid hidden", "hold held", "keep kept", "know knew known",
    "lay laid", "lead led", "learn learnt", "leave left", "lend lent", "lose lost", "make made", "mean meant",
    "meet met", "overwrite overwrote overwritten", "pay paid", "rewrite rewrote rewritten", "ride rode ridden",
    "ring rang rung", "rise rose risen", "run ran", "say said", "see saw seen", "seek sought", "sell sold", "send sent",
    "shake shook shaken", "show shown", "shrink shrank shrunk", "sing sang sung", "sink sank sunk", "sit sat",
    "sleep slept", "speak spoke spoken", "spend spent", "stand stood", "steal stole stolen", "strike struck stricken",
    "swear swore sworn", "take took taken", "teach taught", "tear tore torn", "tell told", "think thought",
    "throw threw thrown", "understand understood", "undo undid undone", "wear wore worn", "win won",
    "withdraw withdrew withdrawn", "withhold withheld", "write wrote written", "analysis analyses", "basis bases",
    "child children", "criterion criteria", "datum data", "foot feet", "index indices", "matrix matrices", "man men",
    "medium media", "mouse mice", "person people", "phenomenon phenomena", "tooth teeth", "vertex vertices",
    "woman women", "good better best", "bad worse worst", "high height", "long length", "wide width", "deep depth",
    "strong strength", "choose choice", "fail failure", "remove removal", "permit permission", "receive receipt",
    "decide decision", "include inclusion", "exclude exclusion", "expand expansion", "extend extension",
    "convert conversion", "divide division", "describe description", "subscribe subscription", "delete deletion",
    "destroy destruction", "reduce reduction", "produce production", "assume assumption", "apply application",
    "compare comparison", "lose loss", "grow growth", "die dead death", "marry marriage", "sell sale", "prove proof",
    "believe belief", "advise advice", "succeed success", "proceed procedure", "exceed excess", "omit omission",
    "submit submission", "admit admission", "depend dependency dependence"};

/* The stems of a family; returns how many. */
static size_t
read_family(const char *family, char stems[FORM_WORDS][1][TEXT_STEM])
{
	size_t n = 0;

	while (*family != '\0' && n < FORM_WORDS) {
		size_t len = strcspn(family, " ");

		memset(stems[n], 0, sizeof(stems[n]));
		text_stem(family, len, stems[n++][0]);
		family += len + (family[len] == ' ');
	}
	return n;
}

void
irregular_add(struct question *q)
{
	char stems[FORM_WORDS][1][TEXT_STEM];

	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
		size_t n = read_family(families[i], stems);

		for (size_t t = 0; t < q->n; t++)
			for (size_t k = 0; k < n && !q->terms[t].name; k++)
				if (strcmp(q->terms[t].forms[0].stems[0], stems[k][0]) == 0)
					for (size_t j = 0; j < n; j++)
						term_add_form(&q->terms[t], stems[j], 1, WORTH);
	}
}
