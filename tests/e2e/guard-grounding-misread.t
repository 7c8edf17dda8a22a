# True quotes that do not bear out what is claimed: another number, a negation, another subject.  The check `quotes` alone lets
# them pass, since each quote stands where it is said to stand; with `support` beside it none of them reaches a result.
. "$TESTS/lib.sh"
plan 20
plugin_made reader <<'C'
#include <string.h>
#include <hospes.h>
/* Claims {"claim"} with {"quote"}, which it looks for in its first document. */
static int
reader(hospes_ctx *ctx)
{
	const char *claim = hospes_text(hospes_input(ctx), "claim"), *quote = hospes_text(hospes_input(ctx), "quote");
	hospes_evidence *evidence = hospes_evidence_new(ctx);
	hospes_value *list, *whole;
	hospes_source source = {.quote = quote};
	json_t *document;
	const char *text, *at;
	int rc = hospes_documents(ctx, "sources", NULL, 1, &list);

	if (rc != 0)
		return rc;
	document = json_array_get(hospes_json(hospes_get(list, "documents")), 0);
	source.digest = json_string_value(json_object_get(document, "digest"));
	rc = hospes_document(ctx, "sources", source.digest, 0, 1000, &whole);
	if (rc != 0)
		return rc;
	text = hospes_text(whole, "text");
	at = strstr(text, quote);
	if (at == NULL)
		return hospes_fail(ctx, HOSPES_EINPUT, "expected a quote of the document, found none");
	source.document = hospes_text(whole, "document");
	source.from = (size_t)(at - text);
	source.to = source.from + strlen(quote);
	hospes_evidence_claim(evidence, claim, true);
	hospes_evidence_source(evidence, &source);
	return hospes_reply(ctx, hospes_evidence_json(evidence, 0.9));
}
HOSPES_AGENT("reader", "1.0.0", "Reads what it likes into a document", reader)
HOSPES_NEEDS("memory:sources")
C
mkdir "$T/docs"
cat >"$T/docs/terms" <<'TEXT'
You may return the goods within 14 days. You must not sell the goods to others. The licensee must keep the notice in all copies.
TEXT
DAYS='"quote": "You may return the goods within 14 days."'
SELL='"quote": "You must not sell the goods to others."'
NOTICE='"quote": "The licensee must keep the notice in all copies."'
host_start 'grounding: { reader: { checks = [ "quotes", "support" ]; }; };'
cp "$T/reader.so" "$DROP/reader.so"
wait_for '[ -n "$(active reader)" ]'
plugin quotes
plugin support
hospes memory load terms "$T/docs/terms" >/dev/null 2>"$T/err" || shown

# claims QUOTE CLAIM: the reader does.
claims()
{
	run reader "{$1, \"claim\": \"$2\"}" --sources terms
}

claims "$DAYS" "You may return the goods within 14 days.";	succeeds "the quote itself is borne out by it"
claims "$DAYS" "Goods may be returned within fourteen days.";	succeeds "so it is in other words"
claims "$NOTICE" "All copies must have the notice kept by the licensee."; succeeds "and in another order"

claims "$DAYS" "You may return the goods within 40 days."
fails_with not_grounded			"another number is refused"
says 'the claim says 40 days, the quote says 14 days'
says '1 of 1 claims fails the check support'
is "$(jq -c '.error.findings[0] | [.check, .claim, .text, .quote]' "$T/out")" \
    '["support",0,"You may return the goods within 40 days.","You may return the goods within 14 days."]' "both are shown"
holds '! jq -e .result "$T/out" >/dev/null' "and nothing of it is told"
journal_has '.kind == "refusal" and .guard == "grounding"' 1 "the refusal is on record"
claims "$DAYS" "You may return the goods within 14 weeks.";	fails_with not_grounded "so is another unit"
claims "$SELL" "You may sell the goods to others.";		fails_with not_grounded "a negation left out"
says 'the claim says \"may\", the quote says \"must not\"'
claims "$DAYS" "You must return the goods within 14 days.";	fails_with not_grounded "a duty for a permission"
claims "$NOTICE" "The licensee must keep the notice in some copies."; fails_with not_grounded "some for all"
claims "$NOTICE" "The landlord must pay for repairs.";		fails_with not_grounded "and another subject"
says 'the claim is about something else than the quotes'

plugin taker
run taker "{$DAYS, \"claim\": \"You may return the goods within 40 days.\", \"callee\": \"reader\"}" --sources terms
fails_with not_grounded			"whoever asked the reader does not get it either"
is "$(jq -c '[.error.findings[] | [.check, .why]]' "$T/out")" \
    '[["support","the claim says 40 days, the quote says 14 days"]]' "but which figure is wrong"

conf_write 'grounding: { reader: { checks = [ "quotes" ]; }; };'
kill -HUP "$HOST"
wait_for 'logged "configuration.*read again|reloaded"'
passed=0
for claim in "You may return the goods within 40 days." "You must return the goods within 14 days."; do
	claims "$DAYS" "$claim"
	[ "$code" -ne 0 ] || passed=$((passed + 1))
done
is $passed 2				"without the check they reach the result"
journal_has '.kind == "call_start" and .callee == "support"' 0 "and nobody looked"
