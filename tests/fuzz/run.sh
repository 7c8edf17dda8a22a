#!/bin/sh
# Runs each fuzz target for FUZZ_RUNS inputs, from the same seed each time; in the build folder, by `make fuzz`.
set -u
status=0
for target in "$@"; do
	mkdir -p "fuzz/corpus-$target"
	if fuzz/"$target" -seed=1 -runs="$FUZZ_RUNS" -max_len=4096 -timeout=10 -rss_limit_mb=2048 -verbosity=0 \
	    -print_final_stats=0 -artifact_prefix="fuzz/$target-" "fuzz/corpus-$target" >"fuzz/$target.log" 2>&1; then
		echo "fuzz: $target: $FUZZ_RUNS inputs, nothing found"
	else
		echo "fuzz: $target found something:"
		tail -n 40 "fuzz/$target.log"
		status=1
	fi
done
exit $status
