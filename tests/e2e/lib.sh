# What scenarios are written in: bash, sourced first.  Each scenario has a folder and a host of its own; both are gone
# when it ends.  It speaks TAP.
#
#   plan 3                       how many assertions follow
#   host_start ['conf lines']    a host with its state, socket and drop folder under $T; returns when it is ready
#   plugin chain                 drops fixtures/chain.so (or plugins' wordcount.so), waits until it is active
#   run chain '{"levels": 5}'    starts a run, waits for its end; $code, $T/out, $T/err, $id
#   succeeds "why"               the run before ended well
#   fails_with CODE "why"        the run before ended with this error code
#   says "text"                  and its sentence has this in it
#   result JQ VALUE "why"        a look at its result
#   ask QUESTION ARGS...         `hospes ask` with the strategy briefer; $code, $T/out, $T/err
#   own_plugin chain             puts it where the user's own host, and so a private one, finds it
#   nothing_left "why"           no private host, no process and no folder of one is left
#   journal_has JQ N "why"       N records of the run match
#   api PATH [CURL ARGS...]      asks the host by curl; on stdout
#   world_start                  a server outside that remembers each request: $WORLD; world_saw PATH, world_count PATH
#   wait_for 'condition'         until it is true, or the deadline; nothing here sleeps for a fixed time
#
# CONF_MORE has lines for the configuration of every host.  From make: STAGE (where the host is installed), BUILT (the build tree), TESTS (this folder), SANITIZERS.

set -u
: "${STAGE:?run by make e2e}" "${BUILT:?run by make e2e}" "${TESTS:?run by make e2e}"
export LC_ALL=C TZ=UTC NO_COLOR=1
PATH=$STAGE/bin:$STAGE/sbin:$PATH
PATIENCE=30
[ "${SANITIZERS:-no}" = no ] || PATIENCE=90
unset HOSPES_SOCKET XDG_RUNTIME_DIR XDG_STATE_HOME XDG_DATA_HOME XDG_CONFIG_HOME XDG_CACHE_HOME

T=$(mktemp -d "${TMPDIR:-/tmp}/hospes-e2e.XXXXXX") || exit 2
chmod 711 "$T" # started by root, the host becomes somebody else
chmod 0755 "$T"
export HOME=$T
DROP=$T/plugins
HOST= LOSSY=
SCENARIO=$(basename "$0" .t)
planned=0 count=0 bad=0 code=0 id=

# ---- TAP ---------------------------------------------------------------------------------------------------------------

plan()
{
	planned=$1
	echo "1..$1"
}

skip_all()
{
	echo "1..0 # SKIP $1"
	planned=0
	exit 0
}

# ok STATUS "why": passes when STATUS is 0.
ok()
{
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $count - $2"
		return 0
	fi
	bad=$((bad + 1))
	echo "not ok $count - $2"
	return 1
}

note()
{
	printf '%s\n' "$*" | sed 's/^/# /'
}

is()
{
	[ "$1" = "$2" ]
	ok $? "$3" || note "expected: $2" "
found:    $1"
}

# holds 'condition' "why"
holds()
{
	eval "$1"
	ok $? "$2" || note "condition: $1"
}

# ---- Waiting -----------------------------------------------------------------------------------------------------------

# A breath between two looks.
pause()
{
	read -rt "${1:-0.05}" <> <(:) || :
}

# wait_for [-t SECONDS] 'condition': 0 as soon as it is true.
wait_for()
{
	local patience=$PATIENCE end
	if [ "$1" = -t ]; then
		patience=$2
		shift 2
	fi
	end=$((SECONDS + patience))
	until eval "$1"; do
		if [ $SECONDS -ge $end ]; then
			note "waited ${patience} s in vain for: $1"
			return 1
		fi
		pause
	done
}

# ---- The host ----------------------------------------------------------------------------------------------------------

# The configuration of this scenario's host: what every host here needs, then the given lines.
conf_write()
{
	cat >"$T/hospes.conf" <<CONF
state = "$T/state";
socket = "$T/run/host.sock";
plugin_dirs = [ "$DROP" ];
${1:-}
${CONF_MORE:-}
CONF
	export HOSPES_SOCKET=$T/run/host.sock
}

# Starts hospesd on $T/hospes.conf; HOST is its pid.  Returns 1 when it ended before it was ready.
host_launch()
{
	local line
	rm -f "$T/ready"
	mkfifo "$T/ready"
	hospesd -c "$T/hospes.conf" --ready-fd 8 8>"$T/ready" 2>>"$T/host.log" </dev/null >&2 &
	HOST=$!
	# A line when it is ready, the end of the pipe when it is gone.
	read -rt "$PATIENCE" line <"$T/ready"
}

host_start()
{
	mkdir -p -m 0755 "$DROP"
	conf_write "${1:-}"
	if ! host_launch; then
		note "the host did not start:"
		sed 's/^/# | /' "$T/host.log"
		echo "Bail out! no host in $SCENARIO"
		exit 1
	fi
}

# host_stop [SIGNAL]: ends it; its exit status is in $code.
host_stop()
{
	[ -n "$HOST" ] || return 0
	kill "-${1:-TERM}" "$HOST" 2>/dev/null
	wait "$HOST" 2>/dev/null
	code=$?
	HOST=
}

# kill -9, and everything of it that might outlive it.
host_crash()
{
	local left
	left=$(descendants "$HOST")
	host_stop KILL
	for pid in $left; do
		wait_for "! kill -0 $pid 2>/dev/null" || kill -9 "$pid" 2>/dev/null
	done
}

host_alive()
{
	[ -n "$HOST" ] && kill -0 "$HOST" 2>/dev/null
}

# Pids below a process.
descendants()
{
	ps -e -o pid=,ppid= | awk -v root="$1" '
	    { parent[$1] = $2 }
	    END {
		for (pid in parent) {
			up = pid
			while (up in parent && up != root && up > 1)
				up = parent[up]
			if (up == root && pid != root)
				print pid
		}
	    }'
}

# Pids of the host's cells.
cell_pids()
{
	local pid
	for pid in $(descendants "$HOST"); do
		if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = hospes-cell ]; then
			echo "$pid"
		fi
	done
}

# Seeds $RANDOM for a round, from SEED where that is set, and tells the seed.
seed_round()
{
	local seed=${SEED:-$((($(date +%N | sed 's/^0*//') + $1) % 32768))}
	RANDOM=$seed
	note "round $1, seed $seed (SEED=... to repeat)"
}

# kill_cells N MS: N times, after up to MS ms each, kill -9 of a cell of this host by chance.
kill_cells()
{
	local pids killed=0 n
	for ((n = 0; n < $1; n++)); do
		pause "0.$(printf %03d $((RANDOM % $2)))"
		pids=($(cell_pids))
		if [ ${#pids[@]} -gt 0 ] && kill -9 "${pids[RANDOM % ${#pids[@]}]}" 2>/dev/null; then
			killed=$((killed + 1))
		fi
	done
	note "$killed cells killed"
}

# ---- Plugins -----------------------------------------------------------------------------------------------------------

# Where a built plugin is: a fixture, one of ours here, or one of the plugins that come with the host.
so()
{
	local found
	found=$(find "$BUILT/tests/fixtures" "$BUILT/tests/e2e" "$BUILT/tests/chaos" "$BUILT/plugins" -name "$1.so" -not -path '*/.libs/*' |
	    head -n 1)
	if [ -z "$found" ]; then
		echo "Bail out! there is no $1.so in $BUILT" >&2
		return 1
	fi
	echo "$found"
}

# Drops a file into the plugin folder under a name.
drop()
{
	cp "$(so "$1")" "$DROP/${2:-$1.so}"
}

active()
{
	hospes agents --json 2>/dev/null | jq -r --arg name "$1" '.[] | select(.name == $name) | .version'
}

# state NAME VERSION: staged, active, former, withdrawn, or nothing.
state()
{
	hospes versions "$1" --json 2>/dev/null | jq -r --arg v "$2" '.[] | select(.version == $v) | .state'
}

# plugin FILE [NAME [VERSION]]: drops FILE.so, waits until NAME (the same) is active.
plugin()
{
	local name=${2:-$1} version=${3:-}
	drop "$1"
	if ! wait_for "[ -n \"\$(active $name)\" ] && [ -z '$version' -o \"\$(active $name)\" = '$version' ]"; then
		echo "Bail out! $name did not become active in $SCENARIO"
		exit 1
	fi
}

# The whole installation, with the plugins that come with it, as a user has it: from here on commands are of that one.
installed()
{
	cp -a "$STAGE" "$T/prefix"
	mv -T "$T/prefix/lib/hospes/plugins.all" "$T/prefix/lib/hospes/plugins"
	PATH=$T/prefix/bin:$T/prefix/sbin:$PATH
}

# A plugin of a few lines, made here: source on stdin, built with the staged SDK alone.
plugin_made()
{
	cat >"$T/$1.c"
	cc -shared -fPIC -O1 -I"$STAGE/include" -o "$T/$1.so" "$T/$1.c" -L"$STAGE/lib" -lhospes -ljansson
}

# ring_made FIRST N: N agents from ring-FIRST (four digits) on in the drop folder, each of which calls the next, and the last the
# first (plugins/ring.c); returns when all are active.
ring_made()
{
	local i from name
	from=$(so ring)
	for ((i = 0; i < $2; i++)); do
		printf -v name 'ring-%04d' $(($1 + i))
		printf 's/ring-0000/ring-=/g; s/ring-0001/ring-%04d/g; s/ring-=/%s/g\n' $(($1 + (i + 1) % $2)) "$name" >"$T/names"
		sed -f "$T/names" "$from" >"$T/ring.so"
		mv "$T/ring.so" "$DROP/$name.so"
	done
	wait_for -t $((PATIENCE + $2)) '[ "$(hospes agents --json |
	    jq "[.[].name | select(. >= \"ring-\" + \"'"$(printf %04d "$1")"'\" and . <= \"'"$name"'\")] | length")" -eq '"$2 ]"
}

# voters_made N: agents voter-000 to voter-(N-1) in the drop folder (fixtures/voter.c); returns when all are active.
voters_made()
{
	local i name from
	from=$(so voter)
	for ((i = 0; i < $1; i++)); do
		printf -v name 'voter-%03d' $i
		sed "s/voter-000/$name/g" "$from" >"$T/voter.so"
		mv "$T/voter.so" "$DROP/$name.so"
	done
	wait_for -t $((PATIENCE + $1)) '[ "$(hospes agents --json |
	    jq "[.[].name | select(startswith(\"voter-\"))] | length")" -eq '"$1 ]"
}

# ---- The web server (fixtures/webd.c) ------------------------------------------------------------------------------------

# Starts it; $WEB is its URL.  It ends when its stdin does, which is ours.
web_start()
{
	mkfifo "$T/web.stdin"
	"$BUILT/tests/fixtures/webd" <"$T/web.stdin" >"$T/web.port" 2>"$T/web.log" &
	exec 6>"$T/web.stdin"
	wait_for '[ -s "$T/web.port" ]' || exit 1
	WEB=http://127.0.0.1:$(tr -dc 0-9 <"$T/web.port")
}

# web PATH: asks it something; on stdout.
web()
{
	curl -s --max-time 30 "$WEB$1"
}

# How often a path was asked for.
web_count()
{
	web /count | jq -r --arg path "$1" '.paths[$path] // 0'
}

# ---- A bad line to the host (fixtures/lossy.c) ---------------------------------------------------------------------------

# lossy_start WHAT BYTES TIMES: from here on commands reach the host over it; $T/lossy.out has a line for each cut.
lossy_start()
{
	rm -f "$T/run/lossy.sock"
	"$BUILT/tests/fixtures/lossy" "$T/run/lossy.sock" "$T/run/host.sock" "$@" \
	    >"$T/lossy.out" 2>"$T/lossy.err" &
	LOSSY=$!
	wait_for '[ -S "$T/run/lossy.sock" ]'
	export HOSPES_SOCKET=$T/run/lossy.sock
}

lossy_stop()
{
	[ -z "$LOSSY" ] || kill "$LOSSY" 2>/dev/null
	wait "$LOSSY" 2>/dev/null
	LOSSY=
	export HOSPES_SOCKET=$T/run/host.sock
}

# ---- The counting server (chaos/counting_server.c) ---------------------------------------------------------------------

# Starts it; $WORLD is its URL, $T/world.log its log.  It ends when its stdin does, which is ours.
world_start()
{
	mkfifo "$T/world.stdin"
	"$BUILT/tests/chaos/counting_server" "$T/world.log" <"$T/world.stdin" >"$T/world.port" &
	exec 7>"$T/world.stdin"
	wait_for '[ -s "$T/world.port" ]' || exit 1
	WORLD=http://127.0.0.1:$(tr -dc 0-9 <"$T/world.port")
}

# What came of a path, with its query or any: "KEY FATE", a line each.
world_saw()
{
	awk -v path="$1" '$3 == path || index($3, path "?") == 1 { print $4, $6 }' "$T/world.log" 2>/dev/null
}

# How often a path was asked for.
world_count()
{
	world_saw "$1" | wc -l
}

# ---- Runs --------------------------------------------------------------------------------------------------------------

api()
{
	local path=$1
	shift
	curl -s --max-time 60 --unix-socket "$T/run/host.sock" "$@" "http://host$path"
}

# run PLUGIN INPUT [ARGS...]
run()
{
	local name=$1
	printf '%s' "$2" >"$T/in"
	shift 2
	hospes run "$name" --in "$T/in" --json "$@" >"$T/out" 2>"$T/err"
	code=$?
	id=$(jq -r '.id // empty' "$T/out" 2>/dev/null)
}

# run_start PLUGIN INPUT [ARGS...]: starts it and goes on; $id.
run_start()
{
	local name=$1
	printf '%s' "$2" >"$T/in"
	shift 2
	hospes run "$name" --in "$T/in" --json --detach "$@" >"$T/out" 2>"$T/err"
	code=$?
	id=$(jq -r '.id // empty' "$T/out" 2>/dev/null)
}

# run_wait ID: its end, as `run` leaves it.
run_wait()
{
	hospes wait "$1" --json >"$T/out" 2>"$T/err"
	code=$?
	id=$1
}

error_code()
{
	jq -rs '.[-1] | .error.code // empty' "$T/out" "$T/err" 2>/dev/null | head -n 1
}

shown()
{
	note "exit status: $code"
	head -c 2000 "$T/out" | sed 's/^/# out: /'
	head -c 2000 "$T/err" | sed 's/^/# err: /'
}

succeeds()
{
	[ "$code" -eq 0 ] && [ "$(jq -r .status "$T/out")" = ok ]
	ok $? "$1" || shown
}

fails_with()
{
	[ "$code" -ne 0 ] && cat "$T/out" "$T/err" | grep -q "\"code\": *\"$1\""
	ok $? "$2" || shown
}

says()
{
	cat "$T/out" "$T/err" | grep -qF -- "$(printf '%s' "$1" | jq -Rs . | sed 's/^"//; s/"$//')" ||
	    cat "$T/out" "$T/err" | grep -qF -- "$1"
	ok $? "says: $1" || shown
}

result()
{
	is "$(jq -c ".result | $1" "$T/out" 2>&1)" "$2" "$3"
}

# journal_has JQ N "why"
journal_has()
{
	local found
	found=$(hospes journal "$id" --json 2>/dev/null | jq -s "flatten | map(select($1)) | length")
	is "$found" "$2" "$3"
}

# The version that a run's root call ran on.
version_of()
{
	hospes show "$1" --json | jq -r .tree.version
}

# Did the host say it on its log?
logged()
{
	grep -qE -- "$1" "$T/host.log"
}

# ---- Questions ---------------------------------------------------------------------------------------------------------

# Private hosts put their folders here.
export TMPDIR=$T/tmp
mkdir "$TMPDIR"

own_plugin()
{
	mkdir -p "$HOME/.local/share/hospes/plugins"
	cp "$(so "$1")" "$HOME/.local/share/hospes/plugins/"
}

ask()
{
	hospes ask "$@" --strategy briefer >"$T/out" 2>"$T/err" </dev/null
	code=$?
}

# asked QUESTION PATH...: what the supervisor and its agents say, as they were installed (see `installed`), on a private host;
# $code, and the answer in $T/out.
asked()
{
	local question=$1
	shift
	hospes ask "$question" --sources "$@" --json >"$T/out" 2>"$T/err" </dev/null
	code=$?
}

# cited DOCUMENT TEXT: is a source of the answer of a document of this name, and has this text, whatever the white space?
cited()
{
	jq -e --arg name "$1" --arg text "$2" '.sources | any(.document == $name and
	    (.quote | gsub("\\s+"; " ") | contains($text)))' "$T/out" >/dev/null
}

# cites DOCUMENT TEXT "why"
cites()
{
	cited "$1" "$2"
	ok $? "$3" || note "$(jq -c '.error // (.sources[] | [.document, .quote])' "$T/out" 2>/dev/null | head -c 3000)"
}

# cites_nothing "why": the sources do not tell.
cites_nothing()
{
	[ "$code" -eq 3 ] && jq -e '.answer == "none" and .points == [] and .sources == [] and .confidence == 0' "$T/out" >/dev/null
	ok $? "$1" || note "exit status $code: $(jq -c '.error // [.points[].text]' "$T/out" 2>/dev/null | head -c 2000)"
}

# quotes_stand FOLDER: is each quote what stands in the named bytes of the file of its document's name there?
quotes_stand()
{
	local name from to i
	for ((i = 0; i < $(jq '.sources | length' "$T/out"); i++)); do
		{ read -r from; read -r to; read -r name; } < <(jq -r ".sources[$i] | .from, .to, .document" "$T/out")
		jq -j ".sources[$i].quote" "$T/out" |
		    cmp -s - <(tail -c +$((from + 1)) "$1/$name" | head -c $((to - from))) || {
			note "source $((i + 1)) is not what stands in $name, bytes $from to $to"
			return 1
		}
	done
}

# The same in the background, as on a terminal: a shell has its background commands ignore SIGINT; env gives it back.
ask_start()
{
	env --default-signal=INT hospes ask "$@" --strategy briefer >"$T/out" 2>"$T/err" </dev/null &
	ASKING=$!
}

# The socket of the one private host there is, once it has a run open.
private_run()
{
	wait_for 'PRIVATE=$(echo "$TMPDIR"/hospes-ask-*/s) && [ -S "$PRIVATE" ]' &&
	    wait_for '[ "$(hospes ps --socket "$PRIVATE" --json 2>/dev/null | jq length)" = 1 ]'
}

# ---- The sandbox -------------------------------------------------------------------------------------------------------

# as_user COMMAND...: as an ordinary user.
as_user()
{
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
	else
		"$@"
	fi
}

# Can that user run what was built?  And write where others do?
user_can()
{
	chmod 1777 "$TMPDIR"
	command -v setpriv >/dev/null && as_user test -x "$STAGE/bin/hospes" -a -r "$(so wordcount)"
}

# without WHAT[,WHAT]... COMMAND...: on a machine that lacks these (fixtures/without.c).
without()
{
	"$BUILT/tests/fixtures/without" "$@"
}

# doctor [PREFIX...]: the command before it, if any; $code, $T/out.
doctor()
{
	: "${MEMORY_BEFORE=$(doctor_memory)}"
	"$@" hospes doctor --json >"$T/out" 2>"$T/err" </dev/null
	code=$?
}

# Names of layers that do not hold, of those given or of all.
lacks()
{
	jq -r '.layers[] | select(.holds | not) | .name' "$T/out" | sort | xargs
}

# How a try ended: found LAYER TRY.
found()
{
	jq -r --arg layer "$1" --arg row "$2" '.layers[] | select(.name == $layer) | .tries[] | select(.name == $row) |
	    if .refused then .found else "NOT: " + .found end' "$T/out"
}

# Shared memory of doctors that are no more: its key has the pid.
doctor_memory()
{
	local key
	for key in $(ipcs -m 2>/dev/null | awk '$1 ~ /^0x4/ { print $1 }'); do
		kill -0 $((key - 0x40000000)) 2>/dev/null || echo "$key"
	done
}

# A doctor puts away what it held out for its probes.
doctor_left_nothing()
{
	[ -z "$(ls -d "$TMPDIR"/hospes-doctor.* 2>/dev/null)" ] && [ "$(doctor_memory)" = "$MEMORY_BEFORE" ]
}

nothing_left()
{
	wait_for '! ls "$TMPDIR"/hospes-* >/dev/null 2>&1 && ! pgrep -f "$TMPDIR/hospes-" >/dev/null'
	ok $? "$1" || { ls -l "$TMPDIR"; pgrep -af "$TMPDIR/hospes-"; } | sed 's/^/# left: /'
}

# A folder of three documents: $T/docs.
documents()
{
	mkdir -p "$T/docs/more"
	printf 'Alpha is the first letter.\n\nIt has a name.\n' >"$T/docs/alpha"
	printf '# Beta\n\nBeta comes after alpha.\n' >"$T/docs/beta.md"
	printf 'Gamma is the third.\n' >"$T/docs/more/gamma.txt"
}

# The names of the spaces that the host has for us.
spaces()
{
	curl -s --unix-socket "$HOSPES_SOCKET" http://host/v1/memory | jq -c 'map(.space) | sort'
}

# ---- The end -----------------------------------------------------------------------------------------------------------

scenario_end()
{
	local rc=$?
	if [ -n "$HOST" ] && ! kill -0 "$HOST" 2>/dev/null; then
		bad=$((bad + 1))
		echo "not ok $((count + 1)) - the host was still there at the end"
	fi
	host_stop
	[ -z "$LOSSY" ] || lossy_stop
	if grep -qE 'AddressSanitizer|LeakSanitizer|runtime error:|Assertion .* failed' "$T/host.log" 2>/dev/null; then
		bad=$((bad + 1))
		echo "not ok $((count + 1)) - no sanitizer and no assertion complained"
	fi
	if [ $bad -gt 0 ] || [ $count -ne "$planned" ] || [ $rc -ne 0 ]; then
		[ ! -e "$T/host.log" ] || tail -n 60 "$T/host.log" | sed 's/^/# host: /'
	fi
	if [ -n "${KEEP:-}" ]; then
		note "kept: $T"
	else
		rm -rf "$T"
	fi
	exit $rc
}
trap scenario_end EXIT
trap 'exit 130' INT TERM
