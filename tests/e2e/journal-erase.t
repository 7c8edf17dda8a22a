# What is erased is nowhere on disk any more: neither in the journal, nor in the memory, nor in what is shown; that it was
# there is known.  A crash in the middle is made good at the next start.
. "$TESTS/lib.sh"
plan 31
web_start
host_start "grants = { http = { http = [ \"$WEB\" ]; private = true; }; };"
plugin echo
plugin keeper
plugin http
plugin sleeper

# on_disk TEXT: in any file of the state.
on_disk()
{
	grep -rlaF -- "$1" "$T/state" >"$T/has"
}
gone()
{
	! on_disk "$1"
	ok $? "$2" || sed 's/^/# in: /' "$T/has"
}
verified()
{
	hospes journal verify --json >"$T/out" 2>"$T/err"
	is "$? $(jq -r .ok "$T/out")" "0 true" "$1" || shown
}
erase()
{
	hospes erase "$@" --json >"$T/out" 2>"$T/err"
	code=$?
}

secret="the quick brown zebra of $RANDOM jumps"
run echo "{\"say\": \"$secret\"}";              succeeds "a run with something to hide"
run=$id
run http "{\"url\": \"$WEB/delay?ms=1&name=quagga\"}"; succeeds "one that asked for a URL"
web=$id
run echo '{"say": "nothing of that kind, and nothing to be hidden at all"}'; succeeds "and one that hides nothing"
other=$id
on_disk "$secret"
ok $? "it is on disk"
erase "$run" --why "asked for"
is "$code $(jq -r .run "$T/out")" "0 $run" "it is erased" || shown
gone "$secret" "it is on disk no more"
erase "$web"
gone "name=quagga" "nor is the URL that was asked for"
verified "the journal is whole"
hospes wait "$run" >"$T/out" 2>"$T/err"; code=$?
is "$code" 3 "its result cannot be had"
says "erased: the run $run was erased"
is "$(hospes show "$run" --json | jq -r '[.status, .tree.plugin, .tree.status, .missing.code, .result] | @csv')" \
    '"ok","echo","ok","erased",' "how it went is shown"
is "$(hospes journal "$run" --json | jq -c 'map(select(.input_erased > 0 and (.input_hash | length) == 32)) | length > 0')" \
    true "records have hashes where the bytes were"
is "$(hospes show "$other" --json | jq -r .result.say)" "nothing of that kind, and nothing to be hidden at all" "others are as they were"
is "$(hospes journal records "$T/state" | jq -r 'select(.command == "run.erase") | [.actor, .reason] | @csv' | head -n 1)" \
    "\"uid:$(id -u)\",\"asked for\"" "who asked for it, and why, is on record"
erase "$run"
is "$code $(jq .records "$T/out")" "0 0" "once more does nothing"

run_start sleeper '{"ms": 600000}'
open=$id
erase "$open"
fails_with conflict "a run that is open is not erased"
hospes cancel "$open" >/dev/null
hospes wait "$open" >/dev/null 2>&1
erase "$open"
is "$code" 0 "when it has ended it is"
erase 01ARZ3NDEKTSV4RRFFQ69G5FAV
fails_with no_such_run "what never was is not erased"

# A document, and the run that read it.
mkdir "$T/docs"
word="okapi$RANDOM"
printf 'An %s lives in the forest.\n' "$word" >"$T/docs/one.txt"
printf 'A lion lives elsewhere.\n' >"$T/docs/two.txt"
hospes memory load keeper "$T/docs" >/dev/null 2>"$T/err"
digest=$(sha256sum <"$T/docs/one.txt" | cut -d ' ' -f 1)
run keeper "{\"do\": [{\"op\": \"search\", \"query\": \"$word\"}]}"; succeeds "a run that finds something in a document"
reader=$id
run keeper '{"do": [{"op": "search", "query": "lion"}]}'; succeeds "and one that finds something in another"
stays=$id
wait_for 'on_disk "$word"'
erase "$digest"
is "$code $(jq -c '[.spaces, .runs]' "$T/out")" "0 [1,[\"$reader\"]]" "the document is erased, with the run that read it" || shown
wait_for '! on_disk "$word"'
gone "$word" "it is nowhere"
is "$(hospes memory list keeper --documents --json | jq -c 'map(.document | split("/") | last)')" '["two.txt"]' \
    "the other document is there"
is "$(hospes show "$reader" --json | jq -r .missing.code)" erased "the reader's result is erased"
is "$(hospes show "$stays" --json | jq -r '.result | length')" 1 "the other's is not"
erase "$digest"
fails_with not_found "once more there is nothing"

# A host that dies between saying that it will and having done it.
run echo "{\"say\": \"$secret again\"}"
run=$id
for attempt in 1 2 3 4 5 6 7 8; do
	hospes erase "$run" >/dev/null 2>&1 &
	pause "0.0$attempt"
	host_crash
	wait $! 2>/dev/null
	host_launch
	[ "$(hospes show "$run" --json | jq -r .missing.code)" != erased ] || break
done
wait_for 'erase "$run"; [ "$code" = 0 ]'
is "$(hospes show "$run" --json | jq -r .missing.code)" erased "a crash changes nothing about it"
gone "$secret again" "all of it is gone"
verified "the journal is whole"
host_stop
host_launch
is "$(hospes show "$run" --json | jq -r .missing.code)" erased "and stays so"
verified "also after a start"
