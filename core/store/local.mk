noinst_LIBRARIES += core/store/libstore.a
core_store_libstore_a_SOURCES = \
	core/store/apply.c core/store/copy.c core/store/env.c core/store/grow.c core/store/guard.c \
	core/store/look.c core/store/pages.c core/store/state.h core/store/store.c core/store/store.h \
	core/store/thread.c core/store/txn.c
