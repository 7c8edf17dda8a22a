# An even split, and somebody to break it: what comes of that is a ballot of its own kind; who dies, abstains, is late or says
# something else leaves the poll tied, which is an outcome too.
. "$TESTS/lib.sh"
plan 14
host_start
plugin poller
voters_made 5

# split CHAIR [MORE]: two to two of three options, and what the chair does.
split()
{
	run poller "{\"question\": \"Which?\", \"options\": [\"red\", \"green\", \"blue\"], \"tie_breaker\": \"voter-004\",
	    \"voters\": [\"voter-000\", \"voter-001\", \"voter-002\", \"voter-003\"],
	    \"context\": {\"voters\": {\"voter-000\": {\"choice\": \"green\"}, \"voter-001\": {\"choice\": \"blue\", \"why\": \"the sea\"},
	    \"voter-002\": {\"choice\": \"green\"}, \"voter-003\": {\"choice\": \"blue\"}, \"voter-004\": $1}} ${2:+, }${2:-}}"
}

comes_to()
{
	is "$(jq -c '.result | [.outcome, .how, .tie_breaker.valid, .tie_breaker.why_not]' "$T/out" 2>&1)" "$1" "$2" || shown
}

split '{"leading": true}'
comes_to '["green","tie_broken",true,null]' "it is asked between those that lead"
is "$(hospes journal "$id" --json | jq -c '[.[] | select(.kind == "call_start" and .callee == "voter-004")] | length')" 1 "once"
is "$(hospes show "$id" --json | jq -c '[.tree.ops[] | select(.op == "poll") | .poll.how]')" '["tied","tie_broken"]' \
    "both are on record: that it was tied, and how that was broken"
hospes show "$id" >"$T/shown"
holds "grep -q 'tie-breaker voter-004: green' '$T/shown'" "and shown"

split '{"choice": "red"}';      comes_to '[null,"tied",false,"not_an_option"]' "who decides for what did not lead"
split '{"choice": null}';       comes_to '[null,"tied",true,null]' "who abstains"
split '{"how": "abort"}';       comes_to '[null,"tied",false,"died"]' "who dies"
split '{"how": "silent"}' '"ms": 6000'
                                comes_to '[null,"tied",false,"late"]' "who never answers"
split '{"leading": true}' '"rule": "weighted", "weights": [1, 1, 3, 1]'
                                comes_to '["green","won",null,null]' "where weight decides nobody is asked"
split '{"leading": true}' '"rule": "weighted", "weights": [1, 2, 2, 1]'
                                comes_to '["green","tie_broken",true,null]' "where weights are even somebody is"
split '{"leading": true}' '"rule": "supermajority"'
                                comes_to '[null,"not_reached",null,null]' "no voice alone makes two thirds of a half"
split '{"leading": true}' '"rule": "unanimous"'
                                comes_to '[null,"not_reached",null,null]' "nor all"

# It sees what the others said.
plugin_made judge <<'C'
#include <hospes.h>

static int
judge(hospes_ctx *ctx)
{
	const json_t *in = hospes_json(hospes_input(ctx)), *ballots = json_object_get(in, "ballots"), *one;
	const char *why = NULL;
	json_t *choice = NULL;
	size_t i;

	json_array_foreach(ballots, i, one)
	{
		if (json_object_get(one, "why") != NULL) {
			why = json_string_value(json_object_get(one, "why"));
			choice = json_object_get(one, "choice");
		}
	}
	return hospes_reply(ctx, json_pack("{s:O s:s s:O}", "choice", choice, "why", why, "counts", json_object_get(in, "counts")));
}

HOSPES_AGENT("judge", "1.0.0", "Goes with the only one who gives a reason", judge)
C
cp "$T/judge.so" "$DROP/"
wait_for '[ -n "$(active judge)" ]' || exit 1
sed -i 's/"tie_breaker": "voter-004"/"tie_breaker": "judge"/' "$T/in"
run poller "$(cat "$T/in" | sed 's/"rule": "unanimous"/"rule": "majority"/')"
comes_to '["blue","tie_broken",true,null]' "it is told the ballots of the others, and their reasons"
run poller '{"question": "Which?", "options": ["a", "b"], "voters": ["voter-000", "voter-001"], "tie_breaker": "nobody",
    "context": {"voters": {"voter-000": {"choice": "a"}, "voter-001": {"choice": "b"}}}}'
comes_to '[null,"tied",false,"refused"]' "one that is not there"
