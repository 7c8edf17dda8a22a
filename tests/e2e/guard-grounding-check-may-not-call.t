# A check asks nobody: it may not call agents nor look for them, whatever its notes say.
. "$TESTS/lib.sh"
plan 6
host_start 'grounding: { witness: { checks = [ "verbatim" ]; }; };'
plugin echo
plugin verbatim
plugin witness
TRUE='"text": "It is so.", "quotes": ["It is so."]'

run witness "{$TRUE, \"check\": {\"how\": \"call\"}}";  fails_with not_grounded "a check that calls an agent fails"
                                                        says 'verbatim may not call echo'
journal_has '.kind == "call_start" and .callee == "echo"' 0 "and the agent was not called"
run witness "{$TRUE, \"check\": {\"how\": \"find\"}}";  fails_with not_grounded "nor may it look for one"
                                                        says 'verbatim may not look for say.again'
run verbatim "{\"input\": {\"check\": {\"how\": \"call\"}}}"
                                                        fails_with permission_denied "also when somebody else calls it"
