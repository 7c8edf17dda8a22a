# What is too large or no key is refused with the numbers, and what was there stays.
. "$TESTS/lib.sh"
plan 8
host_start 'memory = { value = "2K"; };'
plugin keeper

run keeper "$(jq -nc '{do: [{op: "remember", key: "k", value: ("x" * 2000)}, {op: "remember", key: "k", value: ("x" * 3000)},
    {op: "recall", key: "k"}]}')"
result '.[0]' true "a value below the limit is kept"
result '.[1].error' '"too_large"' "one above it is refused"
result '[.[2].version, (.[2].value | length)]' '[1,2000]' "and changes nothing"
run keeper "$(jq -nc '{do: [{op: "remember", key: ("k" * 255), value: 1}, {op: "recall", key: ("k" * 255)},
    {op: "remember", key: ("k" * 256), value: 1}, {op: "remember", key: "", value: 1}, {op: "remember", key: "a\nb", value: 1},
    {op: "remember", value: 1}]}')"
result '.[1].value' 1 "a key of 255 bytes is one"
result '[.[2:][].error] | unique' '["bad_input"]' "a longer one, an empty one and one with a line break are not"
says 'a key has 1 to 255'
run keeper '{"do": [{"op": "remember", "space": "House", "key": "k", "value": 1}]}'
result '.[0].error' '"bad_input"' "nor is every name one of a space"
run keeper "$(jq -nc '{do: [range(200) | {op: "remember", key: "n\(.)", value: .}]}')"
result '[.[] | select(. == true)] | length' 200 "two hundred changes in one call are made"
