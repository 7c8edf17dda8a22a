# What agents say of their sources, and what checks say of that.
FUZZ += evidence verdict
FUZZ_EVIDENCE = $(core_base_libbase_a_SOURCES) sdk/ctx.c sdk/evidence.c sdk/reply.c sdk/status.c sdk/value.c
FUZZ_VERDICT = $(core_base_libbase_a_SOURCES) core/dispatch/verdict.c core/dispatch/verdict.h
EXTRA_DIST += tests/fuzz/fuzz_evidence.c tests/fuzz/fuzz_verdict.c

fuzz/evidence: tests/fuzz/fuzz_evidence.c $(FUZZ_EVIDENCE)
fuzz/verdict: tests/fuzz/fuzz_verdict.c $(FUZZ_VERDICT)
fuzz/evidence fuzz/verdict: config.h
	$(AM_V_CCLD)$(MKDIR_P) fuzz && files= && for file in $^; do case $$file in *.c) files="$$files $$file" ;; esac; done && \
	$(FUZZ_CC) $(FUZZ_FLAGS) -o $@ $$files $(FUZZ_LIBS)
