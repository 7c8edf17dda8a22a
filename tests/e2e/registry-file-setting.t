# A setting of the type "file" gives the plugin the text of a file beside the configuration; a reload reads it again, and a
# name leads to nothing outside the folder.
. "$TESTS/lib.sh"
plan 9
mkdir -p "$DROP" "$T/files"
plugin_made reader <<'C'
#include <hospes.h>
static int
read_it(hospes_ctx *ctx)
{
	return hospes_reply(ctx, json_string(hospes_config_text(ctx, "words")));
}
HOSPES_AGENT("reader", "1.0.0", "Says its words", read_it)
HOSPES_CONFIG("words", "file", "words")
C
host_start
cp "$T/reader.so" "$DROP/"
wait_for '[ -n "$(active reader)" ]'
run reader 1;                            result . '""' "a file that is not there is empty"
printf 'one, two' >"$T/files/words"
run reader 1;                            result . '"one, two"' "its text, once it is there"
printf 'three' >"$T/files/words"
kill -HUP "$HOST"
wait_for "logged 'configuration was read again'"
run reader 1;                            result . '"three"' "a reload reads it again"
printf 'other' >"$T/files/other.txt"
run reader 1 --set reader.words=other.txt; result . '"other"' "a run may name another"
run reader 1 --set reader.words=../hospes.conf; fails_with bad_config "but none elsewhere"
                                         says "folder"
ln -s "$T/hospes.conf" "$T/files/link"
run reader 1 --set reader.words=link;    fails_with bad_config "nor through a symbolic link"
                                         says "symbolic link"
holds "hospes info '$T/reader.so' --json | jq -e '.notes.config.words // .config.words | .type == \"file\"'" "hospes info tells the type"
