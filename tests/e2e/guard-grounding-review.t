# A reply that is not grounded, or not sure enough, may be shown to a human: it waits, over a kill of the host too, until he lets it pass,
# writes another, or says no, and then it is asked for again with what he said.
. "$TESTS/lib.sh"
plan 25
host_start 'reviews: { deadline = "1h"; };
run: { wall = "1h"; };
grounding: { witness: { checks = [ "verbatim" ]; on_fail = [ "review" ]; };
    mender: { checks = [ "verbatim" ]; on_fail = [ "review", "retry" ]; };
    senior: { confidence = 0.5; on_fail = [ "review" ]; }; };'
for name in verbatim witness mender senior taker; do
	plugin $name
done
LIE='"text": "The licensee must give the source, in full.", "quotes": ["in full", "for a fee"]'

# asked PLUGIN INPUT: a run that waits for a human; $review.
asked()
{
	run_start "$1" "$2"
	wait_for "[ -n \"\$(review_of $id)\" ]" || exit 1
	review=$(review_of "$id")
}

review_of()
{
	hospes reviews --json 2>/dev/null | jq -r --arg run "$1" 'map(select(.run == $run)) | .[0].id // empty'
}

asked witness "{$LIE}"
hospes review "$review" --json >"$T/out"
is "$(jq -c '[.cause, .context.agent, .context.findings[0].quote, (.context.reply.claims | length)]' "$T/out")" \
    '["grounding","witness","for a fee",2]'             "the reply is shown, and what was found"
says '1 of 2 claims fails the check verbatim'
holds 'hospes ps --json | jq -e ".[0].waits.for[0].for == \"review\"" >/dev/null' "the run waits for a human"
host_crash
host_launch
is "$(review_of "$id")" "$review"                       "killed, and asked nobody twice"
wait_for '[ "$(hospes show "$id" --json | jq -r ".tree.waits.review")" = "$review" ]'
ok $?                                                   "and waits again"
hospes review "$review" approve --why "it is the sense of it" >/dev/null
run_wait "$id"
succeeds "approved, it is handed on"
result '.claims | length' 2                             "as it was"
holds 'hospes show "$id" | grep -q "approve by"'        "who let it pass is shown"
journal_has '.kind == "refusal" and .guard == "grounding"' 1 "and that it did not pass by itself"
journal_has '.kind == "review"' 1                       "the question is on record once"

asked witness "{$LIE}"
echo '{"claims": []}' | hospes review "$review" edit - >/dev/null
run_wait "$id"
succeeds "a human may write another"
result . '{"claims":[]}'                                "which is handed on"

asked witness "{$LIE}"
hospes review "$review" reject --why "there is no fee" >/dev/null
run_wait "$id"
fails_with rejected                                     "or say no"
says 'there is no fee'

asked mender "{$LIE}"
hospes review "$review" reject --why "must give" >/dev/null
run_wait "$id"
succeeds "where it is asked for again after that"
result '[.claims[].text]' '["in full","must give"]'     "it is told what was found, and what he said"
is "$(hospes show "$id" --json | jq -c '[.tree | ., .attempts[] | .status]')" '["rejected","ok"]' "hospes show has both"

asked taker "{$LIE, \"callee\": \"witness\"}"
is "$(hospes show "$id" --json | jq -r '.tree.status')" open "the one who asked waits as well"
host_crash
host_launch
wait_for '[ "$(review_of "$id")" = "$review" ]'
hospes review "$review" approve >/dev/null
run_wait "$id"
succeeds "approved after a kill, it goes on"
journal_has '.kind == "call_start" and .callee == "verbatim"' 0 "(what the check said was known)"

asked senior '{"text": "It is so.", "quotes": ["so"], "confidence": 0.25}'
is "$(hospes review "$review" --json | jq -r .cause)" confidence "who is not sure enough is shown too"
hospes review "$review" approve >/dev/null
run_wait "$id"
succeeds "and may pass"
is "$(jq .confidence "$T/out")" 0.25                    "no surer than it was"

asked witness "{$LIE}"
hospes cancel "$id" >/dev/null
run_wait "$id"
fails_with cancelled                                    "a run that waits for a human can be cancelled"
is "$(review_of "$id")" ""                              "and asks nobody any more"
