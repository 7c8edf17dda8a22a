#!/bin/bash
# The power goes at every point of a small workload, and the host opens what is left: README here.  TAP; BUILT is the build tree.
#
#   ROUNDS=n    n workloads, each at all of its cut points in every way (`make power`); without it some images of one
#   SEED=s      of what is by chance
set -u
: "${BUILT:?run by make check}"
work=$(mktemp -d "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")/hospes-power.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
replay=$BUILT/tests/power/replay
seed=${SEED:-$(($(date +%s) % 100000))}
rounds=${ROUNDS:-1}
count=0

ok()
{
	count=$((count + 1))
	[ "$1" -eq 0 ] && echo "ok $count - $2" || echo "not ok $count - $2"
	sed 's/^\([^#]\)/# \1/' "$work/out"
}

if [ "${SANITIZERS:-no}" != no ]; then
	echo "1..0 # SKIP a sanitizer and the shim both want to be first"
	exit 0
fi

# What the checker has to notice: "as if there were no sync of ..." (the defence that this is).
without=(
	'state/journal/*.seg|of a batch before the next, and before the commit'
	'state/journal/*.spare|of a segment before it gets its name'
	'state/journal|of the folder after a segment got its name'
	'state/store/data.mdb|of the pages of a commit before its head'
	'through|of the head of a commit'
	'state/store/new/data.mdb|of a new store before it gets its name'
	'state/store|of the folder of a new store'
	'everything|of documents before they are told of'
	'state/format*|of the number of the format'
	'.|of the name of the state directory'
)
echo "1..$((rounds * 3 + ${#without[@]}))"
for ((round = 0; round < rounds; round++)); do
	rm -rf "$work/root" "$work/log"
	mkdir "$work/root"
	LD_PRELOAD=$BUILT/tests/power/shim.so POWER_ROOT=$work/root POWER_LOG=$work/log timeout 120 "$BUILT/tests/power/work" \
	    "$work/root" >"$work/out" 2>&1
	ok $? "a workload is written down"
	"$replay" "$work/log" --same "$work/root" --dir "$work" >"$work/out" 2>&1
	ok $? "the whole log makes what the workload left, byte for byte: no write has got past the shim"
	if [ -n "${ROUNDS:-}" ]; then
		"$replay" "$work/log" --seed $((seed + round)) --dir "$work" >"$work/out" 2>&1
	else
		"$replay" "$work/log" --seed $((seed + round)) --dir "$work" --images 250 >"$work/out" 2>&1
	fi
	ok $? "whatever the power left, the host opens it, and has all that it acknowledged" ||
	    { [ -z "${KEEP:-}" ] || cp "$work/log" "$KEEP"; }
done
for line in "${without[@]}"; do
	! "$replay" "$work/log" --seed "$seed" --dir "$work" --images 3000 --first --without "${line%%|*}" >"$work/out" 2>&1
	ok $? "without the sync ${line#*|} it is noticed"
done
