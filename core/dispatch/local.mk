noinst_LIBRARIES += core/dispatch/libdispatch.a
core_dispatch_libdispatch_a_SOURCES = core/dispatch/dispatch.h core/dispatch/guard.h core/dispatch/pipeline.c
