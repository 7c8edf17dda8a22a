/* Fuzz: the texts of a brief: two lines are two quotes.  What the writer makes of them the check knows again. */

#include <string.h>

#include "common/brief.h"
#include "fuzz.h"

static void
expect_known(const char *plain)
{
	size_t mark = brief_mark(plain), joined = brief_joined(plain);
	char *whole = xstrdup(plain), *lead = brief_lead(plain, plain);

	fuzz_expect(mark <= strlen(plain) && joined <= strlen(plain));
	fuzz_expect(*plain == '\0' || brief_is_quoted(plain, plain));
	whole[joined] = '\0';
	if (mark < joined)
		fuzz_expect(brief_is_quoted(whole + mark, plain));
	free(lead);
	free(whole);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = xstrndup((const char *)data, len), *other = strchr(text, '\x01'), *again, *contrast;
	struct brief_side a = {.document = "a"}, b = {.document = "b"};

	if (other != NULL)
		*other++ = '\0';
	a.quote = brief_plain(text);
	b.quote = brief_plain(other == NULL ? "" : other);
	again = brief_plain(a.quote);
	fuzz_expect(strcmp(again, a.quote) == 0);
	expect_known(a.quote);
	expect_known(b.quote);
	contrast = brief_contrast(&a, &b);
	fuzz_expect(*a.quote == '\0' || *b.quote == '\0' || brief_is_contrast(contrast, &a, &b));
	free((char *)a.quote);
	free((char *)b.quote);
	free(contrast);
	free(again);
	free(text);
	return 0;
}
