# A host killed in the middle of loading has kept what it had acknowledged; loading again brings the rest, each text once.
. "$TESTS/lib.sh"
plan 9
host_start
n=300
mkdir "$T/docs"
for ((i = 0; i < 6; i++)); do
	cat /usr/share/common-licenses/GPL-3
done >"$T/long"
for ((i = 0; i < n; i++)); do
	{
		echo "This is the copy marker$i of the licence."
		cat "$T/long"
	} >"$T/docs/copy$i"
done

documents()
{
	hospes memory list --json 2>/dev/null | jq '.[0].documents // 0'
}

hospes memory load copies "$T/docs" --json >"$T/load" 2>"$T/load.err" &
loader=$!
wait_for '[ "$(documents)" -gt 0 ]'
ok $? "some of the documents are there"
host_crash
wait "$loader"; code=$?
is "$code $(jq -r .error.code "$T/load")" "5 no_host" "the loader says that the host has gone"

host_launch
ok $? "the host starts again"
kept=$(documents)
note "$kept of $n documents were kept"
holds "[ $kept -gt 0 ] && [ $kept -lt $n ]" "what was acknowledged is still there"
hospes memory load copies "$T/docs" --json >"$T/out" 2>"$T/err"; code=$?
is "$code $(jq -c '[.documents, .new, .skipped]' "$T/out")" "0 [$n,$((n - kept)),0]" "the rest is loaded" || shown
hospes memory list copies --documents --json >"$T/out"
is "$(jq -c '[length, (map(.digest) | unique | length), (map(.document) | unique | length)]' "$T/out")" "[$n,$n,$n]" \
    "everything is there once"
is "$(jq -r '.[] | select(.document == "copy17") | .digest' "$T/out")" "$(sha256sum <"$T/docs/copy17" | cut -d' ' -f1)" \
    "with its text"
found=0
for i in 0 1 17 150 298 299; do
	[ "$(hospes memory search copies "marker$i" --json | jq -r '[.found[].document] | join(" ")')" = "copy$i" ] && found=$((found + 1))
done
is "$found" 6 "everything is found"
is "$(find "$T/state" -path '*documents*' -type f ! -name '*.tmp*' | wc -l)" "$n" "and lies on the disk once"
