/* Fuzz: foreign bytes read as records; what decodes is encoded again and decodes the same. */

#include <assert.h>
#include <string.h>

#include "base/record.h"
#include "base/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct record r, again;
	struct fault fault;
	int64_t size = record_decode(data, len, &r, &fault);
	uint8_t *copy;

	if (size < 0)
		return 0;
	assert((size_t)size <= len);
	for (int tag = 0; tag < 30; tag++) {
		free(record_text(&r, (enum record_tag)tag));
		(void)record_int(&r, (enum record_tag)tag);
		(void)record_real(&r, (enum record_tag)tag);
		(void)record_tag_name((enum record_tag)tag);
	}
	(void)record_kind_name((enum record_kind)r.head.kind);
	copy = xmalloc(record_size(&r));
	record_encode(&r, copy);
	assert(record_decode(copy, record_size(&r), &again, &fault) > 0);
	assert(again.head.fields == r.head.fields && again.head.kind == r.head.kind);
	free(copy);
	return 0;
}
