# Unit tests of memory.
CMOCKA_TESTS += tests/unit/test_memory tests/unit/test_memory_damage tests/unit/test_memory_index \
	tests/unit/test_memory_passage tests/unit/test_memory_spaces tests/unit/test_memory_words
MEMORY_LIBS = core/memory/libmemory.a core/store/libstore.a core/journal/libjournal.a core/base/libbase.a $(EVENT_LIBS) \
	$(JANSSON_LIBS) $(LMDB_LIBS) $(SODIUM_LIBS) $(SQLITE_LIBS) $(XXHASH_LIBS) $(CMOCKA_LIBS) -lm
MEMORY_WORLD = tests/unit/cmocka_all.h tests/unit/memory_world.c tests/unit/memory_world.h tests/unit/scratch.h

tests_unit_test_memory_SOURCES = tests/unit/test_memory.c $(MEMORY_WORLD)
tests_unit_test_memory_LDADD = $(MEMORY_LIBS)
tests_unit_test_memory_index_SOURCES = tests/unit/test_memory_index.c $(MEMORY_WORLD)
tests_unit_test_memory_index_LDADD = $(MEMORY_LIBS)
tests_unit_test_memory_passage_SOURCES = tests/unit/test_memory_passage.c tests/unit/cmocka_all.h
tests_unit_test_memory_passage_LDADD = $(MEMORY_LIBS)
tests_unit_test_memory_spaces_SOURCES = tests/unit/test_memory_spaces.c $(MEMORY_WORLD)
tests_unit_test_memory_spaces_LDADD = $(MEMORY_LIBS)
tests_unit_test_memory_words_SOURCES = tests/unit/test_memory_words.c tests/unit/cmocka_all.h
tests_unit_test_memory_words_LDADD = $(MEMORY_LIBS)
tests_unit_test_memory_damage_SOURCES = tests/unit/test_memory_damage.c $(MEMORY_WORLD)
tests_unit_test_memory_damage_LDADD = $(MEMORY_LIBS)
