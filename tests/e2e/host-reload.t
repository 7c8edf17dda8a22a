# On SIGHUP what is marked reloadable holds for the runs that start after it, and the log says what changed; a file that is
# no good changes nothing.
. "$TESTS/lib.sh"
plan 16

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
