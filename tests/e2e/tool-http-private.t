# A private address is refused unless the operator grants it: where the socket is opened, whatever the name was.
. "$TESTS/lib.sh"
plan 7
web_start
host_start
plugin http                             # fixtures/http.c: passes its input on to the http op

run http "{\"url\": \"$WEB/text\"}"
fails_with permission_denied "without a grant no URL is allowed at all"
host_stop
conf_write "grants = { http = { http = [ \"http://127.0.0.1:*\", \"http://localhost:*\" ]; }; };"
host_launch
run http "{\"url\": \"$WEB/text\"}"
fails_with address_refused "a pattern alone does not open a private address"
run http "{\"url\": \"http://localhost:${WEB##*:}/text\"}"
fails_with address_refused "nor does a name that leads there"
is "$(web_count /text)" 0 "the server was not asked"
host_stop
conf_write "grants = { http = { http = [ \"http://127.0.0.1:*\" ]; private = true; }; };"
host_launch
run http "{\"url\": \"$WEB/text\"}"
succeeds "with private = true it is"
result .status 200 "and answers"
is "$(web_count /text)" 1 "once"
