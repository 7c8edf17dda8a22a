# The host is killed again and again while humans decide: nobody is asked twice, no decision is lost, and what was approved is done
# once, whenever that was.
. "$TESTS/lib.sh"
plan 7
world_start
host_start "grants = { http = { http = [ \"http://127.0.0.1:*\" ]; private = true; }; };
reviews: { once = true; deadline = \"1h\"; };
run: { wall = \"1h\"; };"
plugin http

N=12
declare -a ids
for ((i = 0; i < N; i++)); do
	run_start http "{\"url\": \"$WORLD/k$i\", \"method\": \"POST\", \"body\": \"x\"}"
	ids[i]=$id
done
open_reviews()
{
	hospes reviews --json 2>/dev/null | jq -r '.[].id'
}
wait_for '[ "$(open_reviews | wc -l)" = '$N' ]'
ok $? "$N humans are asked"
before=$(open_reviews | sort)

# One is approved and the host killed at once, and another while it is told.
for ((round = 0; round < 4; round++)); do
	set -- $(open_reviews)
	[ $# -ge 2 ] || break
	hospes review "$1" approve >"$T/out" 2>"$T/err"
	hospes review "$2" approve >"$T/told.$round" 2>&1 &
	pause "0.0$((RANDOM % 4))"
	host_crash
	wait $!
	host_launch || exit 1
done
is "$(open_reviews | grep -vxF "$before")" "" "after $round kills nobody is asked anew"

# All others; what a host had begun when it ended is decided as the server has it.
settle()
{
	local review run path
	for review in $(open_reviews); do
		hospes review "$review" approve >"$T/out" 2>"$T/err"
	done
	hospes ps --json | jq -r '.[] | .id as $id | .undecided // [] | .[] | [$id, .path, .target] | @tsv' |
	    while read -r run path target; do
		if [ "$(world_count "${target#"$WORLD"}")" -gt 0 ]; then
			hospes resolve "$run" "$path" --outcome done
		else
			hospes resolve "$run" "$path" --outcome not-done
		fi >"$T/out" 2>"$T/err"
	done
	[ "$(hospes ps --json | jq length)" = 0 ]
}
wait_for settle
ok $? "all runs come to their end"
done_once=0 asked_once=0 decided_once=0
for ((i = 0; i < N; i++)); do
	[ "$(world_count "/k$i")" = 1 ] && done_once=$((done_once + 1))
	records=$(hospes journal "${ids[i]}" --json)
	[ "$(jq '[.[] | select(.kind == "review")] | length' <<<"$records")" = 1 ] && asked_once=$((asked_once + 1))
	[ "$(jq '[.[] | select(.kind == "resolved" and .review != null)] | length' <<<"$records")" = 1 ] && decided_once=$((decided_once + 1))
done
is "$done_once" $N "each request was made once"
is "$asked_once" $N "each was asked about once"
is "$decided_once" $N "and decided once"
hospes journal verify "$T/state" >"$T/out" 2>"$T/err"; code=$?
is "$code" 0 "the journal is whole" || shown
