noinst_LIBRARIES += core/observe/libobserve.a
core_observe_libobserve_a_CPPFLAGS = $(AM_CPPFLAGS) $(SODIUM_CFLAGS)
core_observe_libobserve_a_SOURCES = \
	core/observe/observe.h core/observe/sign.c core/observe/sign.h core/observe/webhook.c
