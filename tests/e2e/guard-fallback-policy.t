# The list of fallbacks: what is wrong in it is told before a reload and refused by one, which takes it whole or not at all; runs
# that are open keep theirs.
. "$TESTS/lib.sh"
plan 13
host_start 'fallbacks = ( { of = "actor-b"; to = ( { answer = "1"; } ); } );'
plugin actor-a
plugin actor-b
play='{"actor-a": [{"sleep": 1}, {"call": "actor-b"}], "actor-b": [{"crash": true}]}'

# reload CONF
reload()
{
	conf_write "$1"
	kill -HUP "$HOST"
}

conf_write 'fallbacks = ( { of = "actor-b"; to = ( { agnet = "actor-c"; } ); }, { of = "actor-b"; on = [ "rain" ]; to = ( ); } );'
hospes policy check "$T/hospes.conf" >"$T/out" 2>"$T/err"
holds '[ $? -ne 0 ] || grep -q . "$T/out"' "hospes policy check finds mistakes"
says 'fallbacks[0].to[0].agnet'
says 'did you mean agent'
says 'there is a list of actor-b already'
says 'allowed are "crash", "timeout", "breaker", "refused" and "failed"'

holds 'grep -q "names a plugin that is not there.*plugin=actor-b" "$T/host.log"' "who has no plugin is told at the start"
reload 'fallbacks = ( { of = "actor-b"; to = ( { agent = "actor-c"; answer = "2"; } ); } );'
wait_for 'logged "it has to be one thing"'
ok $? "a reload refuses them, and says why"
run actor-a "$play"
result '.got' '[1]' "and all stays as it was"

# A run keeps the list that it started with.
run_start actor-a "$(printf '%s' "$play" | jq -c '."actor-a"[0] = {until_told: true}')"
old=$id
wait_for '[ "$(asking $old)" -eq 1 ]'
reload 'fallbacks = ( { of = "actor-b"; to = ( { answer = "2"; } ); } );'
wait_for 'run actor-a "$play" && [ "$(jq -c .result.got "$T/out")" = "[2]" ]'
ok $? "a reload takes a new list over"
logged 'fallbacks'
ok $? "and logs what changed"
go_on "$old"
run_wait "$old"
succeeds "a run that was open"
result '.got' '[1]' "has the list that it started with"
hospes policy check "$T/hospes.conf" >"$T/out" 2>"$T/err"
ok $? "hospes policy check has nothing against it"
