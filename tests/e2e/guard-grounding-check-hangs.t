# A check that takes too long, or never ends, has shown nothing: the reply is refused when its time is over, however much the run has.
. "$TESTS/lib.sh"
plan 8
host_start 'cells: { silence = "1s"; grace = "200ms"; };
grounding: { witness: { checks = [ "verbatim" ]; check_deadline = "300ms"; };
    mender: { checks = [ "verbatim" ]; };
    stubborn: { checks = [ "verbatim" ]; check_deadline = "300ms"; escalate = "echo"; on_fail = [ "escalate", "pass" ]; }; };'
for name in verbatim witness mender stubborn echo; do
	plugin $name
done
TRUE='"text": "It is so.", "quotes": ["It is so."]'

run witness "{$TRUE, \"check\": {\"ms\": 600000}}"
fails_with not_grounded         "one that sleeps"
says 'the check verbatim failed as deadline_exceeded'
run witness "{$TRUE, \"check\": {\"how\": \"spin\"}}"
fails_with not_grounded         "one that computes for ever"
says 'is not shown to be grounded: the check verbatim failed as'
run mender "{$TRUE, \"check\": {\"how\": \"spin\"}}" --wall 60
fails_with not_grounded         "also where nothing is said of its time: its cell is stuck"
run stubborn "{$TRUE, \"check\": {\"ms\": 600000}}"
succeeds "the ladder goes on as after any failure"
is "$(hospes show "$id" --json | jq -c '[.tree | ., .attempts[] | .plugin]')" '["stubborn","echo"]' "to its end"
run witness "{$TRUE}"
succeeds "the next reply passes"
