#!/bin/bash
# Runs one unit test with an end to its time.  cmocka 1.1.5 writes a skipped test as "not ok N # SKIP", which TAP does not know:
# a skipped test is "ok N # SKIP".  UNDER: what it is run under, which takes its time (tests/valgrind/local.mk).
set -o pipefail
most=300
[ -z "${UNDER:-}" ] || most=1500
# shellcheck disable=SC2086 # words
timeout --kill-after=10 $most ${UNDER:-} "$@" | sed -u 's/^not ok \([0-9]* # SKIP\)/ok \1/'
