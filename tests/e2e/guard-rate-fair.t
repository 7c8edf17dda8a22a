# Waiting is in turns: a run that asks for one call beside a run that asks for hundreds of the same agent is next but one,
# whether they wait for their time (a rate) or for a slot.
. "$TESTS/lib.sh"
plan 8
host_start 'run = { repetition = 0; calls = 10000; };
limits = { echo = { rate = "20/s"; burst = 1; }; spin = { concurrency = 1; }; };'
for name in echo spin fan nag; do
	plugin $name
done

# starts ID CALLEE [FROM TO]: how many calls of it a run has begun, between two places of the journal.
starts()
{
	hospes journal "$1" --json | jq "flatten | map(select(.kind == \"call_start\" and .target == \"$2\" and
	    .lsn > ${3:-0} and .lsn < ${4:-infinite})) | length"
}

# place ID JQ: where in the journal the first such record of a run is.
place()
{
	hospes journal "$1" --json | jq "flatten | map(select(.kind == \"call_start\" and $2)) | .[0].lsn"
}

# beside CALLEE INPUT: a greedy run of 300 calls waits; then three runs of one call, one after the other.
beside()
{
	local greedy single=() one
	run_start fan "{\"callee\": \"$1\", \"n\": 300, \"at_once\": 300, \"input\": $2}" --wall 600
	greedy=$id
	wait_for "[ \"\$(starts $greedy $1)\" -ge 2 ]"
	for one in first second third; do
		run nag "{\"callee\": \"$1\", \"n\": 1, \"input\": $2}" --wall 300
		result '[.calls, .refused]' '[1,0]' "$1: the $one run of one call"
		single+=("$id")
	done
	hospes cancel "$greedy" >/dev/null 2>&1
	run_wait "$greedy"
	for one in "${single[@]}"; do
		starts "$greedy" "$1" "$(place "$one" '.path == "/0"')" "$(place "$one" ".target == \"$1\"")"
	done | sort -n >"$T/between"
	# Of three the least counts: before its op is here its own root call has to get a cell.
	note "$1: $(tr '\n' ' ' <"$T/between")of the greedy run began meanwhile"
	holds '[ "$(head -n 1 "$T/between")" -le 3 ]' "$1: it is not behind the greedy run's hundreds"
}
beside echo '{}'
beside spin '{"turns": 3000000}'
