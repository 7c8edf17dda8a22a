# A run built again from records that nobody wrote so, and what a cell asks for.  What works in the store's thread is left
# out: there is none here.
FUZZ += restore asked
FUZZ_RESTORE = $(core_base_libbase_a_SOURCES) $(core_call_libcall_a_SOURCES) $(core_policy_libpolicy_a_SOURCES) \
	$(core_dispatch_libdispatch_a_SOURCES) core/registry/settings.c core/registry/semver.c
EXTRA_DIST += tests/fuzz/fuzz_restore.c tests/fuzz/fuzz_asked.c

fuzz/restore: tests/fuzz/fuzz_restore.c tests/unit/dispatch_fakes.c tests/unit/dispatch_world.c $(FUZZ_RESTORE)
fuzz/asked: tests/fuzz/fuzz_asked.c tests/unit/dispatch_fakes.c tests/unit/dispatch_world.c $(FUZZ_RESTORE)
fuzz/restore fuzz/asked: config.h
	$(AM_V_CCLD)$(MKDIR_P) fuzz && files= && for file in $^; do case $$file in \
	    */dispatch/apply.c | */alert_apply.c | */alert_list.c | */ledger_load.c | */quality_apply.c) ;; \
	    *.c) files="$$files $$file" ;; esac; done && \
	$(FUZZ_CC) $(FUZZ_FLAGS) $(CMOCKA_CFLAGS) -o $@ $$files $(FUZZ_LIBS) $(CMOCKA_LIBS) -lm
