# Started by root, the core becomes somebody else for good: no root, no capability, and nothing that it needs is lost.
. "$TESTS/lib.sh"
[ "$(id -u)" -eq 0 ] || skip_all "only root has something to drop"
plan 4
host_start
plugin echo
is "$(awk '/^Uid:/ { print ($2 != 0 && $2 == $3 && $3 == $4) }' "/proc/$HOST/status")" 1 "real, effective and saved uid are another"
is "$(awk '/^Cap(Eff|Prm):/ { print $2 }' "/proc/$HOST/status" | sort -u)" 0000000000000000 "no capability is left"
is "$(stat -c %u "$T/state")" "$(awk '/^Uid:/ { print $2 }' "/proc/$HOST/status")" "the state directory is that user's"
run echo '{"a": 1}';                            succeeds "and cells still start"
