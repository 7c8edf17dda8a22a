# A poll as a cell might forge it.
FUZZ += poll
FUZZ_POLL = $(core_base_libbase_a_SOURCES) core/dispatch/poll.c core/dispatch/poll.h core/dispatch/poll_read.c core/dispatch/poll_tell.c
EXTRA_DIST += tests/fuzz/fuzz_poll.c

fuzz/poll: tests/fuzz/fuzz_poll.c $(FUZZ_POLL)
fuzz/poll: config.h
	$(AM_V_CCLD)$(MKDIR_P) fuzz && files= && for file in $^; do case $$file in *.c) files="$$files $$file" ;; esac; done && \
	$(FUZZ_CC) $(FUZZ_FLAGS) -o $@ $$files $(FUZZ_LIBS)
