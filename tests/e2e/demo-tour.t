# The tour keeps every promise that it shows, each scene alone as well, and with a plugin of the user's own; a promise that
# is not kept fails it.
. "$TESTS/lib.sh"
if [ "${SANITIZERS:-no}" != no ]; then
	skip_all "the profile of sanitizer builds lets cells open files, which a scene is about"
fi
scenes="kill crash loop lie swap break-in budget review poll"
n_scenes=$(wc -w <<<"$scenes")
plan $((19 + n_scenes))
installed
tour()
{
	hospes demo "$@" --json >"$T/out" 2>"$T/err" </dev/null
	code=$?
}
kept()
{
	is "$(jq -c --arg name "$1" '[.[] | select(.name == $name) | .kept]' "$T/out")" "[$2]" "$3" || shown
}

tour
is "$code" 0 "the tour ends well"
is "$(jq length "$T/out")" "$n_scenes" "after $n_scenes scenes"
for name in $scenes; do
	kept $name true "$name: $(jq -r --arg name $name '.[] | select(.name == $name) | .verdict' "$T/out" | head -c 150)"
done
holds "jq -e '.[] | select(.name == \"loop\") | .verdict | startswith(\"stopped at call 2, having cost 2 calls and \$0.20: \")' '$T/out' >/dev/null" \
    "the loop is stopped at call 2"
holds "jq -e '.[] | select(.name == \"crash\") | .verdict | test(\"^the same result to the byte; of [1-9][0-9]* records that it had 0 lost; [1-9][0-9]* calls? .* effects repeated: 0 of [1-9]\")' '$T/out' >/dev/null" \
    "a host that is killed in mid-brief repeats nothing"
holds "jq -e '.[] | select(.name == \"budget\") | .verdict | startswith(\"reserved 10, spent 10, left 0; alerts at 50 %: 1, 80 %: 1, 100 %: 1; call 11 was refused\")' '$T/out' >/dev/null" \
    "a budget of ten calls is spent to the last and no further, with three alerts on the way"
holds "jq -e '.[] | select(.name == \"review\") | .verdict | startswith(\"0 sent before it was approved, through a kill of the host, and 1 after\")' '$T/out' >/dev/null" \
    "a payment is made once, and not before it is approved"
holds "jq -e '.[] | select(.name == \"poll\") | .verdict | startswith(\"publish, tie_broken, after \")' '$T/out' >/dev/null" \
    "a poll of the dead, the late and the undecided has an outcome"

tour --scene 3
is "$(jq -r '.[].name' "$T/out")" loop "a scene is played alone by its number"
tour --scene swap "$(so echo)" --input '{"a": 1}'
kept swap true "and by its name, with a plugin of the user's own"
tour --scene kill "$(so echo)" --input '{"a": 1}'
kept kill true "a plugin that answers at once is hit as well"
tour --scene crash "$(so echo)" --input '{"a": 1}'
kept crash true "so is its host"
tour --scene review "$(so echo)" --input '{"a": 1}'
kept review true "and one that asks for nothing is not kept waiting"
tour --scene budget "$(so spender)"
holds '[ "$code" -ne 2 ]' "one that needs what is not there is told of and does not stop the tour"

# An agent that answers with a quote that no document has, and nobody to check it: the promise is broken, and said so.
tour --scene loop "$(so echo)" --input '{}'
is "$code" 1 "a plugin that shows no loop fails the scene of the loop"
kept loop false "and the verdict says so"
tour --scene 99
is "$code" 2 "there is no scene of that number"

# A scene may be left: with no verdict, nothing behind, and the tour at its end.
env --default-signal=INT hospes demo "$(so sleeper)" --input '{"ms": 30000}' >"$T/out" 2>"$T/err" </dev/null &
tour=$!
wait_for 'find "$TMPDIR" -name s -type s | grep -q .'
kill -INT $tour
wait $tour
is "$? $(grep -c 'kept:\|BROKEN' "$T/out")" "4 0" "an interrupt ends the tour, without a verdict"
holds "grep -q '^error: cancelled: ' '$T/err'" "and is told"
nothing_left "nothing is left of its host"
