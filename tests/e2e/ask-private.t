# Where no host runs, a question is answered by a private one, which leaves nothing behind; --keep works on the user's own
# state, and what was kept can be asked again.
. "$TESTS/lib.sh"
plan 22
documents
ask "What is there?" --sources "$T/docs"
is "$code $(ls -A "$HOME" | grep -c local)" "3 0" "without a plugin of that name; and the user's folders are not made"
own_plugin briefer

ask "What is there?" --sources "$T/docs"
is "$code" 0                            "an answer"
holds "grep -q '^ *1\. Alpha is the first letter\. \[1\]$' '$T/out'" "each point ends in its citation"
holds "grep -q '^\[1\] alpha, bytes 0-26$' '$T/out'" "which is told with its document and bytes"
holds "grep -q '^\[3\] more/gamma.txt, bytes 0-19$' '$T/out'" "whose name is the path below the source"
holds "tail -n 1 '$T/out' | grep -qE '^confidence 0.50, 3 documents, [0-9]+ calls? of 1 agent, [0-9.]+ s$'" "the last line tells what it took"
is "$(cat "$T/err")" ""                 "nothing on stderr off a terminal"
nothing_left                            "no host and no folder is left"
holds "[ ! -e '$HOME/.local/state/hospes' ]" "the user's own state was not touched"

ask "none, I fear" --sources "$T/docs"
is "$code" 3                            "nothing found is status 3"
holds "grep -q '^The sources do not tell. 3 documents were looked at.$' '$T/out'" "and said"
ask "fail, please" --sources "$T/docs"
is "$code" 1                            "a failed run is a failure"
holds "grep -q '^error: failed: told to fail' '$T/err'" "with its reason"

ask "What is there?" --sources "$T/docs/alpha" "$T/docs/more" --json
is "$(jq -c '.sources | map(.document)' "$T/out")" '["alpha","gamma.txt"]' "several paths may follow --sources"

ask "What is there?" --sources "$T/docs" --keep --json
is "$(jq '.took.sent' "$T/out")" 3      "--keep loads the documents"
id=$(jq -r .run "$T/out")
ask "And again?" --sources "$T/docs" --keep --json
is "$(jq '.took.sent' "$T/out")" 0      "once"
is "$(hospes show "$id" --json | jq -r .status)" ok "the run stays in the user's own state, where it can be looked at"
hospes show "$id" --source 2 >"$T/out"
holds "grep -q '>>># Beta<<<' '$T/out'" "and its sources"
hospesd --dev --ready-fd 8 8>"$T/ready" 2>/dev/null & kept=$!
wait_for '[ -s "$T/ready" ]'
space=$(curl -s --unix-socket "$HOME/.local/state/hospes/hospes.sock" http://host/v1/memory | jq -r '.[].space')
kill $kept; wait $kept 2>/dev/null
ask "What is there?" --space "$space" --json
is "$(jq -c '.sources | length' "$T/out")" 3 "what was kept can be asked without the files"
nothing_left                            "and no folder is left of any"

ask "What is there?" --sources "$T/docs" --socket "$T/none.sock"
is "$code" 5                            "a host that was asked for by name has to answer"
ask "two" words --space x
is "$code" 2                            "a question without quotes is told"
