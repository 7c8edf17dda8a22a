# `hospes doctor` as an ordinary user: what a user namespace gives, and no more is claimed.
. "$TESTS/lib.sh"
user_can || skip_all "an ordinary user cannot read the build folder"
as_user unshare -U true 2>/dev/null || skip_all "an ordinary user has no user namespaces here"
plan 6
doctor as_user
is "$code" 0                            "every required layer holds" || shown
is "$(jq -r .uid "$T/out")" "the host's, in a user namespace" "a cell has the user's own uid"
is "$(jq -c '[.layers[] | select(.name == "uid" or .name == "net_ns" or .name == "pid_ns" or .name == "ipc_ns") | .holds] | unique' "$T/out")" \
    '[true]' "in namespaces of its own"
is "$(jq -c '[.layers[] | select(.holds | not) | .name] - ["mount_ns", "cgroup", "landlock", "tsc"] -
    (if env.SANITIZERS == "yes" then ["memory"] else [] end)' "$T/out")" '[]' "and closed in by all that any machine can give"
is "$(jq '[.layers[] | select(.holds) | .tries[] | select(.applies and (.refused | not))] | length' "$T/out")" 0 \
    "a layer that holds has refused everything"
holds doctor_left_nothing               "it leaves nothing behind"
