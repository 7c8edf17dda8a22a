# What one client told an agent is not in the memory of the process that runs the same agent for another client.
. "$TESTS/lib.sh"
[ "$(id -u)" -eq 0 ] || skip_all "only root can be two clients"
command -v setpriv >/dev/null || skip_all "setpriv is not here"
setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$STAGE/bin/hospes" ||
    skip_all "an ordinary user cannot read the build folder"
[ "${SANITIZERS:-no}" = no ] || skip_all "a shadow of all memory takes too long to read"
plan 5
host_start
plugin canary                           # fixtures/hostile/canary.c: looks through all memory that it can read
# Two who may use the socket: root, and the user that the host became.
OTHER=$(stat -c %u "$HOSPES_SOCKET")
CANARY=canary-$RANDOM$RANDOM$RANDOM

# look_as UID INPUT
look_as()
{
	setpriv --reuid="$1" --regid="$1" --clear-groups hospes run canary --input "$2" --json >"$T/out" 2>"$T/err" </dev/null
	code=$?
}

# The needle is given in halves, or it would find itself.
look_as "$OTHER" "{\"keep\": \"$CANARY\"}"
succeeds "one client tells it a secret"
look_as "$OTHER" "{\"first\": \"${CANARY:0:10}\", \"second\": \"${CANARY:10}\"}"
result '.found > 0' true "which is found in that client's own cell, so it can be found"
look_as 0 "{\"first\": \"${CANARY:0:10}\", \"second\": \"${CANARY:10}\"}"
succeeds "another client looks for it in all memory of its cell"
result '[.found, .looked > 1000000]' '[0,true]' "and does not find it"
is "$(hospes agents --json | jq '.[] | select(.name == "canary") | .cells')" 2 "each has a cell of its own"
