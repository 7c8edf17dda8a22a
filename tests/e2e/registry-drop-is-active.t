# A plugin copied into a plugin folder is active at once: inspected, stored by its hash, loaded, listed, said on the log.
. "$TESTS/lib.sh"
plan 8
host_start

is "$(hospes agents --json | jq length)" 0 "an empty folder has no agents"
plugin wordcount
is "$(hospes agents --json | jq -c '.[0] | [.name, .version, .kind, .state]')" \
    '["wordcount","1.0.0","agent","active"]' "name, version, kind and state are listed"
is "$(hospes agents --json | jq -r '.[0].capabilities[]')" count.words "and what it can do"
holds "logged 'version active.*wordcount'" "a log line says so"

hash=$(sha256sum "$DROP/wordcount.so" | cut -d' ' -f1)
object=$(find "$T/state" -name "$hash*" -type f | head -n 1)
holds "[ -n '$object' ]" "its object is named by its SHA-256"
is "$(stat -c %a "$object")" 444 "and nobody may write to it"

run wordcount '{"name": "a", "text": "one two\nthree\n"}'
succeeds "it answers"
result '[.lines, .words]' '[2,3]' "and rightly"
