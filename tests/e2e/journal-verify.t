# A journal and its store are held against each other, byte by byte, while the host runs and when it does not; what is
# damaged is told with its place; every record can be had as a line of JSON.
. "$TESTS/lib.sh"
plan 24
verify()
{
	hospes journal verify "$@" --json >"$T/out" 2>"$T/err"
	code=$?
}
verified()
{
	is "$code $(jq -r .ok "$T/out" 2>&1)" "0 true" "$1" || shown
}
# poke FILE OFFSET: changes one byte.
poke()
{
	perl -e 'open F, "+<:raw", $ARGV[0]; seek F, $ARGV[1], 0; read F, $_, 1; seek F, $ARGV[1], 0; print F chr(ord() ^ 1)' "$@"
}
# damaged FILE OFFSET "why": exactly one place.
damaged()
{
	is "$code $(jq -r '.damages | map("\(.file | split("/") | last) \(.offset)") | join(", ")' "$T/out" 2>&1)" "1 $1 $2" "$3" ||
	    shown
}

host_start
plugin wordcount
plugin echo
run wordcount '{"name": "a", "text": "one"}';   succeeds "a run"
first=$id
for n in 1 2 3; do
	hospes run echo --input "{\"n\": $n, \"text\": \"$(printf 'long %.0s' {1..60})\"}" >"$T/out" 2>"$T/err"
done
verify;                                         verified "while the host runs, of the host that answers"
is "$(jq .runs_ended "$T/out")" 4 "all runs were seen to their end"
verify "$T/state";                              verified "by the name of its state directory"
run echo '{"a": 1}';                            succeeds "and the host goes on"

# Beside runs that come and go.
for n in $(seq 20); do hospes run echo --input "$n" >/dev/null 2>>"$T/err"; done &
busy=$!
while kill -0 $busy 2>/dev/null; do
	verify
	[ "$code" -eq 0 ] || break
done
wait $busy
verified "while it writes"
host_stop KILL
verify "$T/state";                              verified "after it was killed"
verify "$T/state/journal";                      verified "a journal alone"
is "$(jq .store "$T/out")" false "without its store"

hospes journal records "$T/state" >"$T/records"
is "$?" 0 "records are printed"
is "$(jq -s 'map(.lsn) | . == sort' "$T/records")" true "in their order"
is "$(jq -s --arg id "$first" 'map(select(.run == $id)) | map(.seq) | . == [range(length)]' "$T/records")" true \
    "a run's have no gap"
is "$(jq -c --arg id "$first" 'select(.run == $id and .kind == "run_end") | .output.words' "$T/records")" 1 \
    "with what they say"
is "$(wc -l <"$T/records")" "$(jq .records "$T/out")" "as many as were verified"

# One flipped byte in each kind of place; each is told, alone, and where it is.
cp -a "$T/state" "$T/whole"
segment=$(basename "$(find "$T/state" -name '*.seg')")
batch=$(perl -e 'open F, "<:raw", $ARGV[0]; seek F, 80 + 24, 0; read F, $_, 8; print 80 + unpack "Q<", $_' "$T/state/journal/$segment")
place()
{
	rm -rf "$T/state"
	cp -a "$T/whole" "$T/state"
	poke "$T/state/journal/$segment" "$1"
	verify "$T/state"
	damaged "$segment" "$2" "$3"
}
place 3 0 "the head of a segment"
place 30 0 "its generation"
place $((batch + 1)) "$batch" "the magic of a batch"
place $((batch + 9)) "$batch" "its number"
place $((batch + 17)) "$batch" "its position"
place $((batch + 33)) "$batch" "its checksum"
place $((batch + 48 + 50)) "$batch" "the head of a record"
place $((batch + 48 + 130)) "$batch" "what a record carries"

rm -rf "$T/state"
cp -a "$T/whole" "$T/state"
perl -0777 -pi -e 's/first_lsn":\d/first_lsn":9/g' "$T/state/store/data.mdb"
verify "$T/state"
is "$code $(jq '.damages | length > 0 and all(.file | endswith("/store"))' "$T/out")" "1 true" "where the store says that a run is" || shown
hospes journal verify "$T/nothing" >"$T/out" 2>"$T/err"; code=$?
says "not_found"
