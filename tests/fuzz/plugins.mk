# Fuzz targets of what plugins read and share: texts of anybody.
FUZZ += conflict brief text support
EXTRA_DIST += tests/fuzz/fuzz_conflict.c tests/fuzz/fuzz_text.c tests/fuzz/fuzz_brief.c tests/fuzz/fuzz_support.c

fuzz/conflict: tests/fuzz/fuzz_conflict.c $(core_base_libbase_a_SOURCES) $(CONFLICT_FILES)
fuzz/brief: tests/fuzz/fuzz_brief.c $(core_base_libbase_a_SOURCES) plugins/common/brief.c
fuzz/support: tests/fuzz/fuzz_support.c $(core_base_libbase_a_SOURCES) $(SUPPORT_JUDGE_FILES)
fuzz/conflict fuzz/brief fuzz/support: config.h
	$(AM_V_CCLD)$(MKDIR_P) fuzz && files= && for file in $^; do case $$file in *.c) files="$$files $$file" ;; esac; done && \
	$(FUZZ_CC) $(FUZZ_FLAGS) -I$(top_srcdir)/plugins -o $@ $$files $(FUZZ_LIBS)

FUZZ_TEXT = $(PLUGIN_QUESTION)

fuzz/text: tests/fuzz/fuzz_text.c $(FUZZ_TEXT)
	$(AM_V_CCLD)$(MKDIR_P) fuzz && files= && for file in $^; do case $$file in *.c) files="$$files $$file" ;; esac; done && \
	$(FUZZ_CC) $(FUZZ_FLAGS) -I$(top_srcdir)/plugins -o $@ $$files
