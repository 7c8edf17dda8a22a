# A host that is killed, with its journal cut in mid batch, starts again with all that was acknowledged before; damage in
# the middle is told, not cut.
. "$TESTS/lib.sh"
plan 9
host_start
plugin wordcount
run wordcount '{"name": "a", "text": "one"}';   succeeds "a run before"
first=$id
host_crash

# A write that was under way: some of a batch behind the last good one, which ends where only zeros follow.
segment=$(find "$T/state" -name '*.seg' | LC_ALL=C sort | tail -n 1)
end=$(LC_ALL=C perl -e 'local $/; open F, "<:raw", $ARGV[0]; $_ = <F>; s/\0+\z//; print length' "$segment")
perl -e 'open F, "+<:raw", $ARGV[0]; read F, $_, 232 + 500; $_ = substr $_, 232; seek F, $ARGV[1], 0; print F $_' \
    "$segment" $(((end + 7) / 8 * 8))
host_launch
ok $? "with the last batch torn the host starts"
holds "logged 'torn|tail|cut'" "and says what it cut"
hospes show "$first" --json >"$T/out" 2>"$T/err"; code=$?
is "$code" 0 "the run from before is known"
is "$(active wordcount)" 1.0.0 "so is the plugin"
run wordcount '{"name": "a", "text": "one"}';   succeeds "and new runs are answered"
host_stop

# Damage in the middle, with good batches behind it.
perl -e 'open F, "+<:raw", $ARGV[0]; seek F, $ARGV[1], 0; print F "\xff" x 64' "$segment" 1200
host_launch
holds "[ $? -ne 0 ]" "damage in the middle stops the host"
wait "$HOST"
HOST=
holds "logged damaged" "the fault has its name"
holds "logged '$(basename "$segment")'" "and the file"
