# A configuration with a wrong key, type or value is refused with file, line, key and what is allowed.
. "$TESTS/lib.sh"
plan 12

# refused LINE TEXT...: does the host refuse it and say all of that?
refused()
{
	local why=$1
	shift
	printf 'state = "%s/state";\n%s\n' "$T" "$1" >"$T/bad.conf"
	hospesd -c "$T/bad.conf" >"$T/out" 2>"$T/err" </dev/null
	code=$?
	holds "[ $code -eq 1 ]" "$why: refused"
	shift
	local text missing=
	for text in bad_config "$T/bad.conf" "$@"; do
		grep -qF -- "$text" "$T/err" || missing="$missing '$text'"
	done
	is "$missing" "" "$why: told with $*" || shown
}

refused "an unknown key" 'runs = { calls = 7; };' 2 runs
refused "a key with a slip in it" 'run = { call = 7; };' 2 run.call run.calls
refused "a wrong type" 'run = { calls = "many"; };' 2 run.calls many
refused "a value out of range" 'run = { depth = 1000; };' 2 run.depth 1000
refused "a syntax error" 'run = { calls = ;' 2
hospesd -c "$T/nowhere.conf" >"$T/out" 2>"$T/err" </dev/null; code=$?
holds "[ $code -eq 1 ]" "a file that is not there is told"
holds "grep -qF '$T/nowhere.conf' '$T/err'" "with its name"
