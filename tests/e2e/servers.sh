# Who is outside: servers that a run reaches, and a bad line to the host.  Sourced by lib.sh.

# ---- The web server (fixtures/webd.c) ------------------------------------------------------------------------------------

# Starts it; $WEB is its URL.  It ends when its stdin does, which is ours.
web_start()
{
	mkfifo "$T/web.stdin"
	"$BUILT/tests/fixtures/webd" <"$T/web.stdin" >"$T/web.port" 2>"$T/web.log" &
	exec 6>"$T/web.stdin"
	wait_for '[ -s "$T/web.port" ]' || exit 1
	WEB=http://127.0.0.1:$(tr -dc 0-9 <"$T/web.port")
}

# web PATH: asks it something; on stdout.
web()
{
	curl -s --max-time 30 "$WEB$1"
}

# How often a path was asked for.
web_count()
{
	web /count | jq -r --arg path "$1" '.paths[$path] // 0'
}

# ---- A bad line to the host (fixtures/lossy.c) ---------------------------------------------------------------------------

# lossy_start WHAT BYTES TIMES: from here on commands reach the host over it; $T/lossy.out has a line for each cut.
lossy_start()
{
	rm -f "$T/run/lossy.sock"
	"$BUILT/tests/fixtures/lossy" "$T/run/lossy.sock" "$T/run/host.sock" "$@" \
	    >"$T/lossy.out" 2>"$T/lossy.err" &
	LOSSY=$!
	wait_for '[ -S "$T/run/lossy.sock" ]'
	export HOSPES_SOCKET=$T/run/lossy.sock
}

lossy_stop()
{
	[ -z "$LOSSY" ] || kill "$LOSSY" 2>/dev/null
	wait "$LOSSY" 2>/dev/null
	LOSSY=
	export HOSPES_SOCKET=$T/run/host.sock
}

# ---- The counting server (chaos/counting_server.c) ---------------------------------------------------------------------

# Starts it; $WORLD is its URL, $T/world.log its log.  It ends when its stdin does, which is ours.
world_start()
{
	mkfifo "$T/world.stdin"
	"$BUILT/tests/chaos/counting_server" "$T/world.log" <"$T/world.stdin" >"$T/world.port" &
	exec 7>"$T/world.stdin"
	wait_for '[ -s "$T/world.port" ]' || exit 1
	WORLD=http://127.0.0.1:$(tr -dc 0-9 <"$T/world.port")
}

# What came of a path, with its query or any: "KEY FATE", a line each.
world_saw()
{
	awk -v path="$1" '$3 == path || index($3, path "?") == 1 { print $4, $6 }' "$T/world.log" 2>/dev/null
}

# How often a path was asked for.
world_count()
{
	world_saw "$1" | wc -l
}
