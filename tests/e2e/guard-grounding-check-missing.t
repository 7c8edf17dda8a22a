# A check that is not there cannot look: nothing passes until it is; and what is no check is none.
. "$TESTS/lib.sh"
plan 9
host_start 'grounding: { witness: { checks = [ "verbatim" ]; }; echo: { checks = [ "witness" ]; }; };'
plugin witness
plugin echo
TRUE='"text": "It is so.", "quotes": ["It is so."]'

run witness "{$TRUE}";          fails_with not_grounded "without the check nothing passes"
                                says 'the check verbatim failed as no_such_agent: there is no plugin verbatim'
journal_has '.kind == "refusal" and .guard == "grounding"' 1 "which is on record"
kill -HUP "$HOST"
wait_for "logged 'a check of the replies of a plugin is not there.*plugin=witness check=verbatim'"
ok $?                           "the operator is told before anybody runs into it"
holds "! logged 'plugin=supervisor'" "and is told nothing of what is compiled in"
run echo '1';                   fails_with not_grounded "an agent is no check"
                                says 'witness is not of the kind check'
plugin verbatim
run witness "{$TRUE}";          succeeds "once it is there replies pass"
run witness '{"text": "a", "quotes": ["b"]}'
                                fails_with not_grounded "or do not"
