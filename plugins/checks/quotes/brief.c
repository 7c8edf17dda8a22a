/*
 * What a reader of a brief sees: the texts of its points and contradictions, and its list of sources.
 *
 * True claims beside an invented text would be a lie as well, so each text has to be made of quotes that it cites, in the
 * form that the writer gives it (common/brief.h), and each listed source has to hold.
 */

#include <stdlib.h>
#include <string.h>

#include "common/brief.h"
#include "quotes.h"

/* ---- Sources ----------------------------------------------------------------------------------------------------- */

/* The list, read as the sources of one claim are; false, told, when it has another form. */
static bool
read_list(struct quotes *q, json_t *list, const hospes_source **ret, size_t *n)
{
	const struct quotes_claim claim = {"sources", 0, ""};
	const hospes_evidence *evidence;
	const hospes_claim *one;
	json_t *as_claim;

	*n = 0;
	if (list == NULL)
		return true;
	as_claim = json_pack("{s:[{s:s s:b s:O}]}", "claims", "text", "sources", "critical", 1, "sources", list);
	evidence = hospes_evidence_read(q->ctx, hospes_value_json(q->ctx, as_claim));
	if (evidence == NULL || hospes_evidence_claims(evidence, &one) != 1)
		return quotes_tell(q, &claim, &(struct quotes_failure){NULL, NULL, NULL}, "the brief's sources: %s",
		    hospes_message(q->ctx));
	*ret = one->sources;
	*n = one->n_sources;
	return true;
}

static void
check_sources(struct quotes *q, const json_t *list, const hospes_source *sources, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct quotes_claim claim = {"sources", i, sources[i].quote};
		json_t *number = json_object_get(json_array_get(list, i), "n");
		bool holds = quotes_source(q, &claim, &sources[i]);

		if (!json_is_integer(number) || json_integer_value(number) != (json_int_t)i + 1)
			holds = quotes_tell(q, &claim, &(struct quotes_failure){sources[i].document, NULL, NULL},
			    "expected the sources numbered from 1 on, found another number at the place of %zu", i + 1);
		q->things++;
		q->held += holds;
	}
}

/* ---- Texts ------------------------------------------------------------------------------------------------------- */

struct brief {
	struct quotes *q;
	const json_t *list;
	const hospes_source *sources;
	size_t n;
};

/* The source that the `i`th of `cites` is, NULL where there is none. */
static const hospes_source *
cited(const struct brief *brief, const json_t *cites, size_t i)
{
	json_t *number = json_array_get(cites, i);
	json_int_t n = json_integer_value(number);

	return json_is_integer(number) && n >= 1 && n <= (json_int_t)brief->n ? &brief->sources[n - 1] : NULL;
}

/* Is the text a lead and then the quote? */
static bool
is_led_in(const char *text, const char *document, const char *heading, const char *plain)
{
	char *lead = brief_lead(document, heading);
	size_t n = strlen(lead);
	bool is = strncmp(text, lead, n) == 0 && brief_is_quoted(text + n, plain);

	free(lead);
	return is;
}

/* Is the text the quote, or the quote led in by its document, and by a heading that stands there? */
static bool
says(const struct brief *brief, const hospes_source *source, const char *text)
{
	const json_t *item = json_array_get(brief->list, (size_t)(source - brief->sources));
	const char *heading = json_string_value(json_object_get(item, "heading"));
	char *plain = brief_plain(source->quote);
	bool is = brief_is_quoted(text, plain) || is_led_in(text, source->document, NULL, plain);

	if (!is && heading != NULL && strlen(heading) < QUOTES_TEXT)
		is = is_led_in(text, source->document, heading, plain) && quotes_heading(brief->q, source, heading);
	free(plain);
	return is;
}

static bool
check_point(const struct brief *brief, const struct quotes_claim *claim, const json_t *point)
{
	const json_t *cites = json_object_get(point, "cites");
	const hospes_source *first = cited(brief, cites, 0), *source;
	struct quotes_failure failure = {
	    first == NULL ? NULL : first->document, claim->text, first == NULL ? NULL : first->quote};

	if (first == NULL)
		return quotes_tell(
		    brief->q, claim, &failure, "it cites no source of the %zu that the brief has", brief->n);
	for (size_t i = 0; i < json_array_size(cites); i++) {
		source = cited(brief, cites, i);
		if (source == NULL)
			return quotes_tell(brief->q, claim, &failure,
			    "it cites a source that is none of the %zu of the brief", brief->n);
	}
	for (size_t i = 0; (source = cited(brief, cites, i)) != NULL; i++)
		if (says(brief, source, claim->text))
			return true;
	return quotes_tell(brief->q, claim, &failure,
	    "its text is not in the quotes that it cites, the first from %.200s", first->document);
}

static bool
check_contradiction(const struct brief *brief, const struct quotes_claim *claim, const json_t *contradiction)
{
	const json_t *cites = json_object_get(contradiction, "cites");
	const hospes_source *a = cited(brief, cites, 0), *b = cited(brief, cites, 1);
	struct quotes_failure failure = {a == NULL ? NULL : a->document, claim->text, a == NULL ? NULL : a->quote};
	struct brief_side left, right;
	char *quotes[2];
	bool is;

	if (a == NULL || b == NULL || json_array_size(cites) != 2)
		return quotes_tell(brief->q, claim, &failure,
		    "expected it to cite two of the %zu sources of the brief, found other cites", brief->n);
	quotes[0] = brief_plain(a->quote);
	quotes[1] = brief_plain(b->quote);
	left = (struct brief_side){a->document, quotes[0]};
	right = (struct brief_side){b->document, quotes[1]};
	is = brief_is_contrast(claim->text, &left, &right);
	free(quotes[0]);
	free(quotes[1]);
	return is || quotes_tell(brief->q, claim, &failure,
			 "its text is more than two quotes side by side, the first from %.200s", a->document);
}

/* Each of a list of texts. */
static void
check_texts(const struct brief *brief, const json_t *output, const char *list,
    bool (*check)(const struct brief *, const struct quotes_claim *, const json_t *), size_t most)
{
	const json_t *items = json_object_get(output, list), *item;
	struct quotes_claim claim = {list, 0, ""};
	const struct quotes_failure none = {NULL, NULL, NULL};
	struct quotes *q = brief->q;

	if (items == NULL)
		return;
	if (!json_is_array(items)) {
		q->things++;
		quotes_tell(q, &claim, &none, "expected %s to be an array, found something else", list);
		return;
	}
	json_array_foreach(items, claim.index, item)
	{
		const json_t *text = json_object_get(item, "text");
		size_t len = json_string_length(text);

		q->things++;
		claim.text = json_is_string(text) ? json_string_value(text) : "";
		if (len == 0 || len > most || strlen(claim.text) != len)
			quotes_tell(q, &claim, &none, "expected a text of 1 to %zu bytes, found %zu", most, len);
		else
			q->held += check(brief, &claim, item);
	}
}

void
quotes_brief(struct quotes *q, const json_t *output)
{
	struct brief brief = {.q = q, .list = json_object_get(output, "sources")};

	if (!read_list(q, json_object_get(output, "sources"), &brief.sources, &brief.n)) {
		q->things++;
		return;
	}
	check_sources(q, brief.list, brief.sources, brief.n);
	check_texts(&brief, output, "points", check_point, QUOTES_TEXT);
	check_texts(&brief, output, "contradictions", check_contradiction, 2 * QUOTES_TEXT);
}
