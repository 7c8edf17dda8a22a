noinst_LIBRARIES += core/memory/libmemory.a
core_memory_libmemory_a_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS) $(SODIUM_CFLAGS)
core_memory_libmemory_a_SOURCES = \
	core/memory/batch.c core/memory/batch.h core/memory/change.c core/memory/change.h \
	core/memory/command.c core/memory/command.h core/memory/compose.c core/memory/documents.c \
	core/memory/documents.h core/memory/erase.c core/memory/files.c core/memory/files.h \
	core/memory/fill.c core/memory/find.c core/memory/index.c core/memory/index.h \
	core/memory/index_state.h core/memory/lines.c core/memory/lines.h core/memory/load.c \
	core/memory/look.c core/memory/memory.c core/memory/memory.h core/memory/passage.c \
	core/memory/passage.h core/memory/postings.c core/memory/postings.h core/memory/query.c \
	core/memory/query.h core/memory/search.c core/memory/spaces.c core/memory/spaces.h \
	core/memory/state.h core/memory/stem.c core/memory/sync.c core/memory/thread.c \
	core/memory/tokenizer.c core/memory/verified.c core/memory/verified.h core/memory/words.c \
	core/memory/words.h
