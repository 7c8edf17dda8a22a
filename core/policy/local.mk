noinst_LIBRARIES += core/policy/libpolicy.a
core_policy_libpolicy_a_SOURCES = core/policy/policy.c core/policy/policy.h
