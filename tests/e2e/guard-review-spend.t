# Past a sum no call that costs something begins before a human says that it may: one question for all that would go past it, a
# yes for that call and as much again, a no for the rest of the run; through kills of the host, and nobody is asked twice.
. "$TESTS/lib.sh"
plan 25
host_start 'reviews: { spend = "0.05"; deadline = "1h"; };'
plugin echo
plugin dear                             # plugins/dear.c: a cent a call
plugin nag                              # plugins/nag.c: asks again and again, each time something else

# Eight calls at once.
plugin_made eight <<'C'
#include <hospes.h>

static int
eight(hospes_ctx *ctx)
{
	hospes_group *group = hospes_group_new(ctx, 8);
	json_t *all = json_array();
	const hospes_answer *reply;

	for (int i = 0; i < 8; i++)
		hospes_group_add(group, "dear", hospes_value_json(ctx, json_pack("{s:i}", "n", i)), NULL);
	while ((reply = hospes_group_next(group)) != NULL)
		json_array_append_new(all, json_string(reply->status == 0 ? "ok" : hospes_status_name(reply->status)));
	return hospes_reply(ctx, all);
}

HOSPES_STRATEGY("eight", "1.0.0", "Eight calls at once", eight)
HOSPES_NEEDS("call:dear")
C
cp "$T/eight.so" "$DROP/"
wait_for '[ -n "$(active eight)" ]' || exit 1

review_of()
{
	hospes reviews --json 2>/dev/null | jq -r --arg run "$1" 'map(select(.run == $run)) | .[0].id // empty'
}

# nags N: a run of so many calls of a cent each, which waits for a human; $review.
nags()
{
	run_start nag "{\"callee\": \"dear\", \"n\": $1, \"polite\": true}"
	waits
}

# waits: until it asks for the next time.
waits()
{
	wait_for "[ -n \"\$(review_of $id)\" ]" || exit 1
	review=$(review_of "$id")
}

# How many calls of a cent have begun.
begun()
{
	hospes journal "$id" --json | jq '[.[] | select(.kind == "call_start" and .callee == "dear")] | length'
}

again()
{
	host_crash
	host_launch || exit 1
}

# ---- A yes ------------------------------------------------------------------------------------------------------------------

nags 14
is "$(begun)" 5 "five cents are spent unasked"
is "$(hospes review "$review" --json | jq -c '[.cause, .context.spent, .context.price, .context.up_to, .answers]')" \
    '["spend","0.05","0.01","0.11",["approve","reject"]]' "then a human is asked, with the numbers"
hospes review "$review" >"$T/out"
says 'The run has spent $0.05, and dear would cost $0.01 more, past the $0.05 that it may spend.  May it go on, up to $0.11?'
again
wait_for "[ \"\$(hospes show $id --json | jq -r '.waits.for[0].for')\" = review ]"
is "$(review_of "$id")" "$review" "a kill: nobody is asked twice"
is "$(begun)" 5 "and nothing began"
hospes review "$review" approve >"$T/out"
first=$review
wait_for "[ \"\$(review_of $id)\" != '' ] && [ \"\$(review_of $id)\" != $first ]"
is "$(begun)" 11 "a yes: as much again"
again
is "$(begun)" 11 "a kill: the yes holds"
waits
is "$(hospes review "$review" --json | jq -c '[.context.spent, .context.up_to]')" '["0.11","0.17"]' "the next question has the new numbers"
hospes review "$review" approve >"$T/out"
run_wait "$id"
succeeds "the run goes on to its end"
result '.calls' 14 "with all calls"
journal_has '.kind == "review"' 2 "of two questions"

# ---- A no -------------------------------------------------------------------------------------------------------------------

nags 20
hospes review "$review" reject --why "dear enough" >"$T/out"
run_wait "$id"
result '[.calls, .refused]' '[5,1]' "a no: the call is refused"
says "dear enough"
journal_has '.kind == "refusal" and .guard == "review" and .status == "rejected"' 1 "on record"
run_start eight 'null'
waits
hospes review "$review" reject >"$T/out"
run_wait "$id"
result 'map(select(. == "rejected")) | length' 3 "it holds for all that waited for the same answer"
journal_has '.kind == "review"' 1 "of one question"

# ---- Several at once --------------------------------------------------------------------------------------------------------

run_start eight 'null'
waits
is "$(begun)" 5 "of eight at once five begin"
is "$(hospes reviews --json | jq length)" 1 "three wait for one answer"
again
waits
hospes review "$review" approve >"$T/out"
run_wait "$id"
result 'map(select(. == "ok")) | length' 8 "a yes lets them all go on"
run_start eight 'null'
waits
hospes cancel "$id" >"$T/out"
run_wait "$id"
fails_with cancelled "what waits is cancelled"
is "$(hospes reviews --json | jq length)" 0 "with its question"

# ---- What costs nothing -----------------------------------------------------------------------------------------------------

run nag '{"callee": "echo", "n": 20, "polite": true}'
result '.calls' 20 "what costs nothing needs nobody"
run dear '{"a": 1}'
succeeds "nor does what stays below"
is "$(hospes ps --json | jq length)" 0 "no run is left open"
hospes journal verify "$T/state" >"$T/out" 2>"$T/err"; code=$?
is "$code" 0 "and the journal is whole" || shown
