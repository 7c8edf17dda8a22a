# Power loss: README here.
EXTRA_DIST += tests/power/README tests/power/power.sh
check_PROGRAMS += tests/power/work tests/power/runs tests/power/replay
power_state = tests/power/state.c tests/power/state.h tests/power/log.h core/state_dir.c core/state_dir.h
power_workload = tests/power/workload.c tests/power/workload.h
power_libs = $(hospesd_LDADD)
power_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(SODIUM_CFLAGS)
tests_power_work_SOURCES = tests/power/work.c $(power_workload) $(power_state)
tests_power_work_CPPFLAGS = $(power_cppflags)
tests_power_work_LDADD = $(power_libs)
tests_power_runs_SOURCES = tests/power/runs.c $(power_workload) $(power_state)
tests_power_runs_CPPFLAGS = $(power_cppflags)
tests_power_runs_LDADD = $(power_libs)
tests_power_replay_SOURCES = tests/power/replay.c tests/power/check.c tests/power/check.h tests/power/check_runs.c \
	tests/power/check_runs.h tests/power/model.c tests/power/model.h core/cli/journal_store.c $(power_state)
tests_power_replay_CPPFLAGS = $(power_cppflags)
tests_power_replay_LDADD = $(power_libs)

check_DATA += tests/power/shim.so
CLEANFILES += tests/power/shim.so
power_shim = tests/power/shim.c tests/power/shim_names.c tests/power/shim_writes.c tests/power/shim_syncs.c
tests/power/shim.so: $(power_shim) tests/power/shim.h tests/power/log.h
	$(AM_V_CCLD)$(MKDIR_P) $(@D) && $(CC) -std=gnu17 -D_GNU_SOURCE -I$(top_srcdir)/tests -Wall -Wextra -O1 -g -shared -fPIC \
	    -o $@ $(addprefix $(srcdir)/,$(power_shim))
EXTRA_DIST += $(power_shim) tests/power/shim.h

TESTS += tests/power/power.sh

# At every cut point: make check TESTS=tests/power/power.sh POWER=all.  Long rounds: make power ROUNDS=n [SEED=s] [KEEP=FILE, which gets the log of a round that went wrong]
power: check-programs
	ROUNDS=$${ROUNDS:-1} SEED='$(SEED)' KEEP='$(KEEP)' BUILT='$(abs_builddir)' bash '$(srcdir)/tests/power/power.sh'
.PHONY: power
