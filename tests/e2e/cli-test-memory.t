# `hospes test`: the case says what is remembered, and what the plugin is to remember; nothing real is touched.
. "$TESTS/lib.sh"
plan 5
mkdir -p "$T/keeper/cases"
cp "$(so keeper)" "$T/keeper/"
cat >"$T/keeper/cases/goes-on.json" <<'JSON'
{"input": {"do": [{"op": "recall", "key": "n"}, {"op": "remember", "key": "n", "value": 8, "version": 7},
                  {"op": "recall", "space": "house", "key": "n"}, {"op": "search", "space": "sources", "query": "w"}]},
 "ops": [{"expect": {"op": "recall", "target": "/n"}, "answer": {"value": [1], "version": 7}},
         {"expect": {"op": "remember", "target": "/n", "input": {"value": 8, "version": 7}},
          "error": {"code": "conflict", "message": "it is at version 9"}},
         {"expect": {"op": "recall", "target": "house/n", "input": {}}, "answer": {"value": null, "version": 1}, "delay_ms": 20},
         {"expect": {"op": "search", "target": "sources", "input": {"query": "w"}}, "answer": {"found": []}}],
 "output": [{"value": [1], "version": 7}, {"error": "conflict", "message": "it is at version 9"},
            {"value": null, "version": 1}, {"found": []}]}
JSON
hospes test "$T/keeper/keeper.so" >"$T/out" 2>"$T/err" </dev/null; code=$?
is "$code" 0 "the case holds" || shown

jq '.ops[1].expect.input.value = 9' "$T/keeper/cases/goes-on.json" >"$T/keeper/cases/other.json"
hospes test "$T/keeper/keeper.so" other >"$T/out" 2>"$T/err" </dev/null; code=$?
holds "[ $code -ne 0 ]" "one that expects another value does not"
says 'asked for remember /n'
jq '.ops += [{expect: {op: "forget"}, answer: {forgotten: true}}]' "$T/keeper/cases/goes-on.json" >"$T/keeper/cases/other.json"
hospes test "$T/keeper/keeper.so" other >"$T/out" 2>"$T/err" </dev/null; code=$?
holds "[ $code -ne 0 ]" "nor one that expects more"
says 'the case answers 5 ops and the plugin issued 4'
