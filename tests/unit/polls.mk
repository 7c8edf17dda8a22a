# unit tests of polls

CMOCKA_TESTS += tests/unit/test_poll tests/unit/test_poll_frame tests/unit/test_dispatch_polls tests/unit/test_sdk_polls

tests_unit_test_poll_SOURCES = tests/unit/test_poll.c tests/unit/cmocka_all.h
tests_unit_test_poll_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_poll_LDADD = core/dispatch/libdispatch.a core/base/libbase.a $(EVENT_LIBS) $(JANSSON_LIBS) $(XXHASH_LIBS) \
	$(CMOCKA_LIBS)

tests_unit_test_poll_frame_SOURCES = tests/unit/test_poll_frame.c tests/unit/cmocka_all.h
tests_unit_test_poll_frame_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_poll_frame_LDADD = $(tests_unit_test_poll_LDADD)

tests_unit_test_dispatch_polls_SOURCES = tests/unit/test_dispatch_polls.c $(DISPATCH_WORLD)
tests_unit_test_dispatch_polls_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_dispatch_polls_LDADD = $(DISPATCH_TEST_LIBS)

tests_unit_test_sdk_polls_SOURCES = tests/unit/test_sdk_polls.c $(SDK_TEST_WORLD)
tests_unit_test_sdk_polls_LDADD = $(SDK_TEST_LIBS)
