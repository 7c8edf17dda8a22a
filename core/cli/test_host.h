/*
 * A private host for `hospes test`: hospesd --dev --scripted in a temporary folder of its own, with one plugin in its
 * plugin folder.  It ends with this process.
 */

#ifndef CLI_TEST_HOST_H
#define CLI_TEST_HOST_H

#include <stdio.h>

#include "base/fault.h"

struct test_host;

/* Makes the folder and starts the host; returns once it has taken the plugin in or refused it. */
int test_host_start(struct test_host **ret, const char *plugin_file, struct fault *fault);

/* Ends it and starts it again with nothing left of before but the log: every cell is fresh. */
int test_host_restart(struct test_host *h, struct fault *fault);

void test_host_stop(struct test_host **h); /* and removes the folder; also for _cleanup_ */

const char *test_host_socket(const struct test_host *h);
const char *test_host_object(const struct test_host *h); /* SHA-256 of the plugin, in hex */
const char *test_host_log(const struct test_host *h);    /* path of what it wrote to its log */

#endif
