# A citation of a run's brief is shown where it stands, with what is around it; what cannot be shown is said.
. "$TESTS/lib.sh"
plan 14
host_start
plugin briefer
plugin echo
mkdir "$T/docs"
{
	printf '\n\n'
	echo "Ärger macht mürbe."
	for ((n = 0; n < 200; n++)); do echo "Line $n of it."; done
} >"$T/docs/long"
echo "Short." >"$T/docs/short"

ask "What is there?" --sources "$T/docs" --keep --json
id=$(jq -r .run "$T/out")
hospes show "$id" --source 1 >"$T/out" 2>"$T/err"; code=$?
is "$code" 0                            "a source is shown"
is "$(head -n 1 "$T/out")" "long, bytes 2-22" "with document and bytes"
holds "grep -q '^>>>Ärger macht mürbe\.<<<$' '$T/out'" "what is quoted is marked"
holds "grep -q '^Line 20 of it\.$' '$T/out' && ! grep -q '^Line 40 of it' '$T/out'" "with some of what stands around it"
hospes show "$id" --source 1 --json >"$T/out"
is "$(jq -c '[.n, .document, .before, .text, .quoted, (.after | length > 380)]' "$T/out")" '[1,"long","\n\n","Ärger macht mürbe.",true,true]' "--json"
is "$(jq -r '.after | length <= 400 and test("\\s$")' "$T/out")" true "what is around it ends with a word"
hospes show "$id" --source 2 >"$T/out"
holds "grep -q '^>>>Short\.<<<$' '$T/out'" "a document that is all quote"

hospes show "$id" --source 7 >"$T/out" 2>"$T/err"; code=$?
is "$code" 3                            "a number that is not there"
holds "grep -q 'has no source 7; it has 2' '$T/err'" "is told with what there is"
hospes show "$id" --source nine >"$T/out" 2>"$T/err"; code=$?
is "$code" 2                            "one that is none is a usage error"
run echo '{"a": 1}'
hospes show "$id" --source 1 >"$T/out" 2>"$T/err"; code=$?
is "$code" 3                            "a run that gave no brief has none"

ask "What is there?" --sources "$T/docs" --json
id=$(jq -r .run "$T/out")
hospes show "$id" --source 1 >"$T/out" 2>"$T/err"; code=$?
is "$code" 3                            "documents that were dropped with the run"
holds "grep -q 'no longer in the host.s memory' '$T/err'" "are told"
holds "grep -q -- '--keep' '$T/err'"    "with what would have kept them"
