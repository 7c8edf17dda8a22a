# What has not begun when its time is over does not begin: a run that was waiting when the host was killed, and whose time passed while
# it was down, is told so when it starts, and calls nobody.
. "$TESTS/lib.sh"
plan 5
host_start 'limits: { spin: { concurrency = 1; }; };'
plugin spin

run_start spin '{"forever": true}'
wait_for 'hospes journal "$id" --json | grep -q call_start'
first=$id
run_start spin '{"turns": 1}' --wall 2
wait_for 'hospes show "$id" | grep -q "waits for the guard concurrency"'
ok $? "a run waits for its turn"
ends=$(($(date +%s) + 3))
host_crash
wait_for '[ "$(date +%s)" -ge '$ends' ]'
conf_write ''                           # there would be room for it now
host_launch || exit 1

run_wait "$id"
fails_with deadline_exceeded "its time was over when the host came back"
says "after its deadline; give the run more time"
journal_has '.kind == "refusal" and .guard == "deadline"' 1 "it was refused at the door"
journal_has '.kind == "call_start"' 0   "and began nothing that would have to be paid for"
hospes cancel "$first" >/dev/null
