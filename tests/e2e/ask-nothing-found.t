# What the sources do not tell is not made up: status 3, and said; common words that both have are no answer.
. "$TESTS/lib.sh"
LICENCES=/usr/share/common-licenses
[ -e $LICENCES/GPL-3 ] || skip_all "no licences in $LICENCES"
plan 8
installed

asked "What boils mercury?" $LICENCES;          cites_nothing "neither word is there"
is "$(jq -r '.error // "none"' "$T/out")" none "it is no failure"
hospes ask "What boils mercury?" --sources $LICENCES >"$T/out" 2>"$T/err" </dev/null; code=$?
is "$code" 3                                    "the same for people"
holds "grep -q '^The sources do not tell\.' '$T/out'" "in a sentence"
asked "What is the capital of France?" $LICENCES; cites_nothing "one word is there, in another sense"
asked "How do I reset my router?" $LICENCES;    cites_nothing "a how-to"
asked "Who invented the telephone?" $LICENCES;  cites_nothing "somebody"
asked "When was the Battle of Hastings?" $LICENCES; cites_nothing "a date"
