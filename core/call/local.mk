noinst_LIBRARIES += core/call/libcall.a
core_call_libcall_a_SOURCES = \
	core/call/account.c core/call/account.h core/call/call.c core/call/call.h core/call/carried.c core/call/carried.h \
	core/call/review.c core/call/review.h
