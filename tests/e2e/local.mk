# Scenarios: one promise a file, against a host that was installed.
E2E_SCENARIOS =
EXTRA_DIST += tests/e2e/lib.sh $(E2E_SCENARIOS)
E2E = $(E2E_SCENARIOS)

stage: all
	rm -rf '$(abs_builddir)/stage'
	$(MAKE) $(AM_MAKEFLAGS) install DESTDIR='$(abs_builddir)/stage' >/dev/null

e2e: stage check-programs
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS TESTS='$(E2E)' TEST_SUITE_LOG=e2e-suite.log

clean-local:
	rm -rf '$(abs_builddir)/stage'

.PHONY: stage e2e
