# An open run that is in the way of retention is copied to the end of the journal, and goes on from its copies: also after
# the host was killed, when nothing is left of the originals.
. "$TESTS/lib.sh"
plan 19
web_start
CONF_MORE='journal: { size = "32M"; }; http: { timeout = "10m"; };'
host_start "grants = { http = { http = [ \"$WEB\" ]; private = true; }; };"
plugin http
plugin twice
plugin echo

# Puts about N MiB on record.
put()
{
	local n
	head -c 3000000 /dev/zero | tr '\0' x >"$T/bytes"
	for ((n = 0; n < $1; n += 3)); do
		# Differs from the one before at both ends, or only the difference would be written.
		{ printf '"%s' "$RANDOM$n"; head -c 3000000 /dev/urandom | base64 -w 0 | head -c 3000000; printf '"'; } >"$T/in"
		hospes run echo --in "$T/in" >/dev/null 2>>"$T/err"
	done
}
# Records of the open run: KIND, copies or not.
records()
{
	hospes journal records "$T/state" 2>/dev/null | jq -c --arg id "$open" "select(.run == \$id and ($1))" | wc -l
}
moved()
{
	wait_for -t 60 "[ \$(records '.kind == \"run_moved\"') -ge 1 ]"
}
verified()
{
	hospes journal verify --json >"$T/out" 2>"$T/err"
	is "$? $(jq -r .ok "$T/out")" "0 true" "$1" || shown
}

run_start twice "{\"callee\": \"http\", \"ms\": 1, \"input\": {\"url\": \"$WEB/hold\", \"timeout_ms\": 600000}}"
open=$id
web "/holding?n=1" >/dev/null
web /release >/dev/null
wait_for '[ "$(web_count /hold)" = 2 ]'
ok $? "a run has done one thing and waits for another"
before=$(hospes journal "$open" --json | jq -c 'map({seq, kind, path})')
n=$(jq length <<<"$before")

put 36
moved
ok $? "its records are copied forward"
wait_for "[ \$(records '.copy != true and .kind == \"run_start\"') = 0 ]"
ok $? "and the old ones go"
is "$(records '.copy == true')" "$n" "each of them once"
is "$(hospes journal "$open" --json | jq -c --argjson n "$n" '.[:$n] | map({seq, kind, path})')" "$before" \
    "it has the same records as before"
is "$(hospes ps --json | jq -r '.[0].id')" "$open" "it is open"
verified "the journal is whole"
host_crash

host_launch
ok $? "the host starts again"
wait_for '[ "$(web_count /hold)" = 3 ]'
ok $? "the run goes on: what had no outcome is done again"
verified "the journal is whole"

# Once more: copies are copied like others.
put 45
wait_for -t 60 "[ \$(records '.kind == \"run_moved\" and .copy == true') -ge 1 ]"
ok $? "its copies are copied forward, and with them that they were"
verified "the journal is whole"
web "/holding?n=1" >/dev/null
web /release >/dev/null
run_wait "$open"
is "$code" 0 "it ends well"
result '.first.body' '"released\n"' "with what it had from before"
result '.second.body' '"released\n"' "and what came last"
is "$(web_count /hold)" 3 "and nothing that had an outcome was done again"
is "$(hospes journal "$open" --json | jq -c '[.[].seq] == [range(length)]')" true "its records have no gap"
host_stop
hospes journal verify "$T/state" >"$T/out" 2>"$T/err"
is "$?" 0 "the journal and the store fit"
is "$(hospes journal records "$T/state" | jq -r --arg id "$open" 'select(.run == $id and .kind == "run_end") | .status')" ok \
    "and the end is on record"
