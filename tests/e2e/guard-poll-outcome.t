# A poll always has an outcome, and says how it came about: by each rule, with those who abstain, fail, die, are late, are not there
# or vote twice; and with a tie-breaker, whatever comes of that.
. "$TESTS/lib.sh"
plan 10
host_start
plugin poller
voters_made 6

# poll VOTES [MORE [EVERY]]: one voter for each word: y, n, -, or what `how` of the fixture knows; $T/out has the outcome.
poll()
{
	local i=0 voters= list= vote
	for vote in $1; do
		local name=$(printf 'voter-%03d' $i)
		case $vote in
		y) vote='{"choice": "yes", "why": "It is fine."}' ;;
		n) vote='{"choice": "no"}' ;;
		-) vote='{"choice": null}' ;;
		*) vote="{\"how\": \"$vote\"}" ;;
		esac
		voters=$voters${voters:+, }"\"$name\": $vote"
		list=$list${list:+, }"\"$name\""
		i=$((i + 1))
	done
	run poller "{\"question\": \"Ship it?\", \"options\": [\"yes\", \"no\"], \"voters\": [$list],
	    \"context\": {\"voters\": {$voters}, \"every\": ${3:-null}} ${2:+, }${2:-}}"
}

# comes_to OUTCOME HOW "why"
comes_to()
{
	is "$(jq -c '.result | [.outcome, .how]' "$T/out" 2>&1)" "[$1,\"$2\"]" "$3" || shown
}

poll 'y y n';                                comes_to '"yes"' won "most say yes"
poll 'y n y n';                              comes_to null tied "an even split"
poll 'y n y n' '"tie_breaker": "voter-005"' '{"choice": "no", "why": "Not on a Friday."}'
                                             comes_to '"no"' tie_broken "an even split, and somebody to break it"
poll 'y - n y';                              comes_to '"yes"' won "who abstains does not stand in the way"
poll 'y segv fail fail fail';                comes_to null no_quorum "one voice of five decides nothing"
poll 'y y segv';                             comes_to '"yes"' won "a dead voter does not stand in the way"
poll 'y silent silent' '"ms": 1500';         comes_to null timed_out "those who never answer are late"
poll 'y y n' '"rule": "unanimous"';          comes_to null not_reached "unanimous, broken by one"
poll 'y y n' '"rule": "supermajority"';      comes_to '"yes"' won "two thirds of three are two"
poll 'y y y n n' '"rule": "supermajority"';  comes_to null not_reached "two thirds of five are four"
