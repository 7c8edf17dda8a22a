# An agent asks a human, and goes on with what the human said: approval, another value, an answer, one of its choices, a no, or
# what was to be taken when nobody says anything, through kills of the host at any time.  Of two who decide the first does.
. "$TESTS/lib.sh"
plan 47
host_start "reviews: { deadline = \"1h\"; };
run: { wall = \"2h\"; };
cells: { evict_after = \"100ms\"; };"

# Asks what it is given, and replies what came of it.
plugin_made asker <<'C'
#include <hospes.h>

static int
ask(hospes_ctx *ctx)
{
	const hospes_value *input = hospes_input(ctx);
	json_t *list = json_object_get(hospes_json(input), "choices"), *one;
	const char *choices[40] = {NULL};
	hospes_question question = {.size = sizeof question,
	    .question = hospes_text(input, "question"),
	    .context = hospes_get(input, "context"),
	    .choices = list == NULL ? NULL : choices,
	    .otherwise = hospes_text(input, "otherwise"),
	    .timeout_ns = hospes_int(input, "timeout_ms") * 1000000};
	hospes_value *said;
	size_t i;
	int rc;

	json_array_foreach(list, i, one) choices[i] = json_string_value(one);
	rc = hospes_review(ctx, &question, &said);
	return rc != 0 ? rc : hospes_reply_value(ctx, said);
}

HOSPES_AGENT("asker", "1.0.0", "Asks a human", ask)
C
cp "$T/asker.so" "$DROP/"
wait_for '[ -n "$(active asker)" ]' || exit 1
me=uid:$(id -u)

review_of()
{
	hospes reviews --json 2>/dev/null | jq -r --arg run "$1" 'map(select(.run == $run)) | .[0].id // empty'
}

# ask INPUT: a run that asks; its review.
ask()
{
	run_start asker "$1"
	wait_for "[ -n \"\$(review_of $id)\" ]" || exit 1
	review=$(review_of "$id")
}

decide()
{
	hospes review "$@" >"$T/out" 2>"$T/err"
	code=$?
}

again()
{
	host_crash
	host_launch || exit 1
}

# ---- What can be said -------------------------------------------------------------------------------------------------------

ask '{"question": "Is it so?", "context": {"it": ["is", 1]}}'
is "$(hospes review "$review" --json | jq -c '[.state, .cause, .question, .context, .plugin, .default, .answers]')" \
    '["open","agent","Is it so?",{"it":["is",1]},"asker","reject",["approve","reject","edit","answer"]]' "all that was asked is shown"
decide "$review" approve --why "it is"
run_wait "$id"
result '[.choice, .by, .why] | tojson' "\"[\\\"approve\\\",\\\"$me\\\",\\\"it is\\\"]\"" "approved: the agent is told by whom and why"

ask '{"question": "This?"}'
echo '{"rather": [1, 2]}' >"$T/value"
again
decide "$review" edit "$T/value"
is "$code" 0 "edited right after a kill" || shown
again
run_wait "$id"
result '[.choice, .value] | tojson' '"[\"edit\",{\"rather\":[1,2]}]"' "edited: the value outlives the next kill"

ask '{"question": "What?"}'
decide "$review" answer "forty-two"
run_wait "$id"
result '[.choice, .value] | tojson' '"[\"answer\",\"forty-two\"]"' "answered with a text"

ask '{"question": "What?"}'
decide "$review" answer "$T/value"
run_wait "$id"
result '[.choice, .value] | tojson' '"[\"answer\",{\"rather\":[1,2]}]"' "or with a file"

ask '{"question": "May I?"}'
decide "$review" reject --why "no way"
run_wait "$id"
fails_with rejected "a no is a failure of its own"
says "$me said no to the question \"May I?\" (review $review): no way"

# ---- Choices ----------------------------------------------------------------------------------------------------------------

ask '{"question": "Which?", "choices": ["red", "green"], "otherwise": "green"}'
decide "$review" answer blue --json
fails_with bad_input "what is none of the choices is refused"
says 'answer with one of \"red\", \"green\"'
decide "$review" approve --json
fails_with bad_input "and approving does not choose"
decide "$review" answer red
run_wait "$id"
result '[.choice, .value] | tojson' '"[\"red\",null]"' "one of them is what the agent gets"

# ---- Two who decide ---------------------------------------------------------------------------------------------------------

ask '{"question": "Who is first?"}'
hash=$(hospes review "$review" --json | jq -r .hash)
for n in 1 2 3 4 5 6; do
	what=approve
	[ $((n % 2)) -eq 0 ] || what=reject
	api "/v1/reviews/$review/decide" -d "{\"decision\": \"$what\", \"hash\": \"$hash\", \"why\": \"number $n\"}" >"$T/said.$n" &
	pids[n]=$!
done
wait "${pids[@]}"
is "$(cat "$T"/said.? | jq -r 'select(.state == "decided") | .why' | wc -l)" 1 "of six who decide one does"
is "$(cat "$T"/said.? | jq -r 'select(.error.code == "conflict") | .error.code' | wc -l)" 5 "the others are told that it is decided"
first=$(cat "$T"/said.? | jq -r 'select(.state == "decided") | .why')
run_wait "$id"
is "$(hospes review "$review" --json | jq -r .why)" "$first" "and the record has the one who did"
is "$(hospes journal "$id" --json | jq 'map(select(.kind == "resolved")) | length')" 1 "once"

# ---- Nobody says anything ---------------------------------------------------------------------------------------------------

run asker '{"question": "Anybody?", "otherwise": "approve", "timeout_ms": 300}'
result '[.choice, .by] | tojson' '"[\"approve\",\"deadline\"]"' "at its deadline the default is taken"
run asker '{"question": "Anybody?", "timeout_ms": 300}'
fails_with rejected "which is a no where nothing else is said"
says "nobody answered the question"
run asker '{"question": "Anybody?", "choices": ["a", "b"], "otherwise": "b", "timeout_ms": 300}'
result '[.choice, .by] | tojson' '"[\"b\",\"deadline\"]"' "or one of the choices"

ask '{"question": "Anybody there?", "otherwise": "approve", "timeout_ms": 5000}'
host_crash
deadline=$(date -d "$(jq -r .started "$T/out" 2>/dev/null || date)" +%s 2>/dev/null || date +%s)
wait_for '[ $(date +%s) -gt '$((deadline + 6))' ]'
host_launch || exit 1
run_wait "$id"
result '[.choice, .by] | tojson' '"[\"approve\",\"deadline\"]"' "a deadline passes while the host is away: the default is taken when it comes back"

ask '{"question": "Anybody there later?", "otherwise": "approve", "timeout_ms": 6000}'
again
is "$(review_of "$id")" "$review" "a deadline to come outlives a kill"
run_wait "$id"
result '[.choice, .by] | tojson' '"[\"approve\",\"deadline\"]"' "and is kept"

# ---- Its run ends first -----------------------------------------------------------------------------------------------------

ask '{"question": "Still there?"}'
hospes cancel "$id" >/dev/null
run_wait "$id"
fails_with cancelled "a run is cancelled while it waits"
is "$(hospes review "$review" --json | jq -r '.state + " " + .decision')" "decided expired" "its review is over"
decide "$review" approve --json
fails_with conflict "and decides nothing any more"
is "$(review_of "$id")" "" "nor is it listed"
run_start asker '{"question": "How long?", "otherwise": "approve"}' --wall 5
run_wait "$id"
result '[.choice, .by] | tojson' '"[\"approve\",\"deadline\"]"' "before the time of its run is over the default is taken"
is "$(hospes reviews --all --json | jq -r --arg run "$id" 'map(select(.run == $run)) | .[0].decision')" approve "and its review is over"
ask '{"question": "And before a kill?"}'
host_crash
host_launch || exit 1
hospes cancel "$id" >/dev/null
run_wait "$id"
fails_with cancelled "cancelled as it comes back"
is "$(hospes reviews --json | jq length)" 0 "its review is over as well"

# ---- What it holds ----------------------------------------------------------------------------------------------------------

ask '{"question": "Am I a deadlock?"}'
wait_for "hospes show $id --json | jq -e '.waits.for[0].for == \"review\"' >/dev/null"
ok $? "a run that waits for a human says so"
wait_for "[ \"\$(hospes show $id --json | jq -r .tree.state)\" = evicted ]"
ok $? "its call gives its place away"
decide "$review" approve
run_wait "$id"
succeeds "and is none of the dead"
run_start asker '{"question": "Until when?"}' --wall 60
wait_for "[ -n \"\$(review_of $id)\" ]"
is "$(hospes review "$(review_of "$id")" --json | jq '(.deadline[:19] + "Z" | fromdate) - (.raised[:19] + "Z" | fromdate) | . > 40 and . < 60')" true \
    "where the run has a minute the deadline is within it, and leaves time to go on"
hospes cancel "$id" >/dev/null

# ---- A case that says what the human says -----------------------------------------------------------------------------------

mkdir "$T/cases"
echo '{"input": {"question": "Is it so?"}, "ops": [{"expect": {"op": "review", "input": {"question": "Is it so?"}},
    "answer": {"choice": "approve", "by": "uid:1"}}], "output": {"choice": "approve", "by": "uid:1"}}' >"$T/cases/yes.json"
echo '{"input": {"question": "Is it so?"}, "ops": [{"expect": {"op": "review"}, "error": {"code": "rejected", "message": "no"}}],
    "status": "rejected"}' >"$T/cases/no.json"
hospes test "$T/asker.so" >"$T/out" 2>"$T/err"; code=$?
is "$code" 0 "hospes test: a case says what the human says" || shown

# ---- Hostile questions ------------------------------------------------------------------------------------------------------

ask '{"question": "\u001b]0;owned\u0007 sure\u202e?", "context": "\u009b31m red \u001b[2J"}'
hospes reviews >"$T/out"
hospes review "$review" >>"$T/out"
hospes ps >>"$T/out" 2>&1
hospes show "$id" >>"$T/out"
holds "! LC_ALL=C grep -qP '[\\x00-\\x08\\x0b-\\x1f\\x7f]|\\xc2[\\x80-\\x9f]|\\xe2\\x80\\xae' $T/out" "control characters reach no terminal"
decide "$review" reject
ask '{"question": "Sure?\n\ndecide it:  hospes review ANOTHER approve\n\ncontext:\n{}", "context": "what it is about"}'
is "$(hospes review "$review" | grep -cE '^(decide it|context):')" 2 "a question cannot look like what the host says beneath it"
decide "$review" reject
big=$(head -c 300000 /dev/zero | tr '\0' x)
run asker "{\"question\": \"Long?\", \"context\": \"$big\"}"
fails_with too_large "what nobody could read is refused"
run asker "{\"question\": \"${big:0:5000}\"}"
fails_with bad_input "a question has an end"
run asker '{"question": "Which?", "choices": ["a"], "otherwise": "c"}'
fails_with bad_input "and a default that is a choice"

# ---- Erasing ----------------------------------------------------------------------------------------------------------------

ask '{"question": "Is my secret zebra4711 safe?", "context": {"secret": "quagga0815"}}'
decide "$review" answer "my secret is 1234"
run_wait "$id"
is "$(hospes review "$review" --json | jq -r '.context.secret + " " + .value')" "quagga0815 my secret is 1234" "what was asked is kept"
hospes erase "$id" >/dev/null
decide "$review" --json
fails_with not_found "until the run is erased"
holds "! grep -qra -e zebra4711 -e quagga0815 -e 'secret is 1234' $T/state/journal" "in the journal too"
holds "! grep -qra -e zebra4711 -e quagga0815 -e 'secret is 1234' $T/state" "and anywhere else"
again
is "$(hospes reviews --all --json | jq --arg run "$id" 'map(select(.run == $run)) | length')" 0 "and a restart brings nothing back"
hospes journal verify "$T/state" >"$T/out" 2>"$T/err"; code=$?
is "$code" 0 "the journal is whole" || shown
