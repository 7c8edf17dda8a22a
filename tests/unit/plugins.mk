# Unit tests of what the plugins share.
CMOCKA_TESTS += tests/unit/test_text
tests_unit_test_text_SOURCES = tests/unit/test_text.c tests/unit/cmocka_all.h $(PLUGIN_TEXT)
tests_unit_test_text_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/plugins
tests_unit_test_text_LDADD = $(CMOCKA_LIBS)

CMOCKA_TESTS += tests/unit/test_question
tests_unit_test_question_SOURCES = tests/unit/test_question.c tests/unit/cmocka_all.h $(PLUGIN_QUESTION)
tests_unit_test_question_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/plugins
tests_unit_test_question_LDADD = $(CMOCKA_LIBS)
