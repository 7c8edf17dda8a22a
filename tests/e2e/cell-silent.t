# An agent that says nothing at all costs its caller no more than the time that the caller gave it.
. "$TESTS/lib.sh"
plan 4
host_start
plugin silent                           # fixtures/silent.c: waits for an hour
plugin fan
plugin echo

begun=$SECONDS
run silent '{}' --wall 1;              fails_with deadline_exceeded "a silent agent is ended at the deadline"
                                        says deadline
holds "[ $((SECONDS - begun)) -lt 20 ]" "in time"
run echo '{"a": 1}';                    succeeds "the host answers as before"
