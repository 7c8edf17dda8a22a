# Ctrl-C cancels the run and undoes the rest: no process, no folder, no space is left; and so, as well as can be, when the
# command is killed.
. "$TESTS/lib.sh"
plan 14
own_plugin briefer
documents

ask_start "wait for ever" --sources "$T/docs"
private_run
kill -INT $ASKING
wait $ASKING
is $? 4                                 "an interrupt ends it, as hospes run"
holds "grep -q '^error: cancelled' '$T/err'" "the run was cancelled"
nothing_left                            "nothing is left of the private host"

ask_start "wait for ever" --sources "$T/docs"
private_run
kill -TERM $ASKING
wait $ASKING
is $? 4                                 "so does SIGTERM"
nothing_left                            "and nothing is left"

ask_start "wait for ever" --sources "$T/docs"
private_run
kill -KILL $ASKING
wait $ASKING 2>/dev/null
nothing_left                            "nothing is left when the command is killed"

ask_start "wait for ever" --sources "$T/docs"
private_run
pkill -KILL -P $ASKING
wait $ASKING
holds "[ $? -ne 0 ]"                    "killing what looks after the private host fails the question"
nothing_left                            "and leaves nothing"

mkdir "$T/many"
for ((n = 0; n < 3000; n++)); do
	echo "Document $n." >"$T/many/$n"
done
ask_start "wait for ever" --sources "$T/many"
wait_for '[ -S "$(echo "$TMPDIR"/hospes-ask-*/s)" ]'
kill -INT $ASKING
wait $ASKING
is $? 4                                 "an interrupt while it loads ends it too"
nothing_left                            "and leaves nothing"

host_start
plugin briefer
ask_start "wait for ever" --sources "$T/docs"
wait_for '[ "$(hospes ps --json | jq length)" -eq 1 ]'
id=$(hospes ps --json | jq -r '.[0].id')
is "$(spaces | jq length)" 1            "in a running host the documents have a space"
kill -INT $ASKING
wait $ASKING
is $? 4                                 "an interrupt"
is "$(hospes show "$id" --json | jq -r .status)" cancelled "cancels the run"
is "$(spaces)" '[]'                     "and drops the space"
