# `hospes policy check` finds every mistake of a configuration before a host reads it, and tells what a reload would do.
. "$TESTS/lib.sh"
plan 42

# check [FILE]: $code, $T/out (for people), $T/json
check()
{
	hospes policy check --json "$@" >"$T/json" 2>"$T/err"
	hospes policy check "$@" >"$T/out" 2>"$T/err"
	code=$?
}

# tells 'JQ': is there a finding for which this holds?
tells()
{
	jq -e ".findings | any($1)" "$T/json" >"$T/jq" 2>&1
	ok $? "$2" || sed 's/^/# /' "$T/out"
}

prints()
{
	grep -qF -- "$1" "$T/out"
	ok $? "prints: $1" || sed 's/^/# /' "$T/out"
}

# ---- Without a host ----------------------------------------------------------------------------------------------------

mkdir -p -m 0755 "$DROP" "$T/files"
drop wordcount
drop survey
drop quotes
cat >"$T/bad.conf" <<CONF
plugin_dirs = [ "$DROP" ];
run: {
	depht = 3;
	calls = 0;
	wall = "soon";
};
cells: { fibers = 9000; };
plugins: {
	survey: { at_once = "many"; };
	wordcuont: { a = 1; };
};
grants: { survey: { http = [ "http://127.0.0.1:*" ]; needs = [ "call:nobody" ]; }; };
limits: { wordcount: { recursion = 2; }; };
grounding: { survey: { checks = [ "quots", "wordcount", "quotes" ]; }; };
last = 1;
CONF
check "$T/bad.conf"
is "$code" 1 "mistakes: the exit code is 1"
tells '.mistake and .line == 3 and .key == "run.depht" and .nearest == "run.depth"' "an unknown key, and the nearest known one"
tells '.mistake and .line == 4 and .key == "run.calls" and .found == "the number 0" and (.allowed | test("from 1 to"))' "a value out of range"
tells '.mistake and .line == 5 and .key == "run.wall" and (.allowed | test("a time from"))' "a value of the wrong type"
tells '.mistake and .line == 7 and .key == "cells.memory"' "stacks that do not fit into a cell"
tells '.mistake and .line == 9 and .key == "plugins.survey.at_once"' "a setting that the notes do not allow"
tells '(.mistake | not) and .line == 10 and .key == "plugins.wordcuont" and .nearest == "wordcount"' "a plugin that is not there"
tells '(.mistake | not) and .line == 12 and .key == "grants.survey.http" and (.text | test("loopback"))' "a private address without private"
tells '(.mistake | not) and .key == "grants.survey.needs" and .found == "call:nobody"' "a need that the notes do not have"
tells '(.mistake | not) and .line == 13 and .key == "limits.wordcount.recursion"' "recursion that the notes do not ask for"
tells '.mistake and .line == 14 and .found == "quots" and .nearest == "quotes"' "a check that is not there"
tells '.mistake and .found == "wordcount" and (.text | test("no check"))' "a plugin that is no check"
tells '.mistake and .line == 15 and .key == "last"' "the last line is looked at too"
is "$(jq '[.findings[] | select(.found == "quotes")] | length' "$T/json")" 0 "a check that is there is not told"
is "$(jq -c '[.mistakes, .refused, .host, has("changes")]' "$T/json")" '[8,true,false,false]' "8 mistakes, and no host"
is "$(jq -c '[.findings[] | select(.mistake) | .line] | . == sort' "$T/json")" true "in the order of the lines"
prints "$T/bad.conf:3: run.depht: there is no such key; did you mean run.depth?"
is "$(hospesd -c "$T/bad.conf" 2>&1 | grep -c 'run.depht: there is no such key')" 1 "which is what a host says"

cat >"$T/odd.conf" <<CONF
plugin_dirs = [ "$DROP" ];
plugins: { reader: { words = "none.txt"; }; };
CONF
plugin_made reader <<'C'
#include <hospes.h>
static int
read_it(hospes_ctx *ctx)
{
	return hospes_reply(ctx, json_string(hospes_config_text(ctx, "words")));
}
HOSPES_AGENT("reader", "1.0.0", "Says its words", read_it)
HOSPES_CONFIG("words", "file", "words")
C
cp "$T/reader.so" "$DROP/"
check "$T/odd.conf"
is "$code" 3 "warnings alone: 3"
tells '(.mistake | not) and .line == 2 and (.text | test("no file none.txt"))' "a file of settings that is not there"
ln -s "$T/odd.conf" "$T/files/none.txt"
check "$T/odd.conf"
tells '.mistake and .line == 2 and (.text | test("symbolic link"))' "or that cannot be read"
is "$code" 1 "which is a mistake"
rm "$T/files/none.txt"
printf 'one' >"$T/files/none.txt"
check "$T/odd.conf"
is "$code" 0 "in order: 0" || sed 's/^/# /' "$T/out"
chmod 0777 "$DROP" "$T/files"
check "$T/odd.conf"
tells '.mistake and .key == "plugin_dirs" and (.text | test("0777"))' "a plugin folder that others may write to"
tells '(.mistake | not) and .found == "'"$T"'/files"' "and the folder of files"
chmod 0755 "$DROP" "$T/files"
check "$T/nowhere.conf"
is "$code" 1 "no file is a mistake"

# ---- Beside a host -----------------------------------------------------------------------------------------------------

host_start 'run: { depth = 4; };'
check
is "$code" 0 "without FILE it is that of the host" || sed 's/^/# /' "$T/out"
prints "the host has all of it already"
before=$(api /v1/policy | jq -S .)
conf_write 'run: { depth = 2; input = "32M"; }; limits: { survey: { concurrency = 3; }; };'
check
is "$code" 0 "a file with changes is in order"
is "$(jq -c '.changes | map([.key, .from, .to, .reloadable])' "$T/json")" \
    '[["run.depth","4","2",true],["run.input","64M","32M",false],["limits.survey.concurrency","0","3",true]]' "what would change, and when"
prints "waits until the host starts again"
is "$(api /v1/policy | jq -S .)" "$before" "a check changes nothing"
kill -HUP "$HOST"
wait_for "logged 'configuration was read again'"
is "$(grep -oE 'msg=changed key=[a-z.]+' "$T/host.log" | sort | tr '\n' ' ')" \
    "msg=changed key=limits.survey.concurrency msg=changed key=run.depth " "and the reload does what was told"
check "$T/hospes.conf"
is "$(jq -c '[.changes[].key]' "$T/json")" '["run.input"]' "what waits for the restart is told still"
cp "$DROP/quotes.so" "$T/quotes.so"
rm "$DROP/quotes.so"
conf_write 'grounding: { survey: { checks = [ "quotes" ]; }; };'
check
is "$code" 0 "a check that the host alone still has is there"
conf_write 'run: { depth = 1; }; last = 1;'
check
prints "the host would refuse it: a reload (SIGHUP) changes nothing"
is "$(jq -c '[.refused, .changes]' "$T/json")" '[true,[]]' "a file with mistakes changes nothing"
is "$(hospes policy check --socket "$T/none.sock" --json 2>/dev/null | jq -r '.error.code')" no_host "a host that was asked for has to answer"

# ---- For others than its owner -----------------------------------------------------------------------------------------

if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	chmod 0666 "$T/run/host.sock"
	conf_write 'run: { depth = 3; };'
	someone=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	is "$("${someone[@]}" curl -s --unix-socket "$T/run/host.sock" http://host/v1/policy | jq -r '.error.code')" permission_denied "somebody else is not told what the host has"
	"${someone[@]}" hospes policy check "$T/hospes.conf" >"$T/out" 2>"$T/err"
	prints "the host does not tell you what it has"
	chmod 0600 "$T/run/host.sock"
else
	ok 0 "somebody else is not told what the host has # SKIP only root can be somebody else"
	ok 0 "nor by the command # SKIP only root can be somebody else"
fi
conf_write 'user = "nobody-of-this-name"; socket_group = "nobody-of-this-name"; cell_uids = "1-9"; journal: { size = "1000000G"; };'
check
is "$(jq -r '.findings[] | .key' "$T/json" | sort | tr '\n' ' ')" 'cell_uids journal.size socket_group user ' "users, groups and room on the disk are looked for"
is "$code" 3 "and told as warnings" || sed 's/^/# /' "$T/out"
