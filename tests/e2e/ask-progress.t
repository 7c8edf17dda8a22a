# On a terminal live lines tell who is at work, and are gone when the answer comes; what agents say in them is harmless.  With
# --verbose each event is a plain line; without a terminal there is nothing.
. "$TESTS/lib.sh"
plan 8
own_plugin briefer
documents

# As on a terminal of 60 columns; what it shows is in $T/shown, its escape sequences as they are.
on_terminal()
{
	script -qec "stty cols 60 rows 10; env -u NO_COLOR TERM=xterm hospes ask '$1' --sources '$T/docs' --strategy briefer" \
	    /dev/null </dev/null | tr -d '\r' >"$T/shown"
}

on_terminal "slow question"
esc=$(printf '\033')
holds "grep -q '  briefer /0   50%  .*bright.* [0-9.]* s' '$T/shown'" "an agent at work has a line: what it says, for how long"
holds "grep -qF '[31mbright' '$T/shown' && ! grep -qF '${esc}[31mbright' '$T/shown'" "what it says moves nothing"
is "$(sed "s/$esc\[[0-9;]*[A-Za-z]//g" "$T/shown" | perl -CSD -ne 'chomp; print if length > 60')" "" "no line is wider than the terminal"
holds "grep -q '${esc}\[1A${esc}\[J.*slow question' '$T/shown'" "the lines are gone when the answer comes"
holds "grep -q '1\. Alpha' '$T/shown'"   "which follows"

ask "slow question" --sources "$T/docs"
is "$(cat "$T/err")" ""                 "off a terminal there are none"
ask "slow question" --sources "$T/docs" --verbose
holds "grep -q '^sources  3 of 3 files' '$T/err' && grep -q '^/0 briefer ok in ' '$T/err'" "--verbose tells each event in a line"
holds "! grep -q '$esc' '$T/err'"       "without escape sequences"
