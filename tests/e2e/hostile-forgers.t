# Polls, reviews and scores that a plugin forges, frame by frame, decide nothing and cost others nothing.
#
# Each row of fixtures/hostile/table is one of them on a real host: its caller is told the right thing, the host's log says who
# it was and what it did, others who run meanwhile all end well, and no process and no descriptor of it is left.
# ROWS='forge-poll-*' plays some rows only.
. "$TESTS/lib.sh"
. "$TESTS/hostile.sh"
hostile_play 'forge-*'
