#!/bin/bash
# The parts that know the machine, on the other one: the switch between fibers runs as it is and as ucontext, here and, under
# qemu-user, on aarch64; what runs inside a cell compiles there without a warning.  TAP; skips where the tools are not.
#
# tests/cross.sh [SOURCE-TREE]

set -u
tree=$(cd "${1:-$(dirname "$0")/..}" && pwd)
cross=${CROSS:-aarch64-linux-gnu}
qemu=${QEMU:-qemu-${cross%%-*}-static}
built=${BUILT:-$PWD}
T=$(mktemp -d "${TMPDIR:-/tmp}/hospes-cross.XXXXXX") || exit 2
trap 'rm -rf "$T"' EXIT

warnings="-Wall -Wextra -Wshadow -Wconversion -Wformat=2 -Wno-sign-conversion -Werror"
include="-D_GNU_SOURCE -I$tree/core -I$tree/sdk -I$tree/sdk/include"

# switch_of CC CXX FLAG OUT: the test of the switch, and nothing else of ours.
switch_of()
{
	local cc=$1 cxx=$2 flag=$3 out=$4 file
	for file in fiber.c stacks.c fiber_ucontext.c fiber_x86_64.S fiber_aarch64.S; do
		"$cc" -std=gnu17 -O2 -g -fexceptions -fvisibility=hidden $flag $warnings $include -c "$tree/sdk/$file" \
		    -o "$out-$file.o" || return
	done
	"$cxx" -std=gnu++17 -O2 -g -fvisibility=hidden $flag -Wall -Wextra -Werror $include \
	    "$tree/tests/unit/fiber_switch.cc" "$out"-*.o -o "$out"
}

. "${0%/*}/tap.sh"

# runs WHAT COMMAND...
runs()
{
	local what=$1
	shift
	"$@" >"$T/out" 2>&1
	ok $? "$what" || :
	grep -v '^ok' "$T/out" | sed 's/^/# /'
}

echo "1..6"
if command -v g++ >/dev/null; then
	switch_of gcc g++ "" "$T/here" >"$T/log" 2>&1 || sed 's/^/# /' "$T/log"
	runs "this machine's switch" "$T/here"
	switch_of gcc g++ -DHOSPES_FIBER_UCONTEXT "$T/here-u" >"$T/log" 2>&1 || sed 's/^/# /' "$T/log"
	runs "ucontext here" "$T/here-u"
else
	skip "this machine's switch" "no C++ compiler"
	skip "ucontext here" "no C++ compiler"
fi

if ! command -v "$cross-gcc" >/dev/null; then
	for what in "the switch of $cross" "ucontext on $cross" "libhospes for $cross" "the cell for $cross"; do
		skip "$what" "$cross-gcc is not here"
	done
	exit 0
fi

if command -v "$cross-g++" >/dev/null && command -v "$qemu" >/dev/null; then
	switch_of "$cross-gcc" "$cross-g++" "-mbranch-protection=standard" "$T/there" >"$T/log" 2>&1 || sed 's/^/# /' "$T/log"
	runs "the switch of $cross" "$qemu" -L "/usr/$cross" "$T/there"
	switch_of "$cross-gcc" "$cross-g++" -DHOSPES_FIBER_UCONTEXT "$T/there-u" >"$T/log" 2>&1 || sed 's/^/# /' "$T/log"
	runs "ucontext on $cross" "$qemu" -L "/usr/$cross" "$T/there-u"
else
	skip "the switch of $cross" "$cross-g++ or $qemu is not here"
	skip "ucontext on $cross" "$cross-g++ or $qemu is not here"
fi

# compiles WHAT FILE...: headers of libraries are the same on all machines, those of the C library come first.
compiles()
{
	local what=$1 file bad=0
	shift
	for file in "$@"; do
		"$cross-gcc" -std=gnu17 -O1 -fvisibility=hidden $warnings -Wmissing-prototypes -Wstrict-prototypes $include \
		    -I"$built" -idirafter /usr/include -idirafter "/usr/include/$(gcc -print-multiarch)" -c "$file" \
		    -o "$T/x.o" >"$T/log" 2>&1 || { bad=1; head -n 20 "$T/log" | sed 's/^/# /'; }
	done
	ok $bad "$what"
}
compiles "libhospes for $cross" "$tree"/sdk/*.c
compiles "the cell for $cross" "$tree"/core/cell/guest/*.c "$tree"/core/cell/spawner/*.c "$tree"/core/cell/inspect/*.c \
    "$tree"/core/cell/*.c
