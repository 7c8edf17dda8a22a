# A brief is true or it stays inside: one byte of a quote, a range, a document, a text beside a true quote, and it is refused.
. "$TESTS/lib.sh"
plan 22
host_start 'grounding: { echo: { checks = [ "quotes" ]; }; };'
plugin quotes
plugin write
plugin echo

# Two documents, and the findings of which an honest writer makes a brief.
mkdir "$T/docs"
printf '2. Copies\n\nYou must keep the\n  notice in all copies.\n\nYou need not pay.\n' >"$T/docs/old"
printf '1. Copies\n\nYou must not keep the notice.\n\na) You must name the author;\n   and\n' >"$T/docs/new"
hospes memory load docs "$T/docs" >/dev/null 2>&1

# finding FILE TEXT HEADING: as JSON
finding()
{
	local from
	from=$(grep -obzF -- "$2" "$T/docs/$1" | tr '\0' '\n' | head -n 1 | cut -d: -f1)
	jq -n --arg document "$1" --arg digest "$(sha256sum <"$T/docs/$1" | cut -d' ' -f1)" --arg quote "$2" --arg heading "$3" \
	    --argjson from "$from" \
	    '{$document, $digest, $from, to: ($from + ($quote | utf8bytelength)), $quote, $heading}'
}
keep=$(finding old 'You must keep the
  notice in all copies.' '2. Copies')
name=$(finding new 'a) You must name the author;
   and' '1. Copies')
drop=$(finding new 'You must not keep the notice.' '1. Copies')
run write "$(jq -n --argjson a "$keep" --argjson b "$name" --argjson c "$drop" '{question: "What must I do?", confidence: 0.8,
    points: [{finding: $a, agrees: []}, {finding: $b, agrees: []}], contradictions: [{a: $a, b: $c, kind: "modality"}]}')"
succeeds "a brief is written"
result '.points[1].text' '"new, 1. Copies: You must name the author"' "with an item led in"
brief=$(jq .result "$T/out")

# says JQ "why": the brief, changed so, as the reply of somebody who is checked
told()
{
	run echo "$(jq "$1" <<<"$brief")" --sources docs
}
told .
succeeds "the truth passes"
is "$(jq -c .result.points "$T/out")" "$(jq -c .points <<<"$brief")" "as it was"

lies() { told "$1"; fails_with not_grounded "$2"; }
lies '.claims[0].sources[0].quote |= sub("keep"; "kelp")'	"one byte of a quote"
says 'it quotes \"You must kelp the notice in all copies.\" and old has \"You must keep the notice'
lies '.claims[0].sources[0] |= (.from += 1 | .to += 1)'		"a range that is shifted"
lies '.claims[0].sources[0].digest = ("0" * 64)'		"a document that nobody gave"
lies '.claims[0].sources[0].document = "new"'			"the name of another document"
lies '.claims[0].sources = []'					"a claim without a source"
lies 'del(.claims)'						"no claims at all"
lies '.points[0].text = "You must pay."'			"an invented point beside true quotes"
lies '.points[0].text = "keep the notice in all copies."'	"a part that says something else"
lies '.points[1].text |= sub("Copies"; "Duties")'		"an invented heading"
lies '.points[0].cites = [2]'					"the source of another point"
lies '.points += [{text: "Pay.", cites: [9]}]'			"a source that is not listed"
lies '.sources[0].quote |= sub("must"; "may ")'			"a listed source that is no claim's"
lies '.contradictions[0].text |= sub("must not"; "need not")'	"a contradiction of other words"

# A text that two spaces have may be called as either calls it, and by no other name.
mkdir "$T/more"
cp "$T/docs/old" "$T/more/elder"
hospes memory load more "$T/more" >/dev/null 2>&1
renamed() { jq "walk(if . == \"old\" then \"$1\" else . end) | .contradictions[0].text |= sub(\"old says\"; \"$1 says\")" <<<"$brief"; }
run echo "$(renamed elder)" --sources docs --sources more
succeeds "by the name that a search tells"
run echo "$(renamed oldest)" --sources docs --sources more
fails_with not_grounded						"by a name that none has"

# Who has no sources can prove nothing.
run echo "$brief"
fails_with not_grounded						"without sources"
is "$(jq -r '.error.findings | length > 0' "$T/out")" true	"and it is said which"
