/*
 * The batch form in which documents come in.
 *
 * Whatever the bytes are: what is read stays within them, a fault is told as one, and what is taken is what the line says.
 */

#include <string.h>

#include "fuzz.h"
#include "memory/batch.h"
#include "memory/spaces.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct evbuffer *body = evbuffer_new();
	struct batch_document d = {0};
	struct fault fault = {0};
	uint64_t at = 0;

	/* In two pieces, as it may come from the network. */
	evbuffer_add(body, data, len / 2);
	evbuffer_expand(body, len);
	evbuffer_add(body, data + len / 2, len - len / 2);
	while (evbuffer_get_length(body) > 0) {
		const void *text;

		if (batch_next(body, &at, 4096, &d, &fault) != 0) {
			fuzz_expect(fault.status == HOSPES_EINPUT || fault.status == HOSPES_ETOOLARGE);
			break;
		}
		fuzz_expect(document_name_valid(d.name, strlen(d.name)) && d.bytes <= 4096);
		fuzz_expect(d.bytes <= evbuffer_get_length(body));
		text = evbuffer_pullup(body, (ev_ssize_t)d.bytes);
		if (d.bytes > 0 && batch_text(&d, at, text, d.bytes, &fault) != 0)
			fuzz_expect(fault.status == HOSPES_EINPUT);
		evbuffer_drain(body, d.bytes);
		at += d.bytes;
		fuzz_expect(at + evbuffer_get_length(body) == len);
		batch_document_free(&d);
	}
	batch_document_free(&d);
	evbuffer_free(body);
	return 0;
}
