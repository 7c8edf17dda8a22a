# What stands in for an agent is tried on the ends of an attempt that its list is for: a crash, no time left, a refusal by a guard,
# an agent that is not there, a failure.  The record and `hospes show` say which it was.
. "$TESTS/lib.sh"
plan 28

# taken CAUSE GUARD "why": the first attempt gave way for this, and actor-c's reply is the outcome.
taken()
{
	result '.got[0].by' '"actor-c 1.0.0"' "$3: what stands in replies"
	journal_has ".kind == \"stage\" and .stage.cause == \"$1\" and .guard == $2 and .stage.to == \"actor-c\"" 1 \
	    "$3: the record says why"
}

host_start 'fallbacks = ( { of = "actor-b"; to = ( { agent = "actor-c"; } ); },
    { of = "nobody"; to = ( { agent = "actor-c"; } ); },
    { of = "actor-a"; to = ( { agent = "actor-c"; } ); },
    { of = "cap:say.again"; on = [ "failed" ]; to = ( { agent = "actor-c"; } ); } );
run = { repetition = 0; };
limits: { actor-b: { timeout = "300ms"; }; };'
plugin actor-a
plugin actor-b
plugin actor-c

run actor-a '{"actor-a": [{"call": "actor-b"}], "actor-b": [{"crash": true}]}'
taken crash null "a crash"
hospes show "$id" >"$T/shown"
holds 'grep -q "fallback on crash: actor-c" "$T/shown"' "hospes show says why"
holds 'grep -q "actor-b 1.0.0  poison .*/0/0$" "$T/shown" && grep -q "actor-c 1.0.0  ok .*/0/0#2$" "$T/shown"' \
    "and shows both attempts"

run actor-a '{"actor-a": [{"call": "actor-b"}], "actor-b": [{"sleep": 600000}]}'
taken timeout null "an attempt that takes too long"
journal_has '.kind == "stage" and .status == "deadline_exceeded" and (.message | contains("limits.actor-b.timeout"))' 1 \
    "an attempt that takes too long: it is said of which limit"

run actor-a '{"actor-a": [{"call": "nobody"}]}'
taken refused '"resolve"' "nobody of that name"

run actor-a '{"actor-a": [{"call": "actor-a"}]}'
taken refused '"cycle"' "a call of an ancestor"
journal_has '.kind == "refusal"' 0 "a call of an ancestor: the stage is the record of the refusal"

# What an agent says of itself is an answer, unless the list is for that.
run actor-a '{"actor-a": [{"call": "actor-b"}], "actor-b": [{"fail": "no such word"}]}'
fails_with failed "a failure is handed on"
journal_has '.kind == "stage"' 0 "and nothing stands in"

plugin echo
run actor-a '{"actor-a": [{"call": "cap:say.again"}]}'
result '.got[0]."actor-a"[0].call' '"cap:say.again"' "a capability that replies"
hospes withdraw echo 1.0.0 --why "a test" >/dev/null
run actor-a '{"actor-a": [{"call": "cap:say.again"}]}'
fails_with no_such_agent "on failed alone, a refusal is none"

# No permission is not made good; a fallback needs none of the caller's own.
plugin fan
run fan '{"callee": "actor-b", "n": 1, "input": {"actor-b": [{"crash": true}]}}'
succeeds "who may call the one is given the other"
host_stop
host_start 'fallbacks = ( { of = "actor-c"; to = ( { answer = "1"; } ); }, { of = "echo"; to = ( { answer = "1"; } ); } );
grants: { actor-a: { needs = [ "call:actor-b" ]; }; };'
run actor-a '{"actor-a": [{"call": "actor-c"}]}'
fails_with permission_denied "what is not permitted stays so"
journal_has '.kind == "stage"' 0 "and nothing stands in for it"
run actor-a '{"actor-a": [{"call": "echo"}]}'
fails_with no_such_agent "nor for what is neither there nor permitted"

# The time of the op is the time of all attempts.
host_stop
host_start 'fallbacks = ( { of = "actor-b"; to = ( { agent = "actor-c"; } ); } );'
run actor-a '{"actor-a": [{"call": "actor-b"}], "actor-b": [{"sleep": 600000}]}' --wall 1
fails_with deadline_exceeded "when the time of the run is over"
journal_has '.kind == "stage"' 0 "nothing more is tried"

# A root call has attempts too.
host_stop
host_start 'fallbacks = ( { of = "actor-b"; to = ( { agent = "actor-c"; } ); } );'
run actor-b '{"actor-b": [{"crash": true}], "actor-c": [{"call": "actor-a"}]}'
result '.by' '"actor-c 1.0.0"' "the call that a client asked for"
is "$(hospes show "$id" --json | jq -c '[.tree.path, .tree.status, .tree.attempts[0].path, .tree.attempts[0].ops[0].path]')" \
    '["/0","poison","/0#2","/0#2/0"]' "and is shown with its attempts"
is "$(hospes budget "$id" --json | jq -c '[.run.calls.spent, .tree.calls.spent, .tree.attempts[0].calls.spent]')" '[3,1,2]' \
    "each with what it cost"

# An open breaker.
host_stop
host_start 'run = { repetition = 0; }; breaker: { errors = 50; least = 2; window = "1h"; open = "1h"; };
fallbacks = ( { of = "actor-b"; on = [ "breaker" ]; to = ( { agent = "actor-c"; } ); } );'
run actor-a '{"actor-a": [{"try": "actor-b"}, {"try": "actor-b"}], "actor-b": [{"fail": "no"}]}'
result '[.got[].code]' '["failed","failed"]' "as long as its breaker is closed it is called"
run actor-a '{"actor-a": [{"call": "actor-b"}], "actor-b": [{"fail": "no"}]}'
taken breaker '"breaker"' "an open breaker"
