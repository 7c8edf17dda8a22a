# hospes-cell: a guest's process, and the sandbox that it shares with the inspector
pkglibexec_PROGRAMS += core/cell/hospes-cell

noinst_LIBRARIES += core/cell/libsandbox.a
core_cell_libsandbox_a_SOURCES = core/cell/guest/sandbox.c core/cell/guest/sandbox.h core/cell/guest/rootfs.c core/cell/guest/landlock.c \
	core/cell/guest/filter.c core/cell/guest/filter_names.c core/cell/guest/filter_pin.c core/cell/guest/last_filter.h \
	core/cell/guest/programs.c core/cell/guest/programs.h core/cell/guest/programs_make.c core/cell/layers.c core/cell/guest/guest.h
core_cell_libsandbox_a_CPPFLAGS = $(AM_CPPFLAGS) $(SECCOMP_CFLAGS)

core_cell_hospes_cell_SOURCES = core/cell/guest/cell_main.c core/cell/guest/fatal.c core/cell/guest/fatal.h core/cell/guest/heap.c core/cell/guest/heap.h core/cell/guest/interpose.c \
	core/cell/guest/last_filter.c \
	core/cell/guest/plugin.c core/cell/guest/plugin.h core/cell/guest/prime.c core/cell/guest/prime.h core/cell/guest/probe.c core/cell/guest/probe.h \
	core/cell/guest/proof.c core/cell/guest/proof.h core/cell/guest/proof_calls.c core/cell/guest/proof_ends.c \
	core/cell/guest/proof_landlock.c core/cell/guest/proof_limits.c core/cell/guest/proof_reach.c core/cell/tries.c \
	core/cell/guest/seal.c core/cell/guest/seal.h core/cell/guest/symbols.c core/cell/guest/symbols.h
core_cell_hospes_cell_CPPFLAGS = $(AM_CPPFLAGS) $(SECCOMP_CFLAGS)
core_cell_hospes_cell_LDADD = core/cell/libsandbox.a core/base/libbase.a sdk/.libs/libhospes.so $(JANSSON_LIBS) \
	$(XXHASH_LIBS) $(SODIUM_LIBS) -ldl -lm
# The library is named as a file, not as libtool's .la: for that libtool makes a shell script which finds it by the
# environment, and a cell has neither a shell nor an environment.  It is found relative to the program, so that a tree
# that is built, staged under DESTDIR or moved works as it is.
# The unwinder is wanted by every report of a fatal signal; loaded with the program it costs half of what dlopen takes.
core_cell_hospes_cell_LDFLAGS = $(AM_LDFLAGS) -Wl,--no-as-needed,-lgcc_s,--as-needed -Wl,--dynamic-list=$(srcdir)/core/cell/guest/interpose.list \
	-Wl,-rpath,'$$ORIGIN/'$$(realpath -m --relative-to='$(pkglibexecdir)' '$(libdir)') -Wl,-rpath,'$$ORIGIN/../../sdk/.libs'
core_cell_hospes_cell_DEPENDENCIES = core/cell/libsandbox.a core/base/libbase.a sdk/libhospes.la \
	$(srcdir)/core/cell/guest/interpose.list
EXTRA_DIST += core/cell/guest/interpose.list
