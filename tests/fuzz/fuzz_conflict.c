/* Fuzz: two texts, set apart by a zero byte, read into statements and held against each other. */

#include <string.h>

#include "agents/analyse/conflict.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = xstrndup((const char *)data, len), *other;
	struct statements *a, *b;
	struct conflict forth, back;

	lexicon_init();
	other =
	    len > strlen(text) ? xstrndup((const char *)data + strlen(text) + 1, len - strlen(text) - 1) : xstrdup("");
	a = statements_read(text, strlen(text));
	b = statements_read(other, strlen(other));
	conflict_find(a, b, &forth);
	conflict_find(b, a, &back);
	fuzz_expect((forth.kind == CONFLICT_NONE) == (back.kind == CONFLICT_NONE));
	fuzz_expect(forth.kind == CONFLICT_NONE || (forth.to[0] <= strlen(text) && forth.to[1] <= strlen(other)));
	statements_free(&a);
	statements_free(&b);
	free(text);
	free(other);
	return 0;
}
