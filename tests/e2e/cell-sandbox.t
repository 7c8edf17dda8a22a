# The sandbox is proved, not assumed: `hospes doctor` tries what is forbidden in a probe cell and tells what came of it.
. "$TESTS/lib.sh"
plan 5
hospes doctor --json >"$T/out" 2>"$T/err" </dev/null; code=$?
is "$code" 0 "doctor finds all required layers"
is "$(jq '[.layers[] | select(.required and (.holds | not))] | length' "$T/out")" 0 "each of them holds"
is "$(jq -c '[.layers[] | select(.required) | .name] | sort' "$T/out")" '["caps","network","no_new_privs","rlimits","seccomp"]' \
    "these are required"
is "$(jq '[.layers[] | select(.holds and ((.tried // "") == "" or (.found // "") == ""))] | length' "$T/out")" 0 \
    "each one that holds says what was tried and how it was refused"
hospes doctor >"$T/out" 2>"$T/err" </dev/null
holds "grep -q seccomp '$T/out'" "and it is told in words"
