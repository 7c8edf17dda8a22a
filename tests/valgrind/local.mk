# The core under valgrind: no use of what was never set, nothing out of bounds, no block that nobody has any more.
#
#   make valgrind                               the unit tests of the core, all of them
#   make valgrind VALGRIND='$(VALGRIND_SHORT)'  those that reach most of it in some minutes, as contrib/check has it
#
# The host itself under valgrind is a scenario like others: tests/e2e/host-valgrind.t.

# Left out, as patterns, each for its reason:
#   test_store_damage   starts itself again by /proc/self/exe, which is valgrind's own then
#   test_sdk_*   libhospes is the plugins' side and no core; its fibers switch to stacks of their own, which valgrind takes for overruns
VALGRIND_NOT = */test_store_damage | */test_sdk_*

# What tests read from the environment, each for its reason:
#   TREES, FRAMES   test_account_property and test_cell_frames take fewer rounds, since valgrind takes some fifty times as long
#   WITHOUT_VFORK   test_no_spawner of test_cell_start is skipped: valgrind makes a fork of posix_spawn, which then tells of no error
VALGRIND_ENVIRONMENT = TREES=1000; FRAMES=60; WITHOUT_VFORK=yes; export TREES FRAMES WITHOUT_VFORK;

VALGRIND = $(CMOCKA_TESTS)

# What reads foreign bytes, what keeps the books, and the way of a call from door to door.
VALGRIND_SHORT = \
	tests/unit/test_base tests/unit/test_base_json tests/unit/test_record \
	tests/unit/test_journal tests/unit/test_journal_damage tests/unit/test_store tests/unit/test_run_forward \
	tests/unit/test_account tests/unit/test_policy tests/unit/test_registry \
	tests/unit/test_cell_calls tests/unit/test_cell_start tests/unit/test_cell_death tests/unit/test_cell_evict tests/unit/test_cell_frames \
	tests/unit/test_cell_mail tests/unit/test_cell_share \
	tests/unit/test_dispatch tests/unit/test_dispatch_budget tests/unit/test_dispatch_effects \
	tests/unit/test_dispatch_grounding tests/unit/test_dispatch_ladder tests/unit/test_dispatch_loops \
	tests/unit/test_dispatch_parts tests/unit/test_dispatch_polls tests/unit/test_dispatch_reviews \
	tests/unit/test_dispatch_waits tests/unit/test_breaker tests/unit/test_restore tests/unit/test_stages \
	tests/unit/test_api_resume tests/unit/test_api_start tests/unit/test_http tests/unit/test_http_request

VALGRIND_COMMAND = $(abs_builddir)/libtool --mode=execute valgrind -q --vgdb=no --leak-check=full \
	--show-leak-kinds=definite --errors-for-leak-kinds=definite --error-exitcode=9

if SANITIZERS
valgrind:
	@echo 'expected a build without sanitizers, which do not run under valgrind'; false
else
valgrind: check-programs
	@valgrind --version || { echo 'expected valgrind, found none; install it (contrib/packages)'; false; }
	tests=; for test in $(VALGRIND); do case $$test in $(VALGRIND_NOT)) ;; *) tests="$$tests $$test" ;; esac; done; \
	$(VALGRIND_ENVIRONMENT) UNDER='$(VALGRIND_COMMAND)' $(MAKE) $(AM_MAKEFLAGS) check-TESTS check_PROGRAMS= \
	    TESTS="$$tests" TEST_SUITE_LOG=valgrind-suite.log
endif
.PHONY: valgrind
