# What is loaded is listed, found and forgotten; an index built anew gives the same answers.
. "$TESTS/lib.sh"
plan 24
host_start
licences=/usr/share/common-licenses

# memory WORD...: hospes memory, with --json; $code, $T/out, $T/err.
memory()
{
	hospes memory "$@" --json >"$T/out" 2>"$T/err"; code=$?
}

memory load licences "$licences"
is "$code" 0 "the licences are loaded" || shown
n=$(find "$licences" -type f -exec sha256sum {} + | cut -d' ' -f1 | sort -u | wc -l)
is "$(jq -c '[.documents, .new, .skipped]' "$T/out")" "[$n,$n,0]" "each text once, links or not"
memory load licences "$licences/GPL" "$licences"
is "$(jq -c '[.documents, .new]' "$T/out")" "[$n,0]" "a second time nothing is new"

memory list licences --documents
is "$(jq -r '.[].document' "$T/out" | head -n 1)" Apache-2.0 "documents have the names of their files, in order"
is "$(jq -r '.[] | select(.document == "GPL-3") | .digest' "$T/out")" \
    "$(sha256sum <"$licences/GPL-3" | cut -d' ' -f1)" "and the digest of their text; a file and not the link to it"
hospes memory list licences --documents >"$T/out" 2>"$T/err"; code=$?
holds 'grep -q "^MPL-2.0 *16726  text/plain " "$T/out"' "the list is a table" || shown
memory list
is "$(jq -c '.[0] | [.space, .documents]' "$T/out")" "[\"licences\",$n]" "the space is listed"

search()
{
	memory search licences distribute binaries "corresponding source" -n 5
}
search
is "$code $(jq '.found | length' "$T/out")" "0 5" "passages are found" || shown
from=$(jq '.found[0].from' "$T/out") to=$(jq '.found[0].to' "$T/out") document=$(jq -r '.found[0].document' "$T/out")
is "$(jq -j '.found[0].text' "$T/out" | sha256sum)" \
    "$(tail -c +$((from + 1)) "$licences/$document" | head -c $((to - from)) | sha256sum)" \
    "a passage is what stands there in the file, byte for byte"
cp "$T/out" "$T/before"
memory search licences zyzzyva
is "$code $(jq '.found | length' "$T/out")" "3 0" "nothing found is exit status 3"
memory reindex
is "$code $(jq .documents "$T/out")" "0 $n" "the index is built anew" || shown
search
holds 'cmp -s "$T/out" "$T/before"' "and answers as before"

printf '{"b": [1, null], "a": "x"}' | hospes memory put notes one >"$T/out" 2>"$T/err"; code=$?
is "$code $(cat "$T/out")" "0 version 1" "a value is put" || shown
memory get notes one
is "$(jq -c . "$T/out")" '{"value":{"b":[1,null],"a":"x"},"version":1}' "and got"
memory put notes one --value 2 --version 0
is "$code $(jq -r .error.code "$T/out")" "1 conflict" "not when it has another version than expected"
memory put notes one --value '"text"' --version 1
is "$(hospes memory get notes one --text)" text "a text as it stands"
memory get notes nothing
is "$code" 3 "getting nothing is exit status 3"
memory list notes --prefix on
is "$(jq -c '[.[].key]' "$T/out")" '["one"]' "keys are listed"
memory forget notes one
is "$code $(jq .forgotten "$T/out")" "0 true" "a value is forgotten"
memory forget notes one
is "$code $(jq .forgotten "$T/out")" "3 false" "once"

digest=$(jq -r '.found[0].digest' "$T/before")
memory forget licences --document "$digest"
is "$code $(jq .forgotten "$T/out")" "0 true" "a document is forgotten"
search
is "$(jq --arg digest "$digest" '[.found[] | select(.digest == $digest)] | length' "$T/out")" 0 "and no longer found"
memory drop licences
is "$(jq -c . "$T/out")" "{\"keys\":0,\"documents\":$((n - 1))}" "the space is dropped"
search
is "$code" 3 "with all that was in it"
