# Runs that have ended stay on record, not in the memory of the host.
. "$TESTS/lib.sh"
plan 3
host_start
plugin echo

memory_mib()
{
	awk '/^VmRSS/ { print int($2 / 1024) }' "/proc/$HOST/status"
}

head -c 12000000 /dev/zero | tr '\0' x | jq -Rs '{text: .}' >"$T/big.json"
hospes run echo --in "$T/big.json" --json >"$T/out" 2>"$T/err"
first=$(jq -r .id "$T/out")
before=$(memory_mib)
for ((i = 0; i < 20; i++)); do
	hospes run echo --in "$T/big.json" --json >"$T/out" 2>"$T/err" || break
done
is "$i" 20 "twenty runs of 12 MB each way"
# 480 MB went through: a quarter of it may stay, with what allocators keep and the sanitizers' own.
[ "${SANITIZERS:-no}" = no ] && most=200 || most=600
holds "[ $(($(memory_mib) - before)) -lt $most ]" "do not stay"
is "$(hospes show "$first" --json | jq '.result.text | length')" 12000000 "and the first is told in full all the same"
