# A backup of a busy host has what is open in it: humans who are asked, a poll, calls between two attempts, an effect that is under way.
# A host that is started on what was restored elsewhere goes on with all of it and comes to the same end, and nothing that was done
# before the backup is done again.
. "$TESTS/lib.sh"
plan 28
world_start
policy="user = \"\"; grants = { http = { http = [ \"http://127.0.0.1:*\" ]; private = true; }; };
reviews: { once = true; deadline = \"1d\"; }; run: { wall = \"1d\"; };
grounding: { mender: { checks = [ \"verbatim\" ]; on_fail = [ \"review\", \"retry\" ]; };
    stubborn: { checks = [ \"verbatim\" ]; on_fail = [ \"retry\", \"review\" ]; retries = 1; }; };
fallbacks = ( { of = \"nobody\"; to = ( { human = \"What does nobody say?\"; } ); },
    { of = \"actor-b\"; to = ( { agent = \"actor-c\"; } ); } );"
host_start "$policy"
for name in http mender stubborn verbatim actor-a actor-b actor-c poller chain chain-1 chain-2; do
	plugin $name
done
voters_made 5

# review_of RUN: its open review.
review_of()
{
	hospes reviews --json 2>/dev/null | jq -r --arg run "$1" 'map(select(.run == $run)) | .[0].id // empty'
}

declare -A ids
# begin WORD PLUGIN INPUT: a run that comes to a human.
begin()
{
	run_start "$2" "$3"
	ids[$1]=$id
	wait_for "[ -n \"\$(review_of $id)\" ]" || exit 1
}

# decide WORD ARGS...: what the human of this run says.
decide()
{
	local review
	review=$(review_of "${ids[$1]}")
	shift
	hospes review "$review" "$@" >"$T/out" 2>"$T/err" || shown
}

post()
{
	begin "$1" http "{\"url\": \"$WORLD/$1$2\", \"method\": \"POST\", \"body\": \"x\"}"
}

again()
{
	host_crash
	host_launch || { echo "Bail out! it does not start again"; exit 1; }
}

# ---- What is open ---------------------------------------------------------------------------------------------------------

LIE='"text": "The licensee must give the source, in full.", "quotes": ["in full", "for a fee"]'
post before ''
decide before approve --why "it is paid for"
run_wait "${ids[before]}"
succeeds "an effect was approved and made before the backup"
post away '?hold=1'
decide away approve
wait_for '[ "$(world_count /away)" = 1 ]'
ok $? "another is under way"
post open ''
begin ladder mender "{$LIE}"
begin retried stubborn "{$LIE}"
begin attempt actor-a '{"actor-a": [{"call": "actor-b"}], "actor-b": [{"crash": true}], "actor-c": [{"say": 1}, {"call": "nobody"}]}'
begin poll poller '{"question": "Ship it?", "options": ["yes", "no"],
    "voters": ["voter-000", "voter-001", "voter-002", "voter-003", "voter-004", "nobody"], "context": {"voters": {
    "voter-000": {"choice": "yes"}, "voter-001": {"choice": "no"}, "voter-002": {"how": "fail"}, "voter-003": {"how": "silent"},
    "voter-004": {"choice": "yes"}}}}'
id=${ids[poll]}
wait_for '[ "$(hospes journal "$id" --json | jq "[.[] | select(.kind == \"call_end\")] | length")" -ge 4 ]'
ok $? "a poll waits for two of its voters, one of whom is a human"

# Runs, one after the other, until told to stop.
load()
{
	while [ ! -e "$T/enough" ]; do
		hospes run chain --input '{"levels": 2}' --json 2>/dev/null | jq -r 'select(.status == "ok") | .id' >>"$T/accepted"
	done
}
load &
loads=$!
wait_for '[ -s "$T/accepted" ]'
hospes reviews --all --json | jq -cS 'sort_by(.id)' >"$T/reviews.before"
hospes backup "$T/backup" --json >"$T/out" 2>"$T/err"; code=$?
is "$code" 0 "it is backed up while runs go on" || shown
touch "$T/enough"
wait $loads

# ---- How it ends, here and there --------------------------------------------------------------------------------------------

# Records of a run, but for those that say that a host had it begin again.
records()
{
	hospes journal "$1" --json | jq -c '.[] | select(.kind != "replay") | [.kind, .path, .op, .status, .callee, .outcome]' | sort
}

# finish: each is decided, the host killed in between.  What came of the runs is in $T/ended.
finish()
{
	local word
	decide open approve
	decide ladder reject --why "must give"
	again
	decide retried approve
	echo '{"said": 7}' >"$T/answer"
	decide attempt answer "$T/answer"
	again
	echo '{"choice": "yes"}' >"$T/answer"
	decide poll answer "$T/answer"
	# What a host has begun that ended, somebody has to look up.
	wait_for 'hospes ps --json | jq -e --arg id "${ids[away]}" "any(.id == \$id and .undecided != null)" >/dev/null'
	hospes resolve "${ids[away]}" /0/0 --outcome done >"$T/out" 2>"$T/err" || shown
	for word in before away open ladder retried attempt poll; do
		run_wait "${ids[$word]}"
		echo "$word $(jq -cS '[.status, .calls, .confidence, (.result // .error | if type == "object" then del(.headers) else . end)]' "$T/out")"
		records "${ids[$word]}" | sed "s/^/$word /"
	done >"$T/ended"
	hospes scores --json | jq -cS "map([.plugin, .version, .capability, .n, .mean])" >>"$T/ended"
}
finish
mv "$T/ended" "$T/ended.here"
is "$(grep -cE '^[a-z]+ \["ok"' "$T/ended.here")" 7 "all runs end well here" || grep -E '^[a-z]+ \["' "$T/ended.here" | sed 's/^/# /'
is "$(world_count /before)$(world_count /away)$(world_count /open)" 111 "and each effect was made once"
host_stop

hospes restore "$T/backup" "$T/elsewhere" --config "$T/hospes.conf" >"$T/out" 2>"$T/err"; code=$?
is "$code" 0 "it is restored elsewhere" || shown
conf_write "$policy"
sed -i "s|^state = .*|state = \"$T/elsewhere\";|" "$T/hospes.conf"
went_out=$(wc -l <"$T/world.log")
host_launch || exit 1
is "$(hospes reviews --all --json | jq -cS 'sort_by(.id)')" "$(cat "$T/reviews.before")" \
    "a host there asks what was asked, and knows what was decided"
for word in open ladder retried attempt poll; do
	wait_for "hospes show ${ids[$word]} --json | jq -e '[.. | .review? | strings] | length > 0' >/dev/null"
	ok $? "$word: the run waits for its human again"
done
hospes ps --all --limit 10000 --json | jq -r '.[].id' >"$T/listed"
grep -qxFf "$T/accepted" "$T/listed"
ok $? "runs of before are there"
is "$(wc -l <"$T/world.log")" "$went_out" "nothing has gone out"
is "$(hospes ps --json | jq -r --arg id "${ids[away]}" '.[] | select(.id == $id) | .undecided[0].path')" /0/0 \
    "what was under way waits for somebody who knows"
hospes review "$(jq -r '.[] | select(.decision != null) | .id' "$T/reviews.before" | head -n 1)" reject --json >"$T/out" 2>"$T/err"
is "$(jq -r .error.code "$T/out")" conflict "what was decided before stays decided"

finish
is "$(grep -cE '^[a-z]+ \["ok"' "$T/ended")" 7 "all runs end well there"
diff "$T/ended.here" "$T/ended" >"$T/differ"
ok $? "as they did here, record by record" || head -n 40 "$T/differ" | sed 's/^/# /'
is "$(tail -n 1 "$T/ended" | jq -c 'map([.[0], .[3]]) | sort')" '[["mender",2],["stubborn",2]]' "with each reply scored once"
is "$(world_count /before)" 1 "what was made before the backup was not made again"
is "$(world_count /away)" 1 "nor what was under way"
is "$(world_count /open)" 2 "what was approved there was made there"
is "$(grep '^poll ' "$T/ended" | sed -n '1s/^poll //p' | jq -c '.[3] | [.outcome, .how]')" '["yes","won"]' "the poll is won by who was asked there"
is "$(grep -c '^poll \["call_start"' "$T/ended")" 6 "and each of them, and it, was called once"
run chain '{"levels": 2}'
succeeds "new runs are served"
began=$(for one in $(hospes ps --all --limit 10000 --json | jq -r '.[].id'); do
	hospes journal "$one" --json
done | jq -s '[.[][] | select(.kind == "call_start")] | length')
if [ "$(date -u +%F)" = "$(date -u -r "$T/backup/MANIFEST" +%F)" ]; then
	is "$(hospes budget --json | jq '.accounts[] | select(.what == "host") | .calls.spent')" "$began" "the day has each call once"
else
	ok 0 "the day has each call once # SKIP it is another day"
fi
hospes journal verify "$T/elsewhere" >"$T/out" 2>"$T/err"; code=$?
is "$code" 0 "and the journal is whole" || shown
