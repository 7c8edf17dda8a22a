# A chain of four agents, each of which claims ten things and makes one of them up.  With checks at each handoff none of what was
# made up reaches the result, and the run ends well all the same: who is told what was wrong mends it, and for the one who never
# does somebody else is asked.  Without checks all of it arrives.
. "$TESTS/lib.sh"
plan 13
CHECKED='checks = [ "verbatim" ]; on_fail = [ "retry" ];'
host_start "grounding: { liar-1: { $CHECKED }; liar-2: { $CHECKED }; liar-4: { $CHECKED };
    liar-3: { checks = [ \"verbatim\" ]; on_fail = [ \"retry\", \"escalate\" ]; escalate = \"honest\"; }; };"
for name in verbatim liar-1 liar-2 liar-3 liar-4 honest; do
	plugin $name
done
TEXT='{"text": "The licensee must give the source, in full and without a fee, to all who ask for it within three years; what is given must be the whole of it, as it was."}'

# invented: how many claims of the result were made up?
invented()
{
	jq '[.result.claims[] | select(.text | endswith("invented"))] | length' "$T/out"
}

run liar-4 "$TEXT"
succeeds "checked at each handoff the run ends well"
is "$(invented)" 0                                      "none of what was invented reaches the result"
result ".claims | length" 36                            "and of the rest nine claims of each, but of the one who never mends"
result '[.claims[].text | split(" ")[0]] | unique | join(" ")' '"honest liar-1 liar-2 liar-4"' "who never mends has no part in it"
checked=$id
is "$(jq .calls "$T/out")" "$(hospes journal "$id" --json | jq -s 'flatten | map(select(.kind == "call_start")) | length')" \
    "each attempt and each check is a call that is paid for"
holds '[ "$(hospes journal "$id" --json | jq -s "flatten | map(select(.kind == \"refusal\" and .guard == \"grounding\")) | length")" -ge 5 ]' \
    "each invention that was found is on record"
holds 'hospes show "$id" --json | jq -e "[.tree | .. | .attempts? // empty | .[]] | length >= 4" >/dev/null' "and so is the ladder"
hospes show "$id" >"$T/shown"
holds 'grep -q "honest" "$T/shown"'                     "hospes show has who was asked instead"

run liar-4 "$TEXT"
succeeds "once more"
holds '[ "$(hospes journal "$id" --json | jq -s "flatten | map(select(.reason == \"cached\")) | length")" -ge 9 ]' \
    "what the check said of the same replies is known"
is "$(invented)" 0                                      "and nothing is let through for that"

conf_write
kill -HUP "$HOST"
wait_for 'logged "configuration.*read again|reloaded"'
run liar-4 "$TEXT"
succeeds "without checks the run ends well too"
is "$(invented)" 4                                      "with four inventions among its 40 claims"
