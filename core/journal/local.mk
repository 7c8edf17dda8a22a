noinst_LIBRARIES += core/journal/libjournal.a
core_journal_libjournal_a_SOURCES = core/journal/journal.c core/journal/journal.h
