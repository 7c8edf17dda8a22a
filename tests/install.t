# `make install` into a prefix: what README says works from there, a running host can be installed over, and `make
# uninstall` leaves nothing.  Run by `make install-check`, alone in its build tree: `make install prefix=DIR` makes what names
# the prefix anew.
set -u
prefix=$(mktemp -d "${TMPDIR:-/tmp}/hospes-install.XXXXXX")/prefix || exit 2
chmod 755 "${prefix%/*}"
STAGE=$prefix
. "$TESTS/lib.sh"
trap 'rm -rf "${prefix%/*}"; scenario_end' EXIT
plan 26

make_quiet()
{
	(unset MAKEFLAGS MFLAGS MAKELEVEL; make -C "$BUILT" --no-print-directory "$@" prefix="$prefix") >"$T/make.log" 2>&1
}

make_quiet install
ok $? "make install prefix=DIR" || tail -n 20 "$T/make.log" | sed 's/^/# /'
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig LD_LIBRARY_PATH=$prefix/lib

# What names folders names these.
is "$(pkg-config --variable=prefix hospes)" "$prefix" "the SDK is found there"
holds 'grep -qx "ExecStart=$prefix/sbin/hospesd" "$prefix/lib/systemd/system/hospesd.service"' "the unit starts the host that is there"
for page in 1:hospes 8:hospesd 5:hospes.conf 7:hospes-plugin; do
	if command -v man >/dev/null; then
		MANPATH= man -M "$prefix/share/man" -P cat "${page%:*}" "${page#*:}" 2>&1 </dev/null | grep -q '^NAME'
		ok $? "man -M DIR/share/man ${page%:*} ${page#*:}"
	else
		ok 0 "${page#*:}(${page%:*}) # SKIP there is no man here"
	fi
done
grep -rlF /usr/local "$prefix/share/man" "$prefix/lib/systemd" "$prefix/lib/pkgconfig" >"$T/out"
is "$(cat "$T/out")" "" "and none of them names another prefix"

# README, "Quick start".
export XDG_RUNTIME_DIR=$T/xdg/run XDG_STATE_HOME=$T/xdg/state XDG_DATA_HOME=$T/xdg/data XDG_CACHE_HOME=$T/xdg/cache
unset HOSPES_SOCKET
mkdir -p -m 700 "$T/xdg" "$XDG_RUNTIME_DIR" "$XDG_STATE_HOME" "$XDG_DATA_HOME"
cd "$T" || exit 1
hospes dev </dev/null 2>"$T/host.log" >&2 &
HOST=$!
wait_for 'logged msg=ready';                    ok $? "hospes dev: the host is ready" || sed 's/^/# /' "$T/host.log"
drop=$(sed -nE 's/.*drop plugins here.* folder=//p' "$T/host.log")
holds '[ -d "$drop" ]' "and says where plugins are dropped"
wait_for '[ -n "$(active survey)" ] && [ -n "$(active supervisor)" ]'
ok $? "the plugins that came with it are active"
echo '{"files": [{"$file": "/usr/share/common-licenses/GPL-3"}]}' >files.json
hospes run survey --in files.json >"$T/out" 2>"$T/err" </dev/null
is "$?" 0 "hospes run survey" || shown
hospes ps --all >"$T/out" 2>&1
holds 'grep -q survey "$T/out"' "hospes ps --all"
hospes show "$(hospes ps --all --json | jq -r '.[0].id')" >"$T/out" 2>&1
is "$?" 0 "hospes show RUN" || shown
hospes new agent shout >"$T/out" 2>"$T/err" </dev/null && make -C shout >>"$T/out" 2>>"$T/err"
is "$?" 0 "hospes new agent shout; make -C shout" || shown
hospes test shout/shout.so >"$T/out" 2>"$T/err" </dev/null
is "$?" 0 "hospes test shout/shout.so" || shown
cp shout/shout.so "$drop/"
wait_for '[ -n "$(active shout)" ]'
hospes run shout --input '{"text": "hello, world"}' >"$T/out" 2>"$T/err" </dev/null
is "$?" 0 "hospes run shout" || shown
cp -r /usr/share/common-licenses licences
hospes ask "What must someone who distributes binaries do?" --sources licences >"$T/out" 2>"$T/err" </dev/null
is "$?" 0 "hospes ask" || shown
holds 'grep -qF "[1]" "$T/out"' "with a citation"
. "$prefix/share/bash-completion/completions/hospes.bash"
holds 'complete -p hospes 2>/dev/null | grep -q _hospes' "completion"

# Over a running host: its cells are started all the while, from files that are there and whole.
stop=$T/stop failed=0 n=0
{
	until [ -e "$stop" ]; do make_quiet install || touch "$T/broken"; done
} &
installing=$!
while [ "$n" -lt 40 ]; do
	n=$((n + 1))
	hospes test shout/shout.so >"$T/out" 2>"$T/err" </dev/null || failed=$((failed + 1))
	kill_one=$(cell_pids | head -n 1)
	[ -z "$kill_one" ] || kill -9 "$kill_one" 2>/dev/null
	hospes run shout --input '{"text": "hello, world"}' >"$T/out" 2>"$T/err" </dev/null || failed=$((failed + 1))
done
touch "$stop"
wait "$installing"
is "$failed" 0 "installing over a running host breaks no cell" || shown
holds '[ ! -e "$T/broken" ]' "and each install goes well"
holds '! logged "version_conflict"' "the same plugins are no new ones"
kill -TERM "$HOST"
wait "$HOST"
is "$?" 0 "the host stops"
HOST=

make_quiet uninstall
ok $? "make uninstall" || tail -n 20 "$T/make.log" | sed 's/^/# /'
is "$(find "$prefix" ! -type d; find "$prefix" -depth -name '*hospes*')" "" "and nothing is left, no folder of its own either"
