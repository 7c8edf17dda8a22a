# The plugins that come with Hospes hold to their own cases: in a fresh cell, a used one and interleaved.
. "$TESTS/lib.sh"
plan 9

for plugin in agents/wordcount agents/fetch agents/research agents/analyse agents/write checks/quotes checks/support strategies/survey strategies/supervisor; do
	name=${plugin#*/}
	mkdir "$T/$name"
	cp "$BUILT/plugins/$plugin/$name.so" "$T/$name/"
	cp -r "$TESTS/../../plugins/$plugin/cases" "$T/$name/"
	hospes test "$T/$name/$name.so" >"$T/out" 2>"$T/err" </dev/null; code=$?
	is "$code" 0 "$name" || shown
done
