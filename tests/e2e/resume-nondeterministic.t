# A handler that asks for something else after a restart ends its run as nondeterministic, with both sides shown.
. "$TESTS/lib.sh"
plan 5
host_start
plugin moody
plugin fan
run moody '{"ms": 1}';                          succeeds "undisturbed nobody notices"
run_start fan '{"callee": "moody", "n": 1, "at_once": 1, "input": {"ms": 600000}}'
wait_for 'hospes show "$id" --json | jq -e "any(.tree.ops[0].ops[]?; .op == \"sleep\")" >/dev/null'
host_crash
host_launch
run_wait "$id";                                 fails_with nondeterministic "after a restart its run ends"
                                                says "op 0 of moody 1.0.0 (/0/0) was recall "
                                                says " when it first ran, and is recall "
is "$(hospes journal "$id" --json | jq -c '[.[].seq] == [range(length)]')" true "and its records have no gap"
