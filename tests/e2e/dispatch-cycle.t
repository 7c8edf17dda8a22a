# An agent that would call its own ancestor is refused at once, and the whole loop is named.
. "$TESTS/lib.sh"
plan 4
host_start
plugin loop-a                           # fixtures/loop.c: each calls the other
plugin loop-b

run loop-a '{}';                        fails_with cycle "a loop of two is refused"
                                        says "loop-a -> loop-b -> loop-a"
journal_has '.guard == "cycle"' 1       "one refusal on record"
journal_has '.kind == "call_start"' 2   "and no third call began"
