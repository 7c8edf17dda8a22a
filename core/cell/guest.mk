# hospes-spawner, hospes-cell and hospes-inspect, and the sandbox that the last two share
pkglibexec_PROGRAMS += core/cell/hospes-spawner core/cell/hospes-cell core/cell/hospes-inspect

core_cell_hospes_spawner_SOURCES = core/cell/spawner_main.c core/cell/spawner.h core/cell/spawn.c core/cell/spawn.h \
	core/cell/spawn_init.c core/cell/cgroup.c core/cell/cgroup.h core/cell/guest.h
core_cell_hospes_spawner_LDADD = core/base/libbase.a $(JANSSON_LIBS) $(XXHASH_LIBS) $(SODIUM_LIBS)

noinst_LIBRARIES += core/cell/libsandbox.a
core_cell_libsandbox_a_SOURCES = core/cell/sandbox.c core/cell/sandbox.h core/cell/rootfs.c core/cell/landlock.c \
	core/cell/filter.c core/cell/layers.c core/cell/guest.h
core_cell_libsandbox_a_CPPFLAGS = $(AM_CPPFLAGS) $(SECCOMP_CFLAGS)

core_cell_hospes_cell_SOURCES = core/cell/cell_main.c core/cell/fatal.c core/cell/fatal.h core/cell/interpose.c \
	core/cell/plugin.c core/cell/plugin.h core/cell/prime.c core/cell/prime.h core/cell/probe.c core/cell/probe.h \
	core/cell/seal.c core/cell/seal.h core/cell/symbols.c core/cell/symbols.h
core_cell_hospes_cell_LDADD = core/cell/libsandbox.a core/base/libbase.a sdk/.libs/libhospes.so $(JANSSON_LIBS) \
	$(SECCOMP_LIBS) $(XXHASH_LIBS) $(SODIUM_LIBS) -ldl -lm
# The library is named as a file, not as libtool's .la: for that libtool makes a shell script which finds it by the
# environment, and a cell has neither a shell nor an environment.  It is found relative to the program, so that a tree
# that is built, staged under DESTDIR or moved works as it is.
core_cell_hospes_cell_LDFLAGS = $(AM_LDFLAGS) -Wl,--dynamic-list=$(srcdir)/core/cell/interpose.list \
	-Wl,-rpath,'$$ORIGIN/'$$(realpath -m --relative-to='$(pkglibexecdir)' '$(libdir)') -Wl,-rpath,'$$ORIGIN/../../sdk/.libs'
core_cell_hospes_cell_DEPENDENCIES = core/cell/libsandbox.a core/base/libbase.a sdk/libhospes.la \
	$(srcdir)/core/cell/interpose.list
EXTRA_DIST += core/cell/interpose.list

noinst_LIBRARIES += core/cell/libinspect.a
core_cell_libinspect_a_SOURCES = core/cell/inspector.c core/cell/inspector.h core/cell/object.c core/cell/object.h \
	core/cell/notes.c core/cell/notes.h core/cell/imports.c core/cell/imports.h
core_cell_libinspect_a_CPPFLAGS = $(AM_CPPFLAGS) $(ELF_CFLAGS)

core_cell_hospes_inspect_SOURCES = core/cell/inspect_main.c
core_cell_hospes_inspect_LDADD = core/cell/libinspect.a core/cell/libsandbox.a core/base/libbase.a $(ELF_LIBS) \
	$(JANSSON_LIBS) $(SECCOMP_LIBS) $(XXHASH_LIBS) $(SODIUM_LIBS) -lm
