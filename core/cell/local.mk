# The host side of cells, and the programs that run on the other side.
include core/cell/host.mk
include core/cell/guest.mk
