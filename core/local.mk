# hospesd

sbin_PROGRAMS += hospesd
hospesd_SOURCES = core/hospesd.c core/notify.c core/notify.h core/offline.c core/offline.h core/options.c core/options.h \
	core/state_dir.c core/state_dir.h
hospesd_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS) $(SODIUM_CFLAGS)
hospesd_LDADD = core/api/libapi.a core/observe/libobserve.a core/run/librun.a core/backup/libbackup.a core/dispatch/libdispatch.a core/registry/libregistry.a \
	core/tool/libtool.a core/memory/libmemory.a core/cell/libcell.a core/policy/libpolicy.a core/call/libcall.a core/store/libstore.a \
	core/journal/libjournal.a core/base/libbase.a \
	$(EVENT_LIBS) $(CURL_LIBS) $(JANSSON_LIBS) $(CONFIG_LIBS) $(LMDB_LIBS) $(SODIUM_LIBS) $(SQLITE_LIBS) $(XXHASH_LIBS) -lm
