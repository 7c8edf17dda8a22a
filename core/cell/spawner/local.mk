# hospes-spawner: starts cells and inspectors, keeps root where there is one
pkglibexec_PROGRAMS += core/cell/hospes-spawner

core_cell_hospes_spawner_SOURCES = core/cell/spawner/spawner_main.c core/cell/spawner.h core/cell/spawner/spawn.c core/cell/spawner/spawn.h \
	core/cell/spawner/spawn_init.c core/cell/spawner/cgroup.c core/cell/spawner/cgroup.h core/cell/guest/guest.h
core_cell_hospes_spawner_LDADD = core/cell/libsandbox.a core/base/libbase.a $(SECCOMP_LIBS) $(JANSSON_LIBS) $(XXHASH_LIBS) $(SODIUM_LIBS)
