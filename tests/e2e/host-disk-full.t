# On a full disk the host stops with a clear word, keeps what it acknowledged, and starts again when there is room.
. "$TESTS/lib.sh"
[ "$(id -u)" -eq 0 ] || skip_all "a small file system of one's own needs root"
mkdir "$T/state"
unshare -m true 2>/dev/null && mount -t tmpfs -o size=40m,mode=0700 tmpfs "$T/state" 2>/dev/null ||
    skip_all "no tmpfs can be mounted here"
trap 'host_stop KILL; umount -l "$T/state"; scenario_end' EXIT
plan 6
host_start 'user = "";'
plugin echo
run echo '{"a": 1}';                            succeeds "a run while there is room"
first=$id
head -c 100000000 /dev/zero >"$T/state/filler" 2>/dev/null
head -c 3000000 /dev/zero | tr '\0' x | jq -Rs '{text: .}' >"$T/big.json"
for ((i = 0; i < 30; i++)); do
	hospes run echo --in "$T/big.json" --json >"$T/out" 2>"$T/err" || break
done
code=1
host_alive || HOST=
holds "grep -qE 'disk_full|no_host' '$T/out' '$T/err' || logged disk_full" "a full disk is told"
holds "logged 'disk_full|No space left'" "on the log too"
host_stop
rm -f "$T/state/filler"
mount -o remount,size=200m "$T/state"
host_launch
ok $? "with room again it starts"
hospes show "$first" --json >"$T/out" 2>"$T/err"; code=$?
is "$code" 0 "and knows what it acknowledged"
run echo '{"a": 1}';                            succeeds "and answers"
