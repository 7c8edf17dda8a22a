# 200 drops and rollbacks during steady load lose no call, and leave nothing beyond the active version, one warm cell per
# pool, and the objects that retained runs name.
. "$TESTS/lib.sh"
DROPS=${DROPS:-200}
[ "${SANITIZERS:-no}" = no ] || DROPS=40
plan 8
host_start
plugin echo
plugin wordcount
plugin wordcount-1.1 wordcount 1.1.0
plugin fan

# Steady load: one client after the other, two at a time, until it is told to end.
load()
{
	while [ ! -e "$T/enough" ]; do
		if hospes run fan --in "$T/load.json" --json >"$T/load.$1" 2>&1 &&
		    [ "$(jq '[.result.answers[] | select(.words == 3)] | length' "$T/load.$1")" = 20 ]; then
			echo good >>"$T/load.count"
		else
			echo bad >>"$T/load.count"
			cat "$T/load.$1" >>"$T/load.bad"
		fi
	done
}
echo '{"callee": "wordcount", "n": 20, "at_once": 10, "input": {"name": "a", "text": "one two three"}}' >"$T/load.json"
load 1 &
one=$!
load 2 &
two=$!
wait_for '[ -s "$T/load.count" ]'

lost=0
for ((i = 0; i < DROPS; i++)); do
	if ((i % 2)); then
		cp "$(so wordcount-1.1)" "$DROP/again-$((i % 10)).so"
		hospes rollback wordcount --to 1.1.0 >/dev/null 2>&1 || lost=$((lost + 1))
	else
		hospes rollback wordcount --to 1.0.0 >/dev/null 2>&1 || lost=$((lost + 1))
	fi
done
touch "$T/enough"
wait $one $two
is "$lost" 0 "$DROPS flips were all taken"
good=$(grep -c good "$T/load.count")
is "$(grep -c bad "$T/load.count")" 0 "no call was lost in $good runs of 20" || head -c 1000 "$T/load.bad" | sed 's/^/# /'
holds "[ $good -ge 2 ]" "there was load"
is "$(hospes ps --json | jq length)" 0 "nothing is in flight"
is "$(hospes versions wordcount --json | jq '[.[] | select(.state == "active")] | length')" 1 "one version is active"
wait_for "[ \$(hospes versions --json | jq '[.[].cells] | add') -le \$((\$(hospes versions --json | jq length) * 4)) ]"
former=$(hospes versions wordcount --json | jq '[.[] | select(.state != "active") | .cells] | add')
wait_for '[ "$(hospes versions wordcount --json | jq "[.[] | select(.state != \"active\") | .cells] | add")" -le 1 ]'
ok $? "the former version keeps one warm cell at most (had $former)"
is "$(find "$T/state" -type f -path '*objects*' | wc -l)" "$(hospes versions --json | jq length)" "there is one object a version"
holds "[ \$(cell_pids | wc -l) -le 8 ]" "and no cells beyond"
