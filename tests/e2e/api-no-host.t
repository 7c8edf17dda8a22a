# Without a host the command says so, with an exit status of its own, and says how to start one.
. "$TESTS/lib.sh"
plan 6
export HOSPES_SOCKET=$T/nobody.sock
for command in "agents" "run wordcount" "ps" "show 01ARZ3NDEKTSV4RRFFQ69G5FAV"; do
	hospes $command >"$T/out" 2>"$T/err" </dev/null; code=$?
	is "$code" 5 "hospes $command: exit status 5"
done
hospes agents --json >"$T/out" 2>"$T/err"; code=$?
fails_with no_host "with --json the error has its name"
says "$T/nobody.sock"
