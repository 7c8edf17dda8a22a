# All of it works for an ordinary user, with no root anywhere.
. "$TESTS/lib.sh"
[ "$(id -u)" -eq 0 ] || skip_all "the other scenarios run as an ordinary user already"
command -v setpriv >/dev/null || skip_all "setpriv is not here"
setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$STAGE/bin/hospes" -a -r "$(so wordcount)" ||
    skip_all "an ordinary user cannot read the build folder"
plan 7
mkdir -m 0755 "$T/home" "$DROP"
chown 65534:65534 "$T" "$T/home" "$DROP"
export HOME=$T/home
as_user()
{
	setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}
hospesd()
{
	exec setpriv --reuid=65534 --regid=65534 --clear-groups "$STAGE/sbin/hospesd" "$@"
}
host_start
is "$(stat -c %U "$T/state")" "$(id -un 65534)" "the state is the user's"
is "$(find "$T/state" -perm /066 | head -n 3)" "" "and nobody else reads or writes it"
as_user cp "$(so wordcount)" "$DROP/"
holds 'wait_for "[ \"\$(active wordcount)\" = 1.0.0 ]"' "a plugin is active"
run wordcount '{"name": "a", "text": "x"}';     succeeds "and answers"
is "$(ps -o uid= -p $(cell_pids | head -n 1) | tr -d ' ')" 65534 "its cell has no other uid"
as_user hospes doctor --json >"$T/out" 2>"$T/err" </dev/null; code=$?
is "$code" 0 "doctor finds what is required" || shown
is "$(jq '[.layers[] | select(.required and (.holds | not))] | length' "$T/out")" 0 "without root"
