# A layer that is taken out is told as missing, though the kernel says that it was put on; and a probe that crashes, hangs, says
# nothing or lies is not believed.
. "$TESTS/lib.sh"
plan 16

# ---- A layer taken out ----

gone()
{
	doctor without "$1"
	is "$(jq -c --arg name "$2" '[.missing | index($name) != null]' "$T/out") $code" "[true] $3" "without $1, $2 does not hold"
}
gone landlock landlock 0
gone '~landlock' landlock 0
gone no_new_privs no_new_privs 1
gone '~rlimits' rlimits 1
gone seccomp seccomp 1
if [ "$(id -u)" -eq 0 ] && [ "${SANITIZERS:-no}" = no ]; then
	gone '~tsc' tsc 0
	gone '~no_new_privs' no_new_privs 1
	gone '~uid' uid 1
	gone '~caps' caps 1
else
	for what in tsc no_new_privs uid caps; do
		ok 0 "without $what # SKIP needs root, and no sanitizers"
	done
fi

# ---- A probe that is not what it should be ----

doctor env
jq -c '{kernel, layers: [.layers[] | {name, required: true, holds: true, tried: "x", found: "EPERM"}],
    tries: [.layers[] as $l | $l.tries[] | {name: ($l.name + "." + .name), refused: true, found: "ENOSYS"}]}' "$T/out" >"$T/report"
installed
cell=$T/prefix/libexec/hospes/hospes-cell
[ -x "$cell" ]

# number BYTES VALUE, little-endian
number()
{
	local n value=$2
	for ((n = 0; n < $1; n++)); do
		printf "\\x$(printf %02x $((value & 255)))"
		value=$((value >> 8))
	done
}

# frame TYPE LENGTH: what comes before a frame's bytes.
frame()
{
	number 4 "$2"
	number 2 "$1"
	number 10 0
	number 4 4294967295
	number 4 0
}

{ frame 65 $((8 + $(stat -c %s "$T/report"))); number 4 1; number 4 8191; cat "$T/report"; } >"$T/ready"
chmod 644 "$T/ready"
hello=$({ frame 64 8; number 4 1; number 4 8191; } | od -An -v -tx1 | tr -d '\n' | sed 's/ /\\x/g')

# probe_is: the probes are this script from now on.  It says HELLO itself: who sends that is whom the host looks at.
probe_is()
{
	rm -f "$cell"
	{ echo '#!/bin/bash'; echo "T=$T"; echo "hello='$hello'"; cat; } >"$cell"
	chmod 755 "$cell"
}

nothing_holds()
{
	is "$(jq -c '[.layers[] | select(.holds) | .name]' "$T/out") $code" '[] 1' "$1"
}

probe_is <<'SH'
kill -SEGV $$
SH
doctor env
nothing_holds "of a probe that crashes nothing holds"
holds "found rlimits nofile | grep -q 'NOT: the probe was ended by SIGSEGV before it told'" "and that is said"

probe_is <<'SH'
exit 0
SH
doctor env
nothing_holds "nor of one that says nothing"

probe_is <<'SH'
printf "$hello" >&3
exec cat <&3 >/dev/null
SH
doctor env
nothing_holds "nor of one that hangs"

# It says that everything was refused, and has put nothing on.
probe_is <<'SH'
printf "$hello" >&3
head -c 72 <&3 >/dev/null
cat "$T/ready" >&3
exec cat <&3 >/dev/null
SH
doctor env
is "$code $(jq -c '["rlimits", "caps", "no_new_privs", "seccomp"] - .missing' "$T/out")" '1 []' "one that lies is not believed"
holds "jq -r '.layers[] | select(.name == \"seccomp\") | .found' '$T/out' | grep -q 'the kernel tells of it: Seccomp: 0'" \
    "since the kernel tells otherwise"
is "$(jq -c '["watchdog"] - .missing' "$T/out")" '[]' "nor that it was ended, when nobody ended it"
