# unit tests of policy and registry
CMOCKA_TESTS += tests/unit/test_policy tests/unit/test_policy_check tests/unit/test_policy_conf \
	tests/unit/test_policy_fallbacks tests/unit/test_policy_files tests/unit/test_policy_handoffs \
	tests/unit/test_policy_match tests/unit/test_policy_refusals tests/unit/test_policy_reload tests/unit/test_semver \
	tests/unit/test_registry tests/unit/test_registry_versions

CONF_SCRATCH = tests/unit/cmocka_all.h tests/unit/conf_scratch.h tests/unit/scratch.h
REGISTRY_TEST_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -DCONF_FILE='"$(abs_top_srcdir)/etc/hospes.conf"'
POLICY_TEST_LIBS = core/policy/libpolicy.a core/base/libbase.a $(CMOCKA_LIBS) $(CONFIG_LIBS) $(EVENT_LIBS) \
	$(JANSSON_LIBS) $(XXHASH_LIBS) $(SODIUM_LIBS)
REGISTRY_TEST_LIBS = core/registry/libregistry.a core/policy/libpolicy.a core/store/libstore.a \
	core/journal/libjournal.a $(POLICY_TEST_LIBS) $(LMDB_LIBS)

tests_unit_test_policy_SOURCES = tests/unit/test_policy.c $(CONF_SCRATCH)
tests_unit_test_policy_CPPFLAGS = $(REGISTRY_TEST_CPPFLAGS)
tests_unit_test_policy_LDADD = $(POLICY_TEST_LIBS)

tests_unit_test_policy_refusals_SOURCES = tests/unit/test_policy_refusals.c $(CONF_SCRATCH)
tests_unit_test_policy_refusals_CPPFLAGS = $(REGISTRY_TEST_CPPFLAGS)
tests_unit_test_policy_refusals_LDADD = $(POLICY_TEST_LIBS)

tests_unit_test_policy_check_SOURCES = tests/unit/test_policy_check.c $(CONF_SCRATCH)
tests_unit_test_policy_check_CPPFLAGS = $(REGISTRY_TEST_CPPFLAGS)
tests_unit_test_policy_check_LDADD = $(POLICY_TEST_LIBS)

tests_unit_test_policy_conf_SOURCES = tests/unit/test_policy_conf.c $(CONF_SCRATCH)
tests_unit_test_policy_conf_CPPFLAGS = $(REGISTRY_TEST_CPPFLAGS)
tests_unit_test_policy_conf_LDADD = $(POLICY_TEST_LIBS)

tests_unit_test_policy_files_SOURCES = tests/unit/test_policy_files.c tests/unit/cmocka_all.h tests/unit/scratch.h
tests_unit_test_policy_files_CPPFLAGS = $(REGISTRY_TEST_CPPFLAGS)
tests_unit_test_policy_files_LDADD = $(POLICY_TEST_LIBS)

tests_unit_test_policy_fallbacks_SOURCES = tests/unit/test_policy_fallbacks.c $(CONF_SCRATCH)
tests_unit_test_policy_fallbacks_CPPFLAGS = $(REGISTRY_TEST_CPPFLAGS)
tests_unit_test_policy_fallbacks_LDADD = $(POLICY_TEST_LIBS)

tests_unit_test_policy_handoffs_SOURCES = tests/unit/test_policy_handoffs.c $(CONF_SCRATCH)
tests_unit_test_policy_handoffs_CPPFLAGS = $(REGISTRY_TEST_CPPFLAGS)
tests_unit_test_policy_handoffs_LDADD = $(POLICY_TEST_LIBS)

tests_unit_test_policy_reload_SOURCES = tests/unit/test_policy_reload.c $(CONF_SCRATCH)
tests_unit_test_policy_reload_CPPFLAGS = $(REGISTRY_TEST_CPPFLAGS)
tests_unit_test_policy_reload_LDADD = $(POLICY_TEST_LIBS)

tests_unit_test_policy_match_SOURCES = tests/unit/test_policy_match.c
tests_unit_test_policy_match_CPPFLAGS = $(REGISTRY_TEST_CPPFLAGS)
tests_unit_test_policy_match_LDADD = $(POLICY_TEST_LIBS)

tests_unit_test_semver_SOURCES = tests/unit/test_semver.c
tests_unit_test_semver_CPPFLAGS = $(REGISTRY_TEST_CPPFLAGS)
tests_unit_test_semver_LDADD = $(REGISTRY_TEST_LIBS)

REGISTRY_WORLD = tests/unit/registry_world.c tests/unit/registry_world.h tests/unit/cmocka_all.h tests/unit/scratch.h
tests_unit_test_registry_SOURCES = tests/unit/test_registry.c $(REGISTRY_WORLD)
tests_unit_test_registry_CPPFLAGS = $(REGISTRY_TEST_CPPFLAGS)
tests_unit_test_registry_LDADD = $(REGISTRY_TEST_LIBS)

tests_unit_test_registry_versions_SOURCES = tests/unit/test_registry_versions.c $(REGISTRY_WORLD)
tests_unit_test_registry_versions_CPPFLAGS = $(REGISTRY_TEST_CPPFLAGS)
tests_unit_test_registry_versions_LDADD = $(REGISTRY_TEST_LIBS)
