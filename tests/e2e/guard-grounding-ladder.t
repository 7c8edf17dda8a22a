# What is done about a reply that is not grounded, step by step: who mends it when he is told what was found is asked again; for who
# never does somebody else is asked; and when nobody does the run fails, after as many attempts as there may be.
. "$TESTS/lib.sh"
plan 27
host_start 'grounding: {
	mender: { checks = [ "verbatim" ]; on_fail = [ "retry" ]; confidence = 0.5; };
	stubborn: { checks = [ "verbatim" ]; retries = 2; escalate = "senior"; on_fail = [ "retry", "escalate", "fail" ]; };
	witness: { checks = [ "verbatim" ]; retries = 2; on_fail = [ "retry" ]; };
	echo: { checks = [ "verbatim" ]; on_fail = [ "pass" ]; };
};'
for name in verbatim mender stubborn senior witness echo; do
	plugin $name
done
TEXT='"text": "The licensee must give the source, in full, to all who ask."'
LIE='"quotes": ["must give the source", "must pay a fee"]'

# attempts: how each of them ended, and the last.
attempts()
{
	hospes show "$id" --json | jq -c '[.tree | ., (.attempts // [])[] | [.path, .plugin, .status]]'
}

run mender "{$TEXT, $LIE}"
succeeds "told what was wrong, it leaves that out"
result '[.claims[].text]' '["must give the source"]'    "and what is right stays"
is "$(attempts)" '[["/0","mender","not_grounded"],["/0#2","mender","ok"]]' "hospes show has both attempts"
is "$(hospes show "$id" --json | jq -c '.tree | [.guard, .next.by, .next.cause, .next.to, (.findings | length)]')" \
    '["grounding","ladder","not_grounded","mender",1]'  "and why there is a second"
holds 'hospes show "$id" | grep -q "ladder on not_grounded: mender"' "for people too"
is "$(jq .calls "$T/out")" 4                            "both are paid for, and both checks"

run stubborn "{$TEXT, $LIE}"
succeeds "for who never mends somebody else is asked"
is "$(attempts)" '[["/0","stubborn","not_grounded"],["/0#2","stubborn","not_grounded"],["/0#3","stubborn","not_grounded"],["/0#4","senior","ok"]]' \
    "after the retries that there may be"
result '.claims | length' 1                             "who is told what was found, and passed the same check"
journal_has '.kind == "refusal" and .guard == "grounding"' 3 "each refusal is on record"
journal_has '.kind == "stage"' 3                        "and each step"
journal_has '.kind == "call_start" and .callee == "verbatim"' 2 "the check has looked twice: the same reply again is known"

run witness "{$TEXT, $LIE}"
fails_with not_grounded                                 "where nobody mends it the run fails"
is "$(attempts)" '[["/0","witness","not_grounded"],["/0#2","witness","not_grounded"],["/0#3","witness","not_grounded"]]' \
    "after as many attempts as there may be"
is "$(jq -c '[.error.findings[] | [.check, .quote]]' "$T/out")" '[["verbatim","must pay a fee"]]' "with what was found"

# Less sure than it has to be.
run mender "{$TEXT, \"quotes\": [\"in full\"], \"confidence\": 0.25, \"sure\": 0.75}"
succeeds "who is not sure enough is asked again"
is "$(jq .confidence "$T/out")" 0.75                    "and is surer then"
journal_has '.kind == "call_start" and .callee == "verbatim"' 1 "no check looked before"
run mender "{$TEXT, \"quotes\": [\"in full\"], \"confidence\": 0.25}"
fails_with not_grounded                                 "or is not"
says 'is not sure enough: its confidence is 0.25, and at least 0.5 is asked for'
run mender "{$TEXT, \"quotes\": [\"in full\"], \"check\": {\"score\": 0.25}}"
fails_with not_grounded                                 "a check that is not sure enough counts as much"
is "$(attempts)" '[["/0","mender","not_grounded"],["/0#2","mender","not_grounded"]]' "and is asked about the second attempt too"

# Passed on all the same.
run echo '{"claims": [{"text": "a"}]}'
succeeds "a reply may pass although it is refused, where the operator says so"
is "$(jq .confidence "$T/out")" 0                       "and is not sure of anything, since the check could not look"
journal_has '.kind == "refusal" and .guard == "grounding"' 1 "but not in silence"
is "$(hospes show "$id" --json | jq -c '.tree | [.status, .guard, (.findings | length)]')" '["ok","grounding",1]' "it is shown"

conf_write 'grounding: { mender: { on_fail = [ "escalate" ]; }; };'
hospes policy check "$T/hospes.conf" >"$T/out" 2>"$T/err"
says 'needs somebody to be asked: set `escalate`'
