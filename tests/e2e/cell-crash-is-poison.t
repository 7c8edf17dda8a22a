# A call that kills its cell is tried again alone, and when it kills that too it is failed as poison; the caller is told
# how it died, everybody else in the cell is answered.
. "$TESTS/lib.sh"
plan 12
host_start "run = { repetition = 0; };"
plugin echo
plugin crash                            # fixtures/crash.c: dies as `how` says
plugin fan

for how in segv abort exit kill-self div0 stack; do
	run crash "{\"how\": \"$how\"}";        fails_with poison "$how is poison"
done
run crash '{"how": "segv"}';                    says SIGSEGV
journal_has '.kind == "replay"' 1               "after it was tried once more, alone"
run crash '{"how": "segv", "after_calls": 3}';  fails_with poison "one that has calls on record is replayed, and dies too"
journal_has '.kind == "call_start" and .target == "echo"' 3 "its calls are not made again"

run_start fan '{"callee": "crash", "n": 10, "at_once": 10, "input": {"how": "no", "after_calls": 20}}'
others=$id
run crash '{"how": "abort"}'
fails_with poison "one that dies among others"
run_wait "$others"
succeeds "and the others, in the same cells, are all answered"
