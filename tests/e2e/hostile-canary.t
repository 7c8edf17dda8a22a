# What one client told an agent is not in the memory of the process that runs the same agent for another client: the row canary-other
# of fixtures/hostile/table, played as the other rows are while others run, after somebody else has told it.
. "$TESTS/lib.sh"
. "$TESTS/hostile.sh"
[ "$(id -u)" -eq 0 ] || skip_all "only root can be two clients"
command -v setpriv >/dev/null || skip_all "setpriv is not here"
setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$STAGE/bin/hospes" ||
    skip_all "an ordinary user cannot read the build folder"
[ "${SANITIZERS:-no}" = no ] || skip_all "a shadow of all memory takes too long to read"
plan 8
hostile_host
plugin canary                           # fixtures/hostile/canary.c: looks through all memory that it can read
# Two who may use the socket: root, and the user that the host became.
OTHER=$(stat -c %u "$HOSPES_SOCKET")
IFS='|' read -r name plugin input status says logs words <<<"$(hostile_rows canary-other)"

# other INPUT: asked by the other client.
other()
{
	setpriv --reuid="$OTHER" --regid="$OTHER" --clear-groups hospes run canary --input "$1" --json >"$T/out" 2>"$T/err" </dev/null
	code=$?
}

# The needle is given in halves, or it would find itself.
other "$(jq -c '{keep: (.first + .second)}' <<<"$input")"
succeeds "one client tells it a secret"
other "$input"
result '.found > 0' true "which is found in that client's own cell, so it can be found"
hostile_row "$name" "$plugin" "$input" "$status" "$says" "$logs" "$words"
is "$(hospes agents --json | jq '.[] | select(.name == "canary") | .cells')" 2 "each client has a cell of its own"
other "$input"
result '.found > 0' true "and the first still has what it was told"
