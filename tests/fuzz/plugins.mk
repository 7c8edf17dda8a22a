# What the plugins share: texts of anybody.
FUZZ += text
FUZZ_TEXT = $(PLUGIN_QUESTION)
EXTRA_DIST += tests/fuzz/fuzz_text.c

fuzz/text: tests/fuzz/fuzz_text.c $(FUZZ_TEXT)
	$(AM_V_CCLD)$(MKDIR_P) fuzz && files= && for file in $^; do case $$file in *.c) files="$$files $$file" ;; esac; done && \
	$(FUZZ_CC) $(FUZZ_FLAGS) -I$(top_srcdir)/plugins -o $@ $$files
