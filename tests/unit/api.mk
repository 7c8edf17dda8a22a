# unit tests of api and cli
CMOCKA_TESTS += tests/unit/test_api
tests_unit_test_api_SOURCES = tests/unit/test_api.c tests/unit/api_fakes.c tests/unit/api_fakes.h
tests_unit_test_api_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_api_LDADD = core/api/libapi.a core/base/libbase.a $(EVENT_LIBS) $(JANSSON_LIBS) $(XXHASH_LIBS) \
	$(SODIUM_LIBS) $(CMOCKA_LIBS)
