# Nor do plugins get more of the memory of the host or of the machine than is theirs, by whatever way round the limits.
#
# Each row of fixtures/hostile/table is one of them on a real host: its caller is told the right thing, the host's log says who
# it was and what it did, others who run meanwhile all end well, and no process and no descriptor of it is left.
# ROWS='memory-*' plays some rows only.
. "$TESTS/lib.sh"
. "$TESTS/hostile.sh"
hostile_play 'memory-*'
