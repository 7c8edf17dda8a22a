# Four documents about zebras, and a research that does what a scenario wants: sourced after lib.sh by scenarios of the
# supervisor.

# A research of its own, of a higher version than the installed one: what it finds is the first passage; before that it does what
# $1, in C, says: `within` has its `n` documents.
research()
{
	plugin_made research <<C
#include <hospes.h>
#include <string.h>
static int
find(hospes_ctx *ctx)
{
	const json_t *documents = json_object_get(hospes_json(hospes_input(ctx)), "documents");
	const char *within[100] = {0};
	json_t *findings = json_array(), *found, *finding;
	hospes_value *answer;
	size_t n = json_array_size(documents);
	int rc;

	for (size_t i = 0; i < n; i++)
		within[i] = json_string_value(json_array_get(documents, i));
	$1
	rc = hospes_search(ctx, "sources", hospes_text(hospes_input(ctx), "question"), HOSPES_SEARCH(.within = within), &answer);
	if (rc != 0)
		return rc;
	found = json_object_get(hospes_json(answer), "found");
	for (size_t i = 0; i < json_array_size(found); i++) {
		finding = json_deep_copy(json_array_get(found, i));
		json_object_set(finding, "quote", json_object_get(finding, "text"));
		json_object_del(finding, "text");
		json_object_set_new(finding, "score", json_real(0.9));
		json_object_set_new(finding, "covers", json_real(0.9));
		json_object_set_new(finding, "terms", json_array());
		json_object_set_new(finding, "duty", json_false());
		json_array_append_new(findings, finding);
	}
	return hospes_reply(ctx, json_pack("{s:o s:[] s:f s:[] s:f}", "findings", findings, "terms", "coverage", 0.9, "claims",
				     "confidence", 0.9));
}
HOSPES_AGENT("research", "9.0.0", "Finds what is first", find)
HOSPES_CAPABILITY("find.passages")
HOSPES_NEEDS("memory:sources")
C
	mkdir -p "$HOME/.local/share/hospes/plugins"
	cp "$T/research.so" "$HOME/.local/share/hospes/plugins/"
}

mkdir "$T/zebras"
for n in 1 2 3 4; do
	printf 'A zebra of kind %d has %d stripes on its %s.\n' $n $((20 + n)) "$(sed "${n}q;d" <<<$'head\nback\nlegs\ntail')" >"$T/zebras/$n.txt"
done
