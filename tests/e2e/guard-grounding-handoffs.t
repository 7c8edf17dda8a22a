# Who hands what to whom decides what a reply has to pass: rules for an agent, for an edge and for a capability, of which the most
# particular one holds; a reload takes them over.
. "$TESTS/lib.sh"
plan 13
host_start 'handoffs = (
	{ from = "witness"; to = "taker"; checks = [ "verbatim" ]; },
	{ to = "taker"; capability = "witness.mended"; checks = [ "verbatim" ]; on_fail = [ "retry" ]; },
	{ from = "senior"; checks = [ ]; } );'
for name in verbatim witness mender senior stubborn taker; do
	plugin $name
done
LIE='"text": "It is so.", "quotes": ["It is", "It is not"]'

run witness "{$LIE}";                                   succeeds "to the client nothing is said of it"
run taker "{$LIE, \"callee\": \"witness\"}";            fails_with not_grounded "from witness to taker it is checked"
journal_has '.kind == "call_start" and .callee == "verbatim"' 1 "by the one check that is named"
run taker "{$LIE, \"callee\": \"mender\"}";             succeeds "who offers the capability is checked as well, and mends it"
journal_has '.kind == "stage"' 1                        "in a second attempt"
run taker "{$LIE, \"callee\": \"stubborn\"}";           fails_with not_grounded "or does not"
run taker "{$LIE, \"callee\": \"senior\"}";             succeeds "what names senior holds before what names taker"
journal_has '.kind == "call_start" and .callee == "verbatim"' 0 "and asks nobody"

conf_write 'handoffs = ( { from = "witness"; checks = [ "verbatm" ]; on_fail = [ "escalate" ]; escalate = "senoir"; } );'
hospes policy check "$T/hospes.conf" >"$T/out" 2>"$T/err"
code=$?
holds '[ $code -eq 1 ]'                                    "a mistake is found before a reload"
says 'there is no check verbatm (did you mean verbatim?); every reply of witness would be refused'
says 'there is no plugin senoir (did you mean senior?)'
conf_write 'handoffs = ( { from = "witness"; checks = [ "verbatim" ]; } );'
kill -HUP "$HOST"
wait_for 'logged "configuration.*read again|reloaded"'
run witness "{$LIE}";                                   fails_with not_grounded "a reload takes them over"
run taker "{$LIE, \"callee\": \"stubborn\"}";           succeeds "whole"
