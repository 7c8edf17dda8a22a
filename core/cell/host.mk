noinst_LIBRARIES += core/cell/libcell.a
core_cell_libcell_a_SOURCES = core/cell/cell.h core/cell/cells.c
