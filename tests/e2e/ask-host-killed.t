# kill -9 of the private host that answers a question: it is started again, and the question is answered all the same.
. "$TESTS/lib.sh"
plan 6
own_plugin briefer
documents

private_pid()
{
	pgrep -f "hospesd .*--socket $PRIVATE" | head -n 1
}

for how in "" --keep; do
	ask_start "long, what is there?" --sources "$T/docs" $how
	private_run
	wait_for 'hospes ps --socket "$PRIVATE" --json | jq -e "length == 1" >/dev/null'
	kill -KILL "$(private_pid)"
	wait $ASKING
	is $? 0                         "an answer comes ${how:-on a state of its own}"
	holds 'grep -q "is started again" "$T/err"' "and what happened is told"
	nothing_left                    "nothing is left"
done
