/* Fuzz: versions and names as plugins write them: two lines. */

#include <assert.h>
#include <string.h>

#include "base/util.h"
#include "registry/registry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = xstrndup((const char *)data, len), *other = strchr(text, '\n');

	if (other != NULL)
		*other++ = '\0';
	(void)plugin_name_valid(text);
	if (semver_valid(text)) {
		assert(semver_compare(text, text) == 0);
		if (other != NULL && semver_valid(other)) {
			int forth = semver_compare(text, other), back = semver_compare(other, text);

			assert((forth < 0) == (back > 0) && (forth == 0) == (back == 0));
		}
	}
	free(text);
	return 0;
}
