# The supervisor plans once more: what a worker failed at is dealt out again to more of them.
. "$TESTS/lib.sh"
plan 5
installed
. "$TESTS/zebras.sh"

research 'if (n > 1) return hospes_fail(ctx, HOSPES_EFAILED, "more than one document is too much");'

asked "How many stripes has a zebra?" "$T/zebras" --set supervisor.groups=2 --tree
is "$code" 0                            "an answer"
is "$(jq -c '[.sources[].document] | sort | unique' "$T/out")" '["1.txt","2.txt","3.txt","4.txt"]' "from all documents"
is "$(jq -c '.failed' "$T/out")" null   "nobody has failed for good"
is "$(jq '[.. | objects | select(.plugin == "research")] | length' "$T/out")" 6 "two were asked, then four"
is "$(jq '.documents' "$T/out")" 4      "each document counts once"
