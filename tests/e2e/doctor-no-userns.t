# Where user namespaces are switched off, root does without them, and an ordinary user without all that hangs on them: what is
# required holds, and a host starts.
. "$TESTS/lib.sh"
user_can || skip_all "an ordinary user cannot read the build folder"
plan 9
if [ "$(id -u)" -eq 0 ]; then
	doctor without userns
	is "$code" 0                    "as root every required layer holds" || shown
	is "$(jq -r .uid "$T/out"), $(lacks | grep -cw uid)" "their own, 0" "by uids of their own"
else
	ok 0 "as root # SKIP we are not"
	ok 0 "as root # SKIP we are not"
fi
doctor as_user "$BUILT/tests/fixtures/without" userns
is "$code" 0                            "as a user too" || shown
is "$(jq -c '[.layers[] | select(.name == "uid" or .name == "net_ns" or .name == "pid_ns" or .name == "mount_ns" or .name == "ipc_ns") | .holds] | unique' "$T/out")" \
    '[false]' "without namespaces none of those layers is claimed"
is "$(jq -c '[.layers[] | select(.required) | .holds] | unique' "$T/out")" '[true]' "what is required holds"
is "$(found net_ns tcp) $(found network tcp)" "NOT: it worked ENOSYS" "the network is not another, and closed by the filter"
is "$(found signals host) $(found signals parent)" "ENOSYS ENOSYS" "and so is the host, though it is the same user's"
holds doctor_left_nothing               "it leaves nothing behind"
mkdir -m 0755 "$DROP"
[ "$(id -u)" -ne 0 ] || chown 65534:65534 "$T" "$DROP"
hospesd()
{
	exec "${user[@]}" "$BUILT/tests/fixtures/without" userns "$STAGE/sbin/hospesd" "$@"
}
user=(env)
[ "$(id -u)" -ne 0 ] || user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
host_start
as_user cp "$(so wordcount)" "$DROP/"
wait_for '[ "$(active wordcount)" = 1.0.0 ]'
run wordcount '{"name": "a", "text": "x"}';     succeeds "a host starts there, and a plugin answers"
