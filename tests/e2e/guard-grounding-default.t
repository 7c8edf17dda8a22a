# With nothing configured an invented quote of the supervisor never leaves the host: the check `quotes` looks at each of its
# briefs, and where that is missing none leaves.
. "$TESTS/lib.sh"
plan 13
plugin_made liar <<'C'
#include <string.h>
#include <hospes.h>
/* Quotes the first words of its first source, the document's own or {"instead"}. */
static int
liar(hospes_ctx *ctx)
{
	const char *instead = hospes_text(hospes_input(ctx), "instead"), *digest;
	hospes_evidence *evidence = hospes_evidence_new(ctx);
	hospes_value *list, *place;
	hospes_source source = {.from = 0};
	json_t *document;
	int rc = hospes_documents(ctx, "sources", NULL, 1, &list);

	if (rc != 0)
		return rc;
	document = json_array_get(hospes_json(hospes_get(list, "documents")), 0);
	digest = json_string_value(json_object_get(document, "digest"));
	rc = hospes_document(ctx, "sources", digest, 0, 26, &place);
	if (rc != 0)
		return rc;
	source.document = hospes_text(place, "document");
	source.digest = digest;
	source.to = 26;
	source.quote = instead != NULL ? instead : hospes_text(place, "text");
	hospes_evidence_claim(evidence, "What the source says", true);
	hospes_evidence_source(evidence, &source);
	return hospes_reply(ctx, hospes_evidence_json(evidence, 0.9));
}
HOSPES_STRATEGY("supervisor", "1.0.0", "Says what it likes", liar)
HOSPES_NEEDS("memory:sources")
C
host_start
cp "$T/liar.so" "$DROP/supervisor.so"
wait_for '[ -n "$(active supervisor)" ]'
documents
hospes memory load letters "$T/docs/alpha" >/dev/null 2>"$T/err" || shown

run supervisor '{}' --sources letters
fails_with not_grounded                 "without the check nothing of it is passed on"
says 'there is no plugin quotes'
plugin quotes
run supervisor '{}' --sources letters
succeeds "with it what is quoted rightly is"
is "$(hospes show "$id" --json | jq -c '.tree.ops[-1] | [.plugin, .path, .status]')" '["quotes","/0/2","ok"]' \
    "after it was looked at"
is "$(jq .confidence "$T/out")" 1       "(as sure as both are)"
run supervisor '{"instead": "Alpha is the worst letter."}' --sources letters
fails_with not_grounded                 "what is invented is refused"
says 'it quotes \"Alpha is the worst letter.\" and alpha has \"Alpha is the first letter.\"'
says '1 of 1 claims fails the check quotes'
holds '! jq -e .result "$T/out" >/dev/null' "and nothing of it is told"
is "$(jq -r '.error.findings[0] | .document' "$T/out")" alpha "but which document says otherwise"

# What is known of a reply is known as long as its documents are what they were.
run supervisor '{}' --sources letters
succeeds "the same once more"
journal_has '.reason == "cached" and .callee == "quotes"' 1 "is known to quote rightly"
hospes memory load letters "$T/docs/beta.md" >/dev/null 2>"$T/err" || shown
run supervisor '{}' --sources letters
journal_has '.kind == "call_start" and .callee == "quotes"' 1 "a document more, and it is looked at again"
