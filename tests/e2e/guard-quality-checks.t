# What checks say of an agent's replies is its score, a refused reply's too; when the scores drop below what they used to be an
# alert is raised, once.
. "$TESTS/lib.sh"
plan 14
host_start '
quality: { k = 0.5; h = 3.0; least = 6; };
grounding: { witness: { checks = [ "verbatim" ]; }; };'
plugin witness
plugin verbatim

# scored SCORE: a run of witness whose reply verbatim gives this score.
scored()
{
	run witness "{\"text\": \"one two\", \"quotes\": [\"$2\"], \"check\": {\"score\": $1}}"
}
series()
{
	hospes scores witness --json | jq -r ".[0].$1"
}

hospes scores >"$T/none" 2>"$T/none.err"
holds '[ ! -s "$T/none" ] && grep -q "nothing has a score" "$T/none.err"' "nothing has a score yet"
for score in 0.9 0.85 0.95 0.9; do
	scored $score one
done
succeeds "a reply that is grounded is handed on"
journal_has '.kind == "score"' 1 "its score is a record of the run"
holds 'hospes show "$id" | grep -q "scored 0.90 by verbatim"' "shown with the call"
scored 0.9 three
fails_with not_grounded "one that is not is refused"
journal_has '.kind == "score" and .actor == "verbatim" and .path == "/0" and .target == "witness" and .version == "1.0.0"' 1 \
    "and has a score all the same"
scored 0.9 one
is "$(series n)" 6 "six scores"
is "$(series by) $(series trend) $(series drops)" "checks new 0" "by checks, too few for a trend"
holds '[ -z "$(hospes alerts --json | jq -r ".[].id")" ]' "no alert"
for score in 0.2 0.1 0.3 0.2; do
	scored $score one
done
is "$(hospes alerts --json | jq -r '[.[] | .kind + " " + .of + " " + .what] | join(",")')" "quality agent witness score" \
    "a drop is an alert, once"
holds 'hospes alerts --json | jq -r ".[0].text" | grep -q "witness 1.0.0 answers worse than it used to: checks gave it 0.90 on the mean, and then 0\.[0-9]* over [0-9] scores"' "which says of whom, and what"
holds 'hospes alerts --json | jq -e ".[0].webhook == null and .[0].version == \"1.0.0\"" >/dev/null' "nobody is sent it"
holds 'grep -q "alert=quality of=\"agent witness\"" "$T/host.log"' "the log has a line of it"
for score in 0.2 0.1 0.3 0.2 0.2 0.2; do
	scored $score one
done
is "$(hospes alerts --json | jq length) $(series drops)" "1 1" "and what stays low is no second drop"
