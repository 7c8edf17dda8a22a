# A thousand agents in a ring, each of which delegates to the next: nobody is called twice, so there is no circle for anybody to
# see before the money is gone; the chain is cut where it is longer than it may be.  RING=N: as large a ring, of 66 at least.
. "$TESTS/lib.sh"
plan 8
RING=${RING:-1000}
host_start
SECONDS=0
ring_made 0 "$RING"                     # plugins/ring.c: each calls the next
ok $? "a ring of $RING is taken in"
note "after $SECONDS s"
run ring-0000 '{}';                     fails_with depth_exceeded "the seventh call is refused"
journal_has '.kind == "call_start"' 6   "six calls began"
is "$(hospes show "$id" --json | jq .calls)" 6 "that is what it cost"
host_stop
host_start 'run = { depth = 64; };'
wait_for '[ -n "$(active ring-0065)" ]'
run ring-0000 '{}';                     fails_with depth_exceeded "in the longest chain that can be allowed"
                                        says "ring-0065 would run at depth 65 and the limit is 64"
journal_has '.kind == "call_start"' 65  "65 calls began"
is "$(hospes show "$id" --json | jq .calls)" 65 "that is what it cost"
