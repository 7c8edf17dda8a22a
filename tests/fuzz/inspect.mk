# The inspector's fuzz target; see local.mk.
FUZZ += inspect
EXTRA_DIST += tests/fuzz/fuzz_inspect.c
FUZZ_INSPECT = $(core_base_libbase_a_SOURCES) $(core_cell_libinspect_a_SOURCES)

fuzz/inspect: tests/fuzz/fuzz_inspect.c $(FUZZ_INSPECT) config.h tests/unit/guest-stripped.so
	$(AM_V_CCLD)$(MKDIR_P) fuzz && files= && for file in $^; do case $$file in *.c) files="$$files $$file" ;; esac; done && \
	$(FUZZ_CC) $(FUZZ_FLAGS) -o $@ $$files $(ELF_LIBS) $(FUZZ_LIBS)
