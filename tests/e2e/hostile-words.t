# What agents put before humans comes from agents: words that would move a terminal's cursor, change its title or turn the direction of
# writing show as what they are, wherever they are printed.  And an agent that floods humans with questions, and forges polls by the
# dozen, keeps nobody else from asking and answering, through kills of the host.
. "$TESTS/lib.sh"
plan 29
host_start 'reviews: { deadline = "1h"; }; run: { wall = "2h"; }; breaker = { errors = 0; }; cells: { evict_after = "200ms"; isolation = "run"; };'
for name in echo sleeper asker forger; do
	plugin $name
done
voters_made 3

# Says the words that it is given wherever there is a place for some: a line, a poll, a score, a review, and how it failed.
plugin_made painter <<'C'
#include <hospes.h>

static int
paint(hospes_ctx *ctx)
{
	const hospes_value *input = hospes_input(ctx);
	const char *words = hospes_text(input, "words"), *voters[] = {"voter-000", "voter-001", NULL};
	const char *options[] = {words, "no", NULL}, *choices[] = {words, "no", NULL};
	hospes_question question = {.size = sizeof question, .question = words, .context = input, .choices = choices};
	hospes_value *said;

	hospes_log(ctx, HOSPES_INFO, "%s", words);
	hospes_progress(ctx, 0.5, "%s", words);
	(void)hospes_poll(ctx, words, 2, voters, options, HOSPES_POLL(.context = hospes_get(input, "context")), &said);
	(void)hospes_call(ctx, "echo", input, NULL);
	(void)hospes_score(ctx, NULL, 0.5, words);
	(void)hospes_review(ctx, &question, &said);
	return hospes_fail(ctx, HOSPES_EFAILED, "%s", words);
}

HOSPES_AGENT("painter", "1.0.0", "Says what it is given", paint)
HOSPES_NEEDS("call:*")
C
cp "$T/painter.so" "$DROP/"
wait_for '[ -n "$(active painter)" ]' || exit 1

# harmless "why" COMMAND...: does it print something, and nothing in it that a terminal obeys?
harmless()
{
	local why=$1
	shift
	"$@" >"$T/printed" 2>&1
	grep -q owned "$T/printed" && ! grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8b-\x8f\xa8-\xae]|\xe2\x81[\xa0-\xaf]' "$T/printed"
	ok $? "$why" || sed -n l "$T/printed" | sed 's/^/# /'
}

review_of()
{
	hospes reviews --json --limit 10000 2>/dev/null | jq -r --arg run "$1" 'map(select(.run == $run)) | .[0].id // empty'
}

words='"\u001b[2J\u001b]0;owned\u0007\u009b31m\u202e\u061c\u2066x\ndecided: approve by uid:0\r\u007f\u200b"'
run_start painter '{"words": '"$words"', "context": {"every": {"choice": '"$words"', "why": '"$words"'}}}'
painted=$id
wait_for '[ -n "$(review_of $painted)" ]' || exit 1
review=$(review_of "$painted")
harmless "hospes reviews" hospes reviews
is "$(grep -c . "$T/printed")" 2 "has a line for it"
harmless "hospes review" hospes review "$review"
holds '! grep -q "^decided" "$T/printed"' "has no line that the agent wrote"
harmless "hospes show" hospes show "$painted"
harmless "hospes logs" hospes logs "$painted"
harmless "hospes journal" hospes journal "$painted"
hospes review "$review" reject --why "$(printf '%b' '\033[2Jowned')" >"$T/out" 2>&1
run_wait "$painted"
fails_with failed "the run ends as it does"
harmless "hospes wait" hospes wait "$painted"
harmless "hospes show, once it has failed" hospes show "$painted"
harmless "hospes reviews, of those that were decided" hospes reviews --all
harmless "hospes review, of one that was decided" hospes review "$review"
holds 'hospes ps --all >"$T/printed" 2>&1; ! grep -qP "[\x00-\x08\x0b-\x1f\x7f]" "$T/printed"' "hospes ps"
harmless "hospes run, whose result quotes them" hospes run forger --input '{"how": "review-stranger"}'
harmless "hospes journal, of one who failed with them" hospes journal "$painted"

# ---- Scores of others ---------------------------------------------------------------------------------------------------

run forger '{"how": "score-capability"}'
succeeds "a score that names a capability"
is "$(hospes scores --json | jq -c '[.[] | select(.n > 0) | [.plugin, .capability]] | unique')" '[["echo",""]]' \
    "is of whom it called, for what it called it, and of nobody else"

# ---- A flood ------------------------------------------------------------------------------------------------------------

run_start asker '{"callee": "painter", "input": {"words": "May I?", "context": {}}}'
honest=$id
wait_for '[ -n "$(review_of $honest)" ]'
run_start sleeper '{"ms": 4000}'
slept=$id
run_start forger '{"how": "review-flood", "hang": true}'
flood=$id
wait_for '[ "$(hospes reviews --limit 10000 --json | jq length)" = 1001 ]'
ok $? "a run may ask a thousand questions"
run_start forger '{"how": "poll-flood", "hang": true}'
polls=$id
wait_for '[ "$(hospes journal "$polls" --json | jq "[.[] | select(.kind == \"op_intent\" and .op == \"poll\")] | length")" = 16 ]'
ok $? "and hold sixteen polls"
host_crash
host_launch || { echo "Bail out! it does not start again"; exit 1; }
wait_for '[ "$(hospes reviews --limit 10000 --json | jq length)" = 1001 ]'
ok $? "killed, it has asked nobody anew"
wait_for '[ "$(hospes show "$flood" --json | jq "[.. | .waits? | select(.review? != null)] | length")" -ge 1000 ]'
ok $? "and waits for all of them"
is "$(hospes journal "$polls" --json | jq '[.[] | select(.kind == "op_intent" and .op == "poll")] | length')" 16 "and holds the polls that it held"
hospes review "$(review_of "$honest")" answer "no" >"$T/out" 2>"$T/err" || shown
run_wait "$honest"
fails_with failed "who asked before is answered meanwhile"
says "May I?"
run_wait "$slept"
succeeds "who slept meanwhile ends well"
run echo '{"a": 1}'
succeeds "others are served"
hospes cancel "$flood" >"$T/out" 2>&1
hospes cancel "$polls" >"$T/out" 2>&1
run_wait "$flood"
fails_with cancelled "a flood is cancelled"
wait_for '[ "$(hospes reviews --json | jq length)" = 0 ] && [ "$(hospes ps --json | jq length)" = 0 ]'
ok $? "with all that it asked"
hospes journal verify "$T/state" >"$T/out" 2>"$T/err"; code=$?
is "$code" 0 "and the journal is whole" || shown
