noinst_LIBRARIES += core/policy/libpolicy.a
core_policy_libpolicy_a_SOURCES = \
	core/policy/check.c core/policy/check.h core/policy/check_alerts.c core/policy/check_grants.c \
	core/policy/clients.c core/policy/clients.h core/policy/diff.c core/policy/fallbacks.c \
	core/policy/fallbacks.h core/policy/files.c core/policy/handoffs.c core/policy/handoffs.h \
	core/policy/keys.c core/policy/keys.h core/policy/match.c core/policy/match.h core/policy/numbers.c \
	core/policy/numbers.h core/policy/places.c core/policy/places.h core/policy/policy.c \
	core/policy/policy.h core/policy/prices.c core/policy/prices.h core/policy/read.c core/policy/read.h core/policy/read_lists.c \
	core/policy/reader.h core/policy/routing.c core/policy/routing.h core/policy/units.c \
	core/policy/units.h core/policy/value.c core/policy/value.h
core_policy_libpolicy_a_CPPFLAGS = $(AM_CPPFLAGS) $(CONFIG_CFLAGS)
