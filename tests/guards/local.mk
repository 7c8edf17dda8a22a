# Each guard taken out of the table in turn: `make guards-without`, which takes some ten minutes; what `make check` runs only sees that
# each has a scenario and a line that can be taken out.  `make guards-without WITHOUT='depth cycle'` does some.
TESTS += tests/guards/without.sh
EXTRA_DIST += tests/guards/without.sh

guards-without: stage
	$(MAKE) $(AM_MAKEFLAGS) $(check_DATA) tests/fixtures/webd$(EXEEXT) tests/chaos/counting_server$(EXEEXT)
	bash $(top_srcdir)/tests/guards/without.sh '$(abs_builddir)' $(WITHOUT)
.PHONY: guards-without
