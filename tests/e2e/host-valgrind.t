# The host itself under valgrind: runs that go well, hostile cells, a reload and a clean stop, without one invalid access, one
# jump on what was never set, or one block that nobody has any more.
. "$TESTS/lib.sh"
[ "${SANITIZERS:-no}" = no ] || skip_all "a sanitizer build does not run under valgrind"
command -v valgrind >/dev/null || skip_all "valgrind is not there (contrib/packages)"
PATIENCE=120
plan 10

# What lib.sh starts, in the background: its pid is the host's.  Only the host is looked at; what it starts is not.
hospesd()
{
	exec valgrind -q --vgdb=no --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite --error-exitcode=9 --log-file="$T/valgrind.log" \
	    "$STAGE/sbin/hospesd" "$@"
}

# Cells are not slower than ever, and their host is.
host_start 'cells: { load = "60s"; }; breaker: { errors = 0; };'
plugin echo
plugin asker
plugin fan
plugin sleeper
run echo '{"a": 1}';                            succeeds "a run under valgrind"
run fan '{"callee": "sleeper", "n": 20, "at_once": 5, "input": {"ms": 1}}'
                                                succeeds "one of twenty calls"
plugin raw
plugin crash
plugin doors
plugin json
run asker '{"callee": "raw", "input": {"how": "garbage", "stay": true}}'
                                                fails_with protocol_violation "a cell that sends garbage"
run asker '{"callee": "raw", "input": {"how": "reply-twice", "stay": true}}'
                                                succeeds "one that replies twice"
run asker '{"callee": "crash", "input": {"how": "segv"}}'
                                                fails_with poison "one that dies"
run asker '{"callee": "doors", "input": {"try": "socket"}}'
                                                succeeds "one that is refused a system call"
run json '{"how": "nothing"}';                  fails_with no_reply "one that does not reply"
hospes install "$(so notes-keys)" >/dev/null 2>"$T/err"
conf_write 'cells: { load = "60s"; }; breaker: { errors = 0; }; run: { depth = 4; };'
kill -HUP "$HOST"
wait_for "grep -q 'msg=changed key=run.depth' '$T/host.log'"
ok $? "a reload"
host_stop
is "$code" 0 "it stops as it should"
is "$(cat "$T/valgrind.log")" "" "and valgrind has nothing to say of it"
