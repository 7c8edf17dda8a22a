# Records are dropped by age and by size, oldest first; summaries stay, and what is not there any more is told as such.
# Nothing that a start, the store or an open run needs goes, and the files that go are used again.
. "$TESTS/lib.sh"
plan 26
CONF_MORE='journal: { size = "32M"; }; grants = { http = { http = [ "http://127.0.0.1:*" ]; private = true; }; };'
world_start
host_start
plugin echo
plugin wordcount
plugin dear # plugins/dear.c: a cent a call
plugin nag
plugin http

segments()
{
	find "$T/state/journal" -name '*.seg' | wc -l
}
# Puts about N MiB on record, and says the id of the last run.
put()
{
	local n
	for ((n = 0; n < $1; n += 3)); do
		head -c 3000000 /dev/urandom | base64 -w 0 | head -c 3000000 >"$T/bytes"
		printf '"%s"' "$(cat "$T/bytes")" >"$T/in"
		hospes run echo --in "$T/in" --json --detach >"$T/out" 2>"$T/err"
		id=$(jq -r .id "$T/out")
		hospes wait "$id" >/dev/null 2>>"$T/err"
	done
}
verified()
{
	hospes journal verify --json >"$T/out" 2>"$T/err"
	is "$? $(jq -r .ok "$T/out")" "0 true" "$1" || shown
}

# What a run has cost, as it is shown and as it is listed.
costs()
{
	hospes show "$1" --json | jq -c '[.calls, .money_micros, .cpu_ns, .maybe_billed]'
}
listed()
{
	hospes ps --all --limit 1000 --json | jq -c --arg id "$1" '.[] | select(.id == $id) | [.calls, .money_micros, .cpu_ns, .maybe_billed]'
}

run wordcount '{"name": "a", "text": "one two"}'; succeeds "a run"
first=$id
run nag '{"callee": "dear", "n": 3, "polite": true}'
spent=$id
run http "{\"url\": \"$WORLD/costly?drop=9\", \"method\": \"POST\", \"body\": \"x\", \"effect\": \"costly\"}"
billed=$id
spent_was=$(costs "$spent") billed_was=$(costs "$billed")
holds 'jq -e ".[0] == 4 and .[1] == 30000 and .[2] > 0 and .[3] == null" <<<"$spent_was" >/dev/null' "one has cost money and CPU time" ||
    note "$spent_was"
holds 'jq -e ".[0] == 1 and .[1] == null and .[2] > 0 and .[3] == 1" <<<"$billed_was" >/dev/null' "one may have to pay for a request" ||
    note "$billed_was"
is "$(listed "$spent") $(listed "$billed")" "$spent_was $billed_was" "the list says the same"
put 90
last=$id
wait_for -t 60 '[ ! -e "$T/state/journal/0000000000000001.seg" ]'
ok $? "past its size the oldest goes"
wait_for -t 60 '[ "$(segments)" -le 3 ]'
ok $? "until it fits again"
verified "what is left is whole"
hospes show "$first" >"$T/out" 2>"$T/err"
is "$?" 0 "the run from before is known"
says "were dropped"
hospes score "$first" 0.5 >"$T/out" 2>"$T/err"; code=$?
holds '[ $code -ne 0 ]' "it cannot be scored any more"
says "nothing is left to be scored"
is "$(hospes show "$first" --json | jq -r '[.status, .plugin, .calls, .state, .missing.code, .result] | @csv')" \
    '"ok","wordcount",1,"ended","not_found",' "with how it ended and what it took"
is "$(hospes ps --all --limit 1000 --json | jq --arg id "$first" 'map(select(.id == $id)) | length')" 1 "and listed"
is "$(costs "$spent") $(costs "$billed")" "$spent_was $billed_was" "what those had cost is kept"
is "$(listed "$spent") $(listed "$billed")" "$spent_was $billed_was" "in the list too"
is "$(hospes budget "$spent" --json | jq -c '[.run.calls.spent, .run.money_micros.spent, .run.cpu_ns.spent, null]')" "$spent_was" \
    "and told by the budget"
hospes wait "$first" >"$T/out" 2>"$T/err"
says "not_found"
hospes journal "$first" >"$T/out" 2>"$T/err"
is "$?" 3 "its records are not found"
is "$(hospes show "$last" --json | jq -r '.result | length')" 3000000 "newer ones are as they were"
host_stop KILL

host_launch
ok $? "the host starts on what is left"
is "$(hospes show "$last" --json | jq -r '.result | length')" 3000000 "with all of it"
is "$(hospes show "$first" --json | jq -r .status) $(costs "$billed")" "ok $billed_was" "and with what it keeps"
is "$(active wordcount)" 1.0.0 "plugins are as they were"
verified "the journal and the store fit"
host_stop

# A file that is missing from the front is one too many.
rm "$(find "$T/state/journal" -name '*.seg' | sort | head -n 1)"
host_launch
holds "[ $? -ne 0 ]" "a segment that nobody dropped stops the host"
wait "$HOST"
HOST=
holds "logged 'a file is missing'" "and it says so"
