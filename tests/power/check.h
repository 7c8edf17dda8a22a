/* The checker: does a host open what the power left, and is all there that was acknowledged? */

#ifndef TESTS_POWER_CHECK_H
#define TESTS_POWER_CHECK_H

#include <stddef.h>

/* `root` has an image; `said` is what had been said before the cut.  0, or 1 and a sentence in `why`. */
int power_check(const char *root, const char *said, char *why, size_t size);

#endif
