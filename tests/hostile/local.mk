# Each defence taken out in turn: `make hostile-without`, which takes long; what `make check` runs only sees that it would work.
# `make hostile-without WITHOUT='watchdog frame-'` does some.
TESTS += tests/hostile/without.sh
EXTRA_DIST += tests/hostile/without.sh tests/hostile/defences

hostile-without: stage
	$(MAKE) $(AM_MAKEFLAGS) $(check_DATA)
	bash $(top_srcdir)/tests/hostile/without.sh '$(abs_builddir)' $(WITHOUT)
.PHONY: hostile-without
