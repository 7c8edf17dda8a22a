# The question that Hospes was built for: what the licences of a Debian system ask of somebody, each point word for word from
# where it stands, and neither from a preamble nor twice from one passage.
. "$TESTS/lib.sh"
LICENCES=/usr/share/common-licenses
[ -e $LICENCES/GPL-3 ] || skip_all "no licences in $LICENCES"
plan 11
installed

# section FILE FROM TO: is a source of FILE (or of one that is the same) between the lines that begin with FROM and with TO?
section()
{
	local from to file
	from=$(grep -abm1 "^ *$2" "$LICENCES/$1" | cut -d: -f1)
	to=$(grep -abm1 "^ *$3" "$LICENCES/$1" | cut -d: -f1)
	jq -e --argjson from "$from" --argjson to "$to" --arg digest "$(sha256sum <"$LICENCES/$1" | cut -d' ' -f1)" \
	    '.sources | any(.digest == $digest and .from >= $from and .to <= $to)' "$T/out" >/dev/null
}

asked "What must someone who distributes binaries do?" $LICENCES
is "$code" 0                            "an answer"
is "$(jq '.points | length' "$T/out")" 8 "of eight points"
found=0
section GPL-3 '6\. Conveying Non-Source' '7\. Additional Terms' && found=$((found + 1)) || note "GPL-3, 6 is missing"
section GPL-2 '3\. You may copy' '4\. You may not' && found=$((found + 1)) || note "GPL-2, 3 is missing"
section LGPL-3 '4\. Combined Works' '5\. Combined Libraries' && found=$((found + 1)) || note "LGPL-3, 4 is missing"
section MPL-2.0 '3\.2\. Distribution of Exec' '3\.3\. ' && found=$((found + 1)) || note "MPL-2.0, 3.2 is missing"
section Apache-2.0 '4\. Redistribution' '5\. Submission' && found=$((found + 1)) || note "Apache-2.0, 4 is missing"
cited BSD 'Redistributions in binary form must' && found=$((found + 1)) || note "BSD, 2 is missing"
holds "[ $found -ge 5 ]"                "five of the six sections that say it ($found)"
is "$(jq '[.sources[] | select((.heading // "") | test("preamble"; "i"))] | length' "$T/out")" 0 "none from a preamble"
is "$(jq -c '.sources as $s | [.points[].cites[0] as $n | $s[] | select(.n == $n)] | [range(length) as $i | range($i + 1; length) as $k |
    select(.[$i].digest == .[$k].digest and .[$i].from < .[$k].to and .[$k].from < .[$i].to)] | length' "$T/out")" 0 \
					"no two points from one passage"
holds "quotes_stand $LICENCES"          "each quote is byte for byte in its document"
is "$(jq '.sources | map(.digest) | unique | length >= 6' "$T/out")" true "from many documents"
is "$(jq '.documents == (.sources | length) or .documents >= 10' "$T/out")" true "after a look at all"

asked "How long must the written offer for source code be valid?" $LICENCES
cites GPL-2 'valid for at least three years' "a number, where one is asked for"
asked "Who may publish new versions of the license?" $LICENCES
cites MPL-2.0 'no one other than the license steward' "somebody, where one is asked for"
asked "Can I use the name of the University to endorse my product?" $LICENCES
cites BSD 'Neither the name of the University' "leave, where it is asked for"
