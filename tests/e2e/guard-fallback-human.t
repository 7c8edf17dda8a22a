# A human may stand in: what was asked for and how it failed is shown, what is answered is the reply; who waits for that holds
# nothing, and it outlives kills.
. "$TESTS/lib.sh"
plan 19
host_start 'fallbacks = ( { of = "actor-b"; to = ( { agent = "actor-c"; }, { human = "What would actor-b have said?"; } ); } );
reviews: { deadline = "1h"; }; limits: { actor-b: { concurrency = 1; }; };'
plugin actor-a
plugin actor-b
plugin actor-c

play='{"actor-a": [{"call": "actor-b"}], "actor-b": [{"crash": true}], "actor-c": [{"crash": true}]}'

# asked: a run that comes to the human; its review.
asked()
{
	run_start actor-a "$play"
	wait_for '[ -n "$(review_of)" ]' || exit 1
	review=$(review_of)
}

review_of()
{
	hospes reviews --json 2>/dev/null | jq -r --arg run "$id" 'map(select(.run == $run)) | .[0].id // empty'
}

again()
{
	host_crash
	host_launch || exit 1
}

asked
hospes reviews --json | jq '.[0]' >"$T/review"
is "$(jq -r '.cause + ": " + .question' "$T/review")" "fallback: What would actor-b have said?" "the human is asked"
is "$(jq -r '.call' "$T/review")" /0/0#3 "about the third attempt"
hospes show "$id" >"$T/shown"
holds 'grep -q "fallback on crash: human" "$T/shown"' "and the run shows that it waits for that"
holds 'grep -q "waits for" "$T/shown"' "as what it waits for"
is "$(hospes show "$id" --json | jq -r '.waits.for[0].for')" review "with the run as a whole"

# It holds no slot and no place: others go on.
run actor-a '{"actor-a": [{"call": "actor-b"}]}'
succeeds "others are served meanwhile"
id=$(jq -r .run "$T/review")

again
is "$(review_of)" "$review" "after a kill it is the same review"
journal_has '.kind == "review"' 1 "asked once"
printf '%s' '{"said": 7}' >"$T/answer"
hospes review "$review" answer "$T/answer" --why "I know it" >"$T/out" 2>"$T/err"
holds 'true' "it is answered"
run_wait "$id"
succeeds "the run goes on"
result '.got[0]' '{"said":7}' "with what the human said"
journal_has '.kind == "call_end" and .path == "/0/0#3" and .status == "ok"' 1 "as the outcome of the third attempt"
again
run_wait "$id"
result '.got[0]' '{"said":7}' "and stays so"

# A no is the last word.
asked
hospes review "$review" reject --why "nobody knows" >/dev/null
run_wait "$id"
fails_with rejected "a no is the outcome"
says "nobody knows"

# Decided while the host was away: between the decision and the outcome there is nothing to be done twice.
asked
again
hospes review "$review" reject >/dev/null
again
run_wait "$id"
fails_with rejected "a no outlives a kill"
journal_has '.kind == "call_end" and .path == "/0/0#3"' 1 "and is the outcome once"

# Cancelled while it waits.
asked
hospes cancel "$id" >/dev/null
run_wait "$id"
fails_with cancelled "a run that waits for a human can be cancelled"
is "$(hospes reviews --json | jq length)" 0 "which takes the question back"
