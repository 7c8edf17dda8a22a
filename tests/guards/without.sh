#!/bin/bash
# Takes each guard out of the table of core/dispatch/pipeline.c in turn, in a copy of the sources, and shows that a scenario fails
# then which passes with it: tests/e2e/guard-NAME-*.t, and older ones (`older` below).
#
#   without.sh --check           each guard has a scenario, and a line that can be taken out; as `make check` runs it
#   without.sh BUILD [GUARD]...   all, or these; BUILD is a built tree with its stage and its fixtures
#
# Prints a line for each guard: which scenario notices, and how.  Ends with 1 when some guard's removal is noticed by none.

set -u
here=$(cd "$(dirname "$0")" && pwd)
src=$(cd "$here/../.." && pwd)
pipeline=core/dispatch/pipeline.c
. "$src/tests/without.sh"

# Scenarios of a guard that are not named after it.
older()
{
	case $1 in
	admission) echo api-overloaded ;;
	permission) echo dispatch-permission memory-needs-grant ;;
	depth) echo dispatch-depth dispatch-depth-ring ;;
	cycle) echo dispatch-cycle ;;
	repetition) echo dispatch-repetition ;;
	concurrency) echo dispatch-concurrency ;;
	esac
}

guards()
{
	sed -n '/^static const struct guard \*const guards\[\]/,/^};/s/^ *&guard_\([a-z_]*\),$/\1/p' "$src/$pipeline"
}

# All that there are, those first that are quick to tell.
scenarios()
{
	local scenario
	for scenario in $(older "$1"); do
		[ ! -f "$src/tests/e2e/$scenario.t" ] || echo "$scenario"
	done
	for scenario in "$src"/tests/e2e/guard-"$1"-*.t; do
		[ ! -f "$scenario" ] || basename "$scenario" .t
	done
}

if [ "${1:---check}" = --check ]; then
	n=0
	for guard in $(guards); do
		n=$((n + 1)) said=
		[ -n "$(scenarios "$guard")" ] || said="no scenario is named guard-$guard-*.t"
		[ "$(grep -c "^ *&guard_$guard,\$" "$src/$pipeline")" -eq 1 ] || said="its line is not there once"
		[ -z "$said" ] && echo "ok $n - $guard" || echo "not ok $n - $guard: $said"
	done
	[ $n -gt 0 ] || { n=1 && echo "not ok 1 - there is no table of guards in $pipeline"; }
	echo "1..$n"
	exit 0
fi

# ---- Without it --------------------------------------------------------------------------------------------------------

# noticed GUARD: says by which scenario; 1: by none.
noticed()
{
	local scenario how
	for scenario in $(scenarios "$1"); do
		without_play "$scenario" "$work/build/stage$prefix" && continue
		how=$(grep '^not ok\|^Bail out' "$work/played" | head -n 1 | cut -c 1-100)
		if without_play "$scenario" "$work/with$prefix"; then
			printf '%-12s %-36s %s\n' "$1" "$scenario" "fails without it (${how:-it does not come to an end})"
			return 0
		fi
		printf '%-12s %-36s %s\n' "$1" "$scenario" "fails with it as well, so it shows nothing"
	done
	return 1
}

# Read to its end before it begins: somebody may change this file while it runs.
main()
{
	local guard unnoticed=0
	built=$(cd "$1" && pwd) || exit 2
	shift
	without_begin
	without_copy "$src"
	src=$work/src
	cp -a "$work/build/stage" "$work/with"
	cp "$src/$pipeline" "$work/kept"
	[ $# -gt 0 ] || set -- $(guards)
	for guard; do
		grep -v "^ *&guard_$guard,\$" "$work/kept" >"$src/$pipeline"
		if cmp -s "$src/$pipeline" "$work/kept"; then
			echo "there is no guard $guard in $pipeline" >&2
			exit 2
		fi
		without_build
		if ! noticed "$guard"; then
			printf '%-12s %s\n' "$guard" "NOBODY NOTICES"
			unnoticed=$((unnoticed + 1))
		fi
	done
	[ $unnoticed -eq 0 ]
	exit
}

main "$@"
