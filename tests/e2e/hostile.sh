# Playing the rows of fixtures/hostile/table; sourced after lib.sh.

HOSTILE_TABLE=$TESTS/../fixtures/hostile/table

# hostile_rows PATTERN...: the rows of these names, their fields without the space around them.
hostile_rows()
{
	local name rest pattern
	sed -e '/^#/d' -e '/^$/d' -e 's/[ 	]*|[ 	]*/|/g' "$HOSTILE_TABLE" |
	    while IFS='|' read -r name rest; do
		case ${SANITIZERS:-no}:$rest in
		yes:*strict* | yes:*heavy*) continue ;; # their profile allows it, or it takes them too long
		esac
		for pattern; do
			# shellcheck disable=SC2254
			case $name in
			$pattern) echo "$name|$rest" && break ;;
			esac
		done
	done
}

# A host for them, on which others are at work.  No breaker ends what is to be seen again and again.
hostile_host()
{
	host_start 'cells = { per_version = 1; silence = "500ms"; load = "3s"; evict_after = "300ms"; };
limits = { silent = { concurrency = 1; }; }; breaker = { errors = 0; };'
	plugin echo
	plugin sleeper
	plugin fan
	plugin asker
	plugin silent
	run fan '{"callee": "sleeper", "n": 5, "at_once": 5, "input": {"ms": 1}}'
	run asker '{"callee": "echo", "input": {}}'
	# What is still open of its start is not among them: the least of several looks.
	DESCRIPTORS=1000
	for _ in 1 2 3 4 5 6; do
		wait_for tidy
		[ $((descriptors - 3 * cells)) -ge "$DESCRIPTORS" ] || DESCRIPTORS=$((descriptors - 3 * cells))
		pause
	done
}

# Has the host just what its cells need?  Two processes for each, its init and itself, and three descriptors; besides those, the
# spawner and at most as many descriptors as it began with.  Segments of the journal are not
# counted: it has more after much work.
tidy()
{
	cells=$(hospes agents --json | jq '[.[].cells] | add')
	processes=$(descendants "$HOST" | wc -l)
	descriptors=$(find "/proc/$HOST/fd" -type l -not -lname "$T/state/*" 2>/dev/null | wc -l)
	HAVE="$processes processes, $descriptors descriptors, $cells cells"
	[ "$processes" -eq $((1 + 2 * cells)) ] && [ "$descriptors" -le $((DESCRIPTORS + 3 * cells)) ]
}

# The digest of a plugin's file, as the log has it.
digest_of()
{
	sha256sum "$(so "$1")" | cut -c 1-12
}

# named FROM PLUGIN WHO WORD [MORE]: does one line of the log, from line FROM on, name all of it?
named()
{
	tail -n "+$1" "$T/host.log" | grep -F -- "$4" | grep -F "object=$(digest_of "$2")" | grep -F -- "$3" |
	    grep -qF -- "${5:-}"
}

# hostile_row NAME PLUGIN INPUT STATUS SAYS LOGS: four assertions.
hostile_row()
{
	local name=$1 plugin=$2 input=$3 status=$4 says=$5 logs=$6 words=$7 from others more= wall=60 # only what never ends takes so long
	local who="plugin=$plugin version=1.0.0 "

	case $words in
	*slow*) wall=$((wall * 2)) ;;
	*brief*) wall=2 ;;
	esac
	case ${SANITIZERS:-no}:$words in
	yes:*told*) logs=- ;;
	esac
	note "$name begins"
	from=$(($(wc -l <"$T/host.log") + 1))
	run_start fan '{"callee": "sleeper", "n": 20, "at_once": 10, "input": {"ms": 150}}'
	others=$id
	if [ "$input" = - ]; then
		hospes install "$(so "$plugin")" --json >"$T/out" 2>"$T/err"
		code=$?
	else
		[ -n "$(active "$plugin")" ] || hospes install "$(so "$plugin")" --json >"$T/out" 2>&1
		run asker "{\"callee\": \"$plugin\", \"input\": $input}" --wall "$wall"
		case $words in
		*over*) more="of run $id (asker > $plugin)" ;;
		*alone*) ;;
		*) more="chain=\"asker > $plugin\"" ;;
		esac
	fi
	if [ "$code" -eq 0 ]; then
		[[ ,$status, = *,ok,* ]]
	else
		cat "$T/out" "$T/err" | grep -qE "\"code\": *\"(${status//,/|})\""
	fi && cat "$T/out" "$T/err" | jq -c . 2>/dev/null | grep -qF -- "$says"
	ok $? "$name: $status, $says" || shown
	[ "$logs" = - ] || wait_for -t 5 "named $from '$plugin' '$who' '$logs' '$more'"
	ok $? "$name: the log of the host names $logs" || tail -n "+$from" "$T/host.log" | sed 's/^/# | /'
	run_wait "$others"
	succeeds "$name: all others ended well"
	wait_for -t 20 tidy
	ok $? "$name: and nothing of it is left" || note "$HAVE"
}

# hostile_play PATTERN...: a whole scenario; ROWS is for trying.
hostile_play()
{
	local rows name plugin input status says logs words
	rows=$(hostile_rows ${ROWS:-"$@"})
	plan $(($(wc -l <<<"$rows") * 4 + 1))
	hostile_host
	while IFS='|' read -r name plugin input status says logs words; do
		hostile_row "$name" "$plugin" "$input" "$status" "$says" "$logs" "$words"
	done <<<"$rows"
	run echo '{"a": 1}'
	succeeds "and the host answers as before"
}
