#!/bin/bash
# core/journal/README is the format for whoever reads the journal without this code: does it have each kind and each tag of
# core/base/record.h under its number, no other, and each row of the apply tables?  And has each a name that is printed?  TAP.
#
# tests/journal-readme.sh [SOURCE-TREE]

set -u
tree=${1:-$(cd "$(dirname "$0")/.." && pwd)}
cd "$tree" || exit 2
readme=core/journal/README
record=core/base/record.h
count=0

# same "FOUND" "EXPECTED" "why": lists of lines, in any order.
same()
{
	local differ
	count=$((count + 1))
	differ=$(diff <(sort <<<"$1") <(sort <<<"$2") | sed -n 's/^< /# only in README: /p; s/^> /# not in README: /p')
	if [ -z "$differ" ] && [ "$(wc -l <<<"$2")" -gt 15 ]; then
		echo "ok $count - $3"
	else
		printf 'not ok %d - %s\n%s\n' "$count" "$3" "$differ"
	fi
}

# numbers PREFIX: "NUMBER name" of each member of an enum that is called so.
numbers()
{
	sed -nE "s/^	$1_([A-Z_]+) = ([0-9]+),.*/\2 \1/p" "$record" | tr A-Z a-z
}

# table BEGIN: what stands indented below that line, up to the next one that is not.
table()
{
	sed -n "/^$1/,/^[^ ]/p" "$readme" | tail -n +2 | grep '^    '
}

# named "LIST": of each as the table has it "NUMBER name", the first two words.
named()
{
	table "$1" | sed -nE 's/^ +([0-9]+) ([a-z_]+).*/\1 \2/p'
}

# What rows of the apply tables are for: a kind, or the name of a command.
rows()
{
	local row
	grep -ohE '\{RECORD_[A-Z_]+, ("[a-z._]+"|[A-Z_]+),' $(find core -name '*.c') | while read -r _ row; do
		row=${row%,}
		case $row in
		NULL) ;;
		\"*) tr -d '"' <<<"$row" ;;
		*) grep -rhE "^#define $row +\"" core --include='*.h' | cut -d'"' -f2 ;;
		esac
	done
	grep -ohE '\{RECORD_[A-Z_]+, NULL,' $(find core -name '*.c') | sed -E 's/^\{RECORD_([A-Z_]+),.*/\1/' | tr A-Z a-z
}

same "$(named 'Kinds')" "$(numbers RECORD)" "every kind of record"
same "$(named 'Tags')" "$(numbers TAG)" "every tag of a field"
same "$(table 'Kinds with rows' | sed -nE 's/^    ([a-z_.]+)  .*/\1/p')" "$(rows | sort -u)" "every row of the apply tables"
same "$(grep -ohE 'case RECORD_[A-Z_]+:' core/base/record.c | sed 's/case RECORD_//; s/://' | tr A-Z a-z)" \
    "$(numbers RECORD | cut -d' ' -f2)" "every kind has a name"
same "$(grep -ohE '\[TAG_[A-Z_]+\]' core/base/record.c | sed 's/.TAG_//; s/]//' | tr A-Z a-z)" \
    "$(numbers TAG | cut -d' ' -f2)" "every tag has a name"
echo "1..$count"
