# Fuzz targets: libFuzzer with ASan and UBSan.  clang compiles the rooms once more for them, in fuzz/, since the library
# wants to see their branches.  `make fuzz FUZZ_SECONDS=60 FUZZ=frames` looks longer at one; what it finds is kept in
# fuzz/ and shown.
FUZZ = record carried batch check json policy http frames semver
FUZZ_RUNS = 20000
FUZZ_SECONDS =
include tests/fuzz/inspect.mk
include tests/fuzz/memory.mk
include tests/fuzz/dispatch.mk
FUZZ_CC = clang
FUZZ_FLAGS = -std=gnu17 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -pthread \
	-DHAVE_CONFIG_H -I. $(AM_CPPFLAGS) $(CONFIG_CFLAGS) $(CURL_CFLAGS) $(XXHASH_CFLAGS) $(SODIUM_CFLAGS)
FUZZ_LIBS = $(EVENT_LIBS) $(JANSSON_LIBS) $(CONFIG_LIBS) $(CURL_LIBS) $(XXHASH_LIBS) $(SODIUM_LIBS)

FUZZ_RECORD = $(core_base_libbase_a_SOURCES)
FUZZ_CARRIED = $(core_base_libbase_a_SOURCES) core/call/carried.c core/call/carried.h
FUZZ_BATCH = $(core_base_libbase_a_SOURCES) $(core_journal_libjournal_a_SOURCES)
FUZZ_JSON = $(core_base_libbase_a_SOURCES)
FUZZ_POLICY = $(core_base_libbase_a_SOURCES) $(core_policy_libpolicy_a_SOURCES)
FUZZ_HTTP = $(core_base_libbase_a_SOURCES) $(core_tool_libtool_a_SOURCES)
FUZZ_FRAMES = $(core_base_libbase_a_SOURCES) core/cell/frames.c core/cell/frames.h sdk/mail.h
FUZZ_SEMVER = $(core_base_libbase_a_SOURCES) core/registry/semver.c

EXTRA_DIST += tests/fuzz/fuzz.h tests/fuzz/fuzz_record.c tests/fuzz/fuzz_carried.c tests/fuzz/fuzz_batch.c tests/fuzz/fuzz_check.c tests/fuzz/fuzz_json.c tests/fuzz/fuzz_policy.c tests/fuzz/fuzz_http.c \
	tests/fuzz/fuzz_frames.c tests/fuzz/fuzz_semver.c tests/fuzz/run.sh

fuzz/record: tests/fuzz/fuzz_record.c $(FUZZ_RECORD)
fuzz/carried: tests/fuzz/fuzz_carried.c $(FUZZ_CARRIED)
fuzz/batch: tests/fuzz/fuzz_batch.c $(FUZZ_BATCH)
fuzz/check: tests/fuzz/fuzz_check.c $(FUZZ_BATCH)
fuzz/json: tests/fuzz/fuzz_json.c $(FUZZ_JSON)
fuzz/policy: tests/fuzz/fuzz_policy.c $(FUZZ_POLICY)
fuzz/http: tests/fuzz/fuzz_http.c $(FUZZ_HTTP)
fuzz/frames: tests/fuzz/fuzz_frames.c $(FUZZ_FRAMES)
fuzz/semver: tests/fuzz/fuzz_semver.c $(FUZZ_SEMVER)

fuzz/record fuzz/carried fuzz/batch fuzz/check fuzz/json fuzz/policy fuzz/http fuzz/frames fuzz/semver: config.h
	$(AM_V_CCLD)$(MKDIR_P) fuzz && files= && for file in $^; do case $$file in *.c) files="$$files $$file" ;; esac; done && \
	$(FUZZ_CC) $(FUZZ_FLAGS) -o $@ $$files $(FUZZ_LIBS)

fuzz: $(FUZZ:%=fuzz/%)
	FUZZ_RUNS='$(FUZZ_RUNS)' FUZZ_SECONDS='$(FUZZ_SECONDS)' LSAN_OPTIONS='suppressions=$(abs_top_srcdir)/tests/lsan.supp:print_suppressions=0' \
	    $(SHELL) $(top_srcdir)/tests/fuzz/run.sh $(FUZZ)

include tests/fuzz/api.mk
include tests/fuzz/plugins.mk
include tests/fuzz/cli.mk
include tests/fuzz/evidence.mk
include tests/fuzz/state.mk
include tests/fuzz/poll.mk

mostlyclean-local:
	rm -rf fuzz

.PHONY: fuzz
