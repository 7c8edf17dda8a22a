# A plugin folder that others may write to is refused: whoever can write there could run code.
. "$TESTS/lib.sh"
plan 4
mkdir -m 0777 "$DROP"
chmod 0777 "$DROP"
conf_write
host_launch
holds "[ $? -ne 0 ]" "the host does not start"
wait "$HOST"
holds "[ $? -eq 1 ]" "and its exit status says that it failed"
HOST=
holds "logged unsafe_folder" "the fault has its name"
holds "logged '$DROP'" "and the folder is named"
