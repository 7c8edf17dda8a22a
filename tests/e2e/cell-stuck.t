# A call that computes for ever is ended by the watchdog and failed as stuck; others of its pool go on.
. "$TESTS/lib.sh"
plan 5
host_start 'cells = { silence = "500ms"; };'
plugin spin                             # fixtures/spin.c: computes, asks for nothing
plugin echo

begun=$SECONDS
run spin '{"forever": true}';           fails_with stuck "a loop without end is ended"
holds "[ $((SECONDS - begun)) -lt 60 ]" "long before the run's own deadline"
run spin '{"turns": 1000}';             succeeds "a short one is let be"
run_start spin '{"forever": true}'
stuck=$id
run echo '{"a": 1}';                    succeeds "while one is stuck, another agent answers"
run_wait "$stuck";                      fails_with stuck "and the stuck one is ended"
