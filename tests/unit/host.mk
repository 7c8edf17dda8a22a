# unit tests of what stands beside hospesd.c
CMOCKA_TESTS += tests/unit/test_notify
tests_unit_test_notify_SOURCES = tests/unit/test_notify.c tests/unit/cmocka_all.h tests/unit/scratch.h core/notify.c \
	core/notify.h
tests_unit_test_notify_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_notify_LDADD = core/base/libbase.a $(EVENT_LIBS) $(JANSSON_LIBS) $(XXHASH_LIBS) $(CMOCKA_LIBS)
