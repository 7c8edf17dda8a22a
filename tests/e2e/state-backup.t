# A backup of a host under load is whole: what was accepted before is in it, and a host opens what was restored from it.
. "$TESTS/lib.sh"
plan 27
host_start 'user = ""; run: { at_once = 64; };'
plugin echo
plugin keeper
plugin chain; plugin chain-1; plugin chain-2
documents
hospes memory load letters "$T/docs" >/dev/null 2>&1
run keeper '{"do": [{"op": "remember", "key": "n", "value": "before"}]}'

# Runs, values and documents, one after the other, until told to stop; what was accepted is written down.
load()
{
	local n=0
	while [ ! -e "$T/enough" ]; do
		n=$((n + 1))
		hospes run chain --input '{"levels": 2}' --json --detach 2>/dev/null | jq -r '.id // empty' >>"$T/accepted.$1"
		hospes run keeper --input '{"do": [{"op": "remember", "key": "'$1'", "value": '$n'}]}' --json 2>/dev/null |
		    jq -r 'select(.status == "ok") | .id' >>"$T/accepted.$1"
		printf 'Document %s of %s\n' "$n" "$1" >"$T/$1.txt"
		hospes memory load "load" "$T/$1.txt" >/dev/null 2>&1
		[ $((n % 3)) -ne 0 ] || hospes memory drop load >/dev/null 2>&1
	done
}
load a & loads=$!
load b & loads="$loads $!"
wait_for '[ "$(cat "$T"/accepted.* 2>/dev/null | wc -l)" -ge 10 ]'
for n in 1 2 3; do
	cat "$T"/accepted.* >"$T/before.$n"
	hospes backup "$T/backup.$n" --json >"$T/out" 2>"$T/err"; code=$?
	is "$code" 0 "backup $n under load" || shown
done
touch "$T/enough"
wait $loads

# results ID-FILE: how each of these runs ended, and with what.
results()
{
	local run
	while read -r run; do
		hospes wait "$run" --json 2>"$T/err" | jq -c '[.id, .status, .result]'
	done <"$1"
}
results "$T/before.3" >"$T/results"
is "$(jq -r '.[1]' "$T/results" | sort | uniq -c | awk '{ print $2, $1 }')" "ok $(wc -l <"$T/before.3")" "all of them end well"
is "$(jq -c '[.format, .files > 5, .lsn > 0, .bytes > 0]' "$T/out")" '[1,true,true,true]' "it says what is in it"
[ "$(wc -l <"$T/before.3")" -gt "$(wc -l <"$T/before.1")" ]
ok $? "runs went on meanwhile ($(wc -l <"$T/before.1") to $(wc -l <"$T/before.3"))"

# ---- What is refused ----

hospes backup "$T/backup.1" >"$T/out" 2>"$T/err"; code=$?
holds '[ $code -ne 0 ] && grep -q "conflict.*should be empty" "$T/err"' "a folder that is not empty is refused"
hospes backup "$T/state/inside" >"$T/out" 2>"$T/err"; code=$?
holds '[ $code -ne 0 ] && grep -q "bad_input.*in the state directory" "$T/err"' "so is one in the state directory"
mkdir -m 0777 "$T/shared"
hospes backup "$T/shared" >"$T/out" 2>"$T/err"; code=$?
holds '[ $code -ne 0 ] && grep -q "wrong_owner.*written to by others" "$T/err"' "so is one that others may write to"
rmdir "$T/shared"
mkdir "$T/theirs" && ln -s "$T/theirs" "$T/link"
hospes backup "$T/link" >"$T/out" 2>"$T/err"; code=$?
holds '[ $code -ne 0 ] && [ -z "$(ls -A "$T/theirs")" ]' "no link is followed to where it goes"
hospes restore "$T/backup.1" "$T/state" --config "$T/hospes.conf" >"$T/out" 2>"$T/err"; code=$?
holds '[ $code -ne 0 ] && grep -q "in_use" "$T/err"' "nothing is restored over a host that runs"
chmod 755 "$T/run"; chmod 666 "$T/run/host.sock" 2>/dev/null
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	as_user curl -s --unix-socket "$HOSPES_SOCKET" -d '{"dir": "/tmp/x"}' http://host/v1/backup >"$T/out" 2>"$T/err"
	is "$(jq -r .error.code "$T/out")" permission_denied "somebody else may not ask for one"
else
	ok 0 "somebody else may not ask for one # SKIP that needs root"
fi
host_stop
hospes backup "$T/state/objects/inside" --config "$T/hospes.conf" >"$T/out" 2>"$T/err"; code=$?
holds '[ $code -ne 0 ] && grep -q "bad_input.*in the state directory" "$T/err"' "nor is one made there without a host"
hospes restore "$T/backup.1" "$T/state" --config "$T/hospes.conf" >"$T/out" 2>"$T/err"; code=$?
holds '[ $code -ne 0 ] && grep -q "conflict" "$T/err"' "nor over a state directory that is not empty"

# ---- What is restored ----

# opened N "why": the backup restored; it is sound, and every run that was accepted before it is there, and ends with the result
# that it had.
opened()
{
	rm -rf "$T/state"
	hospes restore "$T/backup.$1" "$T/state" --config "$T/hospes.conf" >"$T/out" 2>"$T/err" || shown
	host_launch || { note "the host did not start"; tail -n 5 "$T/host.log" | sed 's/^/# /'; }
	hospes ps --all --limit 10000 --json | jq -r '.[].id' | sort >"$T/listed"
	sort "$T/before.$1" | comm -23 - "$T/listed" >"$T/missing"
	is "$(cat "$T/missing")" "" "$2"
	results "$T/before.$1" >"$T/again"
	diff <(grep -Ff "$T/before.$1" "$T/results" | sort) <(sort "$T/again") >"$T/differ"
	ok $? "and end with the results that they had" || note "$(head "$T/differ")"
	hospes journal verify --json >"$T/out" 2>"$T/err"
	is "$? $(jq -r .ok "$T/out")" "0 true" "what was restored is sound" || shown
}
opened 1 "all runs of the first backup are there"
is "$(hospes show "$(head -n 1 "$T/before.1")" --json | jq -r .state)" ended "and one is shown"
host_stop
opened 3 "all runs of the last one too"
wait_for 'hospes memory search letters "first letter" --json | jq -e ".found | length > 0" >/dev/null'
is "$(hospes memory search letters "first letter" --json | jq -r '.found[0].document')" alpha \
    "a document is found, by an index made anew"
run keeper '{"do": [{"op": "recall", "key": "n"}]}'
result '.[0].value' '"before"' "a value is recalled"
run chain '{"levels": 2}'
succeeds "and runs go on"
host_stop

# ---- A backup without a host, and a damaged one ----

hospes backup "$T/cold" --config "$T/hospes.conf" --json >"$T/out" 2>"$T/err"; code=$?
is "$code" 0 "a state directory that no host uses is backed up too" || shown
rm -rf "$T/other"
hospes restore "$T/cold" "$T/other" --config "$T/hospes.conf" >"$T/out" 2>"$T/err"
files()
{
	(cd "$1" && find format journal store/data.mdb objects memory/documents -type f -not -path '*/.*' -exec sha256sum {} + | sort)
}
diff <(files "$T/state") <(files "$T/other") >"$T/differ" 2>&1
ok $? "and comes back as it was" || note "$(head "$T/differ")"
for file in store/data.mdb "journal/$(ls "$T/cold/journal" | head -n 1)" "objects/$(ls "$T/cold/objects" | head -n 1)"; do
	cp -a "$T/cold" "$T/bad"
	chmod u+w "$T/bad/$file"
	printf '\x5a' | dd of="$T/bad/$file" bs=1 seek=200 conv=notrunc 2>/dev/null
	rm -rf "$T/other"
	hospes restore "$T/bad" "$T/other" --config "$T/hospes.conf" >"$T/out" 2>"$T/err"; code=$?
	[ $code -ne 0 ] && grep -q "damaged.*$file" "$T/err" && [ ! -e "$T/other" ] || echo "$file" >>"$T/unnoticed"
	rm -rf "$T/bad"
done
[ ! -e "$T/unnoticed" ]
ok $? "one byte changed in a backup is noticed before anything is written" || note "$(cat "$T/unnoticed") $(cat "$T/err")"
