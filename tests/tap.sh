# What shell tests say, in TAP: sourced by those that are no scenarios.  A test writes what it found to $work/out, where it
# has a $work; that is shown when the test fails.

count=0

# ok STATUS "what holds"
ok()
{
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $count - $2"
		return
	fi
	echo "not ok $count - $2"
	if [ -s "${work:-}/out" ]; then
		sed 's/^/# /' "$work/out"
	fi
}

# skip "what would be tested" "why it cannot be"
skip()
{
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}
