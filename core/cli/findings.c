/* What checks found in a reply that was not grounded: each claim that failed, why, what it quotes and what stands there. */

#include "config.h"

#include <string.h>

#include "base/util.h"
#include "cli/command.h"
#include "cli/text.h"

static void
line(FILE *to, const char *indent, const char *what, const char *text, const char *quotes)
{
	_cleanup_(free_p) char *safe = text_safe(text, false);

	if (text[0] != '\0')
		fprintf(to, "%s  %s %s%s%s\n", indent, what, quotes, safe, quotes);
}

/* A text in one line. */
static char *
unbroken(const char *text)
{
	char *line = xstrdup(text);

	for (char *c = line; *c != '\0'; c++)
		if (*c == '\n')
			*c = ' ';
	return line;
}

/* Line breaks are of interest only where nothing else makes the difference. */
static void
both_lines(FILE *to, const char *indent, const char *quote, const char *found)
{
	_cleanup_(free_p) char *quoted = unbroken(quote), *stands = unbroken(found);
	bool differ = strcmp(quoted, stands) != 0;

	line(to, indent, "quotes: ", differ ? quoted : quote, "\"");
	line(to, indent, "found:  ", differ ? stands : found, "\"");
}

void
cli_findings(FILE *to, const char *indent, const json_t *findings)
{
	const json_t *one, *claim;
	size_t i;

	json_array_foreach(findings, i, one)
	{
		_cleanup_(free_p) char *text = text_safe(cli_text(one, "text"), false);
		_cleanup_(free_p) char *check = text_safe(cli_text(one, "check"), false);
		_cleanup_(free_p) char *number = NULL;

		claim = json_object_get(one, "claim");
		if (json_is_integer(claim))
			number = xasprintf(" claim %lld", (long long)json_integer_value(claim) + 1);
		fprintf(to, "%s%s:%s%s%s%s\n", indent, check, number != NULL ? number : "",
		    text[0] != '\0' ? " \"" : "", text, text[0] != '\0' ? "\"" : "");
		line(to, indent, "why:    ", cli_text(one, "why"), "");
		both_lines(to, indent, cli_text(one, "quote"), cli_text(one, "found"));
		line(to, indent, "in:     ", cli_text(one, "document"), "");
	}
}
