# Fuzz targets.  `make check` runs each over some thousand made inputs; `make fuzz` builds them with clang's libFuzzer
# and sanitizers and runs each for FUZZ_SECONDS.
FUZZ_SECONDS = 60
FUZZ_TESTS = tests/fuzz/fuzz_record tests/fuzz/fuzz_batch tests/fuzz/fuzz_json
check_PROGRAMS += $(FUZZ_TESTS)
TESTS += $(FUZZ_TESTS)

FUZZ_LIBS = core/journal/libjournal.a core/base/libbase.a $(EVENT_LIBS) $(JANSSON_LIBS) $(XXHASH_LIBS)
tests_fuzz_fuzz_record_SOURCES = tests/fuzz/fuzz_record.c tests/fuzz/driver.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_record_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_batch_SOURCES = tests/fuzz/fuzz_batch.c tests/fuzz/driver.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_batch_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_json_SOURCES = tests/fuzz/fuzz_json.c tests/fuzz/driver.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_json_LDADD = $(FUZZ_LIBS)

FUZZ_ROOMS = $(core_base_libbase_a_SOURCES) $(core_journal_libjournal_a_SOURCES)

fuzz:
	@command -v clang > /dev/null || { echo "make fuzz needs clang (apt-get install clang)" >&2; exit 1; }
	@set -e; for target in $(FUZZ_TESTS); do \
		name=$$(basename $$target); \
		rooms=; for file in $(FUZZ_ROOMS); do case $$file in *.c) rooms="$$rooms $(srcdir)/$$file";; esac; done; \
		$(MKDIR_P) tests/fuzz/corpus-$$name; \
		echo "  FUZZ     $$name"; \
		clang -std=gnu17 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -pthread \
			$(DEFS) $(AM_CPPFLAGS) $(CPPFLAGS) -o $$target.libfuzzer $(srcdir)/$$target.c $$rooms \
			$(EVENT_LIBS) $(JANSSON_LIBS) $(XXHASH_LIBS); \
		$$target.libfuzzer -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -print_final_stats=1 \
			tests/fuzz/corpus-$$name; \
	done

.PHONY: fuzz
CLEANFILES += tests/fuzz/*.libfuzzer

clean-local: clean-fuzz
clean-fuzz:
	rm -rf tests/fuzz/corpus-*
.PHONY: clean-fuzz
