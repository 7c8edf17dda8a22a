/*
 * C++ exceptions across a park: each fiber has its own.  Builds the plugin with the C++ compiler, where there is one.
 */

#include "sdk_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void
test_exceptions_are_kept_for_each_fiber(void **state)
{
	const char *source = getenv("srcdir") != NULL ? getenv("srcdir") : SRCDIR;
	char object[] = "/tmp/sdk-exceptions-XXXXXX", command[2048];
	struct said said = {.bytes = NULL};
	struct host host;
	int fd;

	(void)state;
#ifdef __SANITIZE_ADDRESS__
	skip(); /* ASan wants the C++ runtime to be there before it, and a cell has it with the plugin only */
#endif
	if (system("c++ --version >/dev/null 2>&1") != 0)
		skip();
	fd = mkstemp(object);
	assert_true(fd >= 0);
	close(fd);
	snprintf(command, sizeof(command),
	    "c++ -std=gnu++17 -Wall -Wextra -Werror -shared -fPIC -I'%s/sdk/include' '%s/tests/unit/sdk_exceptions.cc' "
	    "-o %s",
	    source, source, object);
	assert_int_equal(system(command), 0);
	host_start_object(&host, object);
	host_call(&host, 1, "{}", "{\"throw\":\"one\"}");
	host_call(&host, 2, "{}", "{\"throw\":\"two\"}");
	host_expect_op(&host, &said, 1, 0, WIRE_OP_CALL, "other");
	host_expect_op(&host, &said, 2, 0, WIRE_OP_CALL, "other");
	host_answer(&host, 1, 0, "1");
	host_expect_reply(&host, 1, 0, "\"one\"");
	host_answer(&host, 2, 0, "1");
	host_expect_reply(&host, 2, 0, "\"two\"");
	host_stop(&host);
	said_free(&said);
	unlink(object);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_exceptions_are_kept_for_each_fiber),
	};

	return cmocka_run_group_tests_name("sdk-exceptions", tests, NULL, NULL);
}
