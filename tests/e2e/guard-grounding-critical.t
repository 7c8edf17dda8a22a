# A critical claim without a source fails, whatever is configured, and nobody is asked about it.
. "$TESTS/lib.sh"
plan 10
host_start 'grounding: { stubborn: { checks = [ "verbatim" ]; }; senior: { critical = false; }; };'
for name in verbatim mender stubborn senior taker; do
	plugin $name
done
BARE='"text": "It is so.", "quotes": ["It is", "so"], "source": false'

run mender "{$BARE}"
fails_with not_grounded         "nothing is said of it, and it fails"
says '2 of 2 claims fail the check critical; \"It is\": it is critical and names no source'
is "$(jq -c '[.error.findings[] | [.check, .claim]]' "$T/out")" '[["critical",0],["critical",1]]' "each of them is told"
journal_has '.kind == "call_start"' 1 "no check was asked"
run taker "{$BARE, \"callee\": \"mender\"}"
fails_with not_grounded         "nor does it reach who asked"
run stubborn "{$BARE}"
fails_with not_grounded         "it fails before its checks"
journal_has '.kind == "call_start"' 1 "which are not asked"
run senior "{$BARE}"
succeeds "unless the operator says that it may"
run mender '{"text": "It is so.", "quotes": ["It is", "so"]}'
succeeds "with sources it passes"
result '.claims | length' 2     "whole"
