# Files that are no plugins of ours are refused, each for its reason and by name, and nothing of them stays.
. "$TESTS/lib.sh"
plan 27
host_start
plugin wordcount

# refused FILE CODE "why": by the command, and when it is dropped.
refused()
{
	hospes install "$1" --json >"$T/out" 2>"$T/err"
	code=$?
	fails_with "$2" "$3: refused as $2"
	cp "$1" "$DROP/dropped-$2-$count.so"
	holds "wait_for -t 20 'logged \"dropped-$2-$count.so.*$2|$2.*dropped-$2-$count.so\"'" "$3: the log says so when it is dropped"
}

good=$(so wordcount)
printf 'not a plugin\n' >"$T/text.so"
: >"$T/empty.so"
head -c 3000 "$good" >"$T/truncated.so"
head -c 65536 /dev/urandom >"$T/noise.so"
cp "$good" "$T/machine.so"
printf '\xb7\x00' | dd of="$T/machine.so" bs=1 seek=18 conv=notrunc status=none     # e_machine: aarch64
cp /bin/true "$T/program.so"

refused "$T/text.so" bad_plugin "a text"
refused "$T/empty.so" bad_plugin "an empty file"
refused "$T/truncated.so" bad_plugin "a truncated plugin"
refused "$T/noise.so" bad_plugin "random bytes"
refused "$T/machine.so" wrong_machine "a plugin for another machine"
refused "$T/program.so" bad_plugin "a program"
refused "$(so no-notes)" bad_plugin "a library without notes"
refused "$(so bad-abi)" abi_mismatch "another ABI"
refused "$(so bad-symbol)" missing_symbol "no hospes_plugin_v1"
refused "$(so bad-import)" forbidden_import "an import that is not allowed"
refused "$(so bad-name)" bad_plugin "a name that leads out of the folder"
refused "$(so bad-init)" load_failed "an init hook that fails"

is "$(hospes versions --json | jq '[.[] | select(.state == "active")] | length')" 1 "one version is active, the good one"
is "$(hospes agents --json | jq -r '.[].name')" wordcount "and only that is listed"
run wordcount '{"name": "a", "text": "x"}'
succeeds "it answers as before"
