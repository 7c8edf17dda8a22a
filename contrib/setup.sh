# What demo and check have in common: the packages that are missing, where to build, a copy of the sources to build from.
# Sourced by both; bash.  The folder of the sources is never written to: everything happens in a build folder.

say()
{
	printf '%s\n' "$*" >&2
}

die()
{
	say "$0: $*"
	exit 2
}

# A step with its name and, when it is over, its time.  Output goes to a log that is shown when the step fails.
step()
{
	local name=$1 started=$SECONDS log=$BUILD/log/${1//[^a-z0-9]/-}
	shift
	mkdir -p "$BUILD/log"
	printf '  %-58s' "$name" >&2
	if "$@" >"$log" 2>&1 </dev/null; then
		printf 'ok    %4ds\n' $((SECONDS - started)) >&2
		return 0
	fi
	printf 'FAILED %3ds\n' $((SECONDS - started)) >&2
	tell_failed "$log" | sed 's/^/    | /' >&2
	say "    the whole of it: $log"
	return 1
}

# Where tests failed: which, and what each of their logs says of it; else how the log ends.
tell_failed()
{
	local log=$1 failed dir test
	failed=$(sed 's/\x1b\[[0-9;]*m//g' "$log" | grep -E '^(FAIL|XPASS|ERROR): ' | head -n 60)
	if [ -z "$failed" ]; then
		tail -n 60 "$log"
		return
	fi
	printf '%s\n' "$failed"
	dir=$(sed -n "s/^make.*: Entering directory '\(.*\)'$/\1/p" "$log" | head -n 1)
	for test in $(awk '{ print $2 }' <<<"$failed" | sort -u | head -n 12); do
		printf -- '-- %s\n' "$test"
		grep -A 25 "^not ok" "$dir/${test%.*}.log" | head -n 80
	done
}

package_there()
{
	[ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Fills `missing` from the list in packages.
packages_missing()
{
	local line name first found
	missing=()
	while read -r line; do
		line=${line%%#*}
		first= found=
		for name in ${line//|/ }; do
			first=${first:-$name}
			if package_there "$name"; then
				found=$name
				break
			fi
		done
		if [ -n "$first" ] && [ -z "$found" ]; then
			missing+=("$first")
		fi
	done <"$REPO/contrib/packages"
}

# Installs what apt lacks: as root, or with sudo.
setup_packages()
{
	local sudo=() missing
	command -v dpkg-query >/dev/null || die "expected Debian (dpkg-query), found neither; install what contrib/packages" \
		"lists by hand and build with configure and make"
	packages_missing
	if [ ${#missing[@]} -eq 0 ]; then
		say "packages: all there (contrib/packages)"
		return 0
	fi
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null || die "these packages are missing, and installing them needs root or sudo, which" \
			"is not here: ${missing[*]}; as root: apt-get install ${missing[*]}"
		sudo=(sudo)
	fi
	say "packages: installing ${missing[*]}"
	"${sudo[@]}" apt-get update -qq >&2 || die "apt-get update failed (above); is there a network?"
	"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" \
		>&2 </dev/null || die "apt-get install failed (above)"
}

# Sets BUILD: $HOSPES_BUILD, or build/NAME in the tree, or a folder in the user's cache when the tree is not writable.
setup_build_folder()
{
	local name=$1 folder
	local cache=${XDG_CACHE_HOME:-${HOME:-/var/tmp}/.cache}/hospes/$name
	if [ -n "${HOSPES_BUILD:-}" ]; then
		set -- "$HOSPES_BUILD"
	else
		set -- "$REPO/build/$name" "$cache"
	fi
	for folder; do
		if mkdir -p "$folder" 2>/dev/null && [ -w "$folder" ] && [ ! -e "$folder/src" -o -w "$folder/src" ]; then
			BUILD=$(cd "$folder" && pwd -P)
			say "build folder: $BUILD"
			return 0
		fi
	done
	die "expected to be able to write to one of: $*; set HOSPES_BUILD to a folder of your own"
}

# A copy of the sources as they are now, in BUILD/src.  Times are kept, so a second build makes only what changed; what is
# gone from the tree goes from the copy.
setup_sources()
{
	local src=$BUILD/src skip
	skip=(--exclude=./.git --exclude='./build*' --exclude=./autom4te.cache --exclude=./m4 --exclude=./aclocal.m4
	    --exclude=./configure --exclude='./config.*' --exclude=./Makefile.in --exclude=./Makefile --exclude=.deps
	    --exclude='*.o' --exclude='*.lo' --exclude='*.la' --exclude='*.a' --exclude='./*.tar.xz' --exclude=./stage)
	case $BUILD/ in
	"$REPO"/*) skip+=("--exclude=.${BUILD#"$REPO"}") ;;
	esac
	mkdir -p "$src"
	tar -C "$REPO" "${skip[@]}" -cf - . | tar -C "$src" --no-same-owner -xf - || die "could not copy $REPO to $src"
	tar -C "$REPO" "${skip[@]}" -cf - . | tar -tf - | grep -v '/$' | LC_ALL=C sort >"$BUILD/files.new"
	if [ -e "$BUILD/files" ]; then
		LC_ALL=C comm -23 "$BUILD/files" "$BUILD/files.new" | (cd "$src" && xargs -r -d '\n' rm -f --)
	fi
	mv "$BUILD/files.new" "$BUILD/files"
	if [ ! -e "$src/configure" ]; then
		(cd "$src" && autoreconf -fi)
	fi
}

# setup_configured FOLDER ARGS...: a configured build out of tree; done again only when the arguments changed.
setup_configured()
{
	local folder=$1
	shift
	mkdir -p "$folder"
	if [ -e "$folder/config.status" ] && [ "$(cat "$folder/configured.with" 2>/dev/null)" = "$*" ]; then
		return 0
	fi
	(cd "$folder" && "$BUILD/src/configure" -C "$@") || return 1
	printf '%s' "$*" >"$folder/configured.with"
}

jobs=$(nproc 2>/dev/null || echo 2)
