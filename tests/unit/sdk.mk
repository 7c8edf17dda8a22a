# unit tests of sdk
CMOCKA_TESTS += tests/unit/test_sdk_ops tests/unit/test_sdk_runtime
SDK_TEST_HOST = tests/unit/sdk_host.c tests/unit/sdk_host.h
SDK_TEST_LIBS = sdk/libhospes.la $(CMOCKA_LIBS) $(JANSSON_LIBS)

tests_unit_test_sdk_ops_SOURCES = tests/unit/test_sdk_ops.c $(SDK_TEST_HOST)
tests_unit_test_sdk_ops_LDADD = $(SDK_TEST_LIBS)
tests_unit_test_sdk_runtime_SOURCES = tests/unit/test_sdk_runtime.c $(SDK_TEST_HOST)
tests_unit_test_sdk_runtime_LDADD = $(SDK_TEST_LIBS) -lm
