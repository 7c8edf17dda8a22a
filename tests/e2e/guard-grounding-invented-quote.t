# A reply with an invented quote never leaves the host: it is refused, and both texts are shown, now and later.
. "$TESTS/lib.sh"
plan 26
host_start 'grounding: { witness: { checks = [ "verbatim" ]; }; };'
plugin verbatim
plugin witness
TEXT='"text": "The licensee must give the source, in full, to all who ask."'

run witness "{$TEXT, \"quotes\": [\"must give the source\", \"to all who ask\"], \"confidence\": 0.75}"
succeeds "true quotes pass"
result '.claims | length' 2                     "with all claims"
is "$(jq .confidence "$T/out")" 0.75            "as sure as the agent is"
run witness "{$TEXT, \"quotes\": [\"in full\"], \"confidence\": 0.75, \"check\": {\"score\": 0.5}}"
is "$(jq .confidence "$T/out")" 0.5             "or as the check is, when that is less"

run witness "{$TEXT, \"quotes\": [\"in full\", \"must pay the licensor a fee\", \"to all who pay\"], \"partial\": true}"
fails_with not_grounded                         "an invented one is refused"
says 'the reply of witness 1.0.0 is not grounded: 2 of 3 claims fail the check verbatim'
says 'it quotes \"must pay the licensor a fee\" and the text has \"The licensee must give the\"'
holds '[ $code -eq 4 ]'                         "as something that a guard refused"
holds '! grep -q "\"result\"" "$T/out"'         "nothing of the reply is shown"
is "$(jq -c '[.error.findings[] | [.check, .claim, .quote]]' "$T/out")" \
    '[["verbatim",1,"must pay the licensor a fee"],["verbatim",2,"to all who pay"]]' "the findings are"
holds 'grep -q "found:   \"The licensee must give the" "$T/err"' "and are told to people"
refused=$id
journal_has '.kind == "refusal" and .guard == "grounding"' 1 "one refusal is on record"
journal_has '.kind == "refusal" and (.body | length) == 2'  1 "with its findings"
journal_has '.kind == "call_start" and .path == "/0/0" and .callee == "verbatim"' 1 "the check ran below the reply"
is "$(hospes show "$id" --json | jq -c '[.tree.status, .tree.guard, .tree.ops[0].plugin, .tree.ops[0].status]')" \
    '["not_grounded","grounding","verbatim","ok"]' "and is shown there"
holds 'hospes show "$id" | grep -q "quotes:  \"must pay"' "with what it found"
is "$(jq .calls "$T/out")" 2                    "it costs a call of the run"

run witness "{$TEXT, \"quotes\": [\"must pay\"], \"callee\": \"witness\"}"
fails_with cycle                                "(a witness may not call itself)"
plugin taker
run taker '{"callee": "witness", "text": "It is so.", "quotes": ["It is not."]}'
fails_with not_grounded                         "one who passes the failure on fails as it"
is "$(jq -c '[.error.findings[].quote]' "$T/out")" '["It is not."]' "with its findings"
plugin echo
run witness "{$TEXT, \"quotes\": [\"to all\"], \"callee\": \"echo\"}"
fails_with not_grounded                         "what has no evidence at all is refused too"
says 'the check verbatim failed as bad_input: claims: expected an array, found nothing'

# Later, when only the journal knows.
host_stop
host_launch
id=$refused
is "$(hospes show "$id" --json | jq -c '[.error.code, (.error.findings | length)]')" '["not_grounded",2]' \
    "after a restart the journal tells the same"
conf_write 'grounding: { witness: { checks = [ ]; }; };'
kill -HUP "$HOST"
wait_for 'logged "configuration.*read again|reloaded"'
run witness "{$TEXT, \"quotes\": [\"must pay\"]}"
succeeds "no check, no verdict: taken in by a reload"
journal_has '.kind == "call_start"' 1           "and nobody looked"
run witness "{$TEXT, \"quotes\": [\"must pay\"], \"callee\": \"verbatim\"}"
fails_with bad_input                            "(the check itself can still be called by others)"
