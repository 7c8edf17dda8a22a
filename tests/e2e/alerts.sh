# A host with a webhook, and scores that make it tell of something; sourced after lib.sh.

# alerts_host 'LINES': a host whose `alerts` are these, with what `drops` needs.
alerts_host()
{
	host_start "alerts: { $1 }; quality: { k = 0.5; h = 3.0; least = 5; };"
	plugin scorer
	plugin echo
}

# drops NAME: scores that fall until there is an alert more.
drops()
{
	local i
	for ((i = 0; i < 15; i++)); do
		run scorer "{\"callee\": \"echo\", \"input\": {\"$1\": $i}, \"score\": 0.9}"
	done
	for ((i = 0; i < 6; i++)); do
		run scorer "{\"callee\": \"echo\", \"input\": {\"$1\": \"$i\"}, \"score\": 0}"
	done
}
