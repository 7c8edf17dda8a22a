# Two questions at once are two private hosts, or two spaces of a running one; of the user's own state one waits for the
# other.
. "$TESTS/lib.sh"
plan 7
own_plugin briefer
documents

# both ARGS...: the same question twice at the same time.
both()
{
	local one two
	hospes ask "What is there?" --sources "$T/docs" --strategy briefer --json "$@" >"$T/one" 2>"$T/err" & one=$!
	hospes ask "What is there?" --sources "$T/docs" --strategy briefer --json "$@" >"$T/two" 2>>"$T/err" & two=$!
	wait $one && wait $two
	code=$?
	points=$(jq -sc 'map(.points | length)' "$T/one" "$T/two")
}

both
is "$code $points" '0 [3,3]'            "two private hosts"
nothing_left                            "both are gone"
both --keep
is "$code $points" '0 [3,3]'            "the user's own state: one waits for the other" || sed 's/^/# /' "$T/err"
is "$(jq -s 'map(.took.sent) | add' "$T/one" "$T/two")" 3 "and the documents are sent once"

host_start
plugin briefer
both
is "$code $points" '0 [3,3]'            "two spaces of a running host"
is "$(spaces)" '[]'                     "both are dropped"
both --keep
is "$code $points" '0 [3,3]'            "one space that both keep"
