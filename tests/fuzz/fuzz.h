/* What the fuzz targets share.  Each is one LLVMFuzzerTestOneInput, which libFuzzer calls; see local.mk. */

#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* `form` with what is found in `data` in place of some of it: the first bytes say of which part.  A fuzzer that does not
 * know a form gets past its first bracket so.  Allocated, *ret_len bytes and a zero. */
static inline uint8_t *fuzz_in_form(const char *form, const uint8_t *data, size_t len, size_t *ret_len)
    __attribute__((unused));
static inline uint8_t *
fuzz_in_form(const char *form, const uint8_t *data, size_t len, size_t *ret_len)
{
	size_t all = strlen(form), from = 0, to = all;
	uint8_t *out;

	if (len >= 4) {
		from = (size_t)(data[0] | data[1] << 8) % (all + 1);
		to = from + (size_t)(data[2] | data[3] << 8) % (all - from + 1);
		data += 4;
		len -= 4;
	}
	out = xmalloc(from + len + (all - to) + 1);
	memcpy(out, form, from);
	memcpy(out + from, data, len);
	memcpy(out + from + len, form + to, all - to + 1);
	*ret_len = from + len + (all - to);
	return out;
}

/* Ends the process with the place, so that the fuzzer keeps the input. */
#define fuzz_expect(condition)                                                                                         \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition);                   \
			abort();                                                                                       \
		}                                                                                                      \
	} while (0)

/* A folder for this process, taken away at its end with the one segment that is made in it. */
static inline const char *fuzz_folder(void) __attribute__((unused));
static char fuzz_folder_path[64];

static inline void
fuzz_remove_folder(void)
{
	char path[128];

	snprintf(path, sizeof path, "%s/0000000000000001.seg", fuzz_folder_path);
	unlink(path);
	rmdir(fuzz_folder_path);
}

static inline const char *
fuzz_folder(void)
{
	if (fuzz_folder_path[0] != '\0')
		return fuzz_folder_path;
	snprintf(fuzz_folder_path, sizeof fuzz_folder_path, "/tmp/hospes-fuzz.XXXXXX");
	if (mkdtemp(fuzz_folder_path) == NULL)
		abort();
	atexit(fuzz_remove_folder);
	return fuzz_folder_path;
}

#endif
