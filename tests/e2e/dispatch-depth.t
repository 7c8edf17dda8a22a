# A chain deeper than the limit is stopped at the limit, and the refusal says where and why.
. "$TESTS/lib.sh"
plan 4
host_start
for link in chain chain-1 chain-2 chain-3 chain-4 chain-5 chain-6; do
	plugin $link                    # fixtures/chain.c: each calls the next, `levels` deep
done

run chain '{"levels": 5}';              succeeds "five levels are allowed"
run chain '{"levels": 6}';              fails_with depth_exceeded "the sixth is refused"
                                        says "would run at depth 6 and the limit is 5 (chain > chain-1 > chain-2 > chain-3 > chain-4 > chain-5)"
journal_has '.guard == "depth"' 1       "one refusal on record"
