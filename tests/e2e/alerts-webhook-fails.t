# A webhook that answers 500, or never: the alert is tried again, with waits, until it is taken; and nobody else notices.
. "$TESTS/lib.sh"
. "$TESTS/alerts.sh"
plan 8
web_start
alerts_host "webhook = \"$WEB/hook?fail=2\";"

state()
{
	hospes alerts --json | jq -r ".[$1].webhook.state"
}

drops one
wait_for '[ "$(web /hooks | jq length)" -ge 1 ]'
wait_for '[ "$(state 0)" = delivered ]'
is "$(web /hooks | jq -c '[.[].code]')" "[500,500,204]" "tried again until it was taken"
is "$(web /hooks | jq -r '[.[].headers."idempotency-key"] | unique | length')" 1 "under one id"
is "$(hospes alerts --json | jq '.[0].webhook.tries')" 3 "three tries"
holds 'grep -q "the webhook did not take an alert; it is tried again.*500" "$T/host.log"' "the log says so, once"
holds '[ "$(web /hooks | jq "[.[].headers | has(\"hospes-signature\")] | any")" = false ]' "without a secret nothing is signed"

# One that never answers.
sed -i 's/fail=2/fail=-1/' "$T/hospes.conf"
kill -HUP "$HOST"
wait_for 'grep -q "the configuration was read again" "$T/host.log"'
drops two
wait_for '[ "$(web /hooks | jq length)" -ge 4 ]'
is "$(state 0)" pending "an alert that hangs is pending"
run echo '{"still": "here"}'
succeeds "and the host goes on"
sed -i 's/fail=-1/fail=0/' "$T/hospes.conf"
kill -HUP "$HOST"
wait_for '[ "$(state 0)" = delivered ]'
ok $? "and is taken when the webhook is well again"
