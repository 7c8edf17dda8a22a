# A host whose spawner is gone can start no cell: it stops and says why, so that whoever started it starts it again.
. "$TESTS/lib.sh"
plan 4
host_start
plugin echo
run echo '{"a": 1}';                            succeeds "a run while all is well"
spawner=$(grep -l hospes-spawner /proc/[0-9]*/comm 2>/dev/null | while read -r comm; do
	pid=${comm#/proc/}; pid=${pid%/comm}
	[ "$(awk '{ print $4 }' "/proc/$pid/stat" 2>/dev/null)" = "$HOST" ] && echo "$pid"
done)
kill -KILL "$spawner"
wait "$HOST"; code=$?; HOST=
is "$code" 1 "it ends with 1"
holds "logged 'the spawner has ended'" "and the log says why"
host_launch; run echo '{"a": 1}';               succeeds "started again it serves"
