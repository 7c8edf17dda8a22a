# unit tests of call and dispatch

CMOCKA_TESTS += tests/unit/test_account tests/unit/test_account_property tests/unit/test_alerts \
	tests/unit/test_carried tests/unit/test_context tests/unit/test_dispatch tests/unit/test_dispatch_budget \
	tests/unit/test_dispatch_effects tests/unit/test_dispatch_grounding tests/unit/test_dispatch_ladder \
	tests/unit/test_dispatch_ladder_review tests/unit/test_dispatch_loops tests/unit/test_ledger \
	tests/unit/test_dispatch_memory tests/unit/test_dispatch_parts tests/unit/test_dispatch_prices \
	tests/unit/test_dispatch_repetition \
	tests/unit/test_dispatch_met tests/unit/test_dispatch_reviews tests/unit/test_dispatch_waits tests/unit/test_rate tests/unit/test_restore tests/unit/test_restore_damage \
	tests/unit/test_stages tests/unit/test_dispatch_chance tests/unit/test_stages_restore tests/unit/test_stages_stop \
	tests/unit/test_verdict_cache tests/unit/test_waitq

tests_unit_test_waitq_SOURCES = tests/unit/test_waitq.c tests/unit/cmocka_all.h
tests_unit_test_waitq_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_waitq_LDADD = $(tests_unit_test_account_LDADD)

tests_unit_test_account_SOURCES = tests/unit/test_account.c
tests_unit_test_account_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_account_LDADD = core/call/libcall.a core/base/libbase.a $(EVENT_LIBS) $(JANSSON_LIBS) $(XXHASH_LIBS) \
	$(CMOCKA_LIBS)

tests_unit_test_carried_SOURCES = tests/unit/test_carried.c tests/unit/cmocka_all.h
tests_unit_test_carried_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_carried_LDADD = $(tests_unit_test_account_LDADD)

DISPATCH_WORLD = tests/unit/dispatch_fakes.c tests/unit/dispatch_world.c tests/unit/dispatch_world.h \
	tests/unit/cmocka_all.h
DISPATCH_KEPT = tests/unit/dispatch_kept.c tests/unit/dispatch_kept.h
RESTORE_WORLD = tests/unit/restore_world.c tests/unit/restore_world.h $(DISPATCH_KEPT)
BREAKER_WORLD = tests/unit/breaker_world.c tests/unit/breaker_world.h
DISPATCH_TEST_LIBS = core/dispatch/libdispatch.a core/registry/libregistry.a core/policy/libpolicy.a core/call/libcall.a \
	core/base/libbase.a $(EVENT_LIBS) $(JANSSON_LIBS) $(CONFIG_LIBS) $(SODIUM_LIBS) $(XXHASH_LIBS) $(CURL_LIBS) \
	$(CMOCKA_LIBS) -lm

CMOCKA_TESTS += tests/unit/test_breaker tests/unit/test_breaker_guard tests/unit/test_breaker_probe \
	tests/unit/test_routing
tests_unit_test_breaker_SOURCES = tests/unit/test_breaker.c $(BREAKER_WORLD) $(DISPATCH_WORLD)
tests_unit_test_breaker_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_breaker_LDADD = $(DISPATCH_TEST_LIBS)

tests_unit_test_routing_SOURCES = tests/unit/test_routing.c $(DISPATCH_WORLD)
tests_unit_test_routing_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_routing_LDADD = $(DISPATCH_TEST_LIBS)

tests_unit_test_alerts_SOURCES = tests/unit/test_alerts.c $(DISPATCH_WORLD)
tests_unit_test_alerts_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_alerts_LDADD = $(DISPATCH_TEST_LIBS)

tests_unit_test_dispatch_SOURCES = tests/unit/test_dispatch.c $(DISPATCH_WORLD)
tests_unit_test_dispatch_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_dispatch_LDADD = $(DISPATCH_TEST_LIBS)

tests_unit_test_dispatch_met_SOURCES = tests/unit/test_dispatch_met.c $(DISPATCH_WORLD)
tests_unit_test_dispatch_met_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_dispatch_met_LDADD = $(DISPATCH_TEST_LIBS)

tests_unit_test_dispatch_waits_SOURCES = tests/unit/test_dispatch_waits.c $(DISPATCH_WORLD)
tests_unit_test_dispatch_waits_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_dispatch_waits_LDADD = $(DISPATCH_TEST_LIBS)

tests_unit_test_dispatch_memory_SOURCES = tests/unit/test_dispatch_memory.c $(DISPATCH_WORLD)
tests_unit_test_dispatch_memory_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_dispatch_memory_LDADD = $(DISPATCH_TEST_LIBS)

tests_unit_test_dispatch_grounding_SOURCES = tests/unit/test_dispatch_grounding.c $(DISPATCH_WORLD)
tests_unit_test_dispatch_grounding_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_dispatch_grounding_LDADD = $(DISPATCH_TEST_LIBS)

tests_unit_test_dispatch_ladder_SOURCES = tests/unit/test_dispatch_ladder.c tests/unit/ladder_world.h $(DISPATCH_WORLD)
tests_unit_test_dispatch_ladder_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_dispatch_ladder_LDADD = $(DISPATCH_TEST_LIBS)

tests_unit_test_dispatch_loops_SOURCES = tests/unit/test_dispatch_loops.c $(DISPATCH_KEPT) $(DISPATCH_WORLD)
tests_unit_test_dispatch_loops_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_dispatch_loops_LDADD = $(DISPATCH_TEST_LIBS)

tests_unit_test_dispatch_repetition_SOURCES = tests/unit/test_dispatch_repetition.c $(DISPATCH_KEPT) $(DISPATCH_WORLD)
tests_unit_test_dispatch_repetition_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_dispatch_repetition_LDADD = $(DISPATCH_TEST_LIBS)

tests_unit_test_dispatch_parts_SOURCES = tests/unit/test_dispatch_parts.c $(DISPATCH_WORLD)
tests_unit_test_dispatch_parts_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_dispatch_parts_LDADD = $(DISPATCH_TEST_LIBS)

tests_unit_test_dispatch_reviews_SOURCES = tests/unit/test_dispatch_reviews.c $(DISPATCH_WORLD)
tests_unit_test_dispatch_reviews_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_dispatch_reviews_LDADD = $(DISPATCH_TEST_LIBS)

tests_unit_test_dispatch_prices_SOURCES = tests/unit/test_dispatch_prices.c tests/unit/effects_world.h $(DISPATCH_WORLD)
tests_unit_test_dispatch_prices_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_dispatch_prices_LDADD = $(DISPATCH_TEST_LIBS)

tests_unit_test_dispatch_effects_SOURCES = tests/unit/test_dispatch_effects.c tests/unit/effects_world.h $(DISPATCH_WORLD)
tests_unit_test_dispatch_effects_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_dispatch_effects_LDADD = $(DISPATCH_TEST_LIBS)

tests_unit_test_context_SOURCES = tests/unit/test_context.c $(DISPATCH_WORLD)
tests_unit_test_context_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_context_LDADD = $(DISPATCH_TEST_LIBS)

tests_unit_test_rate_SOURCES = tests/unit/test_rate.c $(DISPATCH_WORLD)
tests_unit_test_rate_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_rate_LDADD = $(DISPATCH_TEST_LIBS)

tests_unit_test_restore_SOURCES = tests/unit/test_restore.c $(RESTORE_WORLD) $(DISPATCH_WORLD)
tests_unit_test_restore_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_restore_LDADD = $(DISPATCH_TEST_LIBS)

tests_unit_test_stages_SOURCES = tests/unit/test_stages.c tests/unit/stages_world.h $(DISPATCH_WORLD)
tests_unit_test_stages_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_stages_LDADD = $(DISPATCH_TEST_LIBS)

tests_unit_test_dispatch_chance_SOURCES = tests/unit/test_dispatch_chance.c $(DISPATCH_KEPT) $(DISPATCH_WORLD)
tests_unit_test_dispatch_chance_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_dispatch_chance_LDADD = $(DISPATCH_TEST_LIBS)

tests_unit_test_stages_restore_SOURCES = tests/unit/test_stages_restore.c $(DISPATCH_KEPT) $(DISPATCH_WORLD)
tests_unit_test_stages_restore_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_stages_restore_LDADD = $(DISPATCH_TEST_LIBS)

tests_unit_test_account_property_SOURCES = tests/unit/test_account_property.c $(DISPATCH_WORLD)
tests_unit_test_account_property_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_account_property_LDADD = $(DISPATCH_TEST_LIBS)

tests_unit_test_verdict_cache_SOURCES = tests/unit/test_verdict_cache.c tests/unit/cmocka_all.h
tests_unit_test_verdict_cache_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_verdict_cache_LDADD = $(DISPATCH_TEST_LIBS)

tests_unit_test_ledger_SOURCES = tests/unit/test_ledger.c tests/unit/cmocka_all.h tests/unit/scratch.h
tests_unit_test_ledger_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_ledger_LDADD = $(hospesd_LDADD) $(CMOCKA_LIBS)

tests_unit_test_stages_stop_SOURCES = tests/unit/test_stages_stop.c tests/unit/stages_world.h $(DISPATCH_WORLD)
tests_unit_test_stages_stop_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_stages_stop_LDADD = $(DISPATCH_TEST_LIBS)

tests_unit_test_dispatch_budget_SOURCES = tests/unit/test_dispatch_budget.c $(DISPATCH_WORLD)
tests_unit_test_dispatch_budget_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_dispatch_budget_LDADD = $(DISPATCH_TEST_LIBS)

tests_unit_test_restore_damage_SOURCES = tests/unit/test_restore_damage.c $(RESTORE_WORLD) $(DISPATCH_WORLD)
tests_unit_test_restore_damage_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_restore_damage_LDADD = $(DISPATCH_TEST_LIBS)

tests_unit_test_dispatch_ladder_review_SOURCES = tests/unit/test_dispatch_ladder_review.c tests/unit/ladder_world.h \
	$(DISPATCH_KEPT) $(DISPATCH_WORLD)
tests_unit_test_dispatch_ladder_review_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_dispatch_ladder_review_LDADD = $(DISPATCH_TEST_LIBS)

tests_unit_test_breaker_guard_SOURCES = tests/unit/test_breaker_guard.c $(BREAKER_WORLD) $(DISPATCH_WORLD)
tests_unit_test_breaker_guard_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_breaker_guard_LDADD = $(DISPATCH_TEST_LIBS)

tests_unit_test_breaker_probe_SOURCES = tests/unit/test_breaker_probe.c $(BREAKER_WORLD) $(DISPATCH_WORLD)
tests_unit_test_breaker_probe_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_breaker_probe_LDADD = $(DISPATCH_TEST_LIBS)
