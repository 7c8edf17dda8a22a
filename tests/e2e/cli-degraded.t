# Where a required layer of the sandbox is missing a host does not start; a private one goes on and says so in one line.
. "$TESTS/lib.sh"
plan 6
own_plugin briefer
documents
without="$BUILT/tests/fixtures/without"

"$without" seccomp hospesd --dev --state "$T/state" >"$T/out" 2>&1; code=$?
is "$code" 1                            "a host does not start"
holds "grep -q '^error: sandbox_missing: .*seccomp' '$T/out'" "and names the layer"
"$without" seccomp hospes ask "What is there?" --sources "$T/docs" --strategy briefer --json >"$T/out" 2>"$T/err"; code=$?
is "$code $(jq -c '.points | length' "$T/out")" '0 3' "a private host does"
is "$(grep -c '' "$T/err")" 1           "and says so in one line"
holds "grep -q '^degraded: .*: seccomp;' '$T/err'" "that names the layer"
ask "What is there?" --sources "$T/docs"
is "$(cat "$T/err")" ""                 "which is not there where all layers hold"
