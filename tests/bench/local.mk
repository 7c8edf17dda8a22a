# `make bench`: the host's rows beside their floor.
EXTRA_PROGRAMS += tests/bench/floor
tests_bench_floor_SOURCES = tests/bench/floor.c tests/bench/floor.h tests/bench/floor_cell.c tests/bench/floor_core.c tests/bench/floor_disk.c \
	tests/bench/floor_frames.c sdk/fiber.c sdk/fiber_x86_64.S sdk/stacks.c
tests_bench_floor_CFLAGS = $(AM_CFLAGS)
tests_bench_floor_CCASFLAGS = $(AM_CCASFLAGS)
tests_bench_floor_LDADD = $(JANSSON_LIBS)
EXTRA_PROGRAMS += tests/bench/runs
tests_bench_runs_SOURCES = tests/bench/runs.c
CLEANFILES += tests/bench/floor tests/bench/runs

# The host without a guard in its table: what guards cost is measured beside it, and it is never installed.
EXTRA_PROGRAMS += tests/bench/hospesd-bare
tests_bench_hospesd_bare_SOURCES = $(hospesd_SOURCES) core/dispatch/pipeline.c
tests_bench_hospesd_bare_CPPFLAGS = $(hospesd_CPPFLAGS) -DHOSPES_BENCH_BARE
tests_bench_hospesd_bare_CFLAGS = $(AM_CFLAGS) -Wno-type-limits
tests_bench_hospesd_bare_LDADD = $(hospesd_LDADD)
CLEANFILES += tests/bench/hospesd-bare

EXTRA_PROGRAMS += tests/bench/cells
tests_bench_cells_SOURCES = tests/bench/cells.c
tests_bench_cells_LDADD = core/base/libbase.a $(JANSSON_LIBS) $(XXHASH_LIBS) $(SODIUM_LIBS)
CLEANFILES += tests/bench/cells

EXTRA_PROGRAMS += tests/bench/journal
tests_bench_journal_SOURCES = tests/bench/journal.c
tests_bench_journal_LDADD = core/journal/libjournal.a core/base/libbase.a $(EVENT_LIBS) $(JANSSON_LIBS) $(XXHASH_LIBS)
CLEANFILES += tests/bench/journal

BENCH_PLUGINS = tests/bench/plugins/bench-work.so tests/bench/plugins/bench-work-json.so \
	tests/bench/plugins/bench-join.so tests/bench/plugins/bench-join-json.so tests/bench/plugins/bench-lane.so \
	tests/bench/plugins/bench-effect.so tests/bench/plugins/bench-park.so \
	tests/bench/plugins/bench-fan.so tests/bench/plugins/bench-fans.so tests/bench/plugins/bench-talk.so \
	tests/bench/plugins/bench-turn.so tests/bench/plugins/bench-ops.so \
	tests/bench/plugins/bench-greedy.so tests/bench/plugins/bench-toil.so tests/bench/plugins/bench-toil-few.so
CLEANFILES += $(BENCH_PLUGINS)
EXTRA_DIST += tests/bench/README tests/bench/ask.sh tests/bench/run.sh tests/bench/plugins/bench-work.c tests/bench/plugins/bench-join.c \
	tests/bench/plugins/bench-lane.c tests/bench/plugins/bench-effect.c tests/bench/plugins/bench-park.c \
	tests/bench/plugins/bench-talk.c tests/bench/plugins/bench-ops.c tests/bench/cells.sh tests/bench/durable.sh \
	tests/bench/fair.sh tests/bench/guards.sh tests/bench/lib.sh tests/bench/plugins/bench-greedy.c tests/bench/plugins/bench-toil.c

BENCH_FOLDER = $(top_srcdir)/tests/bench/plugins
tests/bench/plugins/bench-work.so: tests/bench/plugins/bench-work.c $(STAGE_SDK)
	$(PLUGIN_LINK) -DSUFFIX='""' $(BENCH_FOLDER)/bench-work.c $(PLUGIN_LIBS)
tests/bench/plugins/bench-work-json.so: tests/bench/plugins/bench-work.c $(STAGE_SDK)
	$(PLUGIN_LINK) -DSUFFIX='"-json"' -DBENCH_JSON $(BENCH_FOLDER)/bench-work.c $(PLUGIN_LIBS)
tests/bench/plugins/bench-join.so: tests/bench/plugins/bench-join.c $(STAGE_SDK)
	$(PLUGIN_LINK) -DSUFFIX='""' $(BENCH_FOLDER)/bench-join.c $(PLUGIN_LIBS)
tests/bench/plugins/bench-join-json.so: tests/bench/plugins/bench-join.c $(STAGE_SDK)
	$(PLUGIN_LINK) -DSUFFIX='"-json"' -DBENCH_JSON $(BENCH_FOLDER)/bench-join.c $(PLUGIN_LIBS)
tests/bench/plugins/bench-lane.so: tests/bench/plugins/bench-lane.c $(STAGE_SDK)
	$(PLUGIN_LINK) $(BENCH_FOLDER)/bench-lane.c $(PLUGIN_LIBS)
tests/bench/plugins/bench-effect.so: tests/bench/plugins/bench-effect.c $(STAGE_SDK)
	$(PLUGIN_LINK) $(BENCH_FOLDER)/bench-effect.c $(PLUGIN_LIBS)
tests/bench/plugins/bench-park.so: tests/bench/plugins/bench-park.c $(STAGE_SDK)
	$(PLUGIN_LINK) $(BENCH_FOLDER)/bench-park.c $(PLUGIN_LIBS)
tests/bench/plugins/bench-fan.so: tests/bench/plugins/bench-park.c $(STAGE_SDK)
	$(PLUGIN_LINK) -DBENCH_FAN $(BENCH_FOLDER)/bench-park.c $(PLUGIN_LIBS)
tests/bench/plugins/bench-fans.so: tests/bench/plugins/bench-park.c $(STAGE_SDK)
	$(PLUGIN_LINK) -DBENCH_FANS $(BENCH_FOLDER)/bench-park.c $(PLUGIN_LIBS)
tests/bench/plugins/bench-talk.so: tests/bench/plugins/bench-talk.c $(STAGE_SDK)
	$(PLUGIN_LINK) $(BENCH_FOLDER)/bench-talk.c $(PLUGIN_LIBS)
tests/bench/plugins/bench-turn.so: tests/bench/plugins/bench-talk.c $(STAGE_SDK)
	$(PLUGIN_LINK) -DBENCH_TURN $(BENCH_FOLDER)/bench-talk.c $(PLUGIN_LIBS)
tests/bench/plugins/bench-ops.so: tests/bench/plugins/bench-ops.c $(STAGE_SDK)
	$(PLUGIN_LINK) $(BENCH_FOLDER)/bench-ops.c $(PLUGIN_LIBS)
tests/bench/plugins/bench-greedy.so: tests/bench/plugins/bench-greedy.c $(STAGE_SDK)
	$(PLUGIN_LINK) $(BENCH_FOLDER)/bench-greedy.c $(PLUGIN_LIBS)
tests/bench/plugins/bench-toil.so: tests/bench/plugins/bench-toil.c $(STAGE_SDK)
	$(PLUGIN_LINK) -DSUFFIX='""' $(BENCH_FOLDER)/bench-toil.c $(PLUGIN_LIBS)
tests/bench/plugins/bench-toil-few.so: tests/bench/plugins/bench-toil.c $(STAGE_SDK)
	$(PLUGIN_LINK) -DSUFFIX='"-few"' $(BENCH_FOLDER)/bench-toil.c $(PLUGIN_LIBS)

bench: stage
	$(MAKE) $(AM_MAKEFLAGS) tests/bench/floor$(EXEEXT) tests/bench/runs$(EXEEXT) tests/bench/cells$(EXEEXT) tests/bench/journal$(EXEEXT) tests/fixtures/webd$(EXEEXT) $(BENCH_PLUGINS)
	STAGE='$(abs_builddir)/stage$(prefix)' BUILT='$(abs_builddir)' bash $(top_srcdir)/tests/bench/run.sh
	STAGE='$(abs_builddir)/stage$(prefix)' BUILT='$(abs_builddir)' bash $(top_srcdir)/tests/bench/cells.sh
	HOOKS='$(enable_bench_hooks)' STAGE='$(abs_builddir)/stage$(prefix)' BUILT='$(abs_builddir)' bash $(top_srcdir)/tests/bench/durable.sh
	STAGE='$(abs_builddir)/stage$(prefix)' BUILT='$(abs_builddir)' bash $(top_srcdir)/tests/bench/fair.sh
	STAGE='$(abs_builddir)/stage$(prefix)' BUILT='$(abs_builddir)' bash $(top_srcdir)/tests/bench/ask.sh

bench-cells: stage
	$(MAKE) $(AM_MAKEFLAGS) tests/bench/cells$(EXEEXT) $(BENCH_PLUGINS)
	STAGE='$(abs_builddir)/stage$(prefix)' BUILT='$(abs_builddir)' bash $(top_srcdir)/tests/bench/cells.sh

# Some rows need what only a build for the bench has: configure --enable-bench-hooks.
bench-durable: stage
	$(MAKE) $(AM_MAKEFLAGS) tests/bench/floor$(EXEEXT) tests/bench/runs$(EXEEXT) tests/bench/journal$(EXEEXT) $(BENCH_PLUGINS)
	HOOKS='$(enable_bench_hooks)' STAGE='$(abs_builddir)/stage$(prefix)' BUILT='$(abs_builddir)' bash $(top_srcdir)/tests/bench/durable.sh

bench-fair: stage
	$(MAKE) $(AM_MAKEFLAGS) tests/bench/runs$(EXEEXT) $(BENCH_PLUGINS)
	STAGE='$(abs_builddir)/stage$(prefix)' BUILT='$(abs_builddir)' bash $(top_srcdir)/tests/bench/fair.sh

bench-guards: stage
	$(MAKE) $(AM_MAKEFLAGS) tests/bench/runs$(EXEEXT) tests/bench/hospesd-bare$(EXEEXT) $(BENCH_PLUGINS) tests/e2e/plugins/ring.so
	STAGE='$(abs_builddir)/stage$(prefix)' BUILT='$(abs_builddir)' bash $(top_srcdir)/tests/bench/guards.sh

bench-ask: stage
	STAGE='$(abs_builddir)/stage$(prefix)' BUILT='$(abs_builddir)' bash $(top_srcdir)/tests/bench/ask.sh

.PHONY: bench bench-cells bench-durable bench-fair bench-guards bench-ask
