# People score runs that have ended, and calls of them: each once, with why; and it is all there after the host was killed.
. "$TESTS/lib.sh"
plan 15
host_start
plugin scorer
plugin echo

run scorer '{"callee": "echo", "input": {"a": 1}, "score": 1}'
hospes score "$id" 0.5 --why "it took too long" >"$T/out" 2>"$T/err"
is $? 0 "a run is scored"
holds 'grep -q "scorer 1.0.0 has the score 0.50 for the call /0 of run $id" "$T/out"' "which is its root call"
hospes score "$id" /0/0 1 >/dev/null
is $? 0 "a call of it is scored"
is "$(hospes scores --json | jq -c '[.[] | select(.by == "people") | [.plugin, .n, .mean]]')" '[["echo",1,1],["scorer",1,0.5]]' \
    "both count, for whoever answered"

hospes score "$id" 0.9 --json >"$T/out" 2>"$T/err"
code=$?
fails_with conflict "the same call cannot be scored again"
says "has scored the call /0 of this run already, with 0.5"
hospes score "$id" /0/7 1 --json >"$T/out" 2>"$T/err"
code=$?
fails_with not_found "a call that is not there"
hospes score 01ARZ3NDEKTSV4RRFFQ69G5FAV 1 --json >"$T/out" 2>"$T/err"
code=$?
fails_with no_such_run "a run that is not there"
hospes score "$id" 2 --json >"$T/out" 2>"$T/err"
is $? 2 "a number that is no score"
api "/v1/runs/$id/score" -d '{"score": 0.5, "call": "/0/0", "who": "root"}' >"$T/out"
holds '[ "$(jq -r .error.code "$T/out")" = bad_input ]' "a member that nobody knows"

plugin sleeper
run_start sleeper '{"ms": 600000}'
hospes score "$id" 1 --json >"$T/out" 2>"$T/err"
code=$?
fails_with conflict "a run that is open has no outcome"
hospes cancel "$id" >/dev/null

# Twice at once is once.
run scorer '{"callee": "echo", "input": {"a": 2}, "score": 1}'
for i in 1 2 3 4; do
	hospes score "$id" "0.$i" >/dev/null 2>"$T/err.$i" && echo yes >>"$T/taken" &
	pids[i]=$!
done
wait "${pids[@]}"
is "$(wc -l <"$T/taken")" 1 "of four at once one is taken"

before=$(hospes scores --json)
host_crash
host_launch
is "$(hospes scores --json)" "$before" "all scores are there after kill -9"
hospes score "$id" 0.9 --json >"$T/out" 2>"$T/err"
code=$?
fails_with conflict "and who scored what is known"
hospes journal verify --json >"$T/out" 2>"$T/err"
is "$? $(jq -r .ok "$T/out")" "0 true" "the journal is sound"
