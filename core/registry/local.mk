noinst_LIBRARIES += core/registry/libregistry.a
core_registry_libregistry_a_SOURCES = core/registry/registry.c core/registry/registry.h
