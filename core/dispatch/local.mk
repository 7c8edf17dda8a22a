noinst_LIBRARIES += core/dispatch/libdispatch.a
core_dispatch_libdispatch_a_SOURCES = \
	core/dispatch/accounts.c core/dispatch/accounts.h core/dispatch/alert.c core/dispatch/alert.h \
	core/dispatch/alert_apply.c core/dispatch/alert_list.c core/dispatch/apply.c core/dispatch/apply.h \
	core/dispatch/breaker.c core/dispatch/breaker.h core/dispatch/breakers.c core/dispatch/breakers.h \
	core/dispatch/breakers_told.c core/dispatch/budget_alerts.c core/dispatch/config.c \
	core/dispatch/cusum.c core/dispatch/cusum.h core/dispatch/deadlock.c core/dispatch/decision.c \
	core/dispatch/dispatch.c core/dispatch/dispatch.h core/dispatch/execute.c core/dispatch/fallbacks.c \
	core/dispatch/guard.h core/dispatch/guard_admission.c core/dispatch/guard_breaker.c \
	core/dispatch/guard_budget.c core/dispatch/guard_concurrency.c core/dispatch/guard_context.c \
	core/dispatch/guard_cycle.c core/dispatch/guard_deadline.c core/dispatch/guard_depth.c \
	core/dispatch/guard_grounding.c core/dispatch/guard_memory.c core/dispatch/guard_permission.c \
	core/dispatch/guard_quality.c core/dispatch/guard_rate.c core/dispatch/guard_repetition.c \
	core/dispatch/guard_review.c core/dispatch/ladder.c core/dispatch/ladder.h core/dispatch/ledger.c \
	core/dispatch/ledger.h core/dispatch/ledger_load.c core/dispatch/loops.c core/dispatch/op_call.c \
	core/dispatch/op_find.c core/dispatch/op_first.c core/dispatch/op_http.c core/dispatch/op_memory.c \
	core/dispatch/op_memory.h core/dispatch/op_part.c core/dispatch/op_poll.c core/dispatch/op_review.c \
	core/dispatch/op_score.c core/dispatch/op_script.c core/dispatch/op_search.c core/dispatch/op_time.c \
	core/dispatch/pipeline.c core/dispatch/poll.c core/dispatch/poll.h core/dispatch/poll_read.c \
	core/dispatch/poll_tell.c core/dispatch/quality.c core/dispatch/quality.h \
	core/dispatch/quality_apply.c core/dispatch/rate.h \
	core/dispatch/record.c core/dispatch/replay.c core/dispatch/resolve.c core/dispatch/restore.c \
	core/dispatch/restore.h core/dispatch/restore_effects.c core/dispatch/restore_go.c core/dispatch/restore_stages.c \
	core/dispatch/review.c core/dispatch/review.h core/dispatch/review_decide.c core/dispatch/routing.c \
	core/dispatch/spend.c core/dispatch/stages.c core/dispatch/stages.h core/dispatch/state.h core/dispatch/stop.c \
	core/dispatch/tell.c core/dispatch/verdict.c core/dispatch/verdict.h core/dispatch/verdict_cache.c \
	core/dispatch/verdict_cache.h core/dispatch/waitq.c core/dispatch/waits.c
if BENCH_HOOKS
core_dispatch_libdispatch_a_SOURCES += core/dispatch/op_bench.c
endif
