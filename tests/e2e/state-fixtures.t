# A state directory that a release wrote opens for ever: its runs, its versions and its memory are what they were.
. "$TESTS/lib.sh"
fixtures=("$TESTS"/../fixtures/state/state-*.tar.gz)
opened=("$TESTS"/../fixtures/state/open-*.tar.gz)
plan $((${#fixtures[@]} * 9 + ${#opened[@]} * 22))
# What it was made with.
expected()
{
	jq -r ".$1" "$T/expected.json"
}
conf_write 'user = "";'
mkdir -p -m 0755 "$DROP"
for fixture in "${fixtures[@]}"; do
	rm -rf "$T/state" "$T/host.log"
	tar -C "$T" --no-same-owner -xzf "$fixture" || exit 1
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

# One that was killed while much was open goes on with all of it.  An hour is over then: its deadlines are not, and it is the same day.
# show RUN JQ
show()
{
	hospes show "$(expected "$1")" --json | jq -c "$2"
}
for fixture in "${opened[@]}"; do
	what="(format $(basename "$fixture" .tar.gz | tr -dc 0-9))"
	if [ "$(id -u)" -ne 0 ] || [ "$(uname -m)" != x86_64 ] || [ "${SANITIZERS:-no}" != no ]; then
		for ((n = 0; n < 22; n++)); do
			ok 0 "what was open goes on $what # SKIP it is root's, was built for x86_64, and its clock wants to be first"
		done
		continue
	fi
	rm -rf "$T/state" "$T/host.log"
	tar -C "$T" --no-same-owner -xzf "$fixture" || exit 1
	conf_write "$(cat "$TESTS/../fixtures/state/open.conf")"
	CLOCK_BACK=$(($(date +%s) - $(expected made) - 3600)) LD_PRELOAD=$BUILT/tests/fixtures/clockback.so host_launch
	ok $? "a state directory of $(expected version) $what, whose host was killed, opens"
	hospes ps --json >"$T/out" 2>"$T/err"
	run_wait "$(expected sleeps)"
	succeeds "who slept wakes up"
	run_wait "$(expected staged)"
	succeeds "a call that is in its second attempt goes on"
	is "$(show staged '[.tree.ops[0] | ., .attempts[] | [.path, .plugin, .status]]')" \
	    '[["/0/0","actor-b","poison"],["/0/0#2","actor-c","ok"]]' "as it was"
	is "$(show staged '.tree.ops[0].next | [.by, .cause, .to]')" '["fallback","crash","actor-c"]' "and why there is one"
	wait_for '[ "$(show once ".undecided[0].path // .tree.ops[0].undecided.command")" != null ]'
	hospes resolve "$(expected once)" /0/0 --outcome done >"$T/out" 2>"$T/err"; code=$?
	is "$code" 0 "what nobody knows is decided" || shown
	run_wait "$(expected once)"
	succeeds "and its run ends"
	is "$(show once '.money_micros') $(show billed '.money_micros')" "2000 2000" "with its price, and so did one that broke off"
	is "$(hospes reviews --json | jq -r '.[0] | .id + " " + .cause + " " + .run')" "$(expected review) grounding $(expected asked)" \
	    "who asked a human asks still"
	is "$(show asked '[.tree | .guard, .next.by, .attempts[0].path, .attempts[0].reviews[0].cause]')" '["grounding","ladder","/0#2","grounding"]' \
	    "after one retry"
	hospes review "$(expected review)" approve --why "it will do" >"$T/out" 2>"$T/err"
	run_wait "$(expected asked)"
	succeeds "approved, its run ends"
	is "$(jq -c '.result.claims | length' "$T/out")" 2 "with the reply that was shown"
	is "$(hospes breakers --json | jq -c '.[] | select(.name == "fickle") | [.state, .cause, .errors, .samples]')" '["open","errors",3,3]' \
	    "a breaker is open"
	run fickle '{}'
	fails_with breaker_open "and refuses"
	is "$(hospes alerts --json | jq -c 'map(select(.of == "agent dear" and .what == "calls") | .percent) | sort')" "[50]" "an alert is there"
	is "$(hospes budget --json | jq -c '[.day, (.accounts[] | select(.what == "agent" and .name == "dear") | .calls.spent)]')" \
	    "[\"$(expected day)\",3]" "and what the day had spent"
	run nag '{"callee": "dear", "n": 3, "polite": true}'
	is "$(hospes alerts --json | jq -c 'map(select(.of == "agent dear" and .what == "calls") | .percent) | sort')" "[50,80,100]" \
	    "to which more is added, until it is spent, and no alert comes twice"
	is "$(show spent '[.calls, .money_micros, .cpu_ns]')" "$(jq -c .costs "$T/expected.json")" "what a run has cost is told"
	is "$(hospes scores --json | jq -c '[.[] | select(.by == "people") | [.plugin, .n, .mean]]')" '[["nag",1,0.25]]' "and how it was scored"
	is "$(show mended '[.tree | ., .attempts[] | [.path, .status]]') $(show billed .maybe_billed)" \
	    '[["/0","not_grounded"],["/0#2","ok"]] 1' "what a ladder mended, and what may be on a bill"
	host_stop
	hospes journal verify "$T/state" >"$T/out" 2>"$T/err"; code=$?
	is "$code" 0 "the journal is whole" || shown
	is "$(hospes journal records "$T/state" --json | jq -sc 'flatten | [.[] | select(.kind == "resolved") | [.decision, .review]]')" \
	    "[[\"done\",null],[\"approve\",\"$(expected review)\"]]" "which has what was decided, in words"
done
