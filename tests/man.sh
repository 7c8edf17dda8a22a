#!/bin/bash
# Do the manual pages say what is there?  Held against what the programs tell of themselves, the configuration and the SDK's
# header, each way round.  TAP; BUILT is the build tree.
set -u
tree=${1:-$(cd "$(dirname "$0")/.." && pwd)}
built=${BUILT:-$tree}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
export LC_ALL=C
. "${0%/*}/tap.sh"

# same FOUND EXPECTED "why": two sets of lines; "<" is in the page alone, ">" is missing there.
same()
{
	sort -u "$1" >"$work/left"
	sort -u "$2" >"$work/right"
	diff "$work/left" "$work/right" >"$work/out" && [ -s "$work/right" ]
	ok $? "$3"
}

man1=$built/contrib/man/hospes.1
man8=$built/contrib/man/hospesd.8
man5=$built/contrib/man/hospes.conf.5
man7=$built/contrib/man/hospes-plugin.7

# ---- Options -----------------------------------------------------------------------------------------------------------

# Of a --help text: `--in FILE` and the like, with the short form in front, one a line.
told_options()
{
	sed -nE 's/^ +((-[a-zA-Z], )?--[a-z-]+( [A-Z][^ ]*)?) .*/\1/p'
}

# Of a page: its .It Fl lines, as a --help text has them.
page_options()
{
	sed -nE 's/^\.It Fl //p' | sed -E 's/ Ar / /g; s/ , / , /; s/(^| )-([a-z])/\1--\2/g; s/^([a-zA-Z]) , /-\1, /'
}

# Lines of a page between a .Sh and the next one: part_of FILE COMMANDS
part_of()
{
	awk -v name="$2" '
	    $1 == ".Sh" { inside = substr($0, 5) == name; next }
	    inside { print }' "$1"
}

# A family of commands, like `memory`, lists them as `hospes --help` does: "memory load".
commands_of()
{
	"$built/hospes" "$@" --help | sed -nE '/^options:/q; s/^  ([a-z]+( [a-z]+)?)  .*/\1/p'
}

for command in $(commands_of); do
	commands_of "$command" >"$work/family"
	if [ -s "$work/family" ]; then
		cat "$work/family"
		# One that does something by itself has a usage of its own.
		"$built/hospes" "$command" --help | head -n 1 | grep -q ' COMMAND ' || echo "$command"
	else
		echo "$command"
	fi
done >"$work/commands"
part_of "$man1" COMMANDS | sed -n 's/^\.Ss //p' >"$work/page"
same "$work/page" "$work/commands" "hospes(1) has every command, and no other"

part_of "$man1" OPTIONS | page_options >"$work/general"
"$built/hospes" agents --help | told_options >"$work/told"
same "$work/general" "$work/told" "hospes(1): the options of every command"

while read -r command; do
	"$built/hospes" $command --help >"$work/help"
	told_options <"$work/help" | grep -vxFf "$work/general" >"$work/told"
	part_of "$man1" COMMANDS | awk -v name="$command" '$1 == ".Ss" { inside = substr($0, 5) == name; next }
	    inside { print }' >"$work/section"
	page_options <"$work/section" >"$work/page"
	sort -u "$work/page" >"$work/left"
	sort -u "$work/told" >"$work/right"
	diff "$work/left" "$work/right" >"$work/out"
	ok $? "hospes(1): the options of $command"
	# What the usage line names stands in the page's: the words in capitals, and the choices in small letters.
	sed -n "s/^usage: hospes $command//p" "$work/help" | grep -oE '[A-Za-z][A-Za-z.]*' | sort -u >"$work/right"
	grep -oE '[A-Za-z][A-Za-z.]*' "$work/section" | sort -u >"$work/left"
	comm -13 "$work/left" "$work/right" >"$work/out"
	[ ! -s "$work/out" ]
	ok $? "hospes(1): the usage of $command"
done <"$work/commands"

"$built/hospesd" --help | told_options >"$work/told"
# The last line of that help has two of them.
printf '%s\n' --version '-h, --help' >>"$work/told"
part_of "$man8" OPTIONS | page_options >"$work/page"
same "$work/page" "$work/told" "hospesd(8) has every option, and no other"

# ---- Configuration -----------------------------------------------------------------------------------------------------

# "run.depth 5 reloadable", for each key of etc/hospes.conf, and "grants.NAME.http" for those of one plugin.
awk '
    /^# \[(reloadable|restart)\]$/ || /^\t# \[(reloadable|restart)\]$/ { gsub(/[^a-z]/, ""); mark = $0; next }
    /^#   [a-z_]+  / { named[++n] = $2; next }
    /^#[a-z_]+: \{ \};$/ {
	name = substr($1, 2, length($1) - 2)
	print name, "{}", mark
	for (i = 1; i <= n; i++)
		print name ".NAME." named[i]
	n = 0
	next
    }
    /^#[a-z_]+: \( \);$/ {
	name = substr($1, 2, length($1) - 2)
	print name, "()", mark
	for (i = 1; i <= n; i++)
		print name "[]." named[i]
	n = 0
	next
    }
    /^#[a-z_]+: \{$/ { group = substr($1, 2, length($1) - 2) "."; n = 0; next }
    /^#\};$/ { group = ""; next }
    /^#\t?[a-z_]+ = .*;$/ {
	line = substr($0, 2)
	sub(/^\t/, "", line)
	key = line
	sub(/ = .*/, "", key)
	value = line
	sub(/^[^=]*= /, "", value)
	gsub(/[]["; ]/, "", value)
	print group key, value, mark
	n = 0
    }' "$tree/etc/hospes.conf" >"$work/told"
sed -nE 's/^\.It Va ([a-z_.]+) No = (.*) Pq (reloadable|restart)$/\1\t\2\t\3/p; s/^\.It Va ([a-z]+(\.NAME|\[\])\.[a-z_]+)$/\1/p' \
    "$man5" | awk -F '\t' '{ gsub(/([BQ][oc]| )/, "", $2); sub(/PoPc/, "()", $2); print $1 (NF > 1 ? " " $2 " " $3 : "") }' >"$work/page"
same "$work/page" "$work/told" "hospes.conf(5) has every key with its default and its mark, and no other"
[ "$(wc -l <"$work/told")" -ge 30 ]
ok $? "and these are all that there are"

# ---- The SDK -----------------------------------------------------------------------------------------------------------

header=$tree/sdk/include/hospes.h
sed -nE 's/^#define (HOSPES_[A-Z0-9_]*[A-Z0-9])([^A-Z0-9_].*|)$/\1/p' "$header" | grep -vx HOSPES_H >"$work/told"
grep -oE 'HOSPES_[A-Z0-9_]*[A-Z0-9]' "$man7" | grep -vE '^HOSPES_E[A-Z]+$' >"$work/page"
same "$work/page" "$work/told" "hospes-plugin(7) has every macro of hospes.h, and no other"

sed 's|/\*.*\*/||' "$header" | awk '/\/\*/ { comment = 1 } !comment { print } /\*\// { comment = 0 }' |
    sed -nE 's/^[a-z][a-z0-9_ ]*[ *](hospes_[a-z0-9_]*[a-z0-9])\(.*/\1/p' | grep -vx hospes_handler >"$work/told"
grep -oE 'Fn hospes_[a-z0-9_]+' "$man7" | sed 's/^Fn //' >"$work/page"
same "$work/page" "$work/told" "and every function"

sed -nE 's/^\tX\((HOSPES_E[A-Z]+).*"([a-z_]+)".*/\1 \2/p' "$tree/sdk/include/hospes/status.h" >"$work/told"
part_of "$man7" STATUSES | awk '$1 == ".It" { symbol = $3 } $1 == ".Ql" { print symbol, $2 }' >"$work/page"
same "$work/page" "$work/told" "and every status"

# ---- The macros of the pages -------------------------------------------------------------------------------------------

for page in "$man1" "$man8" "$man5" "$man7"; do
	name=$(basename "$page")
	grep -nE '@[a-z]+@' "$page" >"$work/out"
	[ $? -ne 0 ]
	ok $? "$name: no folder is left open"
	if command -v mandoc >/dev/null; then
		mandoc -Tlint -Wwarning "$page" >"$work/out" 2>&1
		ok $? "$name: mandoc has no complaint"
	elif command -v groff >/dev/null && command -v man >/dev/null; then
		LC_ALL=C.UTF-8 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" >/dev/null 2>"$work/out" && [ ! -s "$work/out" ]
		ok $? "$name: man has no complaint"
	else
		count=$((count + 1))
		echo "ok $count - $name: its macros # SKIP neither mandoc nor groff is here"
	fi
done
echo "1..$count"
