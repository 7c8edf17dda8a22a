# `hospes new` writes a folder that builds with the installed SDK alone, `hospes test` runs its cases, `hospes info` reads
# its notes: none of them needs a host.
. "$TESTS/lib.sh"
plan 16
cd "$T" || exit 1
# The staged SDK was not installed where its pkg-config file says.
prefix=$(pkg-config --variable=prefix "$STAGE/lib/pkgconfig/hospes.pc" 2>/dev/null)
export PKG_CONFIG_PATH=$STAGE/lib/pkgconfig
[ "$prefix" = "$STAGE" ] || export PKG_CONFIG_SYSROOT_DIR=${STAGE%"$prefix"}

for kind in agent strategy; do
	hospes new $kind my-$kind >"$T/out" 2>"$T/err" </dev/null; code=$?
	is "$code" 0 "hospes new $kind" || shown
	holds "[ \"\$(wc -l <my-$kind/plugin.c)\" -lt 40 ]" "one C file under 40 lines"
	holds "make -C my-$kind >'$T/out' 2>&1" "it builds" || shown
	hospes test my-$kind/my-$kind.so >"$T/out" 2>"$T/err" </dev/null; code=$?
	is "$code" 0 "its cases pass" || shown
done
hospes new agent my-agent >"$T/out" 2>"$T/err" </dev/null; code=$?
holds "[ $code -ne 0 ]" "a folder that is there is not written over"
hospes new agent ../evil >"$T/out" 2>"$T/err" </dev/null; code=$?
holds "[ $code -ne 0 ] && [ ! -e ../evil ]" "a name that leads out is refused"
is "$(hospes info my-agent/my-agent.so --json | jq -r '.name, .kind' | paste -sd' ')" "my-agent agent" "info tells its notes"
hospes info my-agent/my-agent.so >"$T/out"
is "$(head -n 4 "$T/out" | cut -d' ' -f1 | paste -sd' ')" "kind name version summary" "what tells most comes first"
hospes info "$(so survey)" >"$T/out"
is "$(grep -A1 '^needs' "$T/out" | tr -s ' ' | paste -sd'|')" "needs call:fetch| call:wordcount" "a list is one note"
holds "grep -qE '^config +at_once = 8 \(int\)\$' '$T/out'" "settings are told with their defaults"
hospes info /bin/true >"$T/out" 2>"$T/err" </dev/null; code=$?
holds "[ $code -ne 0 ]" "and refuses what is no plugin"

# A case that does not hold is told.
case=$(find my-agent/cases -name '*.json' | head -n 1)
jq '.output = "something else"' "$case" >"$T/case" && cp "$T/case" "$case"
hospes test my-agent/my-agent.so >"$T/out" 2>"$T/err" </dev/null; code=$?
holds "[ $code -ne 0 ]" "a case that does not hold fails"
