# An alert is sent to the webhook: as JSON, with its id, signed so that another program comes to the same, once.
. "$TESTS/lib.sh"
. "$TESTS/alerts.sh"
plan 12
web_start
secret=$T/secret
printf 'a secret of twenty and more bytes\n' >"$secret"
chmod 600 "$secret"
[ "$(id -u)" != 0 ] || chown 2000000000 "$secret" # as whom the host runs then
alerts_host "webhook = \"$WEB/hook\"; secret_file = \"$secret\";"

hook()
{
	web /hooks | jq -r ".[$1].$2"
}
delivered()
{
	hospes alerts --json | jq '[.[] | select(.webhook.state == "delivered")] | length'
}

drops one
wait_for '[ "$(delivered)" -eq 1 ]'
is "$(web /hooks | jq length)" 1 "one request"
is "$(hook 0 method) $(hook 0 'headers."content-type"')" "POST application/json" "a POST of JSON"
hook 0 body >"$T/body.raw"
printf '%s' "$(cat "$T/body.raw")" >"$T/body"
is "$(jq -r '.kind + " " + .of' "$T/body")" "quality agent echo" "it says what the alert is"
is "$(jq -r .id "$T/body")" "$(hospes alerts --json | jq -r '.[0].id')" "and has its id"
is "$(hook 0 'headers."idempotency-key"')" "$(jq -r .id "$T/body")" "which is the key of the request too"
holds 'jq -e "has(\"webhook\") or has(\"lsn\") | not" "$T/body" >/dev/null' "what only the host needs is not in it"
signature=$(hook 0 'headers."hospes-signature"')
seconds=${signature%%,*}
seconds=${seconds#t=}
mac=$({ printf '%s.' "$seconds"; cat "$T/body"; } | openssl dgst -sha256 -hmac 'a secret of twenty and more bytes' | sed 's/.* //')
is "$signature" "t=$seconds,v1=$mac" "openssl comes to the same signature"
holds '[ $(($(date +%s) - seconds)) -lt 600 ]' "of now"
holds 'hospes alerts | grep -q delivered' "it is shown as delivered"
holds '! grep -rqF "a secret of twenty" "$T/state" "$T/host.log" && ! api /v1/policy | grep -q "a secret of"' "the secret is nowhere"

drops two
wait_for '[ "$(delivered)" -eq 2 ]'
is "$(web /hooks | jq -r '[.[].headers."idempotency-key"] | [length, (unique | length)] | join(" ")')" "2 2" "the next is sent, once"

# A secret that others may read: the reload is refused as a whole.
chmod 644 "$secret"
sed -i 's/least = 5/least = 7/' "$T/hospes.conf"
kill -HUP "$HOST"
wait_for 'grep -q "the configuration stays as it was" "$T/host.log"'
holds 'grep -q "others may use $secret" "$T/host.log" && ! grep -q "key=quality.least" "$T/host.log"' "a secret that others may read is refused"
