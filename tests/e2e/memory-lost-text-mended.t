# The text of a document that was lost from the disk, or cut, is there again when the document is loaded again.
. "$TESTS/lib.sh"
plan 5
host_start
mkdir "$T/docs"
printf 'Quicksilver boils at 357 degrees.\n\nIt is kept in iron flasks.\n' >"$T/docs/mercury.txt"
digest=$(sha256sum "$T/docs/mercury.txt" | cut -d ' ' -f 1)
file=$T/state/memory/documents/${digest:0:2}/$digest

hospes memory load metals "$T/docs" --json >"$T/out" 2>"$T/err"
is "$(sha256sum <"$file" | cut -d ' ' -f 1)" "$digest" "a document is a file of that digest"
rm "$file"
hospes memory load metals "$T/docs" --json >"$T/out" 2>"$T/err"
is "$(sha256sum <"$file" | cut -d ' ' -f 1)" "$digest" "lost, it is brought back by loading it again"
truncate -s 10 "$file"
hospes memory load metals "$T/docs" --json >"$T/out" 2>"$T/err"
is "$(sha256sum <"$file" | cut -d ' ' -f 1)" "$digest" "cut, as well"
hospes memory search metals quicksilver --json >"$T/out" 2>"$T/err"
is "$(jq -r '.found[0].digest' "$T/out")" "$digest" "and it is found by its words"
is "$(hospes memory list metals --documents --json | jq "[.. | objects | select(.digest?)] | length")" 1 "once"
