# When a run is erased, what people and agents said of it in words goes with it; the numbers stay.
. "$TESTS/lib.sh"
plan 7
host_start
plugin scorer
plugin echo

on_disk()
{
	grep -rlaF -- "$1" "$T/state" >"$T/has"
}
gone()
{
	! on_disk "$1"
	ok $? "$2" || sed 's/^/# in: /' "$T/has"
}

run scorer '{"callee": "echo", "input": {"a": 1}, "score": 0.5, "why": "agent words"}'
hospes score "$id" 0.25 --why "person words" >/dev/null
hospes score "$id" /0/0 0.25 --why "more person words" >/dev/null
holds 'on_disk "person words" && on_disk "more person words" && on_disk "agent words"' "all of it is on disk"
scores=$(hospes scores --json)

hospes erase "$id" --json >"$T/out" 2>"$T/err"
code=$?
is $code 0 "the run is erased" || shown
gone "person words" "what people said is gone"
gone "agent words" "what the agent said is gone"
is "$(hospes scores --json)" "$scores" "the scores are as they were"
hospes score "$id" 1 --json >"$T/out" 2>"$T/err"
code=$?
fails_with conflict "a run that was erased is not scored any more"
host_crash
host_launch
hospes journal verify --json >"$T/out" 2>"$T/err"
is "$? $(jq -r .ok "$T/out")" "0 true" "and the journal is sound" || shown
