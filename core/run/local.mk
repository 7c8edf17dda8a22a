noinst_LIBRARIES += core/run/librun.a
core_run_librun_a_SOURCES = core/run/run.c core/run/run.h
