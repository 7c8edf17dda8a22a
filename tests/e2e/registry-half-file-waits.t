# A file that is still being written is not taken in; once whole, it is, without anybody asking.
. "$TESTS/lib.sh"
plan 4
host_start

so=$(so wordcount)
size=$(stat -c %s "$so")
exec 7>"$DROP/wordcount.so"
head -c $((size / 2)) "$so" >&7
plugin survey                           # taken in after it: the host has looked at the folder since
is "$(active wordcount)" "" "half a file is not active"
is "$(hospes versions wordcount --json 2>/dev/null | jq 'length // 0' 2>/dev/null || echo 0)" 0 "nor known"
tail -c +$((size / 2 + 1)) "$so" >&7
exec 7>&-
holds "wait_for '[ \"\$(active wordcount)\" = 1.0.0 ]'" "the whole one is active as soon as its writer closed it"
run wordcount '{"name": "a", "text": "x"}'
succeeds "and it answers"
