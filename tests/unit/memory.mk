# Unit tests of memory.
CMOCKA_TESTS += tests/unit/test_memory
MEMORY_LIBS = core/memory/libmemory.a core/store/libstore.a core/journal/libjournal.a core/base/libbase.a $(EVENT_LIBS) \
	$(JANSSON_LIBS) $(LMDB_LIBS) $(SODIUM_LIBS) $(SQLITE_LIBS) $(XXHASH_LIBS) $(CMOCKA_LIBS) -lm
tests_unit_test_memory_SOURCES = tests/unit/test_memory.c tests/unit/cmocka_all.h tests/unit/memory_world.c \
	tests/unit/memory_world.h tests/unit/scratch.h
tests_unit_test_memory_LDADD = $(MEMORY_LIBS)
