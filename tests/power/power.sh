#!/bin/bash
# The power goes at every point of two small workloads, and the host opens what is left: README here.  TAP; BUILT is the build tree.
#
#   POWER=all   each at all of its cut points in every way, as `contrib/check` has it; without it some images of each
#   ROUNDS=n    n of each, at all of their cut points (`make power`)
#   SEED=s      of what is by chance
set -u
: "${BUILT:?run by make check}"
work=$(mktemp -d "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")/hospes-power.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
replay=$BUILT/tests/power/replay
seed=${SEED:-$(($(date +%s) % 100000))}
rounds=${ROUNDS:-1}
[ -z "${ROUNDS:-}" ] || POWER=all
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

# all_cuts LOG SEED: every cut point, on two processors.
all_cuts()
{
	local rc=0 one
	"$replay" "$1" --seed "$2" --dir "$work" --part 0/2 >"$work/out.0" 2>&1 & one=$!
	"$replay" "$1" --seed "$2" --dir "$work" --part 1/2 >"$work/out.1" 2>&1 || rc=1
	wait $one || rc=1
	cat "$work/out.0" "$work/out.1" >"$work/out"
	return $rc
}

# What the checker has to notice: workload|"as if there were no sync of ..."|the defence that this is.
without=(
	'work|state/journal/*.seg|of a batch before the next, and before the commit'
	'work|state/journal/*.spare|of a segment before it gets its name'
	'work|state/journal|of the folder after a segment got its name'
	'work|state/store/data.mdb|of the pages of a commit before its head'
	'work|through|of the head of a commit'
	'work|state/store/new/data.mdb|of a new store before it gets its name'
	'work|state/store|of the folder of a new store'
	'work|everything|of documents before they are told of'
	'work|state/format*|of the number of the format'
	'work|.|of the name of the state directory'
	'runs|state/journal/*.seg|of an intent before its effect'
	'runs|state/objects/.tmp/taking|of an object before it gets its name'
	'runs|state/objects|of the folder after an object got its name'
)
echo "1..$((rounds * 6 + ${#without[@]}))"
for ((round = 0; round < rounds; round++)); do
	for workload in work runs; do
		log=$work/log.$workload
		rm -rf "$work/root" "$log"
		mkdir "$work/root"
		LD_PRELOAD=$BUILT/tests/power/shim.so POWER_ROOT=$work/root POWER_LOG=$log \
		    timeout 120 "$BUILT/tests/power/$workload" "$work/root" >"$work/out" 2>&1
		ok $? "$workload: a workload is written down"
		"$replay" "$log" --same "$work/root" --dir "$work" >"$work/out" 2>&1
		ok $? "$workload: the whole log makes what the workload left, byte for byte: no write has got past the shim"
		if [ "${POWER:-}" = all ]; then
			all_cuts "$log" $((seed + round))
		else
			"$replay" "$log" --seed $((seed + round)) --dir "$work" --images 250 >"$work/out" 2>&1
		fi
		ok $? "$workload: whatever the power left, the host opens it, and has all that it acknowledged" ||
		    { [ -z "${KEEP:-}" ] || cp "$log" "$KEEP"; }
	done
done
for line in "${without[@]}"; do
	IFS='|' read -r workload glob what <<<"$line"
	! "$replay" "$work/log.$workload" --seed "$seed" --dir "$work" --images 3000 --first --without "$glob" >"$work/out" 2>&1
	ok $? "$workload: without the sync $what it is noticed"
done
