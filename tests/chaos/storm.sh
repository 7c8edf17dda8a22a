# A chaos round, in the words of tests/e2e/lib.sh, sourced after it: RUNS runs of mixed shape, KILLS kills of the host or of a
# cell at random instants, then the checker.
#
#   storm_round N     round N; prints what it did, and leaves in $code what chaos-check says
#
# Everything random is drawn from the round's seed (SEED=... repeats one), but for the instants themselves, which the
# machine has its part in.
#
#   RUNS KILLS        how many
#   LASTS             how long a run lasts at least, in ms, left in peace
#   BULK              of so many bytes is a step of a shape of its own: the journal then outgrows journal.size, and old
#                     records are dropped while those of open runs are copied; 0: no such step

RUNS=${RUNS:-300}
KILLS=${KILLS:-100}
BATCH=50
STEPS=10
BULK=${BULK:-0}
LASTS=${LASTS:-$((KILLS * (BULK > 0 ? 2500 : 600)))}
STORMS="storm storm-1 storm-2 storm-3 storm-4"
VOTERS=5

storm_plugins()
{
	local name
	for name in $STORMS storm-frail storm-steady mender verbatim; do
		plugin "$name"
	done
	voters_made $VOTERS
}

# A host that is as others are, or in which some things are scarce.
storm_weather()
{
	local evicts=(60s 1s 200ms) at_once=(64 4) fibers=($((RUNS * 2)) 24) requests=(64 8) slots=(0 6)
	EVICT=${EVICT:-${evicts[RANDOM % 3]}}
	AT_ONCE=${AT_ONCE:-${at_once[RANDOM % 2]}}
	FIBERS=${FIBERS:-${fibers[RANDOM % 2]}}
	REQUESTS=${REQUESTS:-${requests[RANDOM % 2]}}
	SLOTS=${SLOTS:-${slots[RANDOM % 2]}}
	note "evicted after $EVICT, $AT_ONCE resumed at once, $FIBERS calls a cell," \
	    "$REQUESTS requests and $SLOTS calls of an agent at once, steps of $BULK bytes"
}

# storm_conf MORE
storm_conf()
{
	local name
	cat <<CONF
run = { at_once = $((RUNS * 4)); wall = "3h"; calls = 1000; repetition = 0; drain = "300ms"; resume_at_once = $AT_ONCE; };
cells = { per_version = 4; fibers = $FIBERS; evict_after = "$EVICT"; };
http = { at_once = $REQUESTS; };
grounding = { mender = { checks = [ "verbatim" ]; on_fail = [ "retry" ]; }; };
fallbacks = ( { of = "storm-frail"; on = [ "failed" ]; to = ( { agent = "storm-steady"; } ); } );
$1
CONF
	echo "grants = {"
	for name in $STORMS; do
		echo "	$name = { http = [ \"$SERVER\" ]; private = true; };"
	done
	echo "};"
	echo "limits = {"
	for name in $STORMS; do
		echo "	$name = { concurrency = $SLOTS; };"
	done
	for name in storm-frail voter-002; do
		echo "	$name = { breaker = false; };"
	done
	echo "};"
}

# ---- What runs do ------------------------------------------------------------------------------------------------------

# All in this shell: a subshell would draw numbers of its own.

a_sleep()
{
	printf -v SLEEP '{"op":"sleep","ms":%d}' $((RANDOM % (2 * LASTS / STEPS / 2) + 1))
}

# STEP: one of shape $1 in run $2, as the $3rd, an effect of class $4; adds to CALLS how many calls that takes.
a_step()
{
	local number=$RANDOM say
	a_sleep
	say='{"op":"say","value":'$number'}'
	case $1 in
	0) STEP='{"op":"fan","n":8,"at_once":4,"input":{"do":['$say,$SLEEP']}}' CALLS=$((CALLS + 8)) ;;
	1)
		STEP='{"do":['$say,$SLEEP']}'
		for _ in 2 3 4; do
			STEP='{"do":[{"op":"call","input":'$STEP'}]}'
		done
		STEP='{"op":"call","input":'$STEP'}' CALLS=$((CALLS + 4))
		;;
	2) STEP='{"op":"fan","n":3,"at_once":2,"input":{"do":['$SLEEP',{"op":"call","input":{"do":[{"op":"add","key":"m"}]}}]}}'
		CALLS=$((CALLS + 6)) ;;
	3) STEP='{"op":"add","key":"n"}' ;;
	4) STEP='{"op":"draw"}' CALLS=$((CALLS + 1)) ;;
	5 | 6) STEP='{"op":"http","url":"'$SERVER/$4/$2-$3?ms=$((number % 1000))'","effect":"'$4'"}' ;;
	7) STEP='{"op":"race","n":3,"input":{"do":['$SLEEP,$say']}}' CALLS=$((CALLS + 3)) ;;
	8) STEP='{"op":"late","ms":'$((number % 2000 + 1))'}' CALLS=$((CALLS + 1)) ;;
	9)
		STEP='{"op":"call","input":{"do":[{"op":"http","url":"'$SERVER/$4/$2-$3'","effect":"'$4'"}]}}'
		CALLS=$((CALLS + 1))
		;;
	10)
		STEP='{"op":"listen","input":{"do":[{"op":"part","value":1},'$SLEEP',{"op":"part","value":2},'$SLEEP,$say']}}'
		CALLS=$((CALLS + 1))
		;;
	11) # The first reply is refused by its check, the second is not.
		STEP='{"op":"ask","plugin":"mender","input":{"text":"In case '$2-$3-$number' the licensee must give the source.",'
		STEP+='"quotes":["must give the source","must pay a fee"],"check":{"ms":'$((number % 400 + 1))'}}}' CALLS=$((CALLS + 4))
		;;
	12) # The first attempt fails after a while, and somebody else makes the second.
		STEP='{"op":"ask","plugin":"storm-frail","input":{"do":['$SLEEP,$say',{"op":"fail","value":'$number'},'$SLEEP']}}'
		CALLS=$((CALLS + 2))
		;;
	13) # A tie, which the fifth breaks.
		STEP='{"op":"poll","question":"'$2-$3-$number'?","voters":["voter-000","voter-001","voter-002","voter-003"],'
		STEP+='"breaker":"voter-004","context":{"every":{"choice":"no","ms":'$((number % 300))'},"voters":{"voter-000":{"choice":"yes"},'
		STEP+='"voter-001":{"choice":null,"ms":'$((number % 500))'},"voter-002":{"how":"fail","ms":'$((number % 400))'}}}}'
		CALLS=$((CALLS + 5))
		;;
	14) STEP='{"op":"review","question":"Left or right, '$2-$3'?","ms":'$((number % (LASTS / STEPS) + 1))'}' ;;
	15) STEP='{"op":"bulk","bytes":'$((BULK + number % 1000))'}' CALLS=$((CALLS + 1)) ;;
	esac
}

# Some runs are cancelled: at some time, or not in time.  They change nothing that others look at.
doomed()
{
	[ $(($1 % 20)) -eq 7 ]
}

# INPUT of run $1, and CALLS that it makes.  Shapes follow one another; among the runs there are effects of each class.
an_input()
{
	local classes=(pure idempotent keyed costly once) shapes=$((BULK > 0 ? 16 : 15)) step shape
	CALLS=1
	INPUT='{"do":[{"op":"say","value":'$1'}'
	for ((step = 0; step < STEPS; step++)); do
		shape=$((($1 + step * (1 + $1 % 3)) % shapes))
		! doomed "$1" || [ $shape -ne 2 -a $shape -ne 3 ] || shape=0
		a_step $shape "$1" $step "${classes[($1 + step) % 5]}"
		a_sleep
		INPUT+=,$STEP,$SLEEP
	done
	INPUT+=']}'
}

# Each line a request.  Half of the runs may make as many calls as they need and not one more.
requests_write()
{
	local i budget
	for ((i = 0; i < RUNS; i++)); do
		an_input $i
		budget=
		[ $((i % 2)) -eq 0 ] || budget=',"budget":{"calls":'$CALLS'}'
		printf '{"plugin":"storm","key":"%s-%d","input":%s%s}\n' "$ROUND" $i "$INPUT" "$budget"
	done >"$T/asked"
}

# The same for the server that is there now.
requests_rebase()
{
	sed -i "s|http://127\.0\.0\.1:[0-9]*|$SERVER|g" "$T/asked"
}

# The same for who has no time to sleep.
requests_hurry()
{
	sed 's|"op":"sleep","ms":[0-9]*|"op":"sleep","ms":1|g' "$T/asked" >"$T/requests"
}

# ---- Starting them -----------------------------------------------------------------------------------------------------

# Batch $1 of the requests, until a host has said which runs these are; adds their ids to $T/accepted.
batch_start()
{
	local n
	tail -n +$(($1 * BATCH + 1)) "$T/requests" | head -n $BATCH | jq -sc . >"$T/batch"
	n=$(jq length "$T/batch")
	until curl -sf --max-time 30 --unix-socket "$HOSPES_SOCKET" -H 'Content-Type: application/json' http://host/v1/runs \
	    --data-binary "@$T/batch" >"$T/started" && [ "$(jq -r '.[].id // empty' "$T/started" | grep -c .)" = "$n" ]; do
		pause 0.1
	done
	jq -r '.[].id' "$T/started" >>"$T/accepted"
}

all_start()
{
	local n
	: >"$T/accepted"
	for ((n = 0; n * BATCH < RUNS; n++)); do
		batch_start $n
	done
	: >"$T/all-started"
}

open_runs()
{
	hospes ps --json 2>/dev/null | jq 'map(select(.plugin == "storm")) | length' 2>/dev/null || echo unknown
}

# ---- Decisions ---------------------------------------------------------------------------------------------------------

# What was sent before this is in the server's log when it returns: it serves what has come in the order of its coming.
server_caught_up()
{
	curl -s "$SERVER/caught-up" >/dev/null && curl -s "$SERVER/caught-up" >/dev/null
}

# Somebody has to say what came of what may be done once; the server knows.  One at a time: who decides on what he saw before
# somebody else decided may have it done twice.
decide_all()
{
	local run path url
	hospes ps --json 2>/dev/null | jq -r '.[] | .id as $id | .undecided // [] | .[] | [$id, .path, .target] | @tsv' \
	    >"$T/undecided" 2>/dev/null
	[ -s "$T/undecided" ] && server_caught_up || return 0
	while IFS=$'\t' read -r run path url; do
		if grep -qF " ${url#"$SERVER"} " "$T/server.log"; then
			echo '{"status": 200}' >"$T/outcome"
			hospes resolve "$run" "$path" --outcome "$T/outcome" --why "the server has it" </dev/null >/dev/null 2>&1
		else
			hospes resolve "$run" "$path" --outcome not-done --why "the server has not" </dev/null >/dev/null 2>&1
		fi
	done <"$T/undecided"
}

# While the host is killed, decisions are made, too.
decide_start()
{
	while [ ! -e "$T/kills-done" ]; do
		decide_all
		pause 0.5
	done &
	DECIDING=$!
}

decide_end()
{
	: >"$T/kills-done"
	wait "$DECIDING"
}

all_ended()
{
	pause 0.2
	decide_all
	[ "$(open_runs)" = 0 ]
}

# ---- Records -----------------------------------------------------------------------------------------------------------

# Copies of the journal's segments, which the host may drop later.  One that is dropped was complete long before.
collect()
{
	mkdir -p "$T/collected"
	cp -u --preserve=timestamps "$T"/state/journal/*.seg "$T/collected/" 2>/dev/null || :
}

collect_start()
{
	rm -rf "$T/collected" "$T/collect-done"
	while [ ! -e "$T/collect-done" ]; do
		collect
		pause 1
	done &
	COLLECTING=$!
}

collect_end()
{
	: >"$T/collect-done"
	wait "$COLLECTING"
	collect
}

# The server's port differs from one to the next, and the inputs with it; nor does it matter for how long a run slept.
records_of()
{
	hospes journal records "$1" | sed 's|127\.0\.0\.1:[0-9]*|server|g; s|"op":"sleep","ms":[0-9]*|"op":"sleep","ms":0|g'
}

# ---- Kills -------------------------------------------------------------------------------------------------------------

# A host that nobody waits for.
host_begin()
{
	hospesd -c "$T/hospes.conf" 2>>"$T/host.log" </dev/null >&2 &
	HOST=$!
}

host_again()
{
	host_launch || {
		note "the host does not start again:"
		tail -n 20 "$T/host.log" | sed 's/^/# | /'
		return 1
	}
}

cell_kill()
{
	local pids
	pids=($(cell_pids))
	[ ${#pids[@]} -gt 0 ] && kill -9 "${pids[RANDOM % ${#pids[@]}]}" 2>/dev/null || return 1
	cells_killed=$((cells_killed + 1))
}

# One whose start is cut off, at once or a little later, a few times.
starts_kill()
{
	local n
	for ((n = RANDOM % 3; n >= 0; n--)); do
		host_begin
		pause "0.$(printf %03d $((RANDOM % 150)))"
		host_stop KILL
		starts_killed=$((starts_killed + 1))
	done
}

whole()
{
	hospes journal verify "$T/state" >"$T/verified" 2>&1 || {
		note "after a kill the journal is not whole:"
		sed 's/^/# | /' "$T/verified"
		return 1
	}
}

# At a random instant, the host or one of its cells.
one_kill()
{
	pause "0.$(printf %03d $((RANDOM % 500)))"
	case $((RANDOM % 10)) in
	0 | 1 | 2)
		cell_kill && return
		;;
	3)
		host_stop TERM
		hosts_stopped=$((hosts_stopped + 1))
		[ $code -eq 0 ] || note "told to stop, the host ended with $code"
		host_again
		return
		;;
	esac
	host_stop KILL
	hosts_killed=$((hosts_killed + 1))
	case $((RANDOM % 8)) in
	0 | 1) starts_kill ;;
	2) whole || return 1 ;;
	esac
	host_again
}

# The next run that is to be: who was told that it is has been promised that.
one_cancel()
{
	local id
	[ -e "$T/all-started" ] || return 0
	while [ $to_cancel -lt "$RUNS" ] && ! doomed $to_cancel; do
		to_cancel=$((to_cancel + 1))
	done
	[ $to_cancel -lt "$RUNS" ] || return 0
	id=$(sed -n $((to_cancel + 1))p "$T/accepted")
	to_cancel=$((to_cancel + 1))
	if hospes cancel "$id" >/dev/null 2>&1; then
		echo "$id" >>"$T/cancelled"
	fi
}

kills()
{
	local n=0
	cells_killed=0 hosts_killed=0 hosts_stopped=0 starts_killed=0 to_cancel=0
	: >"$T/cancelled"
	while [ $((cells_killed + hosts_killed + starts_killed)) -lt "$KILLS" ]; do
		[ $((RANDOM % 3)) -ne 0 ] || one_cancel
		one_kill || return 1
		# A new version comes meanwhile; runs that have used the old one stay with it.
		[ $((n++)) -ne $((KILLS / 4)) ] || drop storm-2-upgrade
		# Old records are dropped only by a host that lives for a while.
		[ "$BULK" = 0 ] || [ $((RANDOM % 10)) -ne 0 ] || pause 24
	done
	note "$hosts_killed kills of the host, $starts_killed while it started, $cells_killed of cells; $hosts_stopped times told to" \
	    "stop; $(grep -c . "$T/cancelled") runs cancelled; $(open_runs) open at the end of them"
}

# ---- A round -----------------------------------------------------------------------------------------------------------

server_start()
{
	rm -f "$T/server.stdin" "$T/server.port"
	mkfifo "$T/server.stdin"
	"$BUILT/tests/chaos/counting_server" "$T/server.log" <"$T/server.stdin" >"$T/server.port" 2>"$T/server.err" &
	exec 7>"$T/server.stdin"
	wait_for '[ -s "$T/server.port" ]' || return 1
	SERVER=http://127.0.0.1:$(tr -dc 0-9 <"$T/server.port")
}

# What is under a key that all have changed, when all have ended.
recall_all()
{
	run storm '{"do":[{"op":"recall","key":"n"}]}'
	echo "$id" >>"$T/accepted"
	run storm '{"do":[{"op":"call","input":{"do":[{"op":"call","input":{"do":[{"op":"recall","key":"m"}]}}]}}]}'
	echo "$id" >>"$T/accepted"
}

undisturbed()
{
	requests_hurry
	host_start "$(storm_conf "")"
	storm_plugins
	all_start
	wait_for -t 900 all_ended || return 1
	recall_all
	host_stop
	records_of "$T/state/journal" >"$T/undisturbed"
	rm -rf "$T/state" "$T/server.log" "$T/all-started"
	exec 7>&-
}

disturbed()
{
	local ended=0
	server_start || return 1
	requests_rebase
	cp "$T/asked" "$T/requests"
	host_start "$(storm_conf "journal = { size = \"32M\"; };")"
	storm_plugins
	rm -f "$T/kills-done"
	all_start &
	collect_start
	decide_start
	kills || ended=1
	decide_end
	wait_for '[ -e "$T/all-started" ]' && wait_for -t $((LASTS / 1000 + 900)) all_ended || ended=1
	[ $ended -eq 0 ] || hospes ps | head -n ${BROKEN:-40} | sed 's/^/# never ends: /'
	recall_all
	host_stop
	collect_end
	records_of "$T/collected" >"$T/disturbed"
	note "old records were dropped $(grep -c "oldest records were dropped" "$T/host.log") times; storm-2 came to" \
	    "$(grep -c 'msg="version active" plugin=storm-2 version=2.0.0' "$T/host.log") upgrades"
	return $ended
}

storm_round()
{
	local ended
	ROUND=$1
	seed_round "$1"
	server_start || return 1
	storm_weather
	requests_write
	undisturbed || return 1
	disturbed
	ended=$?
	"$BUILT/tests/chaos/check" "$T/disturbed" "$T/undisturbed" "$T/server.log" "$T/accepted" "$T/cancelled" >"$T/verdict"
	code=$?
	head -n -1 "$T/verdict" | head -n ${BROKEN:-40} | sed 's/^/# /'
	tail -n 1 "$T/verdict" | sed 's/^/# /'
	hospes journal verify "$T/state" >"$T/verified" 2>&1
	verified=$?
	return $ended
}
