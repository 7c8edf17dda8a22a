# In a container that gives no namespaces and no mounts the required layers hold and a host starts.  Where one of them is missing too it
# refuses with a sentence, or goes on when it was told to.
. "$TESTS/lib.sh"
plan 17
doctor without namespaces
is "$code" 0                            "every required layer holds" || shown
is "$(jq -c '["net_ns", "pid_ns", "mount_ns", "ipc_ns"] - .missing' "$T/out")" '[]' "namespaces are missing and said to be"
is "$(jq -c '[.layers[] | select(.required) | .holds] | unique' "$T/out")" '[true]' "what is required holds"
is "$(found net_ns tcp) $(found network tcp) $(found network abstract)" "NOT: it worked ENOSYS ENOSYS" \
    "the network is closed by the filter alone"
is "$(found signals host) $(found signals all)" "ENOSYS ENOSYS" "and so is everybody else"
hospes_words=$(without namespaces hospes doctor 2>/dev/null </dev/null)
holds 'grep -q "^not there: net_ns, pid_ns, mount_ns, ipc_ns" <<<"$hospes_words"' "words say what is not there"
if user_can; then
	doctor as_user "$BUILT/tests/fixtures/without" namespaces
	is "$code" 0                    "for an ordinary user too" || shown
else
	ok 0 "for an ordinary user too # SKIP he cannot read the build folder"
fi

doctor without namespaces,seccomp
is "$code" 1                            "without filters it is not closed in" || shown
is "$(jq -c '["seccomp"] - .missing' "$T/out") $(jq .degraded "$T/out")" '[] false' "the filter is missing"
without namespaces,seccomp hospesd --dev --state "$T/dev" >"$T/out" 2>&1; code=$?
is "$code $(grep -c '^error: sandbox_missing: these required layers of the sandbox do not hold here: seccomp' "$T/out")" "1 1" \
    "and a host says so and does not start"

mkdir -p -m 0755 "$DROP"
conf_write 'sandbox: { degraded = true; };'
without namespaces,seccomp hospes doctor --config "$T/hospes.conf" --json >"$T/out" 2>"$T/err"; code=$?
is "$code $(jq -c '[.ok, .degraded]' "$T/out")" '3 [false,true]' "degraded is told apart"
without namespaces hospes doctor --config "$T/hospes.conf" --json >"$T/out" 2>"$T/err"; code=$?
is "$code $(jq -c '[.ok, .degraded]' "$T/out")" '0 [true,false]' "where all is there it is not"
hospesd()
{
	exec "$BUILT/tests/fixtures/without" "$LACKING" "$STAGE/sbin/hospesd" "$@"
}
LACKING=namespaces,seccomp
host_start 'sandbox: { degraded = true; };'
plugin wordcount
run wordcount '{"name": "a", "text": "x"}';     succeeds "told to, a host goes on"
holds 'logged "degraded: required layers"'      "and its log says without what"
host_stop
LACKING=namespaces
rm -rf "$T/state"
host_start
wait_for '[ "$(active wordcount)" = 1.0.0 ]'
run wordcount '{"name": "a", "text": "x"}';     succeeds "with filters it needs no telling"
is "$(grep -c degraded "$T/host.log")" 1        "nor does it say so"
holds doctor_left_nothing               "and nothing is left behind"
