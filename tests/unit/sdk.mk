# unit tests of sdk
CMOCKA_TESTS += tests/unit/test_sdk_evict tests/unit/test_sdk_mail tests/unit/test_sdk_memory \
	tests/unit/test_sdk_ops tests/unit/test_sdk_runtime tests/unit/test_sdk_exceptions tests/unit/test_sdk_evidence \
	tests/unit/test_sdk_groups tests/unit/test_sdk_misuse tests/unit/test_sdk_parts tests/unit/test_sdk_review \
	tests/unit/test_sdk_stacks tests/unit/test_sdk_ucontext
SDK_TEST_HOST = tests/unit/sdk_host.c tests/unit/sdk_host.h
SDK_TEST_WORLD = $(SDK_TEST_HOST) tests/unit/sdk_world.c tests/unit/sdk_world.h
SDK_TEST_LIBS = sdk/libhospes.la $(CMOCKA_LIBS) $(JANSSON_LIBS)

tests_unit_test_sdk_mail_SOURCES = tests/unit/test_sdk_mail.c $(SDK_TEST_HOST)
tests_unit_test_sdk_mail_LDADD = $(SDK_TEST_LIBS)
tests_unit_test_sdk_evict_SOURCES = tests/unit/test_sdk_evict.c $(SDK_TEST_WORLD)
tests_unit_test_sdk_evict_LDADD = $(SDK_TEST_LIBS)
tests_unit_test_sdk_memory_SOURCES = tests/unit/test_sdk_memory.c $(SDK_TEST_WORLD)
tests_unit_test_sdk_memory_LDADD = $(SDK_TEST_LIBS)
tests_unit_test_sdk_ops_SOURCES = tests/unit/test_sdk_ops.c $(SDK_TEST_WORLD)
tests_unit_test_sdk_ops_LDADD = $(SDK_TEST_LIBS)
tests_unit_test_sdk_runtime_SOURCES = tests/unit/test_sdk_runtime.c $(SDK_TEST_WORLD)
tests_unit_test_sdk_runtime_LDADD = $(SDK_TEST_LIBS) -lm
tests_unit_test_sdk_groups_SOURCES = tests/unit/test_sdk_groups.c $(SDK_TEST_WORLD)
tests_unit_test_sdk_groups_LDADD = $(SDK_TEST_LIBS)
tests_unit_test_sdk_misuse_SOURCES = tests/unit/test_sdk_misuse.c $(SDK_TEST_WORLD)
tests_unit_test_sdk_misuse_LDADD = $(SDK_TEST_LIBS)
tests_unit_test_sdk_evidence_SOURCES = tests/unit/test_sdk_evidence.c $(SDK_TEST_WORLD)
tests_unit_test_sdk_evidence_LDADD = $(SDK_TEST_LIBS)
tests_unit_test_sdk_parts_SOURCES = tests/unit/test_sdk_parts.c $(SDK_TEST_WORLD)
tests_unit_test_sdk_parts_LDADD = $(SDK_TEST_LIBS)
tests_unit_test_sdk_review_SOURCES = tests/unit/test_sdk_review.c $(SDK_TEST_WORLD)
tests_unit_test_sdk_review_LDADD = $(SDK_TEST_LIBS)
tests_unit_test_sdk_exceptions_SOURCES = tests/unit/test_sdk_exceptions.c $(SDK_TEST_HOST)
tests_unit_test_sdk_exceptions_CPPFLAGS = $(AM_CPPFLAGS) -DSRCDIR='"$(srcdir)"'
tests_unit_test_sdk_exceptions_LDADD = $(SDK_TEST_LIBS)
EXTRA_DIST += tests/unit/sdk_exceptions.cc

# The fibers themselves, with ucontext in place of this machine's own swap.
tests_unit_test_sdk_ucontext_SOURCES = tests/unit/test_sdk_ucontext.c sdk/fiber.c sdk/fiber_ucontext.c sdk/stacks.c
tests_unit_test_sdk_ucontext_CPPFLAGS = $(AM_CPPFLAGS) -DHOSPES_FIBER_UCONTEXT
tests_unit_test_sdk_ucontext_LDADD = $(CMOCKA_LIBS)

tests_unit_test_sdk_stacks_SOURCES = tests/unit/test_sdk_stacks.c sdk/stacks.c
tests_unit_test_sdk_stacks_LDADD = $(CMOCKA_LIBS)
