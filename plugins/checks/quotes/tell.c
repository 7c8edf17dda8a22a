/* What failed, for the reply: the first ones in full, the others as a number. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quotes.h"

static bool
is_inside(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* A text that may be cut in the middle of a character: what is not ASCII is then left out, since a failure has to be told. */
static json_t *
text_json(char *text)
{
	json_t *json = json_string(text);

	if (json != NULL)
		return json;
	for (char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	return json_string(text);
}

/* At most QUOTES_SHOWN bytes of a text, around the place at which it is no longer what it should be. */
static json_t *
window(const char *text, size_t differs)
{
	char shown[QUOTES_SHOWN + sizeof("......")];
	size_t len = strlen(text), from = 0, to = len;

	if (len > QUOTES_SHOWN) {
		from = differs < QUOTES_SHOWN / 2 ? 0 : differs - QUOTES_SHOWN / 2;
		if (from > len - QUOTES_SHOWN)
			from = len - QUOTES_SHOWN;
		to = from + QUOTES_SHOWN;
	}
	while (from < to && from > 0 && is_inside(text[from]))
		from++;
	while (to > from && to < len && is_inside(text[to]))
		to--;
	(void)snprintf(shown, sizeof(shown), "%s%.*s%s", from > 0 ? "..." : "", (int)(to - from), text + from,
	    to < len ? "..." : "");
	return text_json(shown);
}

static size_t
difference(const char *a, const char *b)
{
	size_t n = 0;

	if (a == NULL || b == NULL)
		return 0;
	while (a[n] != '\0' && a[n] == b[n])
		n++;
	return n;
}

bool
quotes_tell(
    struct quotes *q, const struct quotes_claim *claim, const struct quotes_failure *failure, const char *why, ...)
{
	size_t differs = difference(failure->quote, failure->found);
	char sentence[1024], where[64];
	json_t *told;
	va_list args;

	if (q->failures++ >= QUOTES_TOLD)
		return false;
	va_start(args, why);
	(void)vsnprintf(sentence, sizeof(sentence), why, args);
	va_end(args);
	(void)snprintf(where, sizeof(where), "%s[%zu]", claim->list, claim->index);
	told = json_pack(
	    "{s:I s:s s:o}", "claim", (json_int_t)claim->index, "where", where, "text", window(claim->text, 0));
	json_object_set_new(told, "why", window(sentence, 0));
	if (failure->document != NULL)
		json_object_set_new(told, "document", window(failure->document, 0));
	if (failure->quote != NULL)
		json_object_set_new(told, "quote", window(failure->quote, differs));
	if (failure->found != NULL)
		json_object_set_new(told, "found", window(failure->found, differs));
	json_array_append_new(q->failed, told);
	return false;
}
