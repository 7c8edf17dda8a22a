# A strategy fans out to agents over real files and URLs and joins them; what failed is reported beside the rest.
. "$TESTS/lib.sh"
plan 10
web_start
host_start "grants = { fetch = { http = [ \"$WEB\" ]; private = true; }; };"
plugin wordcount
plugin fetch
plugin survey

printf 'one two\nthree\n' >"$T/a.txt"
printf 'Zeile eins und die Zeile zwei\n' >"$T/b.txt"
printf '\xff\xfe\x00' >"$T/c.bin"
run survey "{\"files\": [{\"\$file\": \"$T/a.txt\"}, {\"\$file\": \"$T/b.txt\"}, {\"\$file\": \"$T/c.bin\"}],
    \"urls\": [\"$WEB/html\", \"$WEB/status?code=404\", \"$WEB/drop\", \"http://example.org/not-granted\"]}"
is "$code" 3 "some failed: exit status 3"
is "$(jq -r .status "$T/out")" partial "the run is partial"
result '[.files[].words]' '[3,6,null]' "files are counted, one that is not text by its size"
result '.files[2].bytes' 3 "which is right"
result '[.urls[].url]' "[\"$WEB/html\"]" "the URL that answers is there"
result '[.failed[].code] | sort' '["failed","http_failed","permission_denied"]' "the others say why not"
is "$(jq '.partial | length' "$T/out")" 3 "in the run too"

run survey "{\"files\": [{\"\$file\": \"$T/a.txt\"}]}" --set survey.at_once=1
succeeds "files alone are whole"
is "$(hospes show "$id" --json | jq -c '[.. | objects | select(.plugin? == "wordcount") | .status] | unique | length')" 1 \
    "the tree has its calls"
hospes show "$id" >"$T/out" 2>&1
holds "grep -q wordcount '$T/out'" "and shows them"
