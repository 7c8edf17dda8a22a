# Of more documents than can be looked at one by one, the supervisor finds those that matter first.
. "$TESTS/lib.sh"
plan 5
installed
mkdir "$T/many"
for ((n = 1; n <= 300; n++)); do
	printf 'Report %d\n\nThe council met and spoke of %s.  Nothing was decided.\n\nA stamp costs money.\n' $n \
	    "$(sed "$((n % 5 + 1))q;d" <<<$'roads\nschools\nbridges\nparks\nwater')" >"$T/many/report-$n.txt"
done
printf 'Report 201\n\nThe fee for a fishing permit is 12 crowns a year.\n' >"$T/many/report-201.txt"

asked "How much is the fee for a fishing permit?" "$T/many"
is "$code" 0                            "an answer"
cites report-201.txt '12 crowns a year' "from the one document in 300"
is "$(jq '.points | length' "$T/out")" 1 "and nothing else"
is "$(jq '.documents < 100' "$T/out")" true "without a look into all"
asked "How much is the fee for a dog?" "$T/many"
cites_nothing                           "half a question is no answer"
