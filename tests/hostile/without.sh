#!/bin/bash
# Takes each defence of tests/hostile/defences out in turn, in a copy of the sources, and shows that a test fails then.
#
#   without.sh --check           every script still changes its file, and its rows are there; as `make check` runs it
#   without.sh BUILD [WORD]...   all, or those whose line has one of the words; BUILD is a built tree with its fixtures
#
# First all rows that are wanted are played with every defence in place: a row that fails then, or skips, proves nothing, and is
# told, and that is the end of it.  Then prints a line for each row: defence, row, what comes of it.  Without its defence a row has
# to fail by an assertion of its own, or never end.  Ends with 1 when some row does neither.
# It takes an hour or so.  What is undefended here should be a machine that may suffer: hosts are made to fail.

set -u
here=$(cd "$(dirname "$0")" && pwd)
src=$(cd "$here/../.." && pwd)
defences=$here/defences
table=$src/tests/fixtures/hostile/table
. "$src/tests/without.sh"

# All of it now: somebody may change it while this runs.
lines=$(cat "$defences")

# each COMMAND: runs it for every defence, with $defence, $rows, and its scripts in the arrays files and scripts.
each()
{
	local key value file
	defence=
	while IFS= read -r line; do
		case $line in
		\#* | '') continue ;;
		esac
		key=${line%%: *} value=${line#*: }
		case $key in
		defence) defence=$value files=() scripts=() ;;
		file) file=$value ;;
		sed) files+=("$file") scripts+=("$value") ;;
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
	local i row wrong=
	n=$((n + 1))
	[ ${#scripts[@]} -gt 0 ] || wrong="it has no script"
	for i in "${!scripts[@]}"; do
		! sed -e "${scripts[i]}" "$src/${files[i]}" | cmp -s - "$src/${files[i]}" ||
		    wrong="\"${scripts[i]}\" changes nothing in ${files[i]}"
	done
	for row in $rows; do
		known_row "$row" || wrong="there is no row $row"
	done
	[ -z "$wrong" ] && echo "ok $n - $defence" || echo "not ok $n - $defence: $wrong"
}

if [ "${1:---check}" = --check ]; then
	n=0
	each check_one
	echo "1..$n"
	exit 0
fi

# ---- What is wanted ----------------------------------------------------------------------------------------------------

built=$(cd "$1" && pwd) || exit 2
shift
words=("$@")
without_begin
unproved=0

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

# play ROW...: rows of the table, or one @scenario.
play()
{
	local scenario=hostile-plugins rows=$*
	case $1 in
	@*) scenario=${1#@} rows= ;;
	esac
	without_play "$scenario" "$work/build/stage$prefix" CONF_MORE="$CONF_MORE" ROWS="$rows"
}

# ---- With all of them --------------------------------------------------------------------------------------------------

collect_one()
{
	local row
	wanted || return 0
	for row in $rows; do
		case " $table_rows $scenarios " in
		*" $row "*) continue ;;
		esac
		case $row in
		@*) scenarios="$scenarios $row" ;;
		*) table_rows="$table_rows $row" ;;
		esac
	done
}

# passes_with ROW...: do they pass as things are?  What does not is told.
passes_with()
{
	local skips
	CONF_MORE='' patience=$((150 + 60 * $#))
	play "$@" && return
	skips=$(sed -n 's/^1\.\.0 # SKIP *//p' "$work/played")
	if [ -n "$skips" ]; then
		echo "$* cannot be played here: $skips" >&2
	else
		echo "with every defence in place there should be no failure, found:" >&2
		grep -v '^ok' "$work/played" >&2
	fi
	return 1
}

all_pass()
{
	local row rc=0
	table_rows='' scenarios=''
	each collect_one
	if [ -z "$table_rows$scenarios" ]; then
		echo "no defence and no row has one of: ${words[*]}" >&2
		return 1
	fi
	[ -z "$table_rows" ] || passes_with $table_rows || rc=1
	for row in $scenarios; do
		passes_with "$row" || rc=1
	done
	[ $rc -ne 0 ] || echo "with every defence in place all pass:$table_rows$scenarios"
	return $rc
}

# ---- Without it --------------------------------------------------------------------------------------------------------

# noticed ROW: says how its play failed by an assertion of the row.
noticed()
{
	local how
	case $1 in
	@*) how=$(grep '^not ok' "$work/played") ;;
	*) how=$(grep "^not ok [0-9]* - $1: " "$work/played") ;;
	esac
	if [ -n "$how" ]; then
		head -n 1 <<<"$how" | cut -c 1-90
	elif [ "$timed_out" = yes ] && { [ "${1#@}" != "$1" ] || grep -qx "# $1 begins" "$work/played"; }; then
		echo "it does not come to an end"
	else
		return 1
	fi
}

without_one()
{
	local i row said how
	wanted || return 0
	for i in "${!scripts[@]}"; do
		[ -f "$work/kept/${files[i]}" ] || (cd "$work/src" && cp --parents "${files[i]}" "$work/kept")
		sed -i -e "${scripts[i]}" "$work/src/${files[i]}"
	done
	without_build
	for row in $rows; do
		said= CONF_MORE= patience=150
		play "$row"
		if grep -q '^# the host did not start' "$work/played"; then
			# Its own probe saw it; then as for an operator who goes on all the same.
			said="the host does not start; degraded it "
			CONF_MORE='sandbox = { degraded = true; };'
			play "$row"
		fi
		if how=$(noticed "$row"); then
			said="${said}fails without it ($how)"
		elif grep -q '^not ok\|^Bail out\|^1\.\.0' "$work/played" || [ "$timed_out" = yes ]; then
			said="${said}FAILS FOR ANOTHER REASON ($(grep '^not ok\|^Bail out\|^1\.\.0' "$work/played" | head -n 1))"
			unproved=$((unproved + 1))
		else
			said="${said}PASSES WITHOUT IT"
			unproved=$((unproved + 1))
		fi
		printf '%-62s %-22s %s\n' "$defence" "$row" "$said"
	done
	cp -r "$work/kept/." "$work/src"
	rm -rf "$work/kept"
	mkdir "$work/kept"
}

without_copy "$src"
mkdir "$work/kept"
all_pass || exit 2
each without_one
[ $unproved -eq 0 ]
