# Whatever a client sends that cannot be right is refused by a stable name; the host goes on as if nothing had been.
. "$TESTS/lib.sh"
plan 27
host_start
plugin wordcount

run nobody '{}';                                fails_with no_such_agent "an agent that nobody dropped"
                                                says nobody
run wordcount '{"name": ';                      fails_with bad_input "JSON that ends too early"
run wordcount '{"name": "a"} x';                fails_with bad_input "something after the JSON"
run wordcount '';                               fails_with bad_input "nothing at all"
run wordcount '{"name": 7}';                    fails_with bad_input "a wrong type, against the plugin's schema"
                                                says name
run wordcount '{"text": "x"}';                  fails_with bad_input "a member that is missing"
run wordcount '{"name": "a", "more": 1}';       fails_with bad_input "a member too many"
run ../wordcount '{"name": "a"}';               fails_with bad_input "a name with .. in it"
run $'word\ncount' '{"name": "a"}';             fails_with bad_input "a name with a newline in it"
run "$(head -c 4000 /dev/zero | tr '\0' a)" '{}'; fails_with bad_input "a name of 4,000 letters"
run wordcount '{"name": "a", "text": "x"}' --set wordcount.nothing=1
                                                fails_with bad_config "a configuration that its notes do not have"

printf '{"name": "\xff\xfe", "text": "x"}' >"$T/latin"
curl -s --unix-socket "$HOSPES_SOCKET" -H 'Content-Type: application/json' http://h/v1/runs \
    --data-binary @<(printf '{"plugin": "wordcount", "input": '; cat "$T/latin"; printf '}') >"$T/out"; code=1
fails_with bad_input "text that is not UTF-8"

curl -s --unix-socket "$HOSPES_SOCKET" http://h/v1/runs \
    --data-binary '{"plugin": "wordcount", "input": {}, "budget": {"wall": 5}}' >"$T/out"; code=1
fails_with bad_input "a budget of something that has none"

for sources in '"wood"' '[7]' '["wood", "Wood"]' '["wood", "wood"]' "$(jq -nc '[range(65) | "s\(.)"]')"; do
	curl -s --unix-socket "$HOSPES_SOCKET" http://h/v1/runs \
	    --data-binary "{\"plugin\": \"wordcount\", \"input\": {}, \"sources\": $sources}" >"$T/out"; code=1
	fails_with bad_input "sources that are none: ${sources:0:40}"
done

# Nested 100,000 deep: no parser may run out of stack.
{ printf '{"plugin": "wordcount", "input": '; head -c 100000 /dev/zero | tr '\0' '['
  head -c 100000 /dev/zero | tr '\0' ']'; printf '}'; } >"$T/deep"
curl -s --unix-socket "$HOSPES_SOCKET" http://h/v1/runs --data-binary "@$T/deep" >"$T/out"; code=1
fails_with bad_input "JSON nested 100,000 deep"

# 100 MB: refused without being kept.
{ printf '{"plugin": "wordcount", "input": {"name": "a", "text": "'; head -c 100000000 /dev/zero | tr '\0' x
  printf '"}}'; } >"$T/huge"
curl -s --unix-socket "$HOSPES_SOCKET" -H 'Expect:' http://h/v1/runs --data-binary "@$T/huge" >"$T/out"; code=1
fails_with too_large "a body of 100 MB, by the API"
{ printf '{"name": "a", "text": "'; head -c 100000000 /dev/zero | tr '\0' x; printf '"}'; } >"$T/in.huge"
hospes run wordcount --in "$T/in.huge" --json >"$T/out" 2>"$T/err"; code=$?
fails_with too_large "and by the command"
rm -f "$T/huge" "$T/in.huge"

hospes run wordcount --in "$T/not-there.json" --json >"$T/out" 2>"$T/err"; code=$?
holds "[ $code -ne 0 ] && grep -qF not-there.json '$T/out' '$T/err'" "an input file that is not there is named"
is "$(hospes ps --json | jq length)" 0 "nothing of all that is still in flight"
run wordcount '{"name": "a", "text": "x y"}';   succeeds "and a good run is answered as ever"
                                                result .words 2 "rightly"
