# Alerts that the webhook has not taken when the host is killed are sent after the next start; those that it has taken are not.
. "$TESTS/lib.sh"
. "$TESTS/alerts.sh"
plan 8
web_start
alerts_host "webhook = \"$WEB/hook\";"

states()
{
	hospes alerts --json | jq -r '[.[].webhook.state] | join(" ")'
}

drops one
wait_for '[ "$(states)" = delivered ]'
ok $? "one was taken"
sed -i "s|$WEB/hook|http://127.0.0.1:1/hook|" "$T/hospes.conf"
kill -HUP "$HOST"
wait_for 'grep -q "the configuration was read again" "$T/host.log"'
drops two
drops three
is "$(states)" "pending pending delivered" "two wait, since nobody listens"
host_crash
sed -i "s|http://127.0.0.1:1/hook|$WEB/hook|" "$T/hospes.conf"
host_launch
wait_for '[ "$(states)" = "delivered delivered delivered" ]'
ok $? "they are sent after a start"
is "$(web /hooks | jq -r '[.[].headers."idempotency-key"] | [length, (unique | length)] | join(" ")')" "3 3" "each once, the first not again"
is "$(web /hooks | jq -r '[.[].headers."idempotency-key"] | join(" ")')" "$(hospes alerts --json | jq -r '[.[].id] | reverse | join(" ")')" \
    "in their order"
host_crash
host_launch
run echo '{}'
is "$(web /hooks | jq length)" 3 "after one more start there is nothing to send"

# Killed after the webhook has it and before that is on record: it comes again, under the same id.
sed -i "s|$WEB/hook|$WEB/hold|" "$T/hospes.conf"
kill -HUP "$HOST"
wait_for '[ "$(grep -c "the configuration was read again" "$T/host.log")" -ge 2 ]'
drops four
wait_for '[ "$(web_count /hold)" -eq 1 ]'
host_crash
web /release >/dev/null
sed -i "s|$WEB/hold|$WEB/hook|" "$T/hospes.conf"
host_launch
wait_for '[ "$(states)" = "delivered delivered delivered delivered" ]'
ok $? "what the webhook may have is sent again"
is "$(web /count | jq --arg id "$(hospes alerts --json | jq -r '.[0].id')" '.keys[$id]')" 2 "under the same id"
