# Folders that a service manager prepared, root's and empty, are given to the user that the core becomes; a folder of root's
# with something in it is not.
. "$TESTS/lib.sh"
[ "$(id -u)" -eq 0 ] || skip_all "only root has something to give"
plan 6
mkdir -m 0700 "$T/state"
mkdir -m 0755 "$T/run"
host_start
owner=$(awk '/^Uid:/ { print $2 }' "/proc/$HOST/status")
holds '[ "$owner" -ne 0 ]' "the core is somebody else"
is "$(stat -c '%u %a' "$T/state")" "$owner 700" "the state directory is that user's"
is "$(stat -c '%u %a' "$T/run")" "$owner 755" "and the socket's folder"
plugin echo
run echo '{"a": 1}';                            succeeds "and the host serves"
host_stop

chown 0:0 "$T/state"
host_launch
holds "[ $? -ne 0 ]" "a folder of root's with something in it is left as it is"
wait "$HOST"
HOST=
is "$(stat -c %u "$T/state")" 0 "and stays root's"
