# A state directory belongs to one host: a second one is told so, and the first goes on.
. "$TESTS/lib.sh"
plan 4
host_start
plugin wordcount
sed "s#^socket = .*#socket = \"$T/other.sock\";#" "$T/hospes.conf" >"$T/second.conf"
hospesd -c "$T/second.conf" >"$T/out" 2>"$T/err" </dev/null; code=$?
holds "[ $code -eq 1 ]" "a second host on one state directory does not start"
holds "grep -q in_use '$T/err'" "the fault has its name"
holds "grep -qF '$T/state' '$T/err'" "and the directory is named"
run wordcount '{"name": "a", "text": "x"}'
succeeds "the first host answers as before"
