# Many open runs go on oldest first, as many at a time as the configuration says; new runs are served meanwhile.
. "$TESTS/lib.sh"
plan 13
N=100
host_start 'run = { resume_at_once = 2; }; cells = { per_version = 1; silence = "10m"; };'
plugin echo
plugin keeper

# In its one cell lingers computes for ever once its question was answered, and nobody else there comes to repeat anything.
plugin_made lingers <<'C'
#include <hospes.h>

static int
lingers(hospes_ctx *ctx)
{
	hospes_question question = {.size = sizeof question, .question = "Now?"};
	hospes_value *value;
	int rc;

	if (!hospes_flag(hospes_input(ctx), "holds")) {
		rc = hospes_recall(ctx, NULL, "k", &value, NULL);
		if (rc != 0 && rc != HOSPES_ENOENT)
			return rc;
		rc = hospes_sleep(ctx, INT64_C(3600) * 1000000000);
		return rc != 0 ? rc : hospes_reply(ctx, json_object());
	}
	rc = hospes_review(ctx, &question, &value);
	if (rc != 0)
		return rc;
	for (;;)
		__asm__ volatile("");
}

HOSPES_AGENT("lingers", "1.0.0", "Computes for ever, or sleeps", lingers)
C
plugin_made pair <<'C'
#include <hospes.h>

static int
pair(hospes_ctx *ctx)
{
	hospes_group *group = hospes_group_new(ctx, 2);

	hospes_group_add(group, "lingers", hospes_value_json(ctx, json_pack("{s:b}", "holds", 1)), NULL);
	hospes_group_add(group, "lingers", hospes_value_json(ctx, json_object()), NULL);
	while (hospes_group_next(group) != NULL)
		;
	return hospes_status(ctx);
}

HOSPES_STRATEGY("pair", "1.0.0", "Calls lingers twice at once", pair)
HOSPES_NEEDS("call:*")
C
cp "$T/lingers.so" "$T/pair.so" "$DROP/"
wait_for '[ -n "$(active lingers)" ] && [ -n "$(active pair)" ]'

sleeps()
{
	wait_for 'hospes show '"$1"' --json | jq -e "any(.tree | .. | objects; .op? == \"sleep\")" >/dev/null'
}
run_start pair '{}'; first=$id; sleeps "$first"
run_start lingers '{}'; second=$id; sleeps "$second"
steps='[range(5) | {op: "recall", key: "k"}] + [{op: "sleep", ms: 600000}]'
jq -nc --argjson n $N "[range(\$n) | {plugin: \"keeper\", input: {do: ($steps)}}]" >"$T/runs"
curl -s --unix-socket "$HOSPES_SOCKET" -H 'Content-Type: application/json' --data-binary @"$T/runs" http://host/v1/runs >"$T/out"
wait_for '[ "$(hospes ps --json | jq length)" = '$((N + 2))' ]'
last=$(hospes ps --json | jq -r '.[0].id')
sleeps "$last"
hospes review "$(hospes reviews --json | jq -r '.[0].id')" approve >"$T/out" 2>"$T/err"
wait_for 'hospes journal "$first" --json | jq -e "any(.kind == \"op_outcome\" and .path == \"/0/0/0\")" >/dev/null'
host_crash
host_launch
ok $? "the host starts"
is "$(hospes ps --json | jq length)" $((N + 2)) "all that were open are"

# How many calls of each run have begun again, and where on record the first of them did, in the order of the runs' age.
replays()
{
	for id in $(hospes ps --all --limit 1000 --json | jq -r '.[] | select(.plugin != "echo") | .id' | sort); do
		hospes journal "$id" --json | jq -c "map(select(.kind == \"replay\")) | [length, .[0].lsn]"
	done
}
wait_for 'hospes journal "$second" --json | jq -e "any(.kind == \"replay\")" >/dev/null'
run echo '{"a": 1}';                            succeeds "a new run is served while the two oldest repeat what they did"
run echo '{"a": 2}';                            succeeds "and another"
replays >"$T/replays"
is "$(jq -sc 'map(.[0])[:2]' "$T/replays")" '[3,1]' "these two have begun again"
is "$(jq -s 'map(.[0])[2:] | add' "$T/replays")" 0 "and none of the $N that wait for them has"
hospes cancel "$first" >"$T/out" 2>"$T/err"
run_wait "$first";                              fails_with cancelled "the oldest is ended"
wait_for 'hospes journal "$last" --json | jq -e "any(.kind == \"replay\")" >/dev/null'
ok $? "then the others come to it"
replays >"$T/replays"
is "$(wc -l <"$T/replays")" $((N + 2)) "all go on"
is "$(jq -s 'map(.[0])[2:] | unique | join(" ")' "$T/replays")" '"1"' "each began again once"
is "$(jq -s 'map(.[1]) | . == sort' "$T/replays")" true "in the order in which they were started"
hospes journal verify --json >"$T/out" 2>"$T/err"
ok $? "the journal is sound" || shown
host_stop
holds '[ "$(grep -c "runs stay open and go on when the host is started again" "$T/host.log")" -eq 1 ]' \
    "told to stop, the host waits for none of them"
