# hospes-inspect: reads what a plugin says about itself, in a jail
pkglibexec_PROGRAMS += core/cell/hospes-inspect

noinst_LIBRARIES += core/cell/libinspect.a
core_cell_libinspect_a_SOURCES = core/cell/inspect/inspector.c core/cell/inspect/inspector.h core/cell/inspect/object.c core/cell/inspect/object.h \
	core/cell/inspect/notes.c core/cell/inspect/notes.h core/cell/inspect/imports.c core/cell/inspect/imports.h
core_cell_libinspect_a_CPPFLAGS = $(AM_CPPFLAGS) $(ELF_CFLAGS)

core_cell_hospes_inspect_SOURCES = core/cell/inspect/inspect_main.c
core_cell_hospes_inspect_LDADD = core/cell/libinspect.a core/cell/libsandbox.a core/base/libbase.a $(ELF_LIBS) \
	$(JANSSON_LIBS) $(SECCOMP_LIBS) $(XXHASH_LIBS) $(SODIUM_LIBS) -lm
