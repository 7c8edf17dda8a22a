# What scripts have in common that take something out of a copy of the sources and see which test notices: sourced by
# tests/hostile/without.sh and tests/guards/without.sh.
#
#   without_copy SRC          a copy of the sources in $work/src, configured and built in $work/build; $prefix
#   without_build             builds and stages that once more
#   without_play SCENARIO STAGE [NAME=VALUE]...    0: its plan was kept and all of it passed; its words are in $work/played
#
# A play that is not over after $patience seconds (150) is ended; $timed_out is yes then.
#
# $built is a built tree with its fixtures.  What is copied is all that is looked at later: somebody may change the sources while this
# runs.  All of it goes when the script ends.

without_begin()
{
	work=$(mktemp -d "${TMPDIR:-/tmp}/hospes-without.XXXXXX") || exit 2
	trap 'rm -rf "$work"' EXIT
	chmod 755 "$work"
}

without_build()
{
	(cd "$work/build" && make -s -j2 && make -s stage) >"$work/build.log" 2>&1 && return
	tail -n 20 "$work/build.log" >&2
	exit 2
}

without_copy()
{
	local src=$1 cc
	mkdir "$work/src" "$work/build"
	(cd "$src" && git ls-files -z 2>/dev/null | xargs -0 cp --parents -t "$work/src") || cp -r "$src/." "$work/src"
	cp -r "$src/configure" "$src/Makefile.in" "$src/aclocal.m4" "$src/config.h.in" "$src/build-aux" "$work/src" 2>/dev/null
	[ ! -d "$src/m4" ] || cp -r "$src/m4" "$work/src"
	cc=$(sed -n 's/^CC = //p' "$built/Makefile")
	(cd "$work/build" && "$work/src/configure" -q CC="${cc:-cc}" CFLAGS="-g -O1") >"$work/build.log" 2>&1 || exit 2
	prefix=$(sed -n 's/^prefix = //p' "$work/build/Makefile")
	without_build
}

# What a scenario starts is in its process group, which is ended with it: a host may be in a loop by then.
without_play()
{
	local scenario=$1 stage=$2 group
	shift 2
	env "$@" STAGE="$stage" BUILT="$built" TESTS="$work/src/tests/e2e" \
	    setsid timeout --kill-after=5 "${patience:-150}" bash "$work/src/tests/e2e/$scenario.t" >"$work/played" 2>&1 </dev/null &
	group=$!
	wait $group
	case $? in
	124 | 137) timed_out=yes ;;
	*) timed_out=no ;;
	esac
	kill -9 -- -$group 2>/dev/null
	! grep -q '^not ok\|^Bail out\|^# the host did not start' "$work/played" && [ "$(grep -c '^ok' "$work/played")" = \
	    "$(sed -n 's/^1\.\.//p' "$work/played")" ]
}
