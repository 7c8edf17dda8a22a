# One worker dies on one document: the brief still comes, from the others, and says who failed and why.
. "$TESTS/lib.sh"
plan 8
installed
. "$TESTS/zebras.sh"

deadly=$(sha256sum <"$T/zebras/3.txt" | cut -d' ' -f1)
research "for (size_t i = 0; i < n; i++) if (strcmp(within[i], \"$deadly\") == 0) *(volatile int *)0 = 1;"

asked "How many stripes has a zebra?" "$T/zebras"
is "$code $(jq -r .answer "$T/out")" "3 found" "an answer, though in part"
is "$(jq -c '[.sources[].document] | sort | unique' "$T/out")" '["1.txt","2.txt","4.txt"]' "from the documents that could be read"
is "$(jq -c '.failed | map([.who, .code])' "$T/out")" '[["cap:find.passages for 3.txt","poison"]]' "and who failed, with what"
is "$(jq '.documents' "$T/out")" 3      "which is not counted as looked at"
hospes ask "How many stripes has a zebra?" --sources "$T/zebras" >"$T/out" 2>"$T/err" </dev/null; code=$?
holds "[ $code -eq 3 ] && grep -q '^1\. A zebra of kind' '$T/out'" "the same for people"
holds "cat '$T/out' '$T/err' | grep -q 'cap:find.passages for 3.txt'" "who are told"

research 'return hospes_fail(ctx, HOSPES_EFAILED, "nothing can be read here");'
asked "How many stripes has a zebra?" "$T/zebras"
cites_nothing                           "when all fail there is no answer"
is "$(jq '.failed | length' "$T/out")" 4 "and all are named"
