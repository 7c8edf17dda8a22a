# Other users, machines that lack something, and what `hospes doctor` finds.  Sourced by lib.sh.

# as_user COMMAND...: as an ordinary user.
as_user()
{
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
	else
		"$@"
	fi
}

# Can that user run what was built?  And write where others do?
user_can()
{
	chmod 1777 "$TMPDIR"
	command -v setpriv >/dev/null && as_user test -x "$STAGE/bin/hospes" -a -r "$(so wordcount)"
}

# without WHAT[,WHAT]... COMMAND...: on a machine that lacks these (fixtures/without.c).
without()
{
	"$BUILT/tests/fixtures/without" "$@"
}

# doctor [PREFIX...]: the command before it, if any; $code, $T/out.
doctor()
{
	: "${MEMORY_BEFORE=$(doctor_memory)}"
	"$@" hospes doctor --json >"$T/out" 2>"$T/err" </dev/null
	code=$?
}

# Names of layers that do not hold, of those given or of all.
lacks()
{
	jq -r '.layers[] | select(.holds | not) | .name' "$T/out" | sort | xargs
}

# How a try ended: found LAYER TRY.
found()
{
	jq -r --arg layer "$1" --arg row "$2" '.layers[] | select(.name == $layer) | .tries[] | select(.name == $row) |
	    if .refused then .found else "NOT: " + .found end' "$T/out"
}

# Shared memory of doctors that are no more: its key has the pid.
doctor_memory()
{
	local key
	for key in $(ipcs -m 2>/dev/null | awk '$1 ~ /^0x4/ { print $1 }'); do
		kill -0 $((key - 0x40000000)) 2>/dev/null || echo "$key"
	done
}

# A doctor puts away what it held out for its probes.
doctor_left_nothing()
{
	[ -z "$(ls -d "$TMPDIR"/hospes-doctor.* 2>/dev/null)" ] && [ "$(doctor_memory)" = "$MEMORY_BEFORE" ]
}
