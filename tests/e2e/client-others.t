# What a client does for good it does to what is its own: a document that two have stays the other's, and keys are apart.
. "$TESTS/lib.sh"
[ "$(id -u)" -eq 0 ] || skip_all "only root can be two clients"
command -v setpriv >/dev/null || skip_all "setpriv is not here"
setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$STAGE/bin/hospes" ||
    skip_all "an ordinary user cannot read the build folder"
plan 10
host_start
plugin keeper
OTHER=$(stat -c %u "$HOSPES_SOCKET")
printf 'A document that both of them have: zebra.\n' >"$T/doc.txt"
chmod 644 "$T/doc.txt"
digest=$(sha256sum "$T/doc.txt" | cut -d' ' -f1)
# as UID ARGS...
as()
{
	local uid=$1
	shift
	HOME=/tmp setpriv --reuid="$uid" --regid="$uid" --clear-groups "$@" </dev/null
}
# reads UID: a run of that client reads the document.
reads()
{
	as "$1" hospes run keeper --sources letters --json \
	    --input '{"do": [{"op": "document", "space": "sources", "digest": "'"$digest"'", "from": 0, "to": 100}]}' 2>>"$T/err" | jq -r .id
}
for uid in 0 "$OTHER"; do
	as "$uid" hospes memory load letters "$T/doc.txt" >/dev/null 2>>"$T/err"
done
theirs=$(reads "$OTHER")
own=$(reads 0)
hospes erase "$digest" >"$T/out" 2>"$T/err"
ok $? "root erases a document" || sed 's/^/# /' "$T/err"
is "$(hospes memory list letters --documents --json 2>/dev/null | grep -c "$digest")" 0 "it has left root's space"
is "$(as "$OTHER" hospes memory list letters --documents --json | grep -c "$digest")" 1 "and not that of another client"
again=$(reads "$OTHER")
is "$(hospes show "$again" --json | jq -r .status)" ok "who can still read it"
is "$(hospes show "$theirs" --json | jq -r '.erased // "kept"')" kept "the other's run that had read it is kept"
[ "$(hospes show "$own" --json | jq -r '.erased // "kept"')" != kept ]
ok $? "and root's is not"
as "$OTHER" hospes erase "$digest" >"$T/out" 2>"$T/err"
ok $? "the other may erase it as well" || sed 's/^/# /' "$T/err"
is "$(for one in "$theirs" "$again"; do hospes show "$one" --json | jq -r 'has("erased")'; done | tr '\n' ' ')" "true true " \
    "with both runs that read it"
as "$OTHER" hospes erase "$digest" >"$T/out" 2>"$T/err"
[ $? -ne 0 ] && grep -q not_found "$T/err"
ok $? "once"
is "$(find "$T/state/memory/documents" -type f | wc -l)" 0 "and then no file of it is left"
