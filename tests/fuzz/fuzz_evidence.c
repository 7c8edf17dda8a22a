/* Fuzz: evidence as anybody may reply it, read by the SDK, written and read again. */

#include "ctx.h"
#include "fuzz.h"

/* A cell without a host: one call, which asks for nothing. */
struct runtime hospes_runtime;

void
hospes_rt_not_in_call(const char *function)
{
	(void)function;
	abort();
}

#define SOURCE                                                                                                         \
	"{\"document\":\"d\",\"digest\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\","         \
	"\"from\":1,"                                                                                                  \
	"\"to\":2,\"quote\":\"q\"}"
static const char form[] = "{\"claims\":[{\"text\":\"a\",\"critical\":true,\"sources\":[" SOURCE "," SOURCE
			   "]},{\"text\":\"b\",\"critical\":false,\"sources\":[]}],\"confidence\":0.5}";

static void
read_it(const uint8_t *data, size_t len)
{
	struct hospes_ctx *ctx = ctx_new(1);
	hospes_evidence *evidence;

	hospes_runtime.current = ctx;
	evidence = hospes_evidence_read(ctx, hospes_value_bytes(ctx, data, len));
	if (evidence != NULL) {
		double confidence = hospes_evidence_confidence(evidence);
		const hospes_claim *claims, *again_claims;
		size_t n = hospes_evidence_claims(evidence, &claims);
		hospes_evidence *again =
		    hospes_evidence_read(ctx, hospes_value_json(ctx, hospes_evidence_json(evidence, confidence)));

		fuzz_expect(again != NULL && hospes_evidence_claims(again, &again_claims) == n);
		for (size_t i = 0; i < n; i++)
			fuzz_expect(claims[i].n_sources == again_claims[i].n_sources);
	} else
		fuzz_expect(hospes_status(ctx) == HOSPES_EINPUT || hospes_status(ctx) == HOSPES_ETOOLARGE);
	hospes_runtime.current = NULL;
	ctx_free(&ctx);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t formed_len;
	uint8_t *formed = fuzz_in_form(form, data, len, &formed_len);

	read_it(data, len);
	read_it(formed, formed_len);
	free(formed);
	return 0;
}
