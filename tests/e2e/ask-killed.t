# A command that is killed takes nothing back itself; yet of a running host's memory it keeps nothing.
. "$TESTS/lib.sh"
plan 4
host_start
plugin briefer
documents
mkdir "$T/many"
for ((n = 0; n < 4000; n++)); do
	echo "Document $n, of which there are many." >"$T/many/$n"
done

ask_start "wait for ever" --sources "$T/docs"
wait_for '[ "$(curl -s --unix-socket "$HOSPES_SOCKET" http://host/v1/runs | grep -c running)" -gt 0 ]'
is "$(spaces | jq length)" 1            "while it asks, its documents are a space"
kill -KILL $ASKING
wait $ASKING 2>/dev/null
wait_for '[ "$(spaces)" = "[]" ]'
ok $?                                   "which goes when it is killed"
wait_for '[ "$(curl -s --unix-socket "$HOSPES_SOCKET" http://host/v1/runs | grep -c running)" = 0 ]'
ok $?                                   "and so does its run"

ask_start "wait for ever" --sources "$T/many"
wait_for '[ "$(spaces | jq length)" = 1 ]'
kill -KILL $ASKING
wait $ASKING 2>/dev/null
wait_for '[ -z "$(pgrep -f "hospes ask wait for ever --sources $T/many")" ]'
is "$(spaces)" '[]'                     "also in the middle of loading"
