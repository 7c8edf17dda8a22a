# fuzz target of the API: whole connections
FUZZ += request
FUZZ_REQUEST = $(core_base_libbase_a_SOURCES) $(core_api_libapi_a_SOURCES) tests/unit/api_fakes.c \
	tests/unit/api_fakes_guards.c tests/unit/api_fakes_memory.c
EXTRA_DIST += tests/fuzz/fuzz_request.c
fuzz/request: tests/fuzz/fuzz_request.c $(FUZZ_REQUEST) config.h
	$(AM_V_CCLD)$(MKDIR_P) fuzz && files= && for file in $^; do case $$file in *.c) files="$$files $$file" ;; esac; done && \
	$(FUZZ_CC) $(FUZZ_FLAGS) -o $@ $$files $(FUZZ_LIBS)
