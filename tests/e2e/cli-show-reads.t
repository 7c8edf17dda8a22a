# `hospes show` is read by people: a failure is told once, where it began; on a terminal no line is wider than it is, and
# off a terminal nothing is cut.
. "$TESTS/lib.sh"
plan 9
web_start
host_start "grants = { fetch = { http = [ \"$WEB\" ]; private = true; }; };"
for name in fetch survey chain chain-1 chain-2 chain-3 chain-4; do
	plugin $name
done

long=$WEB/html?$(printf 'x%.0s' {1..150})
run survey "{\"urls\": [\"$long\", \"$WEB/drop\", \"http://example.org/not-granted\"]}"
hospes show "$id" >"$T/shown"
is "$(grep -c 'bytes remaining to read' "$T/shown")" 1 "an op that fails and the call that hands that on: told once"
is "$(grep -c 'fetch is not granted' "$T/shown")" 1 "a refusal too"
is "$(grep -B1 'fetch is not granted' "$T/shown" | grep -c ' http ')" 1 "below the op that it began with"
holds "grep -qF '$long' '$T/shown'" "off a terminal a long URL is there to the end"
survey=$id
run chain '{"levels": 9}'
hospes show "$id" >"$T/shown"
is "$(grep -c 'there is no plugin chain-5' "$T/shown")" 1 "a sentence that each call put its name before is told once"
is "$(grep -c '^' "$T/shown")" 9 "a line for each"

# As on a terminal of 80 columns; escape sequences are no columns.
narrow()
{
	script -qec "stty cols 80; env -u NO_COLOR TERM=xterm hospes show $1" /dev/null </dev/null |
	    sed 's/\x1b\[[0-9;]*m//g; s/\r$//'
}
narrow "$survey" >"$T/shown"
is "$(perl -CSD -ne 'print if length > 81' "$T/shown")" "" "on a terminal no line is wider"
holds "LC_ALL=C.UTF-8 grep -q 'http $WEB/html?x*…  ok  .* ms  /0/0/0' '$T/shown'" "what is too long ends with a mark"
holds "tr -d '\n' <'$T/shown' | grep -q 'hospes.conf'" "and messages go on in the next line"
