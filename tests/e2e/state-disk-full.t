# No room, for each kind of write by itself: whoever asked is told, nothing that was acknowledged is lost, and with room again
# the host goes on.
. "$TESTS/lib.sh"
[ "$(id -u)" -eq 0 ] || skip_all "a small file system of one's own needs root"
mkdir -p "$T/state"
unshare -m true 2>/dev/null && mount -t tmpfs -o size=1m tmpfs "$T/state" 2>/dev/null && umount "$T/state" ||
    skip_all "no tmpfs can be mounted here"
trap 'host_stop KILL; umount_all; scenario_end' EXIT
plan 51

umount_all()
{
	local at
	for at in journal store objects memory backups; do
		! mountpoint -q "$T/state/$at" || umount -l "$T/state/$at"
	done
	! mountpoint -q "$T/target" || umount -l "$T/target"
}

# small FOLDER SIZE: a host whose FOLDER alone is on a small file system.
small()
{
	host_stop
	umount_all
	rm -rf "$T/state" "$T/host.log"
	mkdir -p -m 0700 "$T/state/$1"
	mount -t tmpfs -o "size=$2,mode=0700" tmpfs "$T/state/$1"
}

fill()
{
	head -c 100000000 /dev/zero >"$T/state/$1/filler" 2>/dev/null
}

room()
{
	rm -f "$T/state/$1/filler"
	mount -o "remount,size=$2" "$T/state/$1"
}

# ended STATUS: it ended by itself, by no signal, and said disk_full.
ended()
{
	wait_for '! kill -0 $HOST 2>/dev/null' || return 1
	wait "$HOST"
	code=$?
	HOST=
	[ "$code" -eq 1 ] && logged disk_full
}

value()
{
	head -c "$2" /dev/zero | tr '\0' v | hospes memory put full "$1" --text >"$T/out" 2>"$T/err"
}

# ---- The journal ----

conf_write 'user = "";'
mkdir -p -m 0755 "$DROP"
small journal 8m
! host_launch
ok $? "no room for the first segment: the host does not start"
holds "ended" "it says why"
room journal 60m
host_launch
ok $? "with room it starts"

small journal 20m
host_launch
for ((n = 0; n < 60; n++)); do
	value "k$n" 600000 || break
	echo "k$n" >>"$T/kept"
done
holds '[ $n -gt 10 ] && [ $n -lt 60 ]' "no room for the next segment: what is left of this one is used ($n values)"
holds "logged 'no room for the journal.s next segment'" "that is warned of before"
holds "ended" "then the host ends and says why"
holds "grep -qE 'disk_full|no_host|io_error' '$T/err'" "whoever asked is told"
room journal 200m
host_launch
ok $? "with room it starts"
is "$(hospes memory list full --json | jq -r '.[].key' | sort | tr '\n' ' ')" "$(sort "$T/kept" | tr '\n' ' ')" \
    "what was acknowledged is there, and nothing else"

# ---- The store ----

small store 2m
host_launch
rm -f "$T/kept"
for ((n = 0; n < 60; n++)); do
	value "k$n" 100000 || break
	echo "k$n" >>"$T/kept"
	host_alive || break
done
holds "ended" "no room for the store: the host ends and says why"
room store 200m
host_launch
ok $? "with room it starts"
hospes memory list full --json | jq -r '.[].key' | sort >"$T/listed"
is "$(sort "$T/kept" | comm -23 - "$T/listed")" "" "and has all that was acknowledged ($(wc -l <"$T/kept") values), from the journal"
small store 12k
! host_launch
ok $? "no room for a new store: the host does not start"
holds "ended" "it says why"
room store 60m
host_launch
ok $? "with room it starts"

# ---- Objects ----

small objects 100k
host_launch
fill objects
drop echo
wait_for "logged 'disk_full|No space left'"
ok $? "no room for an object: that is told"
holds host_alive "and the host goes on"
hospes install "$(so keeper)" >"$T/out" 2>"$T/err"; code=$?
holds '[ $code -ne 0 ] && grep -q disk_full "$T/err"' "who installs is told" || shown
room objects 60m
hospes install "$(so keeper)" >"$T/out" 2>"$T/err"; code=$?
is "$code" 0 "with room it is installed" || shown
wait_for '[ "$(active keeper)" = 1.0.0 ]'
run keeper '{"do": []}'
succeeds "and answers"

# ---- Documents, and their index ----

small memory 1m
host_launch
documents
hospes memory load letters "$T/docs" >"$T/out" 2>"$T/err"
head -c 3000000 /dev/zero | tr '\0' 'd' | fold -w 60 >"$T/large.txt"
hospes memory load letters "$T/large.txt" >"$T/out" 2>"$T/err"; code=$?
holds '[ $code -ne 0 ] && grep -q disk_full "$T/out" "$T/err"' "no room for a document: who loads is told" || shown
holds host_alive "and the host goes on"
is "$(hospes memory list letters --documents --json | jq -r '.[].document' | sort | tr '\n' ' ')" \
    "alpha beta.md more/gamma.txt " "the documents of before are there, and no part of the other"
fill memory
value first 200
hospes memory search letters alpha --json >"$T/out" 2>"$T/err"
host_alive || ended
ok $? "no room for the index: the host goes on, or ends and says why"
host_stop
room memory 60m
host_launch
ok $? "with room it starts"
wait_for 'hospes memory search letters "first letter" --json 2>/dev/null | jq -e ".found | length > 0" >/dev/null'
is "$(hospes memory search letters "first letter" --json | jq -r '.found[0].document')" alpha "and finds what it knows"
hospes memory load letters "$T/large.txt" >"$T/out" 2>"$T/err"; code=$?
is "$code" 0 "and takes the large document" || shown
host_stop

# ---- Erasing: another segment is begun, and the old one is written anew ----

small journal 20m
host_launch
wait_for '[ "$(active echo)" = 1.0.0 ]'
secret="zebra-$RANDOM-$RANDOM-quagga"
run echo "{\"say\": \"$secret\"}"
succeeds "a run with something to hide"
hidden=$id

# erase_fails "why": it is refused, and the host lives.
erase_fails()
{
	hospes erase "$hidden" >"$T/out" 2>"$T/err"; code=$?
	holds '[ $code -ne 0 ] && grep -q disk_full "$T/err"' "$1: who erases is told" || shown
	run echo '{"a": 1}'
	succeeds "and the host goes on"
}
erase_fails "no room for another segment"
is "$(hospes show "$hidden" --json | jq -r .missing.code)" erased "what is to be erased is no longer shown"
host_stop
host_launch
ok $? "a start that finds it undone, and no room, is a start"
erase_fails "still no room"
room journal 36m
erase_fails "no room for the old one anew"
room journal 100m
hospes erase "$hidden" >"$T/out" 2>"$T/err"; code=$?
is "$code" 0 "with room it is erased" || shown
! grep -rlaF "$secret" "$T/state" >"$T/has"
ok $? "and nowhere" || note "$(cat "$T/has")"
hospes journal verify --json >"$T/out" 2>"$T/err"
is "$(jq -r .ok "$T/out")" true "the journal is whole" || shown

# ---- A segment that is left because of its age ----

conf_write 'user = ""; journal = { keep = "4s"; };'
small journal 20m
host_launch
wait_for -t 90 'run echo "{}"; logged "no room for the journal.s next segment"'
ok $? "no room for a segment when the one before is old: that is warned of"
run echo '{"a": 1}'
succeeds "and the host goes on with the old one"
room journal 100m
wait_for -t 90 'run echo "{}"; [ ! -e "$T/state/journal/0000000000000001.seg" ]'
ok $? "with room it goes"
host_stop
conf_write 'user = "";'

# ---- The target of a backup ----

mkdir -p "$T/target"
small journal 100m
mount -t tmpfs -o size=64k,mode=0700 tmpfs "$T/target"
host_launch
wait_for '[ "$(active echo)" = 1.0.0 ]'
hospes backup "$T/target/it" >"$T/out" 2>"$T/err"; code=$?
holds '[ $code -ne 0 ] && grep -q disk_full "$T/err"' "no room for a backup: who asks is told" || shown
run echo '{"a": 1}'
succeeds "and the host goes on"
is "$(ls -A "$T/target")" "" "nothing is left of it"
mount -o remount,size=100m "$T/target"
hospes backup "$T/target/it" >"$T/out" 2>"$T/err"; code=$?
is "$code" 0 "with room there is one" || shown

# ---- The backup before a migration ----

small backups 64k
tar -C "$T" --no-same-owner -xzf "$TESTS/../fixtures/state/state-format-0.tar.gz"
before=$(cd "$T/state" && find journal store/data.mdb -type f -exec sha256sum {} + | sort)
! host_launch
ok $? "no room for the backup before a migration: the host does not start"
holds "ended" "it says why"
is "$(cd "$T/state" && find journal store/data.mdb -type f -exec sha256sum {} + | sort)" "$before" "what it has is as it was"
room backups 100m
host_launch
ok $? "with room it starts"
is "$(cat "$T/state/format")" 1 "and has brought it to its format"
host_stop
