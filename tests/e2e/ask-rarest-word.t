# What lacks the one word that few documents have is about something else, when others have all that was asked for; quotes are
# whole sentences; a word that was divided at the end of a line is found, and a manual of info is read.
. "$TESTS/lib.sh"
plan 7
installed
mkdir "$T/docs"
cat >"$T/docs/changes" <<'TEXT'
changes of the packer

  * Add support for brotli compression to the packer, which is used when the archive is written.

  * Add support for long names to the packer, which are cut at their end in the old format.

  * Support for very large archives was added to the packer, and the limits of the old format are told.

  * Several ways of calling the packer are supported, and support for the oldest of them was added again.
TEXT
for name in one two three; do
	cat >"$T/docs/$name" <<TEXT
The packer of part $name has support for many formats, and each was added by somebody who needed it in $name.

What else was added to the packer is support for the units that the $name of us use every day.
TEXT
done
printf 'The lamp\n\n       Whoever opens the case must first have the con\xe2\x80\x90\n       denser discharged through a resistor.\n' >"$T/docs/lamp"
printf 'This is kite.info, produced by makeinfo.\n\n\037\nFile: kite.info,  Node: Top,  Up: (dir)\n\n1 Kites\n*******\n\nA kite needs a tail of six metres.\n\000\010[image src="a.png"\000\010]\n\037\nTag Table:\nNode: Top\177100\n\037\nEnd Tag Table\n' \
    >"$T/docs/kite.info"

asked "When was support for brotli added to the packer?" "$T/docs"
cites changes 'Add support for brotli compression' "what has the rarest word"
is "$(jq '[.sources[] | select(.quote | test("brotli") | not)] | length' "$T/out")" 0 "and nothing that lacks it"
holds "quotes_stand '$T/docs'"          "each quote is byte for byte in its document"
asked "What must be done with the condenser?" "$T/docs"
cites lamp 'must first have the con' "a word divided at the end of a line"
holds "quotes_stand '$T/docs'"          "quoted as it stands there"
asked "How long is the tail of a kite?" "$T/docs"
cites kite.info 'a tail of six metres' "a manual of info"
is "$(jq '[.sources[] | select(.quote | test("Node:"))] | length' "$T/out")" 0 "without what is for the program that reads it"
