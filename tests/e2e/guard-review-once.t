# An effect that may be made once waits for a human before it begins, where the policy says so: nothing leaves the host until it is
# approved, killed hosts ask nobody twice, and what was edited is what is sent.
. "$TESTS/lib.sh"
plan 34
world_start
host_start "grants = { http = { http = [ \"http://127.0.0.1:*\" ]; private = true; }; };
reviews: { once = true; deadline = \"1h\"; };"
plugin http

# post PATH [BODY]: a run that makes a request once; its review.
post()
{
	run_start http "{\"url\": \"$WORLD$1\", \"method\": \"POST\", \"body\": \"${2:-x}\"}"
	wait_for "[ -n \"\$(review_of $id)\" ]" || exit 1
	review=$(review_of "$id")
}

# review_of RUN: its open review.
review_of()
{
	hospes reviews --json 2>/dev/null | jq -r --arg run "$1" 'map(select(.run == $run)) | .[0].id // empty'
}

again()
{
	host_crash
	host_launch || exit 1
}

# decide ARGS...: `hospes review` with these.
decide()
{
	hospes review "$@" >"$T/out" 2>"$T/err"
	code=$?
}

# ---- What is shown ----------------------------------------------------------------------------------------------------------

post /approved
is "$(world_count /approved)" 0 "nothing was sent"
is "$(hospes ps --json | jq -r '.[0].reviews[0].command')" "hospes review $review" "ps names the command"
hospes ps >"$T/out" 2>"$T/err"
holds "grep -q 'hospes review $review' $T/err" "and prints it"
holds "grep -q 'review $review until' $T/out" "and that the run waits for it"
hospes show "$id" >"$T/out"
says "waits for you:  hospes review $review"
hospes review "$review" >"$T/out"
says "\"url\": \"$WORLD/approved\""
hash=$(hospes review "$review" --json | jq -r .hash)
says "hash $hash"
is "$(hospes review "$review" --json | jq -cS '{call, cause, context, question, run}' | tr -d '\n' | sha256sum | cut -d ' ' -f 1)" \
    "$hash" "the hash is that of what is shown"
is "$(hospes show "$id" --json | jq -c '.tree.ops[0].waits | [.for, .review]')" "[\"review\",\"$review\"]" "the op waits for it"

# ---- Approved ---------------------------------------------------------------------------------------------------------------

again
is "$(review_of "$id")" "$review" "a kill: the same review is open"
wait_for "[ \"\$(hospes show $id --json | jq -r '.tree.ops[0].waits.review')\" = $review ]"
ok $? "and the run waits for it again"
decide "$review" approve --hash 0123456789abcdef --json
is "$(jq -r .error.code "$T/out")" conflict "the hash of something else decides nothing"
api "/v1/reviews/$review/decide" -d '{"decision": "approve", "hash": "00"}' >"$T/out"
is "$(jq -r .error.code "$T/out")" conflict "nor does it where the host is asked directly"
api "/v1/reviews/$review/decide" -d '{"decision": "approve"}' >"$T/out"
is "$(jq -r .error.code "$T/out")" bad_input "nor does no hash at all"
is "$(world_count /approved)" 0 "still nothing was sent"
decide "$review" approve --hash "${hash:0:16}" --why "it is paid for"
is "$code" 0 "approved with the hash of what was shown" || shown
run_wait "$id"
succeeds "the run goes on"
is "$(world_count /approved)" 1 "and the request was made once"
is "$(hospes show "$id" --json | jq -c '.tree.ops[0].reviews[0] | [.cause, .decision, .by, .why]')" \
    "[\"once\",\"approve\",\"uid:$(id -u)\",\"it is paid for\"]" "who, what and why are on record"
decide "$review" reject --json
is "$(jq -r .error.code "$T/out")" conflict "what is decided is decided"
says "approve by uid:$(id -u)"

# ---- Rejected ---------------------------------------------------------------------------------------------------------------

post /rejected
decide "$review" reject --why "not today"
run_wait "$id"
fails_with rejected "a no is told to the caller"
says "uid:$(id -u) said no to the question"
says "not today"
is "$(world_count /rejected)" 0 "and nothing was sent"

# ---- Edited -----------------------------------------------------------------------------------------------------------------

post /edited "ten thousand"
echo '{"method": "POST", "headers": ["Host: elsewhere"], "body": "ten"}' >"$T/edit"
decide "$review" edit "$T/edit" --json
is "$(jq -r .error.code "$T/out")" bad_input "what could not be sent is refused"
echo '{"method": "PUT", "headers": [], "body": "ten"}' >"$T/edit"
again
decide "$review" edit "$T/edit"
is "$code" 0 "another request is written" || shown
run_wait "$id"
succeeds "and the run goes on with it"
is "$(hospes journal "$id" --json | jq -c 'map(select(.kind == "op_intent")) | map(.input.method + " " + .input.body)')" '["PUT ten"]' \
    "the intent has what was written"
is "$(world_count /edited)" 1 "it was made once"

# ---- What may be done again -------------------------------------------------------------------------------------------------

run http "{\"url\": \"$WORLD/read\", \"method\": \"GET\"}"
succeeds "what may be done again asks nobody"
is "$(hospes reviews --json | jq length)" 0 "no review is open"
is "$(hospes reviews --all --json | jq -c 'map(.decision)')" '["edit","reject","approve"]' "those that were decided are kept"
hospes journal verify "$T/state" >"$T/out" 2>"$T/err"; code=$?
is "$code" 0 "and the journal is whole" || shown
