# 200 new versions, dropped one after the other under steady load and with rollbacks in between, lose no call and leave
# nothing behind but the active version, the former one with one warm cell a pool, and the versions that runs used.
. "$TESTS/lib.sh"
DROPS=${DROPS:-200}
[ "${SANITIZERS:-no}" = no ] || DROPS=40
plan 17
host_start
plugin fan

# One plugin, of which every version is made by writing another number of the same length over the one in its note: other
# bytes, another hash, another object.  It replies its version.
plugin_made drops <<'C'
#include <hospes.h>

static int
drops(hospes_ctx *ctx)
{
	return hospes_reply(ctx, json_string("1.0.1000"));
}

HOSPES_AGENT("drops", "1.0.1000", "Tells its version", drops)
C
drop_version()
{
	perl -pe "s/1\\.0\\.1000/1.0.$1/g" "$T/drops.so" >"$T/next.so" && mv "$T/next.so" "$DROP/drops.so"
}
drop_version 1000
wait_for '[ "$(active drops)" = 1.0.1000 ]'

# Steady load: one run after the other, two at a time, until it is told to end.  All that they tell is kept.
load()
{
	while [ ! -e "$T/enough" ]; do
		hospes run fan --in "$T/load.json" --json >"$T/load.$1" 2>&1
		if [ "$(jq '[.result.answers[] | strings] | length' "$T/load.$1")" = 20 ]; then
			jq -r '.result.answers | unique | join(" ")' "$T/load.$1" >>"$T/told.$1"
		else
			cat "$T/load.$1" >>"$T/bad"
		fi
	done
}
echo '{"callee": "drops", "n": 20, "at_once": 10, "input": {}}' >"$T/load.json"
load 1 &
one=$!
load 2 &
two=$!
wait_for '[ -s "$T/told.1" ] && [ -s "$T/told.2" ]'

# Of ten drops four come as fast as files can be written, so that some are never seen and some never used; five are
# waited for, one after the other; the last is rolled back, and a newer one follows.
not_active=0 not_back=0 last=0
for ((i = 1; i <= DROPS; i++)); do
	drop_version $((1000 + i))
	((i % 10 > 0 && i % 10 < 5)) && continue
	wait_for "[ \"\$(active drops)\" = 1.0.$((1000 + i)) ]" || not_active=$((not_active + 1))
	((i % 10)) && continue
	hospes rollback drops --why soak >"$T/out" 2>"$T/err" && [ "$(active drops)" = "1.0.$((999 + i))" ] ||
	    not_back=$((not_back + 1))
	last=$i
done
is "$not_active" 0 "the versions that were waited for became active"
is "$not_back" 0 "each rollback led to the version before"
is "$(active drops)" "1.0.$((999 + last))" "the last of them too"
touch "$T/enough"
wait $one $two
holds "[ ! -e '$T/bad' ]" "no call was lost in $(cat "$T"/told.* | wc -l) runs of 20" || head -c 1000 "$T/bad" | sed 's/^/# /'
cat "$T"/told.* | tr ' ' '\n' | sort -u >"$T/used"
holds "[ $(wc -l <"$T/used") -ge $((DROPS / 10)) ]" "the load ran on $(wc -l <"$T/used") versions"
is "$(hospes ps --json | jq length)" 0 "nothing is in flight"
holds "[ $(grep -c 'version active.*plugin=drops' "$T/host.log") -ge $((DROPS / 2)) ]" "there were flips enough"

# Versions: what is known is meant by the name, or was used.
hospes versions drops --json >"$T/versions"
is "$(jq '[.[] | select(.state == "active")] | length' "$T/versions")" 1 "one version is active"
is "$(jq -r '.[] | select(.state == "former") | .version' "$T/versions")" "1.0.$((1000 + last))" "one is the former"
is "$(jq -r '.[] | select(.state == "staged") | .version' "$T/versions" | sort | comm -23 - "$T/used")" "" \
    "all others that are kept were used by a run"
holds "[ $(jq length "$T/versions") -le $(($(wc -l <"$T/used") + 2)) ]" "the rest is gone"

# Objects: exactly those of the versions that are known.
is "$(find "$T/state" -type f -path '*objects*' -printf '%f\n' | sort)" "$(hospes versions --json | jq -r '.[].object' | sort)" \
    "there is one object for each version and no other"

# Cells: none of versions that are neither active nor former, one of the former.
cells_of()
{
	hospes versions drops --json | jq "[.[] | select(.state == \"$1\") | .cells] | add // 0"
}
wait_for '[ "$(cells_of staged)" = 0 ]'
ok $? "cells of old versions are gone"
wait_for '[ "$(cells_of former)" -le 1 ]'
ok $? "of the former at most one is warm"
wait_for '[ "$(cell_pids | wc -l)" -le 9 ]'
ok $? "and there is no process beyond: four of fan, four of the active version, that one"

# Files: what the state directory holds by its plan, and of the journal no more than its records fill.
is "$(cd "$T/state" && find . -type f | grep -vE '^\./(lock|format|journal/[0-9a-f]{16}\.seg|journal/next\.spare|store/(data|lock)\.mdb|memory/index\.(db|db-journal|open)|objects/.*/?[0-9a-f]{64})$')" \
    "" "no file is there that nobody names"
# An LSN is a place in the log, in bytes; a segment may be left a little before it is full.
run drops '{}'
end=$(hospes journal "$id" --json | jq '[.[].lsn] | max')
holds "[ $(find "$T/state/journal" -name '*.seg' | wc -l) -le $((end / (15 * 1048576) + 1)) ]" "no more segments than $end bytes of records fill"
