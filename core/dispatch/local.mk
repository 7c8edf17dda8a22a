noinst_LIBRARIES += core/dispatch/libdispatch.a
core_dispatch_libdispatch_a_SOURCES = \
	core/dispatch/config.c core/dispatch/deadlock.c core/dispatch/decision.c core/dispatch/dispatch.c core/dispatch/dispatch.h core/dispatch/execute.c \
	core/dispatch/guard.h core/dispatch/guard_budget.c core/dispatch/guard_concurrency.c \
	core/dispatch/guard_context.c core/dispatch/guard_cycle.c \
	core/dispatch/guard_deadline.c core/dispatch/guard_depth.c core/dispatch/guard_grounding.c \
	core/dispatch/guard_memory.c core/dispatch/guard_permission.c core/dispatch/guard_rate.c core/dispatch/guard_repetition.c core/dispatch/loops.c \
	core/dispatch/op_call.c core/dispatch/op_find.c core/dispatch/op_first.c core/dispatch/op_http.c \
	core/dispatch/op_memory.c core/dispatch/op_memory.h core/dispatch/op_part.c core/dispatch/op_script.c \
	core/dispatch/op_search.c core/dispatch/op_time.c core/dispatch/pipeline.c core/dispatch/rate.c core/dispatch/rate.h core/dispatch/record.c \
	core/dispatch/replay.c core/dispatch/resolve.c core/dispatch/restore.c core/dispatch/restore.h \
	core/dispatch/restore_go.c core/dispatch/state.h core/dispatch/tell.c \
	core/dispatch/verdict.c core/dispatch/verdict.h core/dispatch/waits.c
if BENCH_HOOKS
core_dispatch_libdispatch_a_SOURCES += core/dispatch/op_bench.c
endif
