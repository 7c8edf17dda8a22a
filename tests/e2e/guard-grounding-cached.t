# What a check says of the same reply is asked once: then it is known, which is on record, and costs no call.  A host that was killed
# knows nothing and asks again, and what was known to it when it was killed stays as it was.
. "$TESTS/lib.sh"
plan 13
host_start 'grounding: { witness: { checks = [ "verbatim" ]; }; };'
for name in verbatim witness taker sleeper; do
	plugin $name
done
TRUE='"text": "It is so.", "quotes": ["It is so."]'

run witness "{$TRUE}"
succeeds "the check is asked"
is "$(jq .calls "$T/out")" 2    "and paid for"
run witness "{$TRUE}"
succeeds "the second time it is not"
is "$(jq .calls "$T/out")" 1    "nor paid for"
journal_has '.reason == "cached" and .callee == "verbatim" and .path == "/0/0"' 1 "what is known is on record"
is "$(hospes show "$id" --json | jq -c '.tree.ops[0] | [.plugin, .status, .cached]')" '["verbatim","ok",true]' "and shown as known"
holds 'hospes show "$id" | grep -q "verbatim 1.0.0.*known already"' "to people too"
run witness '{"text": "It is so.", "quotes": ["It is not."]}'
fails_with not_grounded         "another reply is looked at"
run witness '{"text": "It is so.", "quotes": ["It is not."]}'
fails_with not_grounded         "and what was found is as well known as that nothing was"
run witness "{$TRUE, \"check\": {\"ms\": 1}}"
run witness "{$TRUE, \"check\": {\"ms\": 1}}"
journal_has '.kind == "call_start" and .callee == "verbatim"' 1 "a check that asks the host for anything is asked each time"

host_crash
host_launch
hospes journal verify >"$T/out" 2>"$T/err"
is $? 0                         "(the journal is sound)"
run witness "{$TRUE}"
succeeds "killed, it knows nothing"
journal_has '.kind == "call_start" and .callee == "verbatim"' 1 "and asks again"
