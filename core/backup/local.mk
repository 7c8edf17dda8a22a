noinst_LIBRARIES += core/backup/libbackup.a
core_backup_libbackup_a_CPPFLAGS = $(AM_CPPFLAGS) $(SODIUM_CFLAGS)
core_backup_libbackup_a_SOURCES = \
	core/backup/backup.h core/backup/format.c core/backup/live.c core/backup/make.c core/backup/make.h \
	core/backup/manifest.c core/backup/manifest.h core/backup/restore.c core/backup/restoring.h \
	core/backup/tree.c core/backup/tree.h
