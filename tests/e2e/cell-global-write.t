# A handler that writes a global dies of it, and the sentence names the variable; one that says state=cell may.
. "$TESTS/lib.sh"
plan 6
host_start
plugin crash
plugin counter                          # fixtures/counter.c: state=cell
plugin init-global                      # fixtures/init-global.c: writes in init, reads in the handler

run crash '{"how": "global"}';          fails_with poison "a write to a global ends the call"
                                        says written
run init-global '{"n": 9}';             succeeds "what init wrote may be read"
                                        result '[.square, .heap]' '[81,7]' "and is what init wrote"
run counter '{}';                       succeeds "a plugin that declares state=cell may write"
                                        result .calls 1 "its own"
