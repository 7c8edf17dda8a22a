noinst_LIBRARIES += core/journal/libjournal.a
core_journal_libjournal_a_SOURCES = \
	core/journal/batch.c core/journal/blocks.c core/journal/blocks.h core/journal/chains.c \
	core/journal/chains.h core/journal/check.c core/journal/disk.c core/journal/disk.h \
	core/journal/drop.c core/journal/erase.c core/journal/erase.h core/journal/format.h \
	core/journal/journal.c core/journal/journal.h core/journal/read.c core/journal/recover.c \
	core/journal/segment.c core/journal/segment.h core/journal/state.h core/journal/writer.c
EXTRA_DIST += core/journal/README
