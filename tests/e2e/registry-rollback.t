# One command goes back to the version before, at once; what is dropped again or restarted changes nothing.
. "$TESTS/lib.sh"
plan 9
host_start
plugin wordcount
hospes rollback wordcount >"$T/out" 2>"$T/err"; code=$?
holds "[ $code -ne 0 ]" "with one version there is nothing to go back to"
plugin wordcount-1.1 wordcount 1.1.0

hospes rollback wordcount >"$T/out" 2>"$T/err"; code=$?
is "$code" 0 "rollback"
is "$(active wordcount)" 1.0.0 "1.0.0 is active when the command returns"
run wordcount '{"name": "a", "text": "x"}'
is "$(version_of "$id")" 1.0.0 "and new runs use it"

cp "$(so wordcount-1.1)" "$DROP/again.so"
plugin survey                           # the host has looked at the folder since
is "$(active wordcount)" 1.0.0 "a known file dropped again changes no alias"
host_stop
is "$code" 0 "the host ends in order"
host_launch
is "$(active wordcount)" 1.0.0 "nor does a restart"

hospes rollback wordcount --to 1.1.0 >"$T/out" 2>"$T/err"; code=$?
is "$(active wordcount)" 1.1.0 "a version can be named"
hospes rollback nobody --json >"$T/out" 2>"$T/err"; code=$?
fails_with no_such_agent "an unknown name is told"
