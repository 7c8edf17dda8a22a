# A chaos round, in the words of tests/e2e/lib.sh, sourced after it: RUNS runs of mixed shape, KILLS kills of the host or of a
# cell at random instants, then the checker.
#
#   storm_round N     round N; prints what it did, and leaves in $code what chaos-check says
#
# Everything random is drawn from the round's seed (SEED=... repeats one), but for the instants themselves, which the
# machine has its part in.

RUNS=${RUNS:-300}
KILLS=${KILLS:-100}
BATCH=100

# How long the runs of a round last at least, in ms: as long as the kills take.
LASTS=${LASTS:-$((KILLS * 500))}
STEPS=10

storm_plugins()
{
	local name
	for name in storm storm-1 storm-2 storm-3 storm-4; do
		plugin "$name"
	done
}

storm_conf()
{
	local name
	cat <<CONF
run = { at_once = $((RUNS * 4)); wall = "1h"; calls = 1000; };
cells = { per_version = 4; fibers = $((RUNS * 2)); };
CONF
	echo "grants = {"
	for name in storm storm-1 storm-2 storm-3 storm-4; do
		echo "	$name = { http = [ \"$SERVER\" ]; private = true; };"
	done
	echo "};"
}

# ---- What runs do ------------------------------------------------------------------------------------------------------

# All in this shell: a subshell would draw numbers of its own.

a_sleep()
{
	printf -v SLEEP '{"op":"sleep","ms":%d}' $((RANDOM % (2 * LASTS / STEPS) + 1))
}

# STEP: one of shape $1 in run $2, as the $3rd, an effect of class $4.
a_step()
{
	local number=$RANDOM
	a_sleep
	case $1 in
	0) STEP='{"op":"fan","n":8,"at_once":4,"input":{"do":[{"op":"say","value":'$number'},'$SLEEP']}}' ;;
	1)
		STEP='{"do":[{"op":"say","value":'$number'},'$SLEEP']}'
		for _ in 2 3 4; do
			STEP='{"do":[{"op":"call","input":'$STEP'}]}'
		done
		STEP='{"op":"call","input":'$STEP'}'
		;;
	2) STEP=$SLEEP ;;
	3) STEP='{"op":"add","key":"n"}' ;;
	4) STEP='{"op":"draw"}' ;;
	5) STEP='{"op":"http","url":"'$SERVER/$4/$2-$3?ms=$((number % 1000))'","effect":"'$4'"}' ;;
	esac
}

# INPUT of run $1.  Shapes follow one another; among the runs there are effects of each class.
an_input()
{
	local classes=(pure idempotent keyed costly once) step
	INPUT='{"do":[{"op":"say","value":'$1'}'
	for ((step = 0; step < STEPS; step++)); do
		a_step $((($1 + step * (1 + $1 % 3)) % 6)) "$1" $step "${classes[($1 + step) % 5]}"
		a_sleep
		INPUT+=,$STEP,$SLEEP
	done
	INPUT+=']}'
}

inputs_write()
{
	local i
	for ((i = 0; i < RUNS; i++)); do
		an_input $i
		printf '%s\n' "$INPUT"
	done >"$T/inputs"
}

# ---- Starting them -----------------------------------------------------------------------------------------------------

# Batch $1 of the inputs, each run with its key, until a host has said which runs these are; adds their ids to $T/accepted.
batch_start()
{
	awk -v from=$(($1 * BATCH)) -v to=$((($1 + 1) * BATCH)) -v round="$ROUND" '
	    NR > from && NR <= to {
		printf "%s{\"plugin\":\"storm\",\"key\":\"%s-%d\",\"input\":%s}", (n++ ? "," : "["), round, NR, $0
	    }
	    END { print "]" }' "$T/inputs" >"$T/batch"
	until curl -sf --max-time 30 --unix-socket "$HOSPES_SOCKET" -H 'Content-Type: application/json' http://host/v1/runs \
	    --data-binary "@$T/batch" >"$T/started" && [ "$(jq length "$T/started")" -gt 0 ]; do
		host_alive || host_launch
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
}

open_runs()
{
	hospes ps --json 2>/dev/null | jq 'map(select(.plugin == "storm")) | length' 2>/dev/null || echo unknown
}

# Somebody has to say what came of what may be done once; the server knows.
decide_all()
{
	local run path url
	hospes ps --json 2>/dev/null | jq -r '.[] | .id as $id | .undecided // [] | .[] | [$id, .path, .target] | @tsv' |
	    while IFS=$'\t' read -r run path url; do
		if grep -qF " ${url#"$SERVER"} " "$T/server.log"; then
			echo '{"status": 200}' >"$T/outcome"
			hospes resolve "$run" "$path" --outcome "$T/outcome" --why "the server has it" </dev/null >/dev/null 2>&1
		else
			hospes resolve "$run" "$path" --outcome not-done --why "the server has not" </dev/null >/dev/null 2>&1
		fi
	done
}

all_ended()
{
	decide_all
	[ "$(open_runs)" = 0 ]
}

# ---- Kills -------------------------------------------------------------------------------------------------------------

# At a random instant, the host or one of its cells.
one_kill()
{
	local pids
	pause "0.$(printf %03d $((RANDOM % 500)))"
	if [ $((RANDOM % 3)) -eq 0 ]; then
		pids=($(cell_pids))
		if [ ${#pids[@]} -gt 0 ] && kill -9 "${pids[RANDOM % ${#pids[@]}]}" 2>/dev/null; then
			cells_killed=$((cells_killed + 1))
			return
		fi
	fi
	host_stop KILL
	hosts_killed=$((hosts_killed + 1))
	host_launch || {
		note "the host does not start again:"
		tail -n 20 "$T/host.log" | sed 's/^/# | /'
		return 1
	}
}

kills()
{
	local n
	cells_killed=0 hosts_killed=0
	for ((n = 0; n < KILLS; n++)); do
		one_kill || return 1
		[ $((n % 10)) -ne 0 ] || decide_all
	done
	note "$hosts_killed kills of the host, $cells_killed of cells, $(open_runs) runs open at the end of them"
}

# ---- A round -----------------------------------------------------------------------------------------------------------

# The server's port differs from one to the next, and the inputs with it.
records_of_state()
{
	hospes journal records "$T/state/journal" | sed 's|127\.0\.0\.1:[0-9]*|server|g'
}

server_start()
{
	rm -f "$T/server.stdin" "$T/server.port"
	mkfifo "$T/server.stdin"
	"$BUILT/tests/chaos/counting_server" "$T/server.log" <"$T/server.stdin" >"$T/server.port" 2>"$T/server.err" &
	exec 7>"$T/server.stdin"
	wait_for '[ -s "$T/server.port" ]' || return 1
	SERVER=http://127.0.0.1:$(tr -dc 0-9 <"$T/server.port")
}

storm_host()
{
	host_start "$(storm_conf)"
	storm_plugins
	all_start
}

storm_round()
{
	ROUND=$1
	seed_round "$1"
	server_start || return 1
	inputs_write

	storm_host
	wait_for -t $((LASTS / 1000 + 600)) all_ended || return 1
	host_stop
	records_of_state >"$T/undisturbed"
	rm -rf "$T/state" "$T/server.log"
	exec 7>&-
	server_start || return 1
	inputs_rebase

	storm_host
	kills || return 1
	wait_for -t $((LASTS / 1000 + 600)) all_ended || note "some runs never end"
	host_stop
	records_of_state >"$T/disturbed"
	"$BUILT/tests/chaos/check" "$T/disturbed" "$T/undisturbed" "$T/server.log" "$T/accepted" >"$T/verdict"
	code=$?
	sed 's/^/# /' "$T/verdict" | head -n 40
	hospes journal verify "$T/state" >"$T/verified" 2>&1
	verified=$?
}

# The same inputs for the server that is there now.
inputs_rebase()
{
	sed -i "s|http://127\.0\.0\.1:[0-9]*|$SERVER|g" "$T/inputs"
}
