#!/bin/bash
# Floors: a room includes only its own headers and the public header of rooms on lower floors.  Read from the #include
# lines themselves.  TAP.
#
#   tests/floors.sh [SOURCE-TREE]

set -u
tree=${1:-$(cd "$(dirname "$0")/.." && pwd)}

# room, floor, public headers.  The store stands on the journal, whose records it applies: half a floor higher.
rooms='
base      0   *
sdk       0   wire.h hospes.h hospes/status.h
journal   2   journal.h
store     3   store.h
call      4   call.h
policy    4   policy.h
cell      6   cell.h
registry  6   registry.h
tool      6   http.h
memory    6   memory.h
dispatch  8   dispatch.h
backup    8   backup.h
run       10  run.h
api       12  api.h
observe   12  observe.h
cli       14  -
hospesd   14  -
'

# Prints a line for each include of the tree at $1 that is not allowed: room, file, line, what is wrong.
broken()
{
	(cd "$1" && find core sdk plugins -name '*.[chS]' -exec grep -nHE '^[[:space:]]*#[[:space:]]*include[[:space:]]' {} + 2>/dev/null) |
	    awk -v rooms="$rooms" '
	BEGIN {
		n = split(rooms, line, "\n")
		for (i = 1; i <= n; i++) {
			k = split(line[i], word, " ")
			if (k == 0)
				continue
			floor[word[1]] = word[2] + 0
			for (j = 3; j <= k; j++)
				public[word[1], word[j]] = 1
		}
	}
	function bad(why) { print room "\t" file ":" number ": " why }
	{
		file = $0; sub(/:.*/, "", file)
		rest = substr($0, length(file) + 2)
		number = rest; sub(/:.*/, "", number)
		if (!match(rest, /[<"][^>"]*[>"]/))
			next
		quoted = substr(rest, RSTART, 1) == "\""
		header = substr(rest, RSTART + 1, RLENGTH - 2)
		split(file, part, "/")
		top = part[1]
		room = top == "core" ? part[2] : top
		if (room ~ /\./)
			room = "hospesd" # a file beside the rooms
		if (top == "plugins") {
			if (quoted && header ~ /\// && header !~ /^common\//) # plugins/common is compiled into each
				bad("a plugin is built against the SDK alone, and includes \"" header "\"")
			next
		}
		if (!(room in floor)) {
			bad("room " room " has no floor; give it one in tests/floors.sh")
			next
		}
		if (!quoted && header !~ /^hospes(\.h|\/)/)
			next
		# whose header is it?
		if (header == "config.h")
			next
		slash = index(header, "/")
		owner = slash ? substr(header, 1, slash - 1) : ""
		name = slash ? substr(header, slash + 1) : header
		if (owner == "hospes" || (owner == "" && header ~ /^(hospes|wire|runtime)\.h$/)) {
			owner = "sdk"
			name = header
		} else if (owner == "") {
			owner = room
		} else if (room == "sdk" && !(owner in floor)) {
			owner = "sdk" # a folder below sdk/
			name = header
		}
		if (owner == room)
			next
		if (!(owner in floor)) {
			bad("\"" header "\" belongs to no room")
			next
		}
		if (room == "sdk") {
			bad("the SDK knows nothing of the host, and includes \"" header "\"")
			next
		}
		if (owner == "sdk" && name == "runtime.h") {
			if (room != "cell")
				bad("runtime.h is for the programs of core/cell")
			next
		}
		if (!((owner, name) in public) && !((owner, "*") in public)) {
			bad("\"" header "\" is private to its room")
			next
		}
		if (floor[owner] > floor[room])
			bad("\"" header "\" is on a higher floor")
		else if (floor[owner] == floor[room] && owner != "base" && owner != "sdk")
			bad("\"" header "\" is on the same floor")
	}'
}

# A tree with one include, in a file; is it found?
caught()
{
	local file=$1 include=$2 wrong
	wrong=$(mktemp -d) || exit 2
	mkdir -p "$wrong/core" "$wrong/sdk" "$wrong/plugins" "$wrong/$(dirname "$file")"
	printf '#include %s\n' "$include" >"$wrong/$file"
	broken "$wrong" | grep -q .
	local rc=$?
	rm -rf "$wrong"
	return $rc
}

. "${0%/*}/tap.sh"

names=$(printf '%s' "$rooms" | awk 'NF { print $1 }')
found=$(broken "$tree")
for room in $names plugins; do
	lines=$(printf '%s\n' "$found" | awk -F'\t' -v room="$room" '$1 == room { print "# " $2 }')
	[ -z "$lines" ]
	ok $? "$room includes nothing that it may not"
	[ -z "$lines" ] || printf '%s\n' "$lines"
done
strangers=$(printf '%s\n' "$found" | grep 'has no floor' | cut -f2)
[ -z "$strangers" ]
ok $? "every room has a floor"
[ -z "$strangers" ] || printf '%s\n' "$strangers" | sed 's/^/# /'

# The check itself: what it is there to find, it finds.
caught core/base/x.c '"journal/journal.h"'; ok $? "found: a header of a higher floor"
caught core/cell/x.c '"registry/registry.h"'; ok $? "found: a header of the same floor"
caught core/dispatch/x.c '"cell/spawner.h"'; ok $? "found: a private header of a lower floor"
caught core/run/x.c '"runtime.h"'; ok $? "found: the runtime of a cell in another room"
caught sdk/x.c '"base/buf.h"'; ok $? "found: the host in the SDK"
caught plugins/agents/x/x.c '"base/buf.h"'; ok $? "found: the host in a plugin"
! caught core/run/x.c '"base/buf.h"'; ok $? "let be: base from anywhere"
! caught core/cell/x.c '"cell/spawner.h"'; ok $? "let be: a private header in its own room"
! caught plugins/agents/x/x.c '<hospes.h>'; ok $? "let be: the SDK in a plugin"

echo "1..$count"
