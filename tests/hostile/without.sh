#!/bin/bash
# Takes each defence of tests/hostile/defences out in turn, in a copy of the sources, and shows that a test fails then.
#
#   without.sh --check           every script still changes its file, and its rows are there; as `make check` runs it
#   without.sh BUILD [WORD]...   all, or those whose line has one of the words; BUILD is a built tree with its fixtures
#
# Prints a line for each row: defence, row, what comes of it.  Ends with 1 when some row passes although its defence is out.
# It takes a quarter of an hour or more.  What is undefended here should be a machine that may suffer: hosts are made to fail.

set -u
here=$(cd "$(dirname "$0")" && pwd)
src=$(cd "$here/../.." && pwd)
defences=$here/defences
table=$src/tests/fixtures/hostile/table
. "$src/tests/without.sh"

# All of it now: somebody may change it while this runs.
lines=$(cat "$defences")

# each COMMAND: runs it for every defence, with $defence, $file, $script and $rows.
each()
{
	local key value
	defence=
	while IFS= read -r line; do
		case $line in
		\#* | '') continue ;;
		esac
		key=${line%%: *} value=${line#*: }
		case $key in
		defence) defence=$value ;;
		file) file=$value ;;
		sed) script=$value ;;
		rows)
			rows=$value
			"$1"
			;;
		*) echo "$defences: what is \"$line\"?" >&2 && exit 2 ;;
		esac
	done <<<"$lines"
}

known_row()
{
	case $1 in
	@*) [ -f "$src/tests/e2e/${1#@}.t" ] ;;
	*) grep -q "^$1 *|" "$table" ;;
	esac
}

# ---- Does it apply? ----------------------------------------------------------------------------------------------------

check_one()
{
	local row
	n=$((n + 1))
	if ! sed -e "$script" "$src/$file" | cmp -s - "$src/$file"; then
		for row in $rows; do
			known_row "$row" || wrong="$wrong $row"
		done
		if [ -z "$wrong" ]; then
			echo "ok $n - $defence"
			return
		fi
		echo "# no such row:$wrong"
	fi
	wrong=
	echo "not ok $n - $defence: its script changes nothing in $file, or a row of it is not there"
}

if [ "${1:---check}" = --check ]; then
	n=0 wrong=
	each check_one
	echo "1..$n"
	exit 0
fi

# ---- Without it --------------------------------------------------------------------------------------------------------

built=$(cd "$1" && pwd) || exit 2
shift
words=("$@")
without_begin
passed=0

wanted()
{
	local word
	[ ${#words[@]} -eq 0 ] && return 0
	for word in "${words[@]}"; do
		case "$defence $rows" in
		*$word*) return 0 ;;
		esac
	done
	return 1
}

play()
{
	local scenario=hostile-plugins rows=$1
	case $1 in
	@*) scenario=${1#@} rows= ;;
	esac
	without_play "$scenario" "$work/build/stage$prefix" CONF_MORE="$CONF_MORE" ROWS="$rows"
}

without_one()
{
	local row said passes how
	wanted || return 0
	cp "$work/src/$file" "$work/kept"
	sed -e "$script" "$work/kept" >"$work/src/$file"
	without_build
	for row in $rows; do
		said= CONF_MORE=
		play "$row"
		passes=$?
		if grep -q '^# the host did not start' "$work/played"; then
			# Its own probe saw it; then as for an operator who goes on all the same.
			said="the host does not start; degraded it "
			CONF_MORE='sandbox = { degraded = true; };'
			play "$row"
			passes=$?
		fi
		if [ $passes -eq 0 ]; then
			said="${said}PASSES WITHOUT IT"
			passed=$((passed + 1))
		else
			how=$(grep '^not ok' "$work/played" | head -n 1 | cut -c 1-90)
			said="${said}fails without it (${how:-it does not come to an end})"
		fi
		printf '%-62s %-22s %s\n' "$defence" "$row" "$said"
	done
	cp "$work/kept" "$work/src/$file"
}

without_copy "$src"
each without_one
[ $passed -eq 0 ]
