# unit tests of api and cli
CMOCKA_TESTS += tests/unit/test_api
tests_unit_test_api_SOURCES = tests/unit/test_api.c tests/unit/api_fakes.c tests/unit/api_fakes.h
tests_unit_test_api_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_api_LDADD = core/api/libapi.a core/base/libbase.a $(EVENT_LIBS) $(JANSSON_LIBS) $(XXHASH_LIBS) \
	$(SODIUM_LIBS) $(CMOCKA_LIBS)

cli_test_libs = $(CLI_LIBS) $(CMOCKA_LIBS)
CMOCKA_TESTS += tests/unit/test_cli tests/unit/test_cli_test
tests_unit_test_cli_SOURCES = tests/unit/test_cli.c
tests_unit_test_cli_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_cli_LDADD = $(cli_test_libs)
tests_unit_test_cli_test_SOURCES = tests/unit/test_cli_test.c
tests_unit_test_cli_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_cli_test_LDADD = $(cli_test_libs)
CMOCKA_TESTS += tests/unit/test_ask
tests_unit_test_ask_SOURCES = tests/unit/test_ask.c
tests_unit_test_ask_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_ask_LDADD = $(cli_test_libs)
