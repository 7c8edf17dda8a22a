# The host is killed between the intent of an effect and its outcome.  What may be done again is done again, under the same key;
# what may be done once waits for a human, and each of the three things that can be said ends that as it says, whatever is
# killed after it.
. "$TESTS/lib.sh"
plan 40
world_start
host_start "grants = { teller = { http = [ \"http://127.0.0.1:*\" ]; private = true; }; };"

# Makes the requests that it is given, one after the other, and replies what came of each.
plugin_made teller <<'C'
#include <hospes.h>

static json_t *
told(hospes_ctx *ctx, const json_t *asked)
{
	hospes_http_request request = {.size = sizeof request, .method = "POST", .body = "x", .body_len = 1};
	hospes_value *answer;
	int rc;

	request.url = json_string_value(json_object_get(asked, "url"));
	rc = hospes_http(ctx, &request,
	    HOSPES_OPTIONS(.effect = json_string_value(json_object_get(asked, "effect")),
		.timeout_ns = json_integer_value(json_object_get(asked, "timeout_ms")) * 1000000),
	    &answer);
	return rc != 0 ? json_string(hospes_status_name(rc)) : json_incref(hospes_json(answer));
}

static int
tell(hospes_ctx *ctx)
{
	const json_t *asked = hospes_json(hospes_input(ctx)), *one;
	json_t *all = json_array();
	size_t i;

	json_array_foreach(asked, i, one) json_array_append_new(all, told(ctx, one));
	return hospes_reply(ctx, all);
}

HOSPES_STRATEGY("teller", "1.0.0", "Makes the requests that it is given", tell)
HOSPES_NEEDS("http:http://127.0.0.1:*")
C
cp "$T/teller.so" "$DROP/"
wait_for '[ -n "$(active teller)" ]' || exit 1

# begin PATH EFFECT [MORE]: a run with this request, and then with those that MORE has; when it is under way.  ids[PATH].
declare -A ids
begin()
{
	run_start teller "[{\"url\": \"$WORLD$1\", \"effect\": \"$2\"${3:-}]"
	ids[${1%%\?*}]=$id
	wait_for "[ \$(world_count ${1%%\?*}) -ge 1 ]" || exit 1
}

# again: the host is killed, and starts.
again()
{
	host_crash
	host_launch || exit 1
}

# waits PATH: until the run there is told to wait for a decision.
waits()
{
	wait_for "hospes ps --json | jq -e --arg id ${ids[$1]} 'any(.id == \$id and .undecided[0].path == \"/0/0\")' >/dev/null"
}

# decide PATH OUTCOME [ARGS...]
decide()
{
	local path=$1 outcome=$2
	shift 2
	hospes resolve "${ids[$path]}" /0/0 --outcome "$outcome" "$@" >"$T/out" 2>"$T/err"
	code=$?
}

ended()
{
	run_wait "${ids[$1]}"
}

# The keys under which a path was asked for, each once.
keys()
{
	world_saw "$1" | cut -d ' ' -f 1 | sort -u
}

for class in pure idempotent keyed costly; do
	begin "/$class?hold=1" $class '}'
done
begin '/done?hold=1' once "}, {\"url\": \"$WORLD/after?hold=1\", \"effect\": \"keyed\"}"
begin '/not-done?hold=2' once '}'
begin '/answer?hold=1' once '}'
begin '/late?hold=1' once ', "timeout_ms": 15000}'
again

# ---- What is done again --------------------------------------------------------------------------------------------------

for class in pure idempotent keyed costly; do
	ended /$class
	succeeds "$class: the run ends well"
	is "$(world_saw /$class | cut -d ' ' -f 2 | xargs)" "held 200" "$class: it was done again"
	is "$(hospes show "$id" --json | jq .tree.ops[0].begun_again)" 1 "$class: and is told as begun again"
done
is "$(keys /pure)$(keys /idempotent)" "--" "pure and idempotent: without a key"
is "$(keys /keyed)" "${ids[/keyed]}:/0:0:1" "keyed: both times with the same key, of run, call, op and attempt"
is "$(keys /costly)" "${ids[/costly]}:/0:0:1" "costly: too"
is "$(hospes show "${ids[/costly]}" --json | jq -c '[.tree.ops[0].maybe_billed, .maybe_billed]')" "[1,1]" "costly: the first may have been billed"
is "$(hospes show "${ids[/keyed]}" --json | jq .tree.ops[0].maybe_billed)" null "keyed: nothing of the kind"

# ---- What waits ----------------------------------------------------------------------------------------------------------

waits /done && waits /not-done && waits /answer && waits /late
ok $? "once: the runs wait for a decision, as ps tells"
is "$(world_count /done)$(world_count /not-done)$(world_count /answer)$(world_count /late)" 1111 "once: nothing was done again"
hospes show "${ids[/done]}" >"$T/out"
says "hospes resolve ${ids[/done]} /0/0 --outcome done|not-done|FILE"
hospes ps >/dev/null 2>"$T/err"
says "hospes resolve ${ids[/answer]} /0/0 --outcome done|not-done|FILE"
holds "logged 'waits for a decision.*run=${ids[/done]}'" "and the log of the host"

decide /answer "$T/nothing"
is "$code" 1 "a file that is not there decides nothing"
echo '"yes"' >"$T/answer"
decide /answer "$T/answer" --json
fails_with bad_input "nor does an answer that could be none"

again
waits /done && waits /not-done && waits /answer
ok $? "another kill: they wait as before"

# ---- What is said --------------------------------------------------------------------------------------------------------

echo '{"status": 201, "body": "number 7"}' >"$T/answer"
decide /answer "$T/answer"
is "$code" 0 "a file: it is decided"
ended /answer
result '.[0] | [.status, .body] | tojson' '"[201,\"number 7\"]"' "a file: what it says is the answer"

# Its second request is held; the decision is older than that.
decide /done done --why "the order is in the books"
wait_for '[ "$(world_count /after)" = 1 ]'
# Begun a second time under a key of its own, and held again.
decide /not-done not-done
wait_for '[ "$(world_count /not-done)" = 2 ]'
is "$(world_saw /not-done | cut -d : -f 4 | cut -d ' ' -f 1 | xargs)" "1 2" "not-done: it is begun again, as the next attempt"
again

ended /done
result '[.[].status] | tojson' '"[204,200]"' "done: the decision outlives a kill"
is "$(world_count /done)" 1 "done: and nothing was done again"
is "$(hospes show "$id" --json | jq -c .tree.ops[0].decision)" \
    "{\"outcome\":\"done\",\"by\":\"uid:$(id -u)\",\"why\":\"the order is in the books\"}" "who said it, and why"
decide /done not-done --json
fails_with conflict "what is decided is decided"

waits /not-done
ok $? "not-done: the next attempt was killed as well, and waits"
decide /not-done not-done
ended /not-done
result '.[0].status' 200 "not-done: the third attempt is answered"
is "$(world_saw /not-done | cut -d : -f 4 | xargs)" "1 held 2 held 3 200" "each attempt has a key of its own, and went out once"
journal_has '.kind == "resolved"' 2 "both decisions are on record"

# ---- Nobody says anything --------------------------------------------------------------------------------------------------

ended /late
result '.[0]' '"outcome_unknown"' "its time passes while it waits: the caller is told that nobody knows"
is "$(world_count /late)" 1 "and it was not done again"
is "$(hospes ps --json | jq length)" 0 "no run is left open"
hospes journal verify "$T/state" >"$T/out" 2>"$T/err"; code=$?
is "$code" 0 "and the journal is whole" || shown
