# A state directory has a number: a newer one is refused and stays as it is, an older one is brought here after a backup.
. "$TESTS/lib.sh"
plan 17
host_start 'user = "";'
plugin echo
run echo '{"a": 1}'
host_stop
is "$(cat "$T/state/format")" 1 "a new directory has the number of this release"

# refused FORMAT WORDS "why": not opened, and nothing in it changed.
refused()
{
	printf "$1" >"$T/state/format"
	before=$(cd "$T/state" && find . -type f -exec sha256sum {} + | sort)
	: >"$T/host.log"
	! host_launch
	ok $? "$3"
	host_stop
	holds "grep -qE '$2' '$T/host.log'" "with a sentence that says why" || sed 's/^/# /' "$T/host.log"
	[ "$before" = "$(cd "$T/state" && find . -type f -exec sha256sum {} + | sort)" ]
	ok $? "and nothing in it was touched"
}
refused '2\n' 'conflict: .*has format 2, of a newer hospesd; this one reads formats up to 1' "a newer one is refused"
refused 'one\n' 'damaged: .*/format should have the number' "one that cannot be told is refused"
refused 'restoring\n' 'damaged: .*restore left that did not come to its end' "one that was not restored to its end is refused"
rm "$T/state/format"
: >"$T/host.log"
! host_launch
ok $? "one that is gone is missed"
host_stop
holds 'grep -q "damaged: .*/format is gone" "$T/host.log"' "with a sentence that says why" || sed 's/^/# /' "$T/host.log"
printf '1\n' >"$T/state/format"
host_launch
ok $? "with its own number it opens"
host_stop

rm -rf "$T/state"
tar -C "$T" --no-same-owner -xzf "$TESTS/../fixtures/state/state-format-0.tar.gz"
cp -a "$T/state" "$T/before"
host_launch
is "$(cat "$T/state/format")" 1 "one from before there was a number gets one"
kept=$T/state/backups/format-0
(cd "$T/before" && find journal store/data.mdb objects memory -type f) >"$T/files"
while read -r file; do
	cmp -s "$T/before/$file" "$kept/$file" || echo "$file"
done <"$T/files" >"$T/differ"
is "$(cat "$T/differ")" "" "what it was is in its backup, byte for byte"
host_stop
before=$(stat -c %Y.%i "$kept/MANIFEST")
host_launch
is "$(stat -c %Y.%i "$kept/MANIFEST")" "$before" "that is made once"
run echo '{"a": 1}'
succeeds "and the host answers"
