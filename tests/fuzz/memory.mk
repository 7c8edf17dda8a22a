# Memory: documents as they come in, texts as they are cut, queries as they are written.
FUZZ += documents passage query
FUZZ_MEMORY_BASE = $(core_base_libbase_a_SOURCES)
EXTRA_DIST += tests/fuzz/fuzz_documents.c tests/fuzz/fuzz_passage.c tests/fuzz/fuzz_query.c

fuzz/documents: tests/fuzz/fuzz_documents.c core/memory/batch.c core/memory/spaces.c $(core_store_libstore_a_SOURCES) \
	$(core_journal_libjournal_a_SOURCES) $(FUZZ_MEMORY_BASE)
fuzz/passage: tests/fuzz/fuzz_passage.c core/memory/passage.c core/memory/lines.c core/memory/words.c core/memory/stem.c \
	$(FUZZ_MEMORY_BASE)
fuzz/query: tests/fuzz/fuzz_query.c core/memory/query.c core/memory/tokenizer.c core/memory/words.c core/memory/stem.c \
	$(FUZZ_MEMORY_BASE)

fuzz/documents fuzz/passage fuzz/query: config.h
	$(AM_V_CCLD)$(MKDIR_P) fuzz && files= && for file in $^; do case $$file in *.c) files="$$files $$file" ;; esac; done && \
	$(FUZZ_CC) $(FUZZ_FLAGS) $(SQLITE_CFLAGS) -o $@ $$files $(FUZZ_LIBS) $(SQLITE_LIBS) $(LMDB_LIBS)
