/* What the fuzz targets share.  Each is one LLVMFuzzerTestOneInput, which libFuzzer calls; see local.mk. */

#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

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
