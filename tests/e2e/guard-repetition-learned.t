# A call counts as begun again where its caller could know the answer: by how it waits, not by what has ended by chance.
. "$TESTS/lib.sh"
plan 13
host_start 'run: { calls = 10000; };'
plugin echo
plugin_made rounds <<'C'
/* rounds: asks echo for the same `n` times, and that `rounds` times or until one fails.  `how`: it starts all and then "waits"; it
 * waits for each at "once"; or has them in a "group", two at a time.  Replies the rounds that went well. */
#include <string.h>

#include <hospes.h>

static hospes_op *
start(hospes_ctx *ctx)
{
	return hospes_start(ctx, "echo", hospes_get(hospes_input(ctx), "input"), NULL);
}

static int
group(hospes_ctx *ctx, int64_t n)
{
	hospes_group *group = hospes_group_new(ctx, 2);
	const hospes_answer *answer;
	int rc = 0;

	while (n-- > 0)
		hospes_group_add(group, "echo", hospes_get(hospes_input(ctx), "input"), NULL);
	while ((answer = hospes_group_next(group)) != NULL)
		rc = rc != 0 ? rc : answer->status;
	return rc;
}

static int
go_round(hospes_ctx *ctx, int64_t n)
{
	const char *how = hospes_text(hospes_input(ctx), "how");
	hospes_op *ops[1000];
	int rc = 0;

	if (strcmp(how, "group") == 0)
		return group(ctx, n);
	for (int64_t i = 0; i < n; i++) {
		ops[i] = start(ctx);
		if (strcmp(how, "once") == 0 && (rc = hospes_wait(ops[i], NULL)) != 0)
			return rc;
	}
	for (int64_t i = 0; i < n && strcmp(how, "waits") == 0; i++) {
		int one = hospes_wait(ops[i], NULL);

		rc = rc != 0 ? rc : one;
	}
	return rc;
}

static int
rounds(hospes_ctx *ctx)
{
	int64_t most = hospes_int(hospes_input(ctx), "rounds"), i = 0;

	while (i < most && go_round(ctx, hospes_int(hospes_input(ctx), "n")) == 0)
		i++;
	return hospes_reply(ctx, json_pack("{s:I}", "rounds", (json_int_t)i));
}

HOSPES_AGENT("rounds", "1.0.0", "Asks for the same in several ways", rounds)
HOSPES_NEEDS("call:echo")
C
cp "$T/rounds.so" "$DROP/"
wait_for '[ -n "$(active rounds)" ] && [ -n "$(active echo)" ]'
printf -v text '%0500d' 7

# rounds HOW N ROUNDS
rounds()
{
	run rounds "{\"how\": \"$1\", \"n\": $2, \"rounds\": $3, \"input\": {\"text\": \"$text\"}}"
}

# Frames of so many bytes leave while the rest is asked for.  Has one of them ended before the last begins?  On a machine that is
# busy that may take some tries.
overtaken()
{
	rounds waits 1000 1
	hospes journal "$id" --json | jq -se 'flatten | map(select(.target == "echo")) |
	    (map(select(.kind == "call_start") | .lsn) | max) > (map(select(.kind == "call_end") | .lsn) | min)' >"$T/ended"
}

for ((try = 0; try < 30; try++)); do
	overtaken && break
done
result .rounds 1                        "a thousand of the same are started"
is "$(cat "$T/ended")" true             "some have ended before the last begins"
journal_has '.kind == "refusal"' 0      "none is refused"
journal_has '.kind == "call_start" and .guard == "repetition"' 0 "and none counts"

rounds waits 2 10
result .rounds 2                        "of two at a time the third round is refused"
journal_has '.kind == "call_start" and .guard == "repetition"' 3 "after three that count"
journal_has '.kind == "refusal" and .guard == "repetition"' 1 "which is on record"

rounds once 1 10
result .rounds 4                        "of one that is waited for at once the fifth"
journal_has '.kind == "call_start"' 5   "five calls began, the first included"

rounds group 100 10
fails_with repeated                     "a group that is asked for again and again"
journal_has '.kind == "call_start" and .target == "echo"' 103 "is stopped in its second round"
journal_has '.kind == "call_start" and .guard == "repetition"' 3 "after three"
journal_has '.kind == "refusal" and .guard == "repetition"' 3 "and as many refusals"
