# `hospes test`: a case may give findings, and the call is then one that is asked again, each time that it is run.
. "$TESTS/lib.sh"
plan 7
mkdir -p "$T/mender/cases"
cp "$(so mender)" "$T/mender/"             # plugins/mender.c: leaves out what was found to be wrong
cat >"$T/mender/cases/first.json" <<'JSON'
{"input": {"text": "one two three", "quotes": ["two", "four"]},
 "matcher": {"claims": [{"text": "two"}, {"text": "four"}]}}
JSON
jq '. + {findings: [{check: "quotes", claim: 1, why: "it does not stand there"}], matcher: {claims: [{text: "two"}]}}' \
    "$T/mender/cases/first.json" >"$T/mender/cases/again.json"
hospes test "$T/mender/mender.so" >"$T/out" 2>"$T/err" </dev/null; code=$?
is "$code" 0 "without them the plugin says all, with them it mends" || shown
is "$(grep -c '^ok .*again (' "$T/out")" 5 "in a fresh cell, a used one, and between the others" || shown

jq '.matcher.claims += [{text: "four"}]' "$T/mender/cases/again.json" >"$T/mender/cases/other.json"
hospes test "$T/mender/mender.so" other >"$T/out" 2>"$T/err" </dev/null; code=$?
holds "[ $code -ne 0 ]" "a case that expects what was found to be wrong does not hold"

for findings in '{"claim": 1}' '[]' '["four"]'; do
	jq --argjson findings "$findings" '.findings = $findings' "$T/mender/cases/first.json" >"$T/mender/cases/bad.json"
	hospes test "$T/mender/mender.so" bad >"$T/out" 2>"$T/err" </dev/null; code=$?
	holds "[ $code -ne 0 ] && grep -q finding '$T/err'" "$findings is none" || shown
done

# A host that is no `hospes test` is given none.
host_start
plugin mender
api /v1/runs -d '{"plugin": "mender", "input": {}, "script": {"ops": [], "findings": [{"claim": 0}]}}' >"$T/out"
holds "grep -q 'private host of .hospes test. only' '$T/out'" "nobody else gets to say so" || note "$(cat "$T/out")"
