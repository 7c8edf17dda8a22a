/*
 * Pages: whatever comes in, what goes out is text that memory takes, or a sentence that says why not; and text that came
 * out of a page is taken as it is.
 */

#include <string.h>

#include "cli/document.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	_cleanup_(buf_free) struct buf b = {0};
	_cleanup_(buf_free) struct buf again = {0};
	const char *media = NULL;
	struct fault fault = {0};
	int rc;

	buf_append(&b, data, len);
	rc = document_text(&b, "page.html", &media, &fault);
	if (rc != 0) {
		fuzz_expect(fault.status == rc && fault.text[0] != '\0' && media == NULL);
		return 0;
	}
	fuzz_expect(b.len > 0 && utf8_valid(b.data, b.len) && memchr(b.data, '\r', b.len) == NULL);
	for (size_t i = 0; i < b.len; i++)
		fuzz_expect(b.data[i] >= ' ' || b.data[i] == '\t' || b.data[i] == '\n' || b.data[i] == '\f');
	buf_append(&again, b.data, b.len);
	fuzz_expect(document_plain(&again, true, &fault) == 0);
	fuzz_expect(again.len == b.len && memcmp(again.data, b.data, b.len) == 0);
	return 0;
}
