# Asking: `hospes ask` on private hosts, and what is to be seen of its answers.  Sourced by lib.sh.

own_plugin()
{
	mkdir -p "$HOME/.local/share/hospes/plugins"
	cp "$(so "$1")" "$HOME/.local/share/hospes/plugins/"
}

ask()
{
	hospes ask "$@" --strategy briefer >"$T/out" 2>"$T/err" </dev/null
	code=$?
}

# asked QUESTION PATH...: what the supervisor and its agents say, as they were installed (see `installed`), on a private host;
# $code, and the answer in $T/out.
asked()
{
	local question=$1
	shift
	hospes ask "$question" --sources "$@" --json >"$T/out" 2>"$T/err" </dev/null
	code=$?
}

# cited DOCUMENT TEXT: is a source of the answer of a document of this name, and has this text, whatever the white space?
cited()
{
	jq -e --arg name "$1" --arg text "$2" '.sources | any(.document == $name and
	    (.quote | gsub("\\s+"; " ") | contains($text)))' "$T/out" >/dev/null
}

# cites DOCUMENT TEXT "why"
cites()
{
	cited "$1" "$2"
	ok $? "$3" || note "$(jq -c '.error // (.sources[] | [.document, .quote])' "$T/out" 2>/dev/null | head -c 3000)"
}

# cites_nothing "why": the sources do not tell.
cites_nothing()
{
	[ "$code" -eq 3 ] && jq -e '.answer == "none" and .points == [] and .sources == [] and .confidence == 0' "$T/out" >/dev/null
	ok $? "$1" || note "exit status $code: $(jq -c '.error // [.points[].text]' "$T/out" 2>/dev/null | head -c 2000)"
}

# quotes_stand FOLDER: is each quote what stands in the named bytes of the file of its document's name there?
quotes_stand()
{
	local name from to i
	for ((i = 0; i < $(jq '.sources | length' "$T/out"); i++)); do
		{ read -r from; read -r to; read -r name; } < <(jq -r ".sources[$i] | .from, .to, .document" "$T/out")
		jq -j ".sources[$i].quote" "$T/out" |
		    cmp -s - <(tail -c +$((from + 1)) "$1/$name" | head -c $((to - from))) || {
			note "source $((i + 1)) is not what stands in $name, bytes $from to $to"
			return 1
		}
	done
}

# The same in the background, as on a terminal: a shell has its background commands ignore SIGINT; env gives it back.
ask_start()
{
	env --default-signal=INT hospes ask "$@" --strategy briefer >"$T/out" 2>"$T/err" </dev/null &
	ASKING=$!
}

# The socket of the one private host there is, once it has a run open.
private_run()
{
	wait_for 'PRIVATE=$(echo "$TMPDIR"/hospes-ask-*/s) && [ -S "$PRIVATE" ]' &&
	    wait_for '[ "$(hospes ps --socket "$PRIVATE" --json 2>/dev/null | jq length)" = 1 ]'
}

nothing_left()
{
	wait_for '! ls "$TMPDIR"/hospes-* >/dev/null 2>&1 && ! pgrep -f "$TMPDIR/hospes-" >/dev/null'
	ok $? "$1" || { ls -l "$TMPDIR"; pgrep -af "$TMPDIR/hospes-"; } | sed 's/^/# left: /'
}

# A folder of three documents: $T/docs.
documents()
{
	mkdir -p "$T/docs/more"
	printf 'Alpha is the first letter.\n\nIt has a name.\n' >"$T/docs/alpha"
	printf '# Beta\n\nBeta comes after alpha.\n' >"$T/docs/beta.md"
	printf 'Gamma is the third.\n' >"$T/docs/more/gamma.txt"
}

# The names of the spaces that the host has for us.
spaces()
{
	curl -s --unix-socket "$HOSPES_SOCKET" http://host/v1/memory | jq -c 'map(.space) | sort'
}
