noinst_LIBRARIES += core/base/libbase.a
core_base_libbase_a_SOURCES = \
	core/base/buf.c core/base/buf.h core/base/clock.c core/base/clock.h core/base/fault.c \
	core/base/fault.h core/base/fd.c core/base/fd.h core/base/find.c core/base/find.h core/base/id.c core/base/id.h core/base/install.c \
	core/base/install.h core/base/json.c core/base/json.h core/base/kept.h core/base/log.c core/base/log.h \
	core/base/map.c core/base/map.h core/base/money.c core/base/money.h core/base/plain.c core/base/prompt.c core/base/prompt.h \
	core/base/record.c core/base/record.h core/base/scan.c core/base/schema.c core/base/slab.c \
	core/base/slab.h core/base/turns.c core/base/turns.h core/base/util.c core/base/util.h
