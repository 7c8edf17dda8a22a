noinst_LIBRARIES += core/memory/libmemory.a
core_memory_libmemory_a_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS) $(SODIUM_CFLAGS)
core_memory_libmemory_a_SOURCES = core/memory/batch.c core/memory/batch.h core/memory/change.c core/memory/change.h core/memory/command.c core/memory/command.h \
	core/memory/documents.c core/memory/documents.h core/memory/index.c core/memory/index.h core/memory/load.c \
	core/memory/look.c core/memory/memory.c core/memory/memory.h core/memory/passage.c core/memory/passage.h \
	core/memory/query.c core/memory/query.h core/memory/search.c core/memory/spaces.c core/memory/spaces.h \
	core/memory/state.h core/memory/thread.c
