# A state directory owned by somebody else is refused.
. "$TESTS/lib.sh"
[ "$(id -u)" -eq 0 ] || skip_all "only root can make a directory of somebody else's"
plan 3
mkdir -m 0700 "$T/state"
chown 65534:65534 "$T/state"
mkdir -p "$DROP"
conf_write
host_launch
holds "[ $? -ne 0 ]" "the host does not start"
wait "$HOST"
HOST=
holds "logged wrong_owner" "the fault has its name"
is "$(find "$T/state" -mindepth 1 | wc -l)" 0 "and nothing was written there"
