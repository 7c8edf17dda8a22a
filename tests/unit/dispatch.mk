# unit tests of call and dispatch

CMOCKA_TESTS += tests/unit/test_account tests/unit/test_dispatch

tests_unit_test_account_SOURCES = tests/unit/test_account.c
tests_unit_test_account_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_account_LDADD = core/call/libcall.a core/base/libbase.a $(EVENT_LIBS) $(JANSSON_LIBS) $(XXHASH_LIBS) \
	$(CMOCKA_LIBS)

tests_unit_test_dispatch_SOURCES = tests/unit/test_dispatch.c
tests_unit_test_dispatch_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_dispatch_LDADD = core/dispatch/libdispatch.a core/registry/libregistry.a core/policy/libpolicy.a core/call/libcall.a core/base/libbase.a \
	$(EVENT_LIBS) $(JANSSON_LIBS) $(CONFIG_LIBS) $(SODIUM_LIBS) $(XXHASH_LIBS) $(CURL_LIBS) $(CMOCKA_LIBS) -lm
