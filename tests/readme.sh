#!/bin/bash
# core/README follows a call through files and functions: are they all there?  TAP.
set -u
tree=${1:-$(cd "$(dirname "$0")/.." && pwd)}
count=0
while read -r file name _; do
	count=$((count + 1))
	if grep -qE "(^|[ *])${name%()}\(" "$tree/$file" 2>/dev/null; then
		echo "ok $count - $file $name"
	else
		echo "not ok $count - $file $name"
	fi
done < <(grep -E '^    (core|sdk|plugins)/[a-z0-9_/]+\.[ch] +[a-z0-9_]+\(\)' "$tree/core/README")
[ $count -gt 40 ] || echo "Bail out! core/README has only $count places"
echo "1..$count"
