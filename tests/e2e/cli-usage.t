# A wrong command line is told in one form, with exit status 2, and with --json as JSON on stdout; it needs no host.
. "$TESTS/lib.sh"
plan 38
export HOSPES_SOCKET=$T/nobody.sock

# wrong "why" WORD...
wrong()
{
	local why=$1
	shift
	hospes "$@" >"$T/out" 2>"$T/err" </dev/null; code=$?
	is "$code $(head -c 18 "$T/err") $(wc -c <"$T/out")" "2 error: bad_input:  0" "$why" || shown
	hospes "$@" --json >"$T/out" 2>"$T/err" </dev/null; code=$?
	is "$code $(jq -r '.error | .code, (.message | length > 5), (.hint | test("--help"))' "$T/out" | paste -sd' ')" \
	    "2 bad_input true true" "$why, with --json" || shown
}

wrong "no such command" foo
wrong "an argument is missing" show
wrong "an argument too many" show a b
wrong "no such option" run x --nope
wrong "a number that is 0" run x --calls 0
wrong "a number with a fraction" run x --calls 0.5
wrong "a number that is none" run x --wall x
wrong "a setting without a value" run x --set a.b
wrong "the input twice" run x --in f --input '{}'
wrong "a limit out of range" ps --limit 100000
wrong "no such kind" new tool x
wrong "a command of memory is missing" memory
wrong "no such command of memory" memory lode x
wrong "nothing to load" memory load x
wrong "nothing to forget" memory forget x
wrong "a key and a document" memory forget x k --document d
wrong "a version that is none" memory put x k --value 1 --version -1
wrong "a prefix of documents" memory list x --documents --prefix a

hospes run x --json --nope >"$T/out" 2>"$T/err"; code=$?
fails_with bad_input "--json holds for what comes after it, too"
hospes run x --input '{' --json >"$T/out" 2>"$T/err"; code=$?
is "$code" 1 "an input that is no JSON is a fault and no usage error"
