# The webhook reaches a private address only where the configuration says it in so many words: not by a name that means one, and
# not by a redirect.
. "$TESTS/lib.sh"
. "$TESTS/alerts.sh"
for name in ip6-localhost ip6-loopback "$(hostname)" ''; do
	getent ahosts "$name" | grep -qE '^(::1|127\.|10\.|172\.(1[6-9]|2|3[01])|192\.168\.|f[cd])' && break
done
[ -n "$name" ] || skip_all "this machine has no name for a private address but localhost"
plan 4
web_start
port=${WEB##*:}
alerts_host "webhook = \"http://$name:$port/hook\";"
drops a
wait_for 'grep -q "the webhook did not take an alert" "$T/host.log"'
holds 'grep "the webhook did not take" "$T/host.log" | grep -qE " is a (loopback|private) address|is .* and only public ones are granted"' "a name that means a private address is refused"
sed -i "s|http://$name:$port/hook|http://127.0.0.1:$port/redirect?to=/hook|" "$T/hospes.conf"
kill -HUP "$HOST"
wait_for '[ "$(web_count /redirect)" -ge 1 ]'
wait_for 'grep -q "the configuration was read again" "$T/host.log"'
is "$(hospes alerts --json | jq -r '.[0].webhook.state')" pending "a redirect is no answer"
sed -i "s|/redirect?to=/hook|/hook|" "$T/hospes.conf"
kill -HUP "$HOST"
wait_for '[ "$(hospes alerts --json | jq -r ".[0].webhook.state")" = delivered ]'
ok $? "an address that is written as such is reached"
is "$(web /hooks | jq length)" 1 "and was reached once"
