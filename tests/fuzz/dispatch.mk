# A run built again from records that nobody wrote so.
FUZZ += restore
FUZZ_RESTORE = $(core_base_libbase_a_SOURCES) $(core_call_libcall_a_SOURCES) $(core_policy_libpolicy_a_SOURCES) \
	$(core_dispatch_libdispatch_a_SOURCES) core/registry/settings.c core/registry/semver.c
# What these do is done in the store's thread, of which there is none here.
FUZZ_RESTORE_NOT = %/apply.c %/alert_apply.c %/alert_list.c %/ledger_load.c %/quality_apply.c
EXTRA_DIST += tests/fuzz/fuzz_restore.c

fuzz/restore: tests/fuzz/fuzz_restore.c tests/unit/dispatch_world.c $(FUZZ_RESTORE) config.h
	$(AM_V_CCLD)$(MKDIR_P) fuzz && files= && for file in $(filter-out $(FUZZ_RESTORE_NOT),$^); do case $$file in *.c) files="$$files $$file" ;; esac; done && \
	$(FUZZ_CC) $(FUZZ_FLAGS) $(CMOCKA_CFLAGS) -o $@ $$files $(FUZZ_LIBS) $(CMOCKA_LIBS) -lm
