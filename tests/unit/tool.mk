# unit tests of tool
TOOL_LIBS = core/tool/libtool.a core/base/libbase.a
TOOL_DEPS = $(CURL_LIBS) $(SODIUM_LIBS) $(XXHASH_LIBS) $(EVENT_LIBS) $(JANSSON_LIBS) $(CMOCKA_LIBS)

CMOCKA_TESTS += tests/unit/test_address tests/unit/test_http_request tests/unit/test_http tests/unit/test_http_public
tests_unit_test_address_SOURCES = tests/unit/test_address.c
tests_unit_test_address_LDADD = $(TOOL_LIBS) $(TOOL_DEPS)
tests_unit_test_http_request_SOURCES = tests/unit/test_http_request.c
tests_unit_test_http_request_LDADD = $(TOOL_LIBS) $(TOOL_DEPS)
tests_unit_test_http_SOURCES = tests/unit/test_http.c tests/unit/webd.c tests/unit/webd.h
tests_unit_test_http_LDADD = $(TOOL_LIBS) $(TOOL_DEPS)
tests_unit_test_http_public_SOURCES = tests/unit/test_http_public.c tests/unit/webd.c tests/unit/webd.h
tests_unit_test_http_public_LDADD = $(TOOL_LIBS) $(TOOL_DEPS)

# The plugins, run by libhospes with the test as their host.
CMOCKA_TESTS += tests/unit/test_plugins
tests_unit_test_plugins_SOURCES = tests/unit/test_plugins.c tests/unit/guest.c tests/unit/guest.h
tests_unit_test_plugins_LDADD = sdk/libhospes.la core/base/libbase.a $(XXHASH_LIBS) $(JANSSON_LIBS) $(CMOCKA_LIBS)
