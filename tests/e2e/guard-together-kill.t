# All guards that keep something, at once, while the host is killed again and again: attempts of a ladder and of fallbacks, polls inside
# of them, a breaker, reviews, a rate, slots, day accounts and their alerts.  Each run ends as it does undisturbed, each call is paid for
# once, each alert is raised once.
. "$TESTS/lib.sh"
RUNS=${RUNS:-12} KILLS=${KILLS:-6}
[ "$(date -u +%H%M)" -lt 2340 ] || skip_all "midnight UTC is near, when all days begin anew"
plan 8
host_start "run = { repetition = 0; }; cells = { evict_after = \"100ms\"; };
day = { calls = 100000; }; alerts = { at = [ 50 ]; };
limits = { actor-c = { rate = \"40/s\"; burst = 2; concurrency = 2; }; voter-001 = { day_calls = $((RUNS * 4)); };
    actor-b = { concurrency = 3; }; poller = { timeout = \"60s\"; }; };
breaker = { errors = 50; least = 3; window = \"1h\"; open = \"300ms\"; };
fallbacks = ( { of = \"actor-b\"; on = [ \"crash\", \"timeout\", \"breaker\", \"refused\", \"failed\" ];
        to = ( { agent = \"actor-c\"; }, { agent = \"nobody\"; }, { human = \"What would actor-b say?\"; } ); },
    { of = \"nobody\"; to = ( { agent = \"poller\"; } ); } );
grounding: { mender: { checks = [ \"verbatim\" ]; on_fail = [ \"retry\", \"review\" ]; retries = 1; };
    stubborn: { checks = [ \"verbatim\" ]; on_fail = [ \"retry\", \"review\", \"fail\" ]; retries = 1; }; };"
for name in actor-a actor-b actor-c poller mender stubborn verbatim crew; do
	[ $name = crew ] || plugin $name
done
voters_made 4

# What a run does: a call that fails in one of several ways, a poll by who stands in for nobody, replies that a check refuses.
vote='"question": "Ship it?", "options": ["yes", "no"], "wait_all": true, "voters": ["voter-000", "voter-001", "voter-002", "voter-003"],
    "context": {"voters": {"voter-000": {"choice": "yes", "ms": 100}, "voter-001": {"choice": "no", "ms": 300}, "voter-002": {"how": "fail"},
    "voter-003": {"choice": "yes", "ms": 500}}}'
claims='"text": "The licensee must give the source, in full.", "quotes": ["must give the source", "must pay a fee"]'
play()
{
	echo "{$vote, $claims,"
	echo '"actor-a": [{"call": "actor-b"}, {"call": "nobody"}, {"sleep": 200}, {"call": "mender"}, {"call": "stubborn"}, {"call": "actor-c"}],'
	case $(($1 % 3)) in
	0) echo '"actor-b": [{"sleep": 50}, {"fail": "no"}], "actor-c": [{"sleep": 30}, {"try": "poller"}]}' ;;
	1) echo '"actor-b": [{"crash": true}], "actor-c": [{"sleep": 30}]}' ;;
	2) echo '"actor-b": [{"sleep": 100}, {"fail": "no"}], "actor-c": [{"say": 1}, {"sleep": 20}]}' ;;
	esac
}

# Humans, who answer whatever they are asked; not all of it at once.
answers()
{
	hospes reviews --json 2>/dev/null | jq -r '.[] | [.id, .cause] | @tsv' | while read -r review cause; do
		case $cause in
		fallback) hospes review "$review" answer said >/dev/null 2>&1 ;;
		*) hospes review "$review" approve >/dev/null 2>&1 ;;
		esac
	done
}

all_ended()
{
	answers
	[ "$(hospes ps --json 2>/dev/null | jq length)" = 0 ]
}

ids=
all_start()
{
	local n
	ids=
	for ((n = 0; n < RUNS; n++)); do
		run_start actor-a "$(play $n)"
		ids+=" $id"
	done
}

results()
{
	local one
	for one in $ids; do
		hospes show "$one" --json | jq -Sc '[.status, (.result // .error.message | del(.. | .message?, .why_not?))]'
	done
}

all_start
wait_for -t 200 all_ended
results >"$T/quiet"
spent()
{
	hospes budget --json | jq -c '[.accounts[] | [.what, .name, .calls.spent]] | sort'
}
quiet_spent=$(spent)
holds '! grep -qv "^\[\"ok\"" "$T/quiet"' "undisturbed, all runs end well" || sort "$T/quiet" | uniq -c | cut -c1-600 | sed 's/^/# /'

all_start
for ((k = 0; k < KILLS; k++)); do
	pause "0.$(printf %03d $((RANDOM % 900)))"
	[ $((k % 2)) -eq 0 ] || answers
	host_crash
	host_launch || { echo "Bail out! it does not start again"; tail -20 "$T/host.log" | sed 's/^/# /'; exit 1; }
done
wait_for -t 300 all_ended
ok $? "killed $KILLS times, all runs end" || hospes ps | sed 's/^/# /'
results >"$T/noisy"
diff "$T/quiet" "$T/noisy" >"$T/differ"
ok $? "as they did undisturbed" || cut -c1-6000 "$T/differ" | sed 's/^/# /'
for one in $ids; do
	hospes journal "$one" --json
done >"$T/records"
is "$(jq -s '[.[] | flatten | map(select(.kind == "call_start" or .kind == "stage" or .kind == "call_end") | .kind + .path) |
    length - (unique | length)] | add' "$T/records")" 0 "nothing began, ended or gave way twice"
began=$(jq -s '[.[] | flatten | map(select(.kind == "call_start"))] | add | length' "$T/records")
before=$(echo "$quiet_spent" | jq '.[] | select(.[0] == "host") | .[2]')
is "$(spent | jq '.[] | select(.[0] == "host") | .[2]')" $((before + began)) "the day has each call once"
is "$(hospes alerts --json --limit 4096 | jq '[.[] | select(.run == null and .kind == "budget") | .of + .what + (.percent | tostring)] | length - (unique | length)')" 0 \
    "each alert of a day was raised once"
is "$(hospes alerts --json --limit 4096 | jq '[.[] | select(.of == "agent voter-001")] | length')" 1 "and the one that is due is there"
host_stop
hospes journal verify "$T/state" >"$T/out" 2>&1
ok $? "the journal is whole" || sed 's/^/# /' "$T/out"
grep -E "ERROR: AddressSanitizer|runtime error|assert" "$T/host.log" | sed 's/^/# /'
