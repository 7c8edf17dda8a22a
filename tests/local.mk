# Tests.  All of them speak TAP:
#
#   make check    unit tests (cmocka) and the floors
#   make e2e      scenarios against a staged install: tests/e2e/*.t
#   make install-check    what is installed into a prefix, followed as README says: tests/install.t
#   make abi      libhospes against its stored baselines
#   make lint     cppcheck and clang-tidy
#   make cross-check    the switch between fibers on aarch64, under qemu-user; part of `make check`
#   make fuzz     each fuzz target for FUZZ_RUNS inputs
#   make valgrind    unit tests of the core under valgrind: tests/valgrind/local.mk
#   make power    the power goes at every point of a workload: tests/power/README
#   make bench    the table of tests/bench/README
#   make chaos    runs of mixed shape while host and cells are killed
#   make hostile-without    each defence taken out in turn: a hostile plugin that it is for then gets through
#   make guards-without    each guard taken out of the table in turn: a scenario of its own fails then
#
# `make e2e E2E=tests/e2e/run-cancel.t` runs one scenario; its log is tests/e2e/run-cancel.log.

TEST_EXTENSIONS = .sh .t
TAP_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
LOG_DRIVER = $(TAP_DRIVER)
SH_LOG_DRIVER = $(TAP_DRIVER)
T_LOG_DRIVER = $(TAP_DRIVER)
AM_LOG_DRIVER_FLAGS = --merge
AM_TESTS_ENVIRONMENT = CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT; \
	STAGE='$(abs_builddir)/stage$(prefix)'; export STAGE; \
	BUILT='$(abs_builddir)'; export BUILT; \
	TESTS='$(abs_top_srcdir)/tests/e2e'; export TESTS; \
	$(SANITIZER_ENVIRONMENT)
LOG_COMPILER = bash
AM_LOG_FLAGS = $(top_srcdir)/tests/unit/run.sh
SH_LOG_COMPILER = bash
T_LOG_COMPILER = timeout
AM_T_LOG_FLAGS = --kill-after=10 300 bash

if SANITIZERS
SANITIZER_ENVIRONMENT = SANITIZERS=yes; export SANITIZERS; \
	LSAN_OPTIONS='suppressions=$(abs_top_srcdir)/tests/lsan.supp:print_suppressions=0'; export LSAN_OPTIONS;
else
SANITIZER_ENVIRONMENT =
endif

include tests/fixtures/local.mk
include tests/fixtures/sdk-1.0/local.mk
include tests/fixtures/state/local.mk
include tests/fixtures/hostile/local.mk
include tests/unit/local.mk
include tests/e2e/local.mk
include tests/chaos/local.mk
include tests/fuzz/local.mk
include tests/bench/local.mk
include tests/lint/local.mk
include tests/abi/local.mk
include tests/hostile/local.mk
include tests/guards/local.mk
include tests/valgrind/local.mk
include tests/power/local.mk

EXTRA_DIST += tests/unit/run.sh
TESTS += tests/floors.sh tests/names.sh tests/man.sh tests/readme.sh tests/journal-readme.sh tests/systemd.sh
EXTRA_DIST += core/README core/cell/README tests/floors.sh tests/names.sh tests/man.sh tests/readme.sh tests/journal-readme.sh tests/systemd.sh tests/tap.sh tests/without.sh tests/lsan.supp

# Slow for what it is, so it can be had alone.
TESTS += tests/cross.sh
EXTRA_DIST += tests/cross.sh tests/unit/fiber_switch.cc
cross-check:
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS check_PROGRAMS= TESTS=tests/cross.sh TEST_SUITE_LOG=cross-suite.log
.PHONY: cross-check

# Alone, since it installs: no other make may build meanwhile.
EXTRA_DIST += tests/install.t
install-check: check-programs
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS check_PROGRAMS= TESTS=tests/install.t TEST_SUITE_LOG=install-suite.log
.PHONY: install-check

# In a make of their own, after `all`: two makes that build the same files at once get in each other's way.
check-programs: all
	$(MAKE) $(AM_MAKEFLAGS) $(check_PROGRAMS) $(check_DATA)
.PHONY: check-programs
