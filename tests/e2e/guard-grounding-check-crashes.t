# A check that crashes, fails, is late or answers in another form has shown nothing: the reply is refused, with the reason.
. "$TESTS/lib.sh"
plan 13
host_start 'grounding: { witness: { checks = [ "verbatim" ]; }; };'
plugin verbatim
plugin witness
TRUE='"text": "It is so.", "quotes": ["It is so."]'

run witness "{$TRUE}";                                  succeeds "the reply is true, and passes"
run witness "{$TRUE, \"check\": {\"how\": \"crash\"}}"; fails_with not_grounded "a check that crashes lets nothing pass"
                                                        says 'is not shown to be grounded: the check verbatim failed as poison'
is "$(jq -c '.error.findings | map(.check)' "$T/out")" '["verbatim"]' "and the findings say which"
run witness "{$TRUE, \"check\": {\"how\": \"fail\"}}";  fails_with not_grounded "nor does one that fails"
                                                        says 'failed as failed: the text cannot be read'
run witness "{$TRUE, \"check\": {\"how\": \"form\"}}";  fails_with not_grounded "nor one that answers in another form"
                                                        says 'answered in another form'
                                                        says 'all is well'
run witness "{$TRUE, \"check\": {\"ms\": 600000}}" --wall 2
fails_with not_grounded                                 "nor one that takes longer than the run has"
says 'the check verbatim failed as deadline_exceeded'
run witness "{$TRUE, \"check\": {\"score\": 7}}";       fails_with not_grounded "nor one whose score is none"
run witness "{$TRUE}";                                  succeeds "the next reply passes again"
