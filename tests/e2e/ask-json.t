# --json gives the answer, what it took and, with --tree, the calls, on stdout alone; so it does when the answer is refused.
. "$TESTS/lib.sh"
plan 15
host_start
plugin briefer
plugin echo
plugin verbatim
documents

ask "What is there?" --sources "$T/docs" --json --tree
is "$code" 0                            "an answer"
is "$(jq -s length "$T/out")" 1         "one value"
is "$(cat "$T/err")" ""                 "and nothing else"
is "$(jq -c 'keys' "$T/out")" '["answer","claims","confidence","contradictions","documents","points","question","run","sources","took","tree"]' "with these members"
is "$(jq -c '[.question, .answer, .confidence, .documents]' "$T/out")" '["What is there?","found",0.5,3]' "of the brief"
is "$(jq -c '.points[0], .sources[0].n' "$T/out" | tr '\n' ' ')" '{"text":"Alpha is the first letter.","cites":[1]} 1 ' "points cite sources"
is "$(jq -c '.took | keys' "$T/out")" '["agents","bytes","calls","documents","load_ms","ms","sent","skipped"]' "what it took"
is "$(jq -r '.tree.plugin' "$T/out")" briefer "and the tree"

ask "none" --sources "$T/docs" --json
is "$code $(jq -c '[.answer, (.points | length), .confidence]' "$T/out")" '3 ["none",0,0]' "nothing found"
ask "fail" --sources "$T/docs" --json
is "$code $(jq -c '[.error.code, .question, .points]' "$T/out")" '1 ["failed","fail",null]' "a failure is the answer's error"
hospes ask "What?" --sources "$T/docs" --strategy echo --json >"$T/out" 2>"$T/err"; code=$?
is "$code $(jq -r .error.code "$T/out")" "1 bad_output" "and so is a result that is no brief"
ask "What?" --sources "$T/none" --json
is "$(jq -r .error.code "$T/out")" not_found "what fails before the run has the form of all errors"
ask "What?" --sources "$T/docs" --json --points x
is "$code $(jq -r .error.code "$T/out")" "2 bad_input" "a wrong command line too"

conf_write 'grounding: { briefer: { checks = [ "verbatim" ]; }; };'
kill -HUP "$HOST"
wait_for "logged 'the configuration was read again'"
ask "What is there?" --sources "$T/docs" --json
is "$code $(jq -c '[.error.code, .points, (.error.findings | length)]' "$T/out")" '4 ["not_grounded",null,1]' "a brief that a check refuses is not shown"
ask "What is there?" --sources "$T/docs"
holds "[ $code -eq 4 ] && [ ! -s '$T/out' ] && grep -q '^verbatim:' '$T/err'" "but what the check found is"
