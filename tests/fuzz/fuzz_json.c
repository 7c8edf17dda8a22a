/*
 * Foreign text: the scan, the parser behind it, and schemas.
 *
 * What the parser takes it must have been let through by the scan with no more depth than the scan allows, and written
 * out again it must pass both.  What is plain the parser has to take.
 */

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "fuzz.h"

static unsigned
depth_of(const json_t *j)
{
	unsigned deepest = 0, d;
	const char *key;
	json_t *item;
	size_t i;

	if (json_is_array(j)) {
		json_array_foreach(j, i, item)
		{
			d = depth_of(item);
			deepest = d > deepest ? d : deepest;
		}
		return deepest + 1;
	}
	if (json_is_object(j)) {
		json_object_foreach((json_t *)j, key, item)
		{
			d = depth_of(item);
			deepest = d > deepest ? d : deepest;
		}
		return deepest + 1;
	}
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fault fault = {0};
	int rc = payload_scan(data, len, SIZE_MAX, "input", &fault);
	_cleanup_(json_p) json_t *j = json_read(data, len, "input", &fault), *again = NULL;
	_cleanup_(payload_unref) struct payload *p = NULL;
	size_t at = 0;

	if (rc == 0 && json_plain((const char *)data, len, &at)) {
		_cleanup_(json_p) json_t *plain = json_read(data, at, "input", &fault);

		fuzz_expect(at <= len && plain != NULL && (at < len || j != NULL));
	}
	fuzz_expect(rc == 0 || j == NULL);
	fuzz_expect(rc != 0 || utf8_valid(data, len));
	if (j == NULL) {
		fuzz_expect(fault.status == HOSPES_EINPUT && fault.text[0] != '\0');
		return 0;
	}
	fuzz_expect(depth_of(j) <= PAYLOAD_NESTING);
	p = json_payload(j);
	again = json_read(p->data, p->len, "output", &fault);
	fuzz_expect(again != NULL);
	if (schema_valid(j, &fault) == 0) /* any value that is a schema is held against itself */
		schema_check(j, j, "value", &fault);
	return 0;
}
