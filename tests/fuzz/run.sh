#!/bin/sh
# Runs each fuzz target for FUZZ_RUNS inputs, from the same seed each time; or, when FUZZ_SECONDS says so, for so long and from
# another seed each time.  In the build folder, by `make fuzz`.
set -u
status=0
if [ -n "${FUZZ_SECONDS:-}" ]; then
	how="-max_total_time=$FUZZ_SECONDS" said="$FUZZ_SECONDS s"
else
	how="-seed=1 -runs=$FUZZ_RUNS" said="$FUZZ_RUNS inputs"
fi
for target in "$@"; do
	mkdir -p "fuzz/corpus-$target"
	# shellcheck disable=SC2086
	if fuzz/"$target" $how -max_len=4096 -timeout=10 -rss_limit_mb=2048 -verbosity=0 \
	    -print_final_stats=0 -artifact_prefix="fuzz/$target-" "fuzz/corpus-$target" >"fuzz/$target.log" 2>&1; then
		echo "fuzz: $target: $said, nothing found"
	else
		echo "fuzz: $target found something:"
		tail -n 40 "fuzz/$target.log"
		status=1
	fi
done
exit $status
