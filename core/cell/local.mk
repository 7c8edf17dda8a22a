# The host's side of cells is here; each program on the other side has a folder.
noinst_LIBRARIES += core/cell/libcell.a
core_cell_libcell_a_SOURCES = \
	core/cell/bait.c core/cell/blame.c core/cell/cancel.c core/cell/cell.c core/cell/cell.h \
	core/cell/cell_log.c core/cell/cell_start.c core/cell/cells.c core/cell/cpu.c core/cell/death.c \
	core/cell/evict.c core/cell/filters.c core/cell/frames.c core/cell/frames.h core/cell/frames_out.c \
	core/cell/host.h core/cell/inspect.c core/cell/layers.c core/cell/outcome.c core/cell/pool.c core/cell/probing.c \
	core/cell/prove.c core/cell/prove.h core/cell/reply.c core/cell/seen.c core/cell/serve.c \
	core/cell/share.c core/cell/slices.c core/cell/spawner.c core/cell/spawner.h core/cell/spin.c core/cell/tries.c \
	core/cell/tries.h core/cell/verdict.c core/cell/watchdog.c

include core/cell/spawner/local.mk
include core/cell/guest/local.mk
include core/cell/inspect/local.mk
