# unit tests of observe, and of what is told of scores
CMOCKA_TESTS += tests/unit/test_cusum tests/unit/test_dispatch_quality tests/unit/test_webhook

tests_unit_test_cusum_SOURCES = tests/unit/test_cusum.c tests/unit/cmocka_all.h core/dispatch/cusum.c core/dispatch/cusum.h
tests_unit_test_cusum_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_cusum_LDADD = $(CMOCKA_LIBS) -lm

tests_unit_test_webhook_SOURCES = tests/unit/test_webhook.c tests/unit/webd.c tests/unit/webd.h tests/unit/cmocka_all.h \
	tests/unit/scratch.h
tests_unit_test_webhook_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(SODIUM_CFLAGS)
tests_unit_test_webhook_LDADD = core/observe/libobserve.a core/dispatch/libdispatch.a core/tool/libtool.a core/policy/libpolicy.a \
	core/store/libstore.a core/journal/libjournal.a core/base/libbase.a $(EVENT_LIBS) $(CURL_LIBS) $(JANSSON_LIBS) \
	$(CONFIG_LIBS) $(LMDB_LIBS) $(SODIUM_LIBS) $(XXHASH_LIBS) $(CMOCKA_LIBS) -lm

tests_unit_test_dispatch_quality_SOURCES = tests/unit/test_dispatch_quality.c $(DISPATCH_WORLD)
tests_unit_test_dispatch_quality_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_dispatch_quality_LDADD = $(DISPATCH_TEST_LIBS)
