# State directories: manifests of backups, pages of a store.
FUZZ += manifest pages
EXTRA_DIST += tests/fuzz/fuzz_manifest.c tests/fuzz/fuzz_pages.c
fuzz/manifest: tests/fuzz/fuzz_manifest.c core/backup/manifest.c $(core_base_libbase_a_SOURCES)
fuzz/pages: tests/fuzz/fuzz_pages.c $(core_store_libstore_a_SOURCES) $(core_journal_libjournal_a_SOURCES) $(core_base_libbase_a_SOURCES)
fuzz/manifest fuzz/pages: config.h
	$(AM_V_CCLD)$(MKDIR_P) fuzz && files= && for file in $^; do case $$file in *.c) files="$$files $$file" ;; esac; done && \
	$(FUZZ_CC) $(FUZZ_FLAGS) -o $@ $$files $(FUZZ_LIBS) $(LMDB_LIBS)
