# What requests cost that leave the host: the operator's price of each is charged to the run, the share, the agent, the client and the
# day, once, whatever is killed or read again in between; nothing for what was never sent; and a human is asked past a sum.
. "$TESTS/lib.sh"
[ "$(date -u +%H%M)" -lt 2350 ] || skip_all "midnight UTC is near, when all days begin anew"
me=uid:$(id -u)
plan 63
world_start

# conf PRICE [MORE]: a request costs that much, one to /cheap a quarter of a cent, one to /free nothing.
conf()
{
	printf '%s' "prices = ( { http = [ \"$WORLD/free\" ]; money = \"0\"; }, { http = [ \"$WORLD/cheap\" ]; money = \"0.0025\"; },
	    { http = [ \"http://127.0.0.1:*\" ]; money = \"$1\"; } );
	    grants = { payer = { http = [ \"http://127.0.0.1:*\" ]; private = true; }; }; run = { repetition = 0; }; ${2:-}"
}

# Makes the requests that it is given, one after the other, and replies what came of each; {"die": true} it does not survive.
plugin_made payer <<'C'
#include <stdlib.h>

#include <hospes.h>

static json_t *
pay(hospes_ctx *ctx, const json_t *asked)
{
	hospes_http_request request = {.size = sizeof request, .method = "POST", .body = "x", .body_len = 1};
	hospes_value *answer = NULL;
	int rc;

	if (json_is_true(json_object_get(asked, "die")))
		abort();
	request.url = json_string_value(json_object_get(asked, "url"));
	rc = hospes_http(ctx, &request,
	    HOSPES_OPTIONS(.effect = json_string_value(json_object_get(asked, "effect")),
		.timeout_ns = json_integer_value(json_object_get(asked, "timeout_ms")) * 1000000),
	    &answer);
	return rc != 0 ? json_pack("{s:s s:s}", "is", hospes_status_name(rc), "message", hospes_message(ctx))
		       : json_incref(hospes_json(answer));
}

static int
payer(hospes_ctx *ctx)
{
	const json_t *one;
	json_t *all = json_array();
	size_t i;

	json_array_foreach(hospes_json(hospes_input(ctx)), i, one) json_array_append_new(all, pay(ctx, one));
	return hospes_reply(ctx, all);
}

HOSPES_AGENT("payer", "1.0.0", "Makes the requests that it is given", payer)
HOSPES_NEEDS("http:http://127.0.0.1:*")
C

# Has payer do `list`, with `share` micro-dollars.
plugin_made patron <<'C'
#include <hospes.h>

static int
patron(hospes_ctx *ctx)
{
	const hospes_value *input = hospes_input(ctx);
	hospes_value *answer = NULL;
	int rc = hospes_call_with(ctx, "payer", hospes_get(input, "list"),
	    HOSPES_OPTIONS(.money_micros = hospes_int(input, "share")), &answer);

	return hospes_reply(ctx, rc != 0 ? json_string(hospes_status_name(rc)) : json_incref(hospes_json(answer)));
}

HOSPES_STRATEGY("patron", "1.0.0", "Has somebody make requests", patron)
HOSPES_NEEDS("call:payer")
C

# list PATH EFFECT...: an input.
list()
{
	local all=
	while [ $# -gt 0 ]; do
		all+="${all:+,}{\"url\": \"$WORLD$1\", \"effect\": \"$2\"}"
		shift 2
	done
	printf '[%s]' "$all"
}

# The money of a run, in micro-dollars: "spent reserved".
money()
{
	hospes budget "${1:-$id}" --json | jq -r '.run.money_micros | "\(.spent) \(.reserved)"'
}

# The same of an account of the day.
day()
{
	hospes budget --json | jq -r --arg what "$1" --arg name "${2:-}" \
	    '.accounts[] | select(.what == $what and (.name // "") == $name).money_micros | "\(.spent) \(.reserved)"'
}

# reload CONF
reload()
{
	: >"$T/host.log"
	conf_write "$1"
	kill -HUP "$HOST"
	wait_for 'logged "the configuration was read again"' || exit 1
}

# begin PATH EFFECT [PATH EFFECT...]: a run, when the first of these is under way.
begin()
{
	run_start payer "$(list "$@")"
	wait_for "[ \$(world_count '${1%%\?*}') -ge 1 ]" || exit 1
}

again()
{
	host_crash
	conf_write "${1:-$(conf 0.01)}"
	host_launch || exit 1
}

host_start "$(conf 0.01)"
cp "$T/payer.so" "$T/patron.so" "$DROP/"
wait_for '[ -n "$(active payer)" ] && [ -n "$(active patron)" ]' || exit 1

# ---- Sums -------------------------------------------------------------------------------------------------------------------

run payer "$(list /a keyed /b keyed /cheap/x keyed /free keyed /c once)"
result 'map(.status) | unique' '[200]' "five requests without a limit"
is "$(money)" "32500 0" "three of a cent, one of a quarter, one of nothing"
journal_has '.kind == "op_intent" and .micros == 10000' 3 "the price is in the intent"
journal_has '.kind == "op_outcome" and .micros == 10000 and .actor == "payer"' 3 "and what it came to in the outcome"
journal_has '.kind == "op_outcome" and .target == "'"$WORLD/free"'" and .micros == null' 1 "of nothing there is nothing"
journal_has '.kind == "run_end" and .micros == 32500' 1 "the run has cost all of them"
is "$(hospes budget "$id" --json | jq -c '[.tree.money_micros.spent, (.tree.ops[] | [.op, .target, .money_micros.spent, .status])]' | sed "s|$WORLD||g")" \
    '[32500,["http","/a",10000,"ok"],["http","/b",10000,"ok"],["http","/cheap/x",2500,"ok"],["http","/c",10000,"ok"]]' "budget: each in the tree"
hospes budget "$id" >"$T/table"
holds "grep -qE '^  /0/2  http $WORLD/cheap/x +money +- +0.00 +0.0025 +- +ok' '$T/table'" "for people" || note "$(cat "$T/table")"
hospes show "$id" >"$T/out"
says '  $0.0325'
says "http $WORLD/cheap/x  ok"
is "$(hospes show "$id" --json | jq -c '[.money_micros, .tree.ops[2].money_micros]')" '[32500,2500]' "show: the run's and each one's"
is "$(day agent payer), $(day client "$me"), $(day host)" "32500 0, 32500 0, 32500 0" "and the day of agent, client and host"

# ---- What does not fit ------------------------------------------------------------------------------------------------------

run payer "$(list /d keyed /d keyed /d keyed /cheap keyed)" --money 0.0225
result '.[2].is' '"budget_exceeded"' "a third does not fit"
says "$WORLD/d needs \$0.01 and this run has \$0.0025 of \$0.0225 left; ask for less, or give it more (--money, \`run.money\`)"
is "$(world_count /d)" 2 "it was not sent"
result '.[3].status' 200 "one that costs less does"
is "$(money)" "22500 0" "the run has spent all that it had and no more"
journal_has '.kind == "refusal" and .guard == "budget" and .status == "budget_exceeded"' 1 "the refusal is on record"
is "$(hospes alerts --json | jq -r --arg run "$id" '[.[] | select(.run == $run)] | sort_by(.id) | .[] | "\(.what) \(.percent)"' | xargs)" \
    "money 50 money 80 money 100" "each alert once"
run patron "{\"share\": 15000, \"list\": $(list /e keyed /e keyed)}" --money 1
says "$WORLD/e needs \$0.01 and this task has \$0.005 of \$0.015 left; ask for less, or have its caller give it more (money_micros)"
is "$(money)" "10000 0" "and what is left of it comes back"

# ---- What was never sent, and what was --------------------------------------------------------------------------------------

run payer '[{"url": "http://127.0.0.1:1/", "effect": "once"}]' --money 0.01
result '.[0].is' '"http_failed"' "nobody is there"
is "$(money)" "0 0" "what was never sent costs nothing"
journal_has '.kind == "op_intent" and .micros == 10000' 1 "though it had its intent"
run payer "$(list '/lost?drop=1' once)"
result '.[0].is' '"outcome_unknown"' "an answer is lost"
is "$(money)" "10000 0" "outcome_unknown is paid for"
run payer "$(list '/billed?drop=1' costly)"
is "$(hospes show "$id" --json | jq -c '.tree.ops[0] | [.status, .maybe_billed, .money_micros]')" '["http_failed",1,10000]' "maybe billed is paid for"
run payer '[{"url": "'"$WORLD"'/held?hold=1", "effect": "keyed", "timeout_ms": 300}, {"die": true}]'
is "$(money)" "10000 0" "so is what was stopped, whatever became of the call"

# Each attempt of a call pays for itself.
reload "$(conf 0.01 "fallbacks = ( { of = \"payer\"; to = ( { agent = \"payer\"; } ); } );")"
run patron "{\"share\": 90000, \"list\": $(list /twice keyed | sed 's/]$/, {"die": true}]/')}"
is "$(world_count /twice), $(money)" "2, 20000 0" "two attempts ask twice and pay twice"
reload "$(conf 0.01)"

# ---- The file is read again in between --------------------------------------------------------------------------------------

begin '/slow?ms=3000' keyed
is "$(money)" "0 10000" "while it is under way its price is reserved"
is "$(hospes budget "$id" --json | jq -c '.tree.ops[0] | [.status, .money_micros.reserved]')" '["open",10000]' "also in the tree"
reload "$(conf 0.05)"
run_wait "$id"
is "$(money)" "10000 0" "another price changes nothing for it"
run payer "$(list /f keyed)"
is "$(money)" "50000 0" "a run that begins then pays that"

# ---- kill -9 ----------------------------------------------------------------------------------------------------------------

reload "$(conf 0.01)"
begin '/keyed?hold=1' keyed; keyed=$id
begin '/pure?hold=1' pure; pure=$id
begin '/costly?hold=1' costly; costly=$id
begin '/done?hold=1' once; done=$id
begin '/not-done?hold=1' once; not_done=$id
run_start payer "$(list /first keyed '/second?hold=1' keyed)"; second=$id
wait_for '[ "$(world_count /second)" = 1 ]'
again "$(conf 0.05)"
run_wait "$keyed"
is "$(world_count /keyed), $(money)" "2, 10000 0" "keyed: sent again and paid for once, at the price of its intent"
run_wait "$pure"
is "$(world_count /pure), $(money)" "2, 10000 0" "pure: the same"
run_wait "$costly"
is "$(world_count /costly), $(money)" "2, 20000 0" "costly: paid for each time"
is "$(hospes show "$id" --json | jq -c '.tree.ops[0] | [.maybe_billed, .money_micros]')" '[1,20000]' "as it is told"
run_wait "$second"
is "$(world_count /first), $(money)" "1, 20000 0" "what had its answer is not paid for again"
wait_for "[ \"\$(hospes ps --json | jq 'map(select(.undecided != null)) | length')\" = 2 ]"
is "$(money "$done"), $(money "$not_done")" "0 10000, 0 10000" "once: its price is reserved while a human thinks"
again "$(conf 0.05)"
wait_for "[ \"\$(hospes ps --json | jq 'map(select(.undecided != null)) | length')\" = 2 ]"
is "$(money "$done"), $(money "$not_done")" "0 10000, 0 10000" "also after another kill"
hospes resolve "$done" /0/0 --outcome done >"$T/out"
run_wait "$done"
is "$(world_count /done), $(money)" "1, 10000 0" "done: it is paid for"
hospes resolve "$not_done" /0/0 --outcome not-done >"$T/out"
run_wait "$not_done"
is "$(world_count /not-done), $(money)" "2, 10000 0" "not done: what is made in its place is"

# What the day has is what all of these have cost, also when the ledger was not told in time.
is "$(day agent payer)" "$(day host)" "the day has all of them"
before=$(day agent payer)
run payer "$(list /last keyed)"
again "$(conf 0.01)"
is "$(day agent payer), $(day client "$me")" "$((${before% *} + 50000)) 0, $((${before% *} + 50000)) 0" "a kill right after: the day has that too"

# A costly one that cannot be paid a second time is not made a second time.
run_start payer "$(list '/tight?hold=1' costly)" --money 0.015
wait_for '[ "$(world_count /tight)" = 1 ]'
again
run_wait "$id"
result '.[0].is' '"outcome_unknown"' "costly, and no money left: nobody knows, and it is not made again"
says "cannot be done again: $WORLD/tight?hold=1 needs \$0.01 and this run has \$0.005 of \$0.015 left"
is "$(world_count /tight), $(money)" "1, 10000 0" "what may have been billed is paid for"

# ---- A day ------------------------------------------------------------------------------------------------------------------

host_stop
rm -rf "$T/state"
host_start "$(conf 0.01 'limits = { payer = { day_money = "0.025"; }; };')"
wait_for '[ -n "$(active payer)" ]' || exit 1
run payer "$(list /day keyed /day keyed /day keyed)"
result '.[2].is' '"budget_exceeded"' "the day of who makes them is over"
says "$WORLD/day needs \$0.01 and the day of agent payer has \$0.005 of \$0.025 left; wait for midnight UTC, or give it more (\`limits.payer.day_money\`)"
again "$(conf 0.01 'limits = { payer = { day_money = "0.025"; }; };')"
run payer "$(list /day keyed /cheap keyed /cheap keyed /cheap keyed)"
result 'map(.is // .status)' '["budget_exceeded",200,200,"budget_exceeded"]' "a kill: it is over still"
is "$(hospes alerts --json | jq -r '[.[] | select(.of == "agent payer")] | sort_by(.id) | .[] | "\(.what) \(.percent)"' | xargs)" \
    "money 50 money 80 money 100" "each alert of the day once"

# ---- A human is asked -------------------------------------------------------------------------------------------------------

host_stop
rm -rf "$T/state"
host_start "$(conf 0.01 'reviews = { spend = "0.03"; deadline = "1h"; };')"
wait_for '[ -n "$(active payer)" ]' || exit 1
review_of()
{
	hospes reviews --json 2>/dev/null | jq -r --arg run "$1" 'map(select(.run == $run)) | .[0].id // empty'
}
waits()
{
	wait_for "[ -n \"\$(review_of $id)\" ]" || exit 1
	review=$(review_of "$id")
}
run payer '[{"url": "http://127.0.0.1:1/", "effect": "keyed"}, '"$(list /ask keyed /ask keyed /ask keyed | tail -c +2)"
succeeds "three requests, and one that was never sent, are within what a run may spend unasked"
run_start payer "$(list /human keyed /human keyed /human keyed /human keyed /human keyed)"
waits
is "$(world_count /human)" 3 "three cents are spent unasked"
is "$(hospes review "$review" --json | jq -c '[.cause, .context.target, .context.spent, .context.price, .context.up_to]')" \
    '["spend","'"$WORLD/human"'","0.03","0.01","0.07"]' "then a human is asked, with the numbers"
again "$(conf 0.01 'reviews = { spend = "0.03"; deadline = "1h"; };')"
wait_for "[ \"\$(hospes show $id --json | jq -r '.waits.for[0].for')\" = review ]"
is "$(review_of "$id"), $(world_count /human)" "$review, 3" "a kill: nobody is asked twice, and nothing is sent"
hospes review "$review" approve >"$T/out"
run_wait "$id"
result 'map(.status)' '[200,200,200,200,200]' "a yes: it goes on"
is "$(world_count /human), $(money)" "5, 50000 0" "and each was paid for once"
run_start payer "$(list /no keyed /no keyed /no keyed /no keyed)"
waits
hospes review "$review" reject --why "dear enough" >"$T/out"
run_wait "$id"
result '.[3].is' '"rejected"' "a no: it is refused"
is "$(world_count /no), $(money)" "3, 30000 0" "and was not sent"
is "$(hospes ps --json | jq length)" 0 "no run is left open"
hospes journal verify "$T/state" >"$T/out" 2>"$T/err"; code=$?
is "$code" 0 "and the journal is whole" || shown

# ---- The file ---------------------------------------------------------------------------------------------------------------

printf '%s\n' 'prices = ( { money = "0.01"; } );' >"$T/x.conf"
hospes policy check "$T/x.conf" >"$T/out" 2>&1
says 'prices[0].http: the entry does not say of which requests'
printf '%s\n' 'prices = ( { http = [ "https://x.org" ]; money = 0.01; } );' >"$T/x.conf"
hospes policy check "$T/x.conf" >"$T/out" 2>&1
says 'allowed is an amount of dollars as a text, like "0.50"'
