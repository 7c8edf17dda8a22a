# A state directory that a release wrote opens for ever: its runs, its versions and its memory are what they were.
. "$TESTS/lib.sh"
fixtures=("$TESTS"/../fixtures/state/state-*.tar.gz)
plan $((${#fixtures[@]} * 9))
conf_write 'user = "";'
mkdir -p -m 0755 "$DROP"
for fixture in "${fixtures[@]}"; do
	rm -rf "$T/state" "$T/host.log"
	tar -C "$T" --no-same-owner -xzf "$fixture" || exit 1
	expected()
	{
		jq -r ".$1" "$T/expected.json"
	}
	release="$(expected version) (format $(basename "$fixture" .tar.gz | tr -dc 0-9))"
	host_launch
	ok $? "a state directory of $release opens"
	hospes ps --all --json >"$T/out" 2>"$T/err"; code=$?
	is "$(jq -r '.[].id' "$T/out" | sort | tr '\n' ' ')" \
	    "$(jq -r '.first, .second, .remembered, .failed, .cut' "$T/expected.json" | sort | tr '\n' ' ')" "its runs are listed" || shown
	hospes show "$(expected first)" --json >"$T/out" 2>"$T/err"
	is "$(jq -c '[.status, .result.said, .tree.version]' "$T/out")" '["ok","on the first version","1.0.0"]' "one is shown" || shown
	hospes show "$(expected failed)" --json >"$T/out" 2>"$T/err"
	is "$(jq -r '.error.code' "$T/out")" deadline_exceeded "one that failed says why" || shown
	hospes wait "$(expected cut)" --json >"$T/out" 2>"$T/err"
	holds 'jq -e ".status != \"open\"" "$T/out" >/dev/null' "one that was cut off comes to an end" || shown
	is "$(hospes versions echo --json | jq -r 'sort_by(.version)[] | .version + " " + .state' | tr '\n' ' ')" \
	    "1.0.0 former 2.0.0 active " "both versions of a plugin are there"
	if [ "$(id -u)" -eq 0 ]; then
		is "$(hospes memory get letters first)" '"alpha"' "a value is recalled"
		wait_for 'hospes memory search letters "first letter" --json | jq -e ".found | length > 0" >/dev/null'
		is "$(hospes memory search letters "first letter" --json | jq -r '.found[0].document')" alpha "a document is found"
	else
		ok 0 "a value is recalled # SKIP it is root's"
		ok 0 "a document is found # SKIP it is root's"
	fi
	if [ "$(uname -m)" = x86_64 ]; then
		run echo '{"a": 1}'
		succeeds "its plugins answer"
	else
		ok 0 "its plugins answer # SKIP they were built for x86_64"
	fi
	host_stop
done
