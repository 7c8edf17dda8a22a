# A running host is used: the documents go into a space of their own, which is dropped in the end however the question ends;
# with --keep it stays, and the next question over the same files sends nothing.
. "$TESTS/lib.sh"
plan 16
host_start
plugin briefer
documents

ask "What is there?" --sources "$T/docs" --json
is "$code" 0                            "an answer"
id=$(jq -r .run "$T/out")
is "$(hospes show "$id" --json | jq -r .status)" ok "by the running host, where the run stays"
is "$(spaces)" '[]'                     "the space does not"
is "$(ls "$TMPDIR")" ""                 "no private host was started"
ask "fail, please" --sources "$T/docs"
is "$code $(spaces)" '1 []'             "nor when the run fails"
hospes ask "What is there?" --sources "$T/docs" --strategy missing >"$T/out" 2>"$T/err"; code=$?
is "$code $(spaces)" '3 []'             "nor when it does not start"

ask "What is there?" --sources "$T/docs" --keep --json
is "$(jq '.took.sent' "$T/out")" 3      "--keep"
space=$(spaces | jq -r '.[0]')
holds "[[ $space =~ ^ask-[0-9a-f]{20}$ ]]" "names the space after what is in it"
ask "And again?" --sources "$T/docs" --keep --json
is "$(jq '.took.sent' "$T/out")" 0      "the second question sends nothing"
is "$(spaces)" "[\"$space\"]"           "and needs no other space"
printf 'Delta.\n' >"$T/docs/delta"
ask "And now?" --sources "$T/docs" --keep --json
is "$(spaces | jq length)" 2            "other documents are another space"

printf 'Omega.\n' >"$T/omega"
ask "Both?" --space "$space" --sources "$T/omega" --json
is "$(jq -c '.sources | map(.document) | sort' "$T/out")" '["alpha","beta.md","more/gamma.txt","omega"]' "a space and files together"
is "$(spaces | jq length)" 2            "the one named stays, the throw-away one does not"
ask "What?" --space nothing-there
is "$code" 3                            "a space in which there is nothing"
holds "grep -q '^error: not_found: .* space nothing-there; .hospes memory list' '$T/err'" "is told, not searched"

# A reader that leaves in the middle: the space goes all the same.
mkdir "$T/many"
for ((n = 0; n < 300; n++)); do
	echo "Document $n, whose first line is rather long so that the answer fills more than a pipe takes in one go." >"$T/many/$n"
done
hospes ask "What is there?" --sources "$T/many" --strategy briefer 2>"$T/err" | head -n 1 >"$T/out"
is "$(cat "$T/out") $(spaces | jq length)" "What is there? 2" "also when nobody reads the answer"
