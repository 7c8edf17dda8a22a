# Chaos: runs of mixed shape while the host and its cells are killed, and a checker that reads the journal and the log of the
# server that their effects went to.
#
#   make chaos ROUNDS=n    long rounds; SEED=... repeats one
CHAOS_STORMS = tests/chaos/storm.so tests/chaos/storm-1.so tests/chaos/storm-2.so tests/chaos/storm-3.so tests/chaos/storm-4.so \
	tests/chaos/storm-2-upgrade.so tests/chaos/storm-frail.so tests/chaos/storm-steady.so
check_DATA += $(CHAOS_STORMS)
CLEANFILES += $(CHAOS_STORMS)
EXTRA_DIST += tests/chaos/README tests/chaos/storm.c tests/chaos/storm.sh tests/chaos/chaos.t

check_PROGRAMS += tests/chaos/check
tests_chaos_check_SOURCES = tests/chaos/check.c tests/chaos/check_runs.c tests/chaos/check_effects.c tests/chaos/check.h
tests_chaos_check_LDADD = $(JANSSON_LIBS)

# The world outside the host, for scenarios that kill it.
check_PROGRAMS += tests/chaos/counting_server
tests_chaos_counting_server_SOURCES = tests/chaos/counting_server.c
tests_chaos_counting_server_LDADD = $(EVENT_LIBS) $(XXHASH_LIBS)

STORM = tests/chaos/storm.c $(STAGE_SDK)
STORM_C = -DVERSION='"1.0.0"' $(top_srcdir)/tests/chaos/storm.c $(PLUGIN_LIBS)
tests/chaos/storm.so: $(STORM)
	$(PLUGIN_LINK) -DNAME='"storm"' -DNEXT='"storm-1"' $(STORM_C)
tests/chaos/storm-1.so: $(STORM)
	$(PLUGIN_LINK) -DNAME='"storm-1"' -DNEXT='"storm-2"' $(STORM_C)
tests/chaos/storm-2.so: $(STORM)
	$(PLUGIN_LINK) -DNAME='"storm-2"' -DNEXT='"storm-3"' $(STORM_C)
tests/chaos/storm-2-upgrade.so: $(STORM)
	$(PLUGIN_LINK) -DNAME='"storm-2"' -DNEXT='"storm-3"' -DVERSION='"2.0.0"' $(top_srcdir)/tests/chaos/storm.c $(PLUGIN_LIBS)
tests/chaos/storm-3.so: $(STORM)
	$(PLUGIN_LINK) -DNAME='"storm-3"' -DNEXT='"storm-4"' $(STORM_C)
tests/chaos/storm-4.so: $(STORM)
	$(PLUGIN_LINK) -DNAME='"storm-4"' $(STORM_C)
tests/chaos/storm-frail.so: $(STORM)
	$(PLUGIN_LINK) -DNAME='"storm-frail"' $(STORM_C)
tests/chaos/storm-steady.so: $(STORM)
	$(PLUGIN_LINK) -DNAME='"storm-steady"' $(STORM_C)

chaos: stage
	$(MAKE) $(AM_MAKEFLAGS) $(check_DATA) tests/chaos/check$(EXEEXT) tests/chaos/counting_server$(EXEEXT)
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS check_PROGRAMS= TESTS=tests/chaos/chaos.t TEST_SUITE_LOG=chaos-suite.log \
	    AM_T_LOG_FLAGS='--kill-after=10 $(CHAOS_SECONDS) bash'
.PHONY: chaos
CHAOS_SECONDS = 36000
