# A redirect is asked about like the first URL: pattern and address, for each of its steps; and there is an end to them.
. "$TESTS/lib.sh"
plan 7
web_start
port=${WEB##*:}
host_start "grants = { http = { http = [ \"$WEB\" ]; private = true; }; };"
plugin http

run http "{\"url\": \"$WEB/redirect?to=$WEB/text&n=3\"}"
succeeds "redirects within what is granted are followed"
result .url "\"$WEB/text\"" "to their end"
run http "{\"url\": \"$WEB/redirect?to=http://localhost:$port/text\"}"
fails_with permission_denied "one that leads out of it is refused"
is "$(web_count /text)" 1 "before anybody is asked"
run http "{\"url\": \"$WEB/redirect?to=$WEB/text&n=50\"}"
fails_with http_failed "fifty are too many"
run http "{\"url\": \"$WEB/redirect?to=file:///etc/passwd\"}"
holds "[ $code -ne 0 ]" "another scheme is no way out"
holds "! grep -q root: '$T/out'" "and nothing of it is seen"
