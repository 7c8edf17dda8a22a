noinst_LIBRARIES += core/store/libstore.a
core_store_libstore_a_SOURCES = core/store/store.c core/store/store.h
