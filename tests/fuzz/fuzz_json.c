/* Fuzz: payloads as they enter the host, JSON as it is read at the edges, and schemas as plugins bring them. */

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fault fault;
	json_t *value, *again;
	char *text;

	if (payload_scan(data, len, 1 << 20, "the input", &fault) != 0)
		assert(fault.status < 0);
	value = json_read(data, len, "the input", &fault);
	if (value == NULL)
		return 0;
	text = json_text(value);
	again = json_read(text, strlen(text), "its text", &fault);
	assert(again != NULL && json_equal(value, again));
	free(text);
	/* A schema for itself and for its members. */
	if (schema_valid(value, &fault) == 0) {
		const char *key;
		json_t *member;

		(void)schema_check(value, value, "it", &fault);
		json_object_foreach(value, key, member)
			(void)schema_check(value, member, key, &fault);
	}
	json_decref(again);
	json_decref(value);
	return 0;
}
