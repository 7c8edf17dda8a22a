# A space belongs to a client of the host: what an agent was told by one user it does not tell another.
. "$TESTS/lib.sh"
[ "$(id -u)" -eq 0 ] || skip_all "only root can be two clients"
command -v setpriv >/dev/null || skip_all "setpriv is not here"
setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$STAGE/bin/hospes" ||
    skip_all "an ordinary user cannot read the build folder"
plan 6
host_start
plugin keeper
# Two who may use the socket: root, and the user that the host became.
OTHER=$(stat -c %u "$HOSPES_SOCKET")
# run_as UID PLUGIN INPUT
run_as()
{
	setpriv --reuid="$1" --regid="$1" --clear-groups hospes run "$2" --input "$3" --json >"$T/out" 2>"$T/err" </dev/null
	code=$?
	id=$(jq -r '.id // empty' "$T/out" 2>/dev/null)
}

run_as "$OTHER" keeper '{"do": [{"op": "remember", "key": "secret", "value": "of another"}]}'
succeeds "one client remembers"
run_as 0 keeper '{"do": [{"op": "recall", "key": "secret"}, {"op": "list"}]}'
result '[.[0].error, .[1].keys]' '["not_found",[]]' "another does not see it, nor that there is something"
run_as 0 keeper '{"do": [{"op": "remember", "key": "secret", "value": "of root", "version": 0}]}'
result '.[0]' true "and may use the same key"
run_as "$OTHER" keeper '{"do": [{"op": "recall", "key": "secret"}]}'
result '.[0]' '{"value":"of another","version":1}' "which changes nothing for the first"
run_as "$OTHER" keeper '{"do": [{"op": "search", "query": "root"}]}'
result '.[0].found' '[]' "nor does a search find it"
run_as 0 keeper '{"do": [{"op": "search", "query": "root"}]}'
result '[.[0].found[].key]' '["secret"]' "except for whom it belongs to"
