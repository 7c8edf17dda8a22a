noinst_LIBRARIES += core/registry/libregistry.a
core_registry_libregistry_a_SOURCES = \
	core/registry/apply.c core/registry/capable.c core/registry/command.c core/registry/configured.c \
	core/registry/folder.c core/registry/load.c core/registry/lookup.c core/registry/object.c \
	core/registry/queue.c core/registry/registry.c core/registry/registry.h core/registry/seen.c \
	core/registry/semver.c core/registry/settings.c core/registry/state.h core/registry/take.c \
	core/registry/take.h core/registry/version.c core/registry/watch.c
core_registry_libregistry_a_CPPFLAGS = $(AM_CPPFLAGS) $(SODIUM_CFLAGS)
