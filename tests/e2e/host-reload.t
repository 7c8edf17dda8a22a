# On SIGHUP what is marked reloadable holds for the runs that start after it, and the log says what changed; a file that is
# no good changes nothing.
. "$TESTS/lib.sh"
plan 34

# reload 'conf lines': the file has them, the host has read it; $T/told has what it said of that.
reload()
{
	local lines
	lines=$(wc -l <"$T/host.log")
	conf_write "$1"
	kill -HUP "$HOST"
	wait_for "tail -n +$((lines + 1)) '$T/host.log' | grep -qE 'configuration (was read again|stays as it was)'"
	tail -n +$((lines + 1)) "$T/host.log" | sed -nE 's/^time=[^ ]* //p' >"$T/told"
}

told()
{
	grep -qxF -- "$1" "$T/told"
	ok $? "says: $1" || sed 's/^/# told: /' "$T/told"
}

host_start
plugin chain
plugin chain-1
plugin chain-2
run chain '{"levels": 2}';                      succeeds "two levels are allowed"
reload ''
told 'level=info msg="nothing changed"'
is "$(wc -l <"$T/told")" 2 "and nothing else"
reload 'run: { depth = 1; input = "32M"; }; grants: { chain: { needs = [ "call:chain-1" ]; }; };'
told 'level=info msg=changed key=run.depth from=5 to=1'
told 'level=warn msg="run.input is 32M in the file and stays 64M until the host starts again" key=run.input'
told 'level=info msg=changed key=grants.chain.needs from=(all) to="[ \"call:chain-1\" ]"'
is "$(wc -l <"$T/told")" 4 "and nothing else"
run chain '{"levels": 2}';                      fails_with depth_exceeded "after the reload they are not"
run chain '{"levels": 1}';                      succeeds "one is"
reload 'run: { depht = 5; };'
told_bad=$(grep -c 'configuration stays as it was' "$T/told")
is "$told_bad" 1 "a bad file is told"
holds "grep -q depht '$T/told'" "with the key"
is "$(wc -l <"$T/told")" 1 "and nothing else"
run chain '{"levels": 1}';                      succeeds "and changes nothing"
run chain '{"levels": 2}';                      fails_with depth_exceeded "what held before holds"
reload 'run: { depth = 5; };'
told 'level=info msg=changed key=run.depth from=1 to=5'
run chain '{"levels": 2}';                      succeeds "and a good one is taken again"

# ---- Whole or not at all ---------------------------------------------------------------------------------------------

good='run: { depth = 1; calls = 1; wall = "1ms"; payload = "1K"; at_once = 1; drain = 0; };
journal: { keep = "1d"; size = "32M"; };
http: { timeout = "1ms"; };
plugins: { chain: { x = 1; }; };
grants: { chain: { needs = [ ]; http = [ "*" ]; private = true; memory = [ "*" ]; }; };
limits: { chain: { concurrency = 1; recursion = 3; }; };
grounding: { chain: { checks = [ "nobody" ]; }; };'
before=$(api /v1/policy | jq -S .)
is "$(jq -r '.values["run.depth"]' <<<"$before")" 5 "the host tells what it has"

# refuses 'a last line' KEY: after changes that are all in order.
refuses()
{
	reload "$good
$1"
	is "$(grep -c . "$T/told") $(grep 'stays as it was' "$T/told" | grep -cF -- "$2")" '1 1' "a mistake in the last line: $1" ||
	    sed 's/^/# told: /' "$T/told"
	is "$(api /v1/policy | jq -S .)" "$before" "changes nothing at all"
}

refuses 'last = 1;' 'last:'
refuses 'sandbox: { degraded = 1; };' sandbox.degraded
refuses 'memory: { value = "1T"; };' memory.value
refuses 'cells: { fibers = 9000; };' cells.memory
refuses 'user = ' 'syntax error'
rm "$T/hospes.conf"
kill -HUP "$HOST"
wait_for "grep -q 'stays as it was.*No such file' '$T/host.log'"
is "$(api /v1/policy | jq -S .)" "$before" "neither does a file that is not there"
run chain '{"levels": 2}';                      succeeds "runs go on as before"
reload "$good"
is "$(grep -c 'msg=changed' "$T/told")" 17 "without the mistake each change holds" || sed 's/^/# told: /' "$T/told"
is "$(api /v1/policy | jq -c '[.values["run.calls", "run.wall", "http.timeout", "journal.size", "run.drain"]]')" \
    '["1","1ms","1ms","32M","0ms"]' "and the host tells that"
plugin echo
plugin silent
reload 'run: { calls = 1; };'
run chain '{"levels": 1}';                      fails_with budget_exceeded "run.calls holds for the runs that start then"
reload 'run: { payload = "1K"; };'
run echo "{\"pad\": \"$(printf '%02000d' 1)\"}"; fails_with bad_output "and run.payload"
reload 'run: { wall = "100ms"; };'
run silent '{}';                                fails_with deadline_exceeded "and run.wall"
