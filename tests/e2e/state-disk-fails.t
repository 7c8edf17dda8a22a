# A disk that may only be read, or that fails: a sentence and the end, no retry; what was acknowledged is there afterwards.
. "$TESTS/lib.sh"
[ "${SANITIZERS:-no}" = no ] || skip_all "a sanitizer and the failing disk both want to be first"
plan 46
documents
conf_write "$([ "$(id -u)" -ne 0 ] || echo 'user = "";')"
mkdir -p -m 0755 "$DROP"

# failing RULES: a host on a disk on which these calls end with EIO while $T/fail is there.
failing()
{
	rm -f "$T/fail" "$T/host.log"
	DISKFAIL=$1 DISKFAIL_WHEN=$T/fail LD_PRELOAD=$BUILT/tests/fixtures/diskfail.so host_launch
}

kept()
{
	hospes memory put kept "k$1" --value "$1" >"$T/out" 2>"$T/err"
}

ended()
{
	wait_for '! kill -0 $HOST 2>/dev/null' || return 1
	wait "$HOST"
	code=$?
	HOST=
	[ "$code" -eq 1 ] && logged "$1"
}

failing 'fdatasync:*.seg'
kept 1
touch "$T/fail"
! kept 2
ok $? "a sync of the journal fails: nothing is acknowledged"
holds "ended 'io_error.*cannot write the journal'" "the host ends and says why"
rm "$T/fail"
host_launch
ok $? "on a disk that works it starts"
[ "$(hospes memory get kept k1)" = 1 ]
ok $? "and has what it acknowledged"
host_stop

failing 'fdatasync:*/data.mdb'
kept 3
touch "$T/fail"
kept 4
holds "ended 'io_error.*cannot commit to the store'" "a sync of the store fails: the host ends and says why"
rm "$T/fail"
host_launch
ok $? "on a disk that works it starts"
[ "$(hospes memory get kept k3)" = 3 ]
ok $? "and has what it acknowledged"
host_stop

failing 'syncfs:*'
hospes memory load letters "$T/docs/alpha" >"$T/out" 2>"$T/err"
touch "$T/fail"
hospes memory load letters "$T/docs/beta.md" >"$T/out" 2>"$T/err"; code=$?
holds '[ $code -ne 0 ] && grep -q io_error "$T/out" "$T/err"' "a sync of documents fails: who loads is told" || shown
rm "$T/fail"
is "$(hospes memory list letters --documents --json | jq -r '.[].document')" alpha "and the space has none of it"
hospes memory load letters "$T/docs/beta.md" >"$T/out" 2>"$T/err"; code=$?
is "$code" 0 "a second time it is taken" || shown
host_stop

failing 'fsync:*/taking'
touch "$T/fail"
hospes install "$(so echo)" >"$T/out" 2>"$T/err"; code=$?
holds '[ $code -ne 0 ] && grep -q io_error "$T/err"' "a sync of an object fails: who installs is told" || shown
rm "$T/fail"
hospes install "$(so echo)" >"$T/out" 2>"$T/err"; code=$?
is "$code" 0 "a second time it is installed" || shown
host_stop

failing 'pwrite:*.seg'
touch "$T/fail"
! kept 5
ok $? "a write of the journal fails: nothing is acknowledged"
holds "ended 'io_error.*cannot write the journal'" "the host ends and says why"
rm "$T/fail"
host_launch
ok $? "on a disk that works it starts"
wait_for '[ "$(active echo)" = 1.0.0 ]'
run echo '{"a": 1}'
succeeds "and its plugins answer"
host_stop

# ---- Segments that are yet to be ----

head -c 900000 /dev/zero | tr '\0' v >"$T/value"
for rule in 'fdatasync:*.spare' 'pwrite:*.spare'; do
	rm -f "$T/kept"
	failing "$rule"
	touch "$T/fail"
	for ((n = 0; n < 40; n++)); do
		hospes memory put kept "spare$n" --text <"$T/value" >"$T/out" 2>"$T/err" || break
		echo "spare$n" >>"$T/kept"
	done
	holds "ended 'io_error.*cannot fill the next segment'" "$rule fails: the host ends and says why"
	rm "$T/fail"
	host_launch
	ok $? "on a disk that works it starts"
	hospes memory list kept --json | jq -r '.[].key' | sort >"$T/listed"
	is "$(sort -u "$T/kept" | comm -23 - "$T/listed")" "" "and has what it acknowledged"
	host_stop
done

# hide: a run that has ended, to be erased; $hidden, $secret.
hide()
{
	secret="zebra-$RANDOM-$RANDOM-quagga"
	run echo "{\"say\": \"$secret\"}"
	hidden=$id
}
erased()
{
	wait_for '! grep -rlaF "$secret" "$T/state" >"$T/has"'
	ok $? "$1" || note "$(cat "$T/has")"
}

failing 'fsync:*/journal'
hide
touch "$T/fail"
! hospes erase "$hidden" >"$T/out" 2>"$T/err"
ok $? "a sync of the journal's folder fails: a segment that has no name for certain is not used"
holds "ended 'io_error.*cannot make the segment'" "the host ends and says why"
rm "$T/fail"
host_launch
ok $? "on a disk that works it starts"
hospes erase "$hidden" >"$T/out" 2>"$T/err"
erased "and erases what it could not"
host_stop

for rule in 'fdatasync:*/erase.spare' 'pwrite:*/erase.spare'; do
	failing "$rule"
	hide
	touch "$T/fail"
	hospes erase "$hidden" >"$T/out" 2>"$T/err"; code=$?
	holds '[ $code -ne 0 ] && grep -q io_error "$T/err"' "$rule fails: who erases is told" || shown
	rm "$T/fail"
	hospes erase "$hidden" >"$T/out" 2>"$T/err"; code=$?
	is "$code" 0 "a second time it is erased" || shown
	erased "and nowhere"
	host_stop
done

# ---- Pages of the store ----

failing 'pwrite:*/data.mdb,write:*/data.mdb'
kept 7
touch "$T/fail"
kept 8
holds "ended 'io_error.*cannot commit to the store'" "a write of the store fails: the host ends and says why"
rm "$T/fail"
host_launch
ok $? "on a disk that works it starts"
[ "$(hospes memory get kept k7)" = 7 ]
ok $? "and has what it acknowledged"
host_stop

# ---- The target of a backup ----

mkdir "$T/target"
for rule in 'pwrite:*/it/*' 'write:*/it/store/data.mdb' 'syncfs:*/it' 'fsync:*/MANIFEST' 'fsync:*/target'; do
	failing "$rule"
	touch "$T/fail"
	hospes backup "$T/target/it" >"$T/out" 2>"$T/err"; code=$?
	rm "$T/fail"
	holds '[ $code -ne 0 ] && grep -q io_error "$T/err" && [ -z "$(ls -A "$T/target")" ] && host_alive' \
	    "$rule fails: who wants a backup is told, nothing is left of it, the host goes on" || shown
	host_stop
done
host_launch
hospes backup "$T/target/it" >"$T/out" 2>"$T/err"; code=$?
is "$code" 0 "on a disk that works there is one" || shown
host_stop

# ---- A state directory that may only be read ----

if [ "$(id -u)" -eq 0 ] && mkdir "$T/ro" && mount --bind "$T/state" "$T/ro" 2>/dev/null && mount -o remount,bind,ro "$T/ro"; then
	trap 'host_stop KILL; umount -l "$T/ro"; scenario_end' EXIT
	sed -i "s#^state = .*#state = \"$T/ro\";#" "$T/hospes.conf"
	: >"$T/host.log"
	! host_launch
	ok $? "a state directory that may only be read: the host does not start"
	holds "ended 'io_error: .*Read-only file system'" "it says why" || sed 's/^/# /' "$T/host.log"
	mount -o remount,bind,rw "$T/ro"
	host_launch
	ok $? "when it may be written to it starts"
	kept 6
	mount -o remount,bind,ro "$T/ro" 2>/dev/null # what is open stays writable; names do not
	head -c 3000000 /dev/zero | tr '\0' v | jq -Rs . >"$T/value"
	for ((n = 0; n < 12; n++)); do
		hospes memory put kept "large$n" <"$T/value" >"$T/out" 2>"$T/err" || break
	done
	host_alive || ended 'Read-only file system'
	ok $? "under a host that runs: it goes on, or ends and says why"
	host_stop
	mount -o remount,bind,rw "$T/ro"
	host_launch
	[ "$(hospes memory get kept k6)" = 6 ]
	ok $? "what was acknowledged is there"
else
	for what in start why again late kept; do
		ok 0 "a state directory that may only be read, $what # SKIP needs root and mounts"
	done
fi
host_stop
