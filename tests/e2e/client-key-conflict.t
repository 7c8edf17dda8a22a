# A key stands for one request of one client: another request under it is refused, now and after a restart; what is no key is
# refused; keys of others are their own.
. "$TESTS/lib.sh"
plan 16
host_start
plugin echo
run echo '{"a": 1}' --key k-1
first=$id
conflicts()
{
	run "$@"
	fails_with conflict "${why}: another input"
}
why=now
conflicts echo '{"a": 2}' --key k-1
says "the key k-1 came with another request before, which started run $first"
run echo '{"a": 1}' --key k-1 --calls 3
fails_with conflict "another budget is another request"
run echo '{"a": 1}' --key k-1 --set echo.x=1
fails_with conflict "so is another configuration"
host_crash
host_launch
why="after a kill -9"
conflicts echo '{"a": 2}' --key k-1
is "$(hospes ps --all --json | jq length)" 1 "none of these started anything"
run echo '{"a": 1}' --key k-1
is "$id" "$first" "the same request is answered still"

# What was refused has used no key up.
run nobody '{}' --key k-2
fails_with no_such_agent "a request that is refused"
run echo '{}' --key k-2
succeeds "leaves its key to the next one"

# Foreign keys.
run echo '{}' --key "$(printf 'k%.0s' {1..256})"
fails_with bad_input "a key of 256 characters is none"
run echo '{}' --key "$(printf 'k%.0s' {1..255})"
succeeds "one of 255 is"
run echo '{}' --key 'a b'
fails_with bad_input "nor is one with a space"
run echo '{}' --key $'a\r\nX: y'
fails_with bad_input "or with a line break, of which no second header is made"
run echo '{}' --key ''
fails_with bad_input "or an empty one"
is "$(api /v1/runs -H 'Idempotency-Key: x' -H 'Idempotency-Key: y' -d '{"plugin": "echo"}' | jq -r .error.code)" bad_input \
    "two keys are none"

# Another user of the host.
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	chmod 0711 "$T/run"
	chmod 0666 "$T/run/host.sock"
	other=$(as_user curl -s --unix-socket "$T/run/host.sock" -H 'Idempotency-Key: k-1' -d '{"plugin": "echo"}' \
	    http://host/v1/runs)
	is "$(jq -c '[.client, .repeated, .error]' <<<"$other")" '["uid:65534",null,null]' "k-1 of another user is another key"
else
	ok 0 "# SKIP needs root"
fi
