/* Fuzz: a claim and two quotes, one a line; the judge of the check `support` comes to a verdict and says why. */

#include <string.h>

#include "checks/support/support.h"
#include "common/statement.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *claim = xstrndup((const char *)data, len), *at = claim;
	const char *quotes[2], *names[2] = {"GPL-3", "terms"};
	struct support_case support = {claim, quotes, names, NULL, 2, "end, stop, finish\nobject code, binary\n"};
	struct support_verdict verdict;

	lexicon_init();
	for (size_t i = 0; i < 2; i++) {
		at += strcspn(at, "\n");
		if (*at == '\n')
			*at++ = '\0';
		quotes[i] = at;
	}
	at[strcspn(at, "\n")] = '\0';
	support_judge(&support, &verdict);
	fuzz_expect((verdict.kind == SUPPORT_HOLDS) == (verdict.why[0] == '\0'));
	fuzz_expect(strlen(verdict.why) < sizeof(verdict.why) && verdict.quote < 2);
	fuzz_expect(verdict.covered >= 0 && verdict.covered <= 1.0001);
	free(claim);
	return 0;
}
