# A stream of events is taken up again behind any event: cut at every one of them, what is durable comes once, without a gap.
. "$TESTS/lib.sh"
plan 17
host_start 'grounding: { witness: { checks = [ "verbatim" ]; }; };'
plugin parts
plugin taker

# Durable events of a stream, one a line: those with an id.
durable()
{
	cat "$@" | awk '/^id: / { id = substr($0, 5) } /^event: / { event = $2 }
	    /^data: / { if (id != "") print id, event; id = "" }'
}
wanted=$(for i in {1..6}; do echo "$i progress"; done; echo "end end")

run_start taker '{"callee": "parts", "n": 6, "ms": 30}'
api "/v1/runs/$id/events" >"$T/whole"
is "$(durable "$T/whole")" "$wanted" "who watches from the beginning has it all"
is "$(grep '^data' "$T/whole" | sed 's/^data: //' | jq -c 'select(.provisional) | has("n")' | sort -u)" false \
    "what has no id says that it is provisional"

# cuts_at_every_event "why": of this run, however often it is asked.
cuts_at_every_event()
{
	local bad=0 size n last
	size=$(wc -c <"$T/whole")
	for n in $(grep -ab '^$' "$T/whole" | cut -d: -f1) $((size / 2)) $((size - 1)) 1; do
		head -c "$n" "$T/whole" | awk '/^$/ { printf "%s", event; event = ""; next } { event = event $0 "\n" }' >"$T/part"
		last=$(sed -n 's/^id: //p' "$T/part" | tail -n 1)
		api "/v1/runs/$id/events" ${last:+-H "Last-Event-ID: $last"} >"$T/rest"
		[ "$(durable "$T/part" "$T/rest")" = "$wanted" ] || { bad=$((bad + 1)); note "cut at $n of $size, after id '$last'"; }
	done
	is "$bad" 0 "$1"
}
cuts_at_every_event "cut at every event, the rest has all that was missing and no more"
is "$(api "/v1/runs/$id/events" -H 'Last-Event-ID: end' -w '%{http_code}')" 204 "after the end there is nothing more"
is "$(api "/v1/runs/$id/events" -H 'Last-Event-ID: none' | jq -r .error.code)" bad_input "a foreign id is refused"
host_crash
host_launch
cuts_at_every_event "the same from a host that was killed and started again: parts are read from the journal"

# While it goes on: the line breaks again and again.
lossy_start /events 700 0
run parts '{"n": 8, "ms": 30, "bytes": 100}' --parts
is "$(jq -c 'select(.n != null) | .n' "$T/out" | tr -d '\n')" 01234567 "a command that watches on a bad line prints each part once"
is "$(tail -n 1 "$T/out" | jq -r .status)" ok "and the end"
holds '[ "$(wc -l <"$T/lossy.out")" -ge 4 ]' "it was cut off again and again"
holds '[ ! -s "$T/err" ]' "of which nobody has to be told: the host was there"
lossy_stop

# The host is killed while it goes on.
hospes run taker --input '{"callee": "parts", "n": 8, "ms": 100}' --parts --json >"$T/out" 2>"$T/err" &
client=$!
wait_for '[ "$(wc -l <"$T/out")" -ge 3 ]'
host_crash
host_launch
wait "$client"
is "$?" 0 "a command that watches goes on when the host is killed and started again"
is "$(jq -c 'select(.took != null) | .took' "$T/out" | tr -d '\n')" 01234567 "with each part once"
is "$(tail -n 1 "$T/out" | jq -c .result.took)" '[0,1,2,3,4,5,6,7]' "and the result"
is "$(grep -c 'broke off' "$T/err")" 1 "it tells once that it waits"
id=$(tail -n 1 "$T/out" | jq -r .id)
api "/v1/runs/$id/events" >"$T/whole"
is "$(durable "$T/whole" | cut -d' ' -f1 | xargs)" "1 2 3 4 5 6 7 8 end" "who watches later has the same"

# What a check held back stays so when it is read from the journal.
plugin verbatim
plugin witness
TEXT='"text": "It is so.", "parts": true'
run witness "{$TEXT, \"quotes\": [\"It is\"]}"; passed=$id
run witness "{$TEXT, \"quotes\": [\"It is not\"]}"; refused=$id
host_crash
host_launch
is "$(api "/v1/runs/$passed/events" | durable | cut -d' ' -f1 | xargs)" "1 end" "parts of a reply that a check let pass are told"
is "$(api "/v1/runs/$refused/events" | durable | cut -d' ' -f1 | xargs)" "end" "those of one that did not pass are told to nobody"
