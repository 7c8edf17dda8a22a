# A hundred voters: all are asked at once, the poll ends as soon as the rest cannot change it, and those are stopped; no voter can use
# up what the others need.
. "$TESTS/lib.sh"
plan 10
host_start
plugin poller
voters_made 100
voters=$(printf '"voter-%03d",' $(seq 0 99)); voters="[${voters%,}]"
half=$(for i in $(seq -f %03g 0 49); do printf '"voter-%s": {"choice": "no"},' "$i"; done)

run poller "{\"question\": \"Well?\", \"options\": [\"yes\", \"no\"], \"voters\": $voters, \"wait_all\": true,
    \"context\": {\"voters\": {${half%,}}, \"every\": {\"choice\": \"yes\"}}}"
succeeds "a hundred voters"
result '[.outcome, .how, .counts.yes, .counts.no, .weights.cast] | tojson' '"[null,\"tied\",50,50,100]"' "of two minds"

# Sixty never answer, and forty are not enough; then sixty answer, and that is.
late=$(for i in $(seq -f %03g 40 99); do printf '"voter-%s": {"how": "silent"},' "$i"; done)
run poller "{\"question\": \"Well?\", \"options\": [\"yes\", \"no\"], \"voters\": $voters, \"ms\": 8000,
    \"context\": {\"voters\": {${late%,}}, \"every\": {\"choice\": \"yes\"}}}"
succeeds "forty answer"
result '[.outcome, .how, .weights.cast <= 40, .weights.quorum] | tojson' '"[null,\"timed_out\",true,51]"' "too few"
late=$(for i in $(seq -f %03g 60 99); do printf '"voter-%s": {"how": "silent"},' "$i"; done)
run poller "{\"question\": \"Well?\", \"options\": [\"yes\", \"no\"], \"voters\": $voters, \"of_all\": true,
    \"context\": {\"voters\": {${late%,}}, \"every\": {\"choice\": \"yes\"}}}"
succeeds "sixty answer"
result '[.outcome, .how] | tojson' '"[\"yes\",\"won\"]"' "which decides it, without the others"
result '[.ballots[] | select(.why_not == "not_needed")] | length >= 40' true "who are not needed"
journal_has '.kind == "call_end" and .status == "cancelled"' "$(jq '[.result.ballots[] | select(.why_not == "not_needed")] | length' "$T/out")" \
    "and are stopped"

# The run may make as many calls as there are voters, one less than it takes.
run poller "{\"question\": \"Well?\", \"options\": [\"yes\", \"no\"], \"voters\": $voters, \"wait_all\": true,
    \"context\": {\"every\": {\"choice\": \"yes\"}}}" --calls 100
succeeds "a budget that is one call short"
result '[.outcome, .how, ([.ballots[] | select(.why_not == "refused")] | length)] | tojson' '"[\"yes\",\"won\",1]"' \
    "one ballot is refused, the poll is held"
