#!/bin/bash
# The unit, the user and the folders for systemd: does systemd take them as they are?  TAP; BUILT is the build tree.
set -u
tree=${1:-$(cd "$(dirname "$0")/.." && pwd)}
built=${BUILT:-$tree}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
. "${0%/*}/tap.sh"

unit=$built/contrib/systemd/hospesd.service
grep -qE '@[a-z]+@' "$unit" >"$work/out"
[ $? -ne 0 ]
ok $? "no place is left open in the unit"

# Not installed yet: the program that was built stands for the one that will be.
sed "s|^ExecStart=.*|ExecStart=$built/hospesd|; /^Documentation=/d" "$unit" >"$work/hospesd.service"
if command -v systemd-analyze >/dev/null; then
	systemd-analyze verify "$work/hospesd.service" >"$work/out" 2>&1 && [ ! -s "$work/out" ]
	ok $? "systemd-analyze verify has nothing to say"
else
	skip "systemd-analyze verify" "there is no systemd here"
fi

mkdir -p "$work/root/etc" "$work/root/run" "$work/root/var/lib" "$work/root/usr/lib"/{sysusers.d,tmpfiles.d}
cp "$tree/contrib/systemd/sysusers.d/hospes.conf" "$work/root/usr/lib/sysusers.d/"
cp "$tree/contrib/systemd/tmpfiles.d/hospes.conf" "$work/root/usr/lib/tmpfiles.d/"
if ! command -v systemd-sysusers >/dev/null || ! command -v systemd-tmpfiles >/dev/null; then
	skip "systemd-sysusers" "there is no systemd here"
elif [ "$(id -u)" -ne 0 ]; then
	systemd-sysusers --root="$work/root" --dry-run hospes.conf >"$work/out" 2>&1
	ok $? "systemd-sysusers would make the user"
else
	systemd-sysusers --root="$work/root" hospes.conf >"$work/out" 2>&1 &&
	    grep -q '^hospes:.*:/var/lib/hospes:' "$work/root/etc/passwd" && grep -q '^hospes:' "$work/root/etc/group"
	ok $? "systemd-sysusers makes the user and the group"
	systemd-tmpfiles --root="$work/root" --create hospes.conf >"$work/out" 2>&1
	ok $? "systemd-tmpfiles takes the folders"
	uid=$(awk -F: '$1 == "hospes" { print $3 }' "$work/root/etc/passwd")
	while read -r path owner mode; do
		stat -c '%u %a' "$work/root$path" >"$work/out" 2>&1
		[ "$(cat "$work/out")" = "$owner $mode" ]
		ok $? "$path belongs to uid $owner with mode $mode"
	done <<-END
		/run/hospes $uid 755
		/var/lib/hospes $uid 700
		/var/lib/hospes/plugins 0 755
		/var/lib/hospes-backups $uid 700
	END
fi
echo "1..$count"
