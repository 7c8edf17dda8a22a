# Whatever is asked of the API wrongly gets an HTTP status, a stable code and a sentence; the host goes on.
. "$TESTS/lib.sh"
plan 18
host_start
plugin wordcount

# asked METHOD PATH [BODY]: $http, $T/out
asked()
{
	http=$(curl -s --max-time 20 --unix-socket "$HOSPES_SOCKET" -o "$T/out" -w '%{http_code}' -X "$1" ${3:+--data-binary "$3"} \
	    "http://h$2")
	: >"$T/err"
}
# refused HTTP CODE "why"
refused()
{
	is "$http $(jq -r .error.code "$T/out")" "$1 $2" "$3" || shown
}

asked GET /v1/nothing;                          refused 404 not_found "an unknown path"
asked GET /;                                    refused 404 not_found "the root"
asked GET /v1/runs/01ARZ3NDEKTSV4RRFFQ69G5FAV;  refused 404 no_such_run "a run that never was"
asked GET /v1/runs/no-id;                       refused 404 no_such_run "what is no id"
asked GET '/v1/runs/%2e%2e%2fhost';             holds "[ ${http%??} -eq 4 ]" "a path with .. in it"
asked POST /v1/runs '{';                        refused 400 bad_input "a body that is not JSON"
asked POST /v1/runs '[]';                       refused 400 bad_input "a body of another type"
asked POST /v1/runs '{"plugin": 1, "input": {}}'; refused 400 bad_input "a member of another type"
asked POST /v1/runs '{"plugin": "nobody", "input": {}}'; refused 404 no_such_agent "an agent that nobody dropped"
asked POST /v1/runs '{"plugin": "wordcount", "input": {"name": "a"}, "version": "9.9.9"}'
                                                refused 404 no_such_version "a version that is not there"
asked POST /v1/agents/nobody/rollback '{}';     refused 404 no_such_agent "a rollback of nobody"
asked POST /v1/agents/wordcount/rollback '{}';  holds "[ ${http%??} -eq 4 ]" "a rollback to nothing"
asked DELETE /v1/agents;                        holds "[ $http -eq 405 ] || [ $http -eq 501 ]" "a method that is not there"
asked POST /v1/plugins 'not a plugin';          refused 400 bad_plugin "an upload that is no plugin"
holds "jq -e '.error.message | length > 10' '$T/out' >/dev/null" "with a sentence"

# Not even HTTP, half a request, nothing at all.
head -c 100000 /dev/urandom | timeout 5 curl -s --max-time 3 --unix-socket "$HOSPES_SOCKET" -X $'G\x01T' http://h/ -T - >/dev/null 2>&1
printf 'POST /v1/runs HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n{' |
    timeout 2 perl -MIO::Socket::UNIX -e '$s = IO::Socket::UNIX->new($ARGV[0]); print $s <STDIN>; close $s' "$HOSPES_SOCKET"
asked GET /v1/host;                             is "$http" 200 "after half requests and noise the host answers"
is "$(jq -r .ready "$T/out")" true              "and is ready"
run wordcount '{"name": "a", "text": "x"}';     succeeds "a good run is answered"
