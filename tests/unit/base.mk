# Unit tests of base, journal and store.
CMOCKA_TESTS += tests/unit/test_journal tests/unit/test_journal_damage

JOURNAL_LIBS = core/journal/libjournal.a core/base/libbase.a $(EVENT_LIBS) $(JANSSON_LIBS) $(XXHASH_LIBS) $(CMOCKA_LIBS)

tests_unit_test_journal_SOURCES = tests/unit/test_journal.c tests/unit/cmocka_all.h tests/unit/fake_disk.h \
	tests/unit/scratch.h
tests_unit_test_journal_LDADD = $(JOURNAL_LIBS)
tests_unit_test_journal_damage_SOURCES = tests/unit/test_journal_damage.c tests/unit/cmocka_all.h \
	tests/unit/fake_disk.h tests/unit/scratch.h
tests_unit_test_journal_damage_LDADD = $(JOURNAL_LIBS)

CMOCKA_TESTS += tests/unit/test_store
tests_unit_test_store_SOURCES = tests/unit/test_store.c tests/unit/cmocka_all.h tests/unit/fake_disk.h \
	tests/unit/scratch.h
tests_unit_test_store_LDADD = core/store/libstore.a $(JOURNAL_LIBS) $(LMDB_LIBS)
