# Two files with one name and version but other bytes: the first stays, the second is refused as version_conflict.
. "$TESTS/lib.sh"
plan 4
host_start
plugin wordcount

{ cat "$(so wordcount)"; printf 'other bytes'; } >"$T/other.so"
hospes install "$T/other.so" --json >"$T/out" 2>"$T/err"; code=$?
fails_with version_conflict "a second wordcount 1.0.0 is refused"
cp "$T/other.so" "$DROP/other.so"
holds "wait_for 'logged version_conflict'" "so is one that is dropped, and the log says why"
is "$(hospes versions wordcount --json | jq length)" 1 "there is one version of it"
run wordcount '{"name": "a", "text": "x"}'
succeeds "the first one goes on answering"
