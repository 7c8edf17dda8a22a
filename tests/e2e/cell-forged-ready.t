# A plugin cannot tell the host that it is ready before its sandbox is closed, nor pass off another filter as the last one.
. "$TESTS/lib.sh"
plan 15
host_start
for how in ready stack prctl unmap over protect move; do
	hospes install "$(so forge-$how)" --json >"$T/out" 2>"$T/err"
	code=$?
	fails_with protocol_violation "forge-$how is refused"
	says "it said READY before its sandbox was closed"
done
plugin echo
run echo '{"a": 1}'
succeeds "one that waits until it is asked is taken"
