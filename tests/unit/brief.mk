# unit tests of the plugins that make and check a brief
CMOCKA_TESTS += tests/unit/test_conflict
tests_unit_test_conflict_SOURCES = tests/unit/test_conflict.c $(CONFLICT_FILES)
tests_unit_test_conflict_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/plugins \
	-DCONTRADICTIONS='"$(abs_top_srcdir)/tests/unit/contradictions"'
tests_unit_test_conflict_LDADD = $(CMOCKA_LIBS) $(JANSSON_LIBS) -lm
EXTRA_DIST += tests/unit/contradictions.json tests/unit/contradictions-held-out.json tests/unit/support.json tests/unit/support-held-out.json

CMOCKA_TESTS += tests/unit/test_quotes
tests_unit_test_quotes_SOURCES = tests/unit/test_quotes.c tests/unit/guest.c tests/unit/guest.h
tests_unit_test_quotes_LDADD = sdk/libhospes.la core/base/libbase.a $(XXHASH_LIBS) $(JANSSON_LIBS) $(CMOCKA_LIBS)

CMOCKA_TESTS += tests/unit/test_support
tests_unit_test_support_SOURCES = tests/unit/test_support.c $(SUPPORT_JUDGE_FILES)
tests_unit_test_support_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/plugins \
	-DSUPPORT='"$(abs_top_srcdir)/tests/unit/support"' -DSYNONYMS='"$(abs_top_srcdir)/etc/synonyms"'
tests_unit_test_support_LDADD = $(CMOCKA_LIBS) $(JANSSON_LIBS) -lm
