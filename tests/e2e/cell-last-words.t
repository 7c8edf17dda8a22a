# What a call logged last is in its run's log, however its cell died: it is what people look for first.  So is how it died.
. "$TESTS/lib.sh"
plan 9
host_start
plugin crash                            # fixtures/crash.c: logs a line, then dies as `how` says

for how in abort segv exit kill-self; do
	run crash "{\"how\": \"$how\"}";        fails_with poison "$how is poison"
	hospes logs "$id" >"$T/logs"
	is "$(grep -c "about to crash: $how" "$T/logs")" 1 "its last line is told, and once although it was tried twice"
done
hospes logs "$id" | grep -q 'its cell (pid [0-9]*) was ended by signal 9'
ok $? "and how its cell died"
