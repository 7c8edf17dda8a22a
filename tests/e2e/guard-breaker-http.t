# A host outside that does not answer, or only with 500 and above, is left alone; who asked it has not failed, and other hosts and
# ports are asked as before.  The request that tries it again comes back as the probe when nobody knows what became of it.
. "$TESTS/lib.sh"
plan 24
world_start
conf='run = { repetition = 0; }; breaker = { errors = 50; least = 4; window = "1h"; open = "OPEN"; };
grants = { http = { http = [ "http://127.0.0.1:*", "http://localhost:*" ]; private = true; }; };'
host_start "${conf/OPEN/1h}"
plugin http
plugin chores

# breaker JQ: of the breaker of the server.
breaker()
{
	hospes breakers --json | jq -r --arg name "$WORLD" "map(select(.name == \$name))[0] | $1"
}

open_is()
{
	conf_write "${conf/OPEN/$1}"
	kill -HUP "$HOST"
	wait_for '[ "$(api /v1/policy | jq -r ".values[\"breaker.open\"]")" = '"$1"' ]'
}

# list N PATH MORE: for chores.
list()
{
	printf '{"list": [{"call": "http", "times": %s, "input": {"url": "%s%s"%s}}]}' "$1" "$WORLD" "$2" "${3:-}"
}

run chores "$(list 20 '/missing?code=404')"
result '[.done[].status] | unique' '["ok"]' "an answer is an answer"
is "$(breaker '[.kind, .state, .errors, .samples] | tojson')" '["http","closed",0,20]' "and 404 is none of its failures"
hospes breakers reset "$WORLD" >/dev/null
run chores "$(list 3 '/fine')"
run chores "$(list 10 '/broken?code=503')"
result '[.done[].status] | group_by(.) | map([.[0], length])' '[["breaker_open",7],["ok",3]]' "three answers of 503 after three good ones: it opens"
is "$(world_count /broken)" 3 "no more were sent"
result ".done[3].message | contains(\"the breaker of $WORLD is open: since 20\")" true "who asks is told so"
is "$(breaker '[.state, .cause, .errors, .samples] | tojson')" '["open","errors",3,6]' "hospes breakers tells it"
is "$(hospes breakers --json | jq -c 'map(select(.name == "http"))[0] | [.state, .errors]')" '["closed",0]' "who asked has not failed"
run http "{\"url\": \"${WORLD/127.0.0.1/localhost}/fine\"}"
succeeds "another host is asked as before"
run http "{\"url\": \"${WORLD/127.0.0.1/127.0.0.1}/fine\"}"
fails_with breaker_open "this one is not, wherever on it"
run http "{\"url\": \"${WORLD/http:/HTTP:}/fine\"}"
fails_with breaker_open "however its name is written"
host_crash
host_launch
run http "{\"url\": \"$WORLD/fine\"}"
fails_with breaker_open "after a kill it is open still"
is "$(world_count /fine)" 4 "and nothing was sent"
open_is 10ms
run http "{\"url\": \"$WORLD/broken?code=500\"}"
succeeds "its time is over: one is sent to try it"
is "$(breaker '[.state, .cause] | tojson')" '["open","probe"]' "which is answered with 500, and it stays open"
run http "{\"url\": \"$WORLD/fine\"}"
succeeds "the next one is answered well"
is "$(breaker .state)" closed "and closes it"

# No answer at all.
open_is 1h
run chores '{"list": [{"call": "http", "times": 6, "input": {"url": "http://127.0.0.1:1/"}}]}'
result '[.done[].status] | group_by(.) | map([.[0], length])' '[["breaker_open",2],["http_failed",4]]' "nobody listens there"

# The host is killed while the probe is under way, and nobody knows what became of it.
run chores "$(list 4 '/broken?code=500')"
is "$(breaker .state)" open "once more"
open_is 10ms
run_start http "{\"url\": \"$WORLD/once?hold=9\", \"method\": \"POST\", \"effect\": \"once\"}"
wait_for '[ "$(world_count /once)" = 1 ]'
probe=$id
journal_has '.kind == "op_intent" and .reason == "probe"' 1 "a request tries it, and is not answered"
run http "{\"url\": \"$WORLD/fine\"}"
fails_with breaker_open "so another one is refused"
host_crash
host_launch
wait_for 'hospes show "$probe" | grep -q "hospes resolve"'
is "$(breaker '[.state, .open_calls] | tojson')" '["half_open",0]' "the host is killed: a human has to say what became of it, and that may take long"
run http "{\"url\": \"$WORLD/fine\"}"
succeeds "so another request tries it"
is "$(breaker .state)" closed "and closes it"
hospes resolve "$probe" /0/0 --outcome done >/dev/null
run_wait "$probe"
is "$(breaker '[.state, .errors] | tojson')" '["closed",0]' "what the human says later changes nothing"
