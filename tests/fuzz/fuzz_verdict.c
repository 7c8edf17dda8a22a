/* Fuzz: what two checks say of a reply, the second of them something that is nearly an answer. */

#include <string.h>

#include "dispatch/verdict.h"
#include "fuzz.h"

static const char form[] = "{\"score\":0.5,\"failed\":[{\"claim\":1,\"text\":\"t\",\"why\":\"w\",\"quote\":\"q\","
			   "\"found\":\"f\",\"document\":\"d\"},{}],\"reasons\":[\"r\"]}";

static void
judge(const struct payload *one, const struct payload *other, unsigned n)
{
	struct verdict v;
	struct fault why;
	char *findings;

	verdict_init(&v);
	verdict_add(&v, "c", 0, one);
	verdict_add(&v, "d", n % 5 == 0 ? HOSPES_EFAILED : 0, other);
	fuzz_expect(v.score >= 0 && v.score <= 1);
	findings = json_dumps(v.findings, JSON_COMPACT);
	fuzz_expect(findings != NULL && strlen(findings) <= VERDICT_FINDINGS_MAX);
	free(findings);
	if (v.refusing > 0) {
		verdict_tell(&v, "a 1.0.0", n % 7, &why);
		fuzz_expect(why.status == HOSPES_EGROUND && utf8_valid(why.text, strlen(why.text)));
	}
	verdict_clear(&v);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t formed_len;
	uint8_t *formed = fuzz_in_form(form, data, len, &formed_len);
	struct payload *one = payload_new(data, len), *other = payload_new(formed, formed_len);

	/* The cell room lets nothing else through. */
	if (utf8_valid(data, len) && utf8_valid(formed, formed_len))
		judge(one, other, (unsigned)len);
	else if (utf8_valid(formed, formed_len))
		judge(other, other, (unsigned)len);
	payload_unref(&one);
	payload_unref(&other);
	free(formed);
	return 0;
}
