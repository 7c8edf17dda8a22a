# Unit tests of base, journal and store.
CMOCKA_TESTS += tests/unit/test_journal tests/unit/test_journal_damage tests/unit/test_journal_drop \
	tests/unit/test_journal_erase tests/unit/test_journal_check

JOURNAL_LIBS = core/journal/libjournal.a core/base/libbase.a $(EVENT_LIBS) $(JANSSON_LIBS) $(XXHASH_LIBS) $(CMOCKA_LIBS)

tests_unit_test_journal_SOURCES = tests/unit/test_journal.c tests/unit/cmocka_all.h tests/unit/journal_place.h \
	tests/unit/fake_disk.h tests/unit/scratch.h
tests_unit_test_journal_LDADD = $(JOURNAL_LIBS)
CMOCKA_TESTS += tests/unit/test_journal_read
tests_unit_test_journal_read_SOURCES = tests/unit/test_journal_read.c tests/unit/cmocka_all.h tests/unit/journal_place.h \
	tests/unit/fake_disk.h tests/unit/scratch.h
tests_unit_test_journal_read_LDADD = $(JOURNAL_LIBS)
tests_unit_test_journal_damage_SOURCES = tests/unit/test_journal_damage.c tests/unit/cmocka_all.h \
	tests/unit/journal_place.h tests/unit/fake_disk.h tests/unit/scratch.h
tests_unit_test_journal_damage_LDADD = $(JOURNAL_LIBS)

JOURNAL_BATCHES = tests/unit/journal_batches.c tests/unit/journal_batches.h tests/unit/cmocka_all.h \
	tests/unit/journal_place.h tests/unit/fake_disk.h tests/unit/scratch.h
tests_unit_test_journal_drop_SOURCES = tests/unit/test_journal_drop.c $(JOURNAL_BATCHES)
tests_unit_test_journal_drop_LDADD = $(JOURNAL_LIBS)
tests_unit_test_journal_erase_SOURCES = tests/unit/test_journal_erase.c $(JOURNAL_BATCHES)
tests_unit_test_journal_erase_LDADD = $(JOURNAL_LIBS)
tests_unit_test_journal_check_SOURCES = tests/unit/test_journal_check.c tests/unit/cmocka_all.h \
	tests/unit/journal_place.h tests/unit/fake_disk.h tests/unit/scratch.h
tests_unit_test_journal_check_LDADD = $(JOURNAL_LIBS)

CMOCKA_TESTS += tests/unit/test_store
tests_unit_test_store_SOURCES = tests/unit/test_store.c tests/unit/cmocka_all.h tests/unit/fake_disk.h \
	tests/unit/scratch.h tests/unit/store_place.h
tests_unit_test_store_LDADD = core/store/libstore.a $(JOURNAL_LIBS) $(LMDB_LIBS)
CMOCKA_TESTS += tests/unit/test_store_damage
tests_unit_test_store_damage_SOURCES = tests/unit/test_store_damage.c tests/unit/cmocka_all.h tests/unit/scratch.h
tests_unit_test_store_damage_LDADD = $(tests_unit_test_store_LDADD)

CMOCKA_TESTS += tests/unit/test_run_forward
tests_unit_test_run_forward_SOURCES = tests/unit/test_run_forward.c tests/unit/cmocka_all.h tests/unit/fake_disk.h \
	tests/unit/scratch.h tests/unit/store_place.h
tests_unit_test_run_forward_LDADD = core/run/librun.a core/call/libcall.a core/store/libstore.a $(JOURNAL_LIBS) \
	$(LMDB_LIBS)

CMOCKA_TESTS += tests/unit/test_run_keys
tests_unit_test_run_keys_SOURCES = tests/unit/test_run_keys.c tests/unit/cmocka_all.h tests/unit/scratch.h \
	tests/unit/store_place.h
tests_unit_test_run_keys_LDADD = core/run/librun.a core/store/libstore.a $(JOURNAL_LIBS) $(LMDB_LIBS)

CMOCKA_TESTS += tests/unit/test_run_reviews
tests_unit_test_run_reviews_SOURCES = tests/unit/test_run_reviews.c tests/unit/cmocka_all.h tests/unit/scratch.h \
	tests/unit/store_place.h
tests_unit_test_run_reviews_LDADD = core/run/librun.a core/store/libstore.a $(JOURNAL_LIBS) $(LMDB_LIBS)

BASE_LIBS = core/base/libbase.a $(JANSSON_LIBS) $(XXHASH_LIBS) $(CMOCKA_LIBS)

CMOCKA_TESTS += tests/unit/test_base tests/unit/test_base_json tests/unit/test_base_fd tests/unit/test_record
tests_unit_test_base_SOURCES = tests/unit/test_base.c tests/unit/cmocka_all.h
tests_unit_test_base_LDADD = $(BASE_LIBS)
tests_unit_test_base_json_SOURCES = tests/unit/test_base_json.c tests/unit/cmocka_all.h
tests_unit_test_base_json_LDADD = $(BASE_LIBS)
tests_unit_test_base_fd_SOURCES = tests/unit/test_base_fd.c tests/unit/cmocka_all.h tests/unit/scratch.h
tests_unit_test_base_fd_LDADD = $(BASE_LIBS)
tests_unit_test_record_SOURCES = tests/unit/test_record.c tests/unit/cmocka_all.h
tests_unit_test_record_LDADD = $(BASE_LIBS)
