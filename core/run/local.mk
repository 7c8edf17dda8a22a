noinst_LIBRARIES += core/run/librun.a
core_run_librun_a_SOURCES = \
	core/run/apply.c core/run/budget.c core/run/care.c core/run/care.h core/run/decide.c \
	core/run/drain.c core/run/erase.c core/run/erase_apply.c core/run/forward.c core/run/keys.c \
	core/run/keys.h core/run/open.c core/run/readers.c core/run/request.c core/run/resume.c \
	core/run/review_apply.c core/run/reviews.c core/run/reviews.h core/run/run.c core/run/run.h \
	core/run/scan.c core/run/score.c core/run/state.h core/run/summary.c core/run/text.c core/run/tree.c \
	core/run/view.c core/run/waits.c core/run/watch.c
