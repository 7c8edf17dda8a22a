# An agent that would call its own ancestor is refused at once, and the whole loop is named, however it came about; who asks for
# it again and again ends the run.  What each had cost when it was stopped is told.
. "$TESTS/lib.sh"
plan 27

# stopped CALLS "which": how many calls began, and what they cost of the budget; the next one was refused.
stopped()
{
	journal_has '.kind == "call_start"' "$1" "$2: $1 calls began"
	is "$(hospes show "$id" --json | jq .calls)" "$1" "$2: that is what it cost"
}

host_start
plugin loop-a                           # fixtures/loop.c: each calls the other
plugin loop-b
run loop-a '{}';                        fails_with cycle "a loop of two is refused"
                                        says "loop-a -> loop-b -> loop-a"
journal_has '.kind == "refusal" and .guard == "cycle" and .status == "cycle"' 1 "one refusal on record"
stopped 2 "a <-> b"

ring_made 0 3                           # plugins/ring.c: each calls the next
run ring-0000 '{}';                     fails_with cycle "a loop of three"
                                        says "ring-0000 -> ring-0001 -> ring-0002 -> ring-0000"
stopped 3 "a -> b -> c -> a"
run ring-0000 '{"missing": "ring-0001", "instead": "ring-0000"}'
fails_with cycle "a loop through a fallback"
says "ring-0000 -> ring-0001 -> ring-0000"
stopped 2 "a -> b, and back where c is missing"

# Whoever does not listen.
run ring-0000 '{"stubborn": true}'
fails_with cycle "the third refusal from one to another ends the run"
says "ring-0002 -> ring-0000 was refused 3 times in this run"
journal_has '.kind == "refusal" and .guard == "cycle"' 3 "three refusals on record"
stopped 3 "one that asks again and again"
host_stop
host_start 'run = { on_cycle = "end_run"; };'
wait_for '[ -n "$(active ring-0002)" ]'
run ring-0000 '{"stubborn": true}'
fails_with cycle "with on_cycle the first does"
says '`run.on_cycle` is end_run, and ring-0000 -> ring-0001 -> ring-0002 -> ring-0000'
journal_has '.kind == "refusal" and .guard == "cycle"' 1 "one refusal on record"
stopped 3 "on_cycle = end_run"
host_stop

# As long a chain as may be: all of it is named.
host_start 'run = { depth = 64; };'
ring_made 100 20
run ring-0100 '{}';                     fails_with cycle "a loop of twenty"
                                        says "$(for ((i = 100; i < 120; i++)); do printf 'ring-%04d -> ' $i; done)ring-0100"
stopped 20 "a ring of twenty"
