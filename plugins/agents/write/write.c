/*
 * write: composes the brief from points that were chosen.
 *
 * It adds no word of its own.  A point is its quote with the white space in order (common/brief.h), led in by document and
 * heading only where the quote cannot be understood alone; a contradiction is both quotes side by side.  Sources are
 * numbered in the order in which they are first cited, one for each distinct quote; up to three that agree are cited with the
 * point's own.  Each point is a critical claim of standard evidence, whose sources are those that it cites.
 *
 * The confidence is the one that came with the points, which knows their coverage, agreement and contradictions
 * (analyse/confidence.c), and 0 where there are none: then the answer is "none".
 */

#include <stdlib.h>
#include <string.h>

#include <hospes.h>

#include "common/brief.h"
#include "common/need.h"

#define AGREEING    3  /* sources that are cited beside a point's own */
#define HEADING_MAX 80 /* bytes; longer ones do not lead in */

struct brief {
	hospes_ctx *ctx;
	hospes_evidence *evidence;
	json_t *points, *contradictions, *sources;
	json_t *numbers; /* "digest from to": n */
};

/* ---- Sources ----------------------------------------------------------------------------------------------------- */

static const char *
text_of(const json_t *finding, const char *key)
{
	return json_string_value(json_object_get(finding, key));
}

static json_int_t
place_of(const json_t *finding, const char *key)
{
	return json_integer_value(json_object_get(finding, key));
}

/* The number of the source that a finding is; it becomes one where it was not cited before. */
static json_int_t
brief_cite(struct brief *brief, const json_t *finding)
{
	char place[160];
	json_int_t n;
	json_t *source, *heading = json_object_get(finding, "heading");

	(void)snprintf(place, sizeof(place), "%.64s %" JSON_INTEGER_FORMAT " %" JSON_INTEGER_FORMAT,
	    text_of(finding, "digest"), place_of(finding, "from"), place_of(finding, "to"));
	n = json_integer_value(json_object_get(brief->numbers, place));
	if (n > 0)
		return n;
	n = (json_int_t)json_array_size(brief->sources) + 1;
	source = json_pack("{s:I s:O s:O s:O s:O s:O}", "n", n, "document", json_object_get(finding, "document"),
	    "digest", json_object_get(finding, "digest"), "from", json_object_get(finding, "from"), "to",
	    json_object_get(finding, "to"), "quote", json_object_get(finding, "quote"));
	if (json_string_length(heading) > 0)
		json_object_set(source, "heading", heading);
	json_array_append_new(brief->sources, source);
	json_object_set_new(brief->numbers, place, json_integer(n));
	return n;
}

static int
brief_support(struct brief *brief, const json_t *finding)
{
	return hospes_evidence_source(brief->evidence, &(hospes_source){.document = text_of(finding, "document"),
							   .digest = text_of(finding, "digest"),
							   .from = (size_t)place_of(finding, "from"),
							   .to = (size_t)place_of(finding, "to"),
							   .quote = text_of(finding, "quote")});
}

/* ---- Points ------------------------------------------------------------------------------------------------------ */

/* Does it go on from something before: an item of a list, a small letter, a word that points back? */
static bool
leans_back(const char *plain, size_t mark)
{
	static const char *const words[] = {"This ", "That ", "These ", "Those ", "It ", "They ", "Such ", "He ",
	    "She ", "Otherwise", "However", "Therefore", "In this case", "In that case", "In addition", "Also",
	    "Then "};
	/* "a)" goes on from what introduces the list; "3." is a section, "*" may be no more than a comment's edge. */
	bool lettered = mark > 0 && ((*plain >= 'a' && *plain <= 'z' && plain[1] != ' ') || *plain == '(');

	if (lettered || (plain[mark] >= 'a' && plain[mark] <= 'z'))
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strncmp(plain + mark, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

/* A heading that helps a reader: not the title of the whole document, nor what the quote says itself. */
static const char *
useful_heading(const json_t *finding, const char *plain)
{
	const char *heading = text_of(finding, "heading");
	size_t small = 0;

	if (heading == NULL || strlen(heading) > HEADING_MAX || strstr(plain, heading) != NULL)
		return NULL;
	if (!((*heading >= 'A' && *heading <= 'Z') || (*heading >= '0' && *heading <= '9')))
		return NULL;
	for (const char *c = heading; *c != '\0'; c++)
		small += *c >= 'a' && *c <= 'z';
	return small > 0 || strlen(heading) < HEADING_MAX / 2 ? heading : NULL;
}

/* The text of a point, to be given to free(). */
static char *
point_text(const json_t *finding)
{
	char *plain = brief_plain(text_of(finding, "quote")), *lead = NULL, *text;
	size_t mark = brief_mark(plain), len = brief_joined(plain);

	if (leans_back(plain, mark))
		lead = brief_lead(text_of(finding, "document"), useful_heading(finding, plain));
	if (len > mark)
		plain[len] = '\0';
	text = need(malloc(strlen(plain) + (lead == NULL ? 0 : strlen(lead)) + 1));
	stpcpy(stpcpy(text, lead == NULL ? "" : lead), plain + mark);
	free(lead);
	free(plain);
	return text;
}

static int
add_point(struct brief *brief, const json_t *point)
{
	const json_t *finding = json_object_get(point, "finding"), *agrees = json_object_get(point, "agrees"), *other;
	json_t *cites = json_pack("[I]", brief_cite(brief, finding));
	char *text = point_text(finding);
	int rc = hospes_evidence_claim(brief->evidence, text, true);

	if (rc == 0)
		rc = brief_support(brief, finding);
	for (size_t i = 0; rc == 0 && i < AGREEING && (other = json_array_get(agrees, i)) != NULL; i++) {
		json_array_append_new(cites, json_integer(brief_cite(brief, other)));
		rc = brief_support(brief, other);
	}
	json_array_append_new(brief->points, json_pack("{s:s s:o}", "text", text, "cites", cites));
	free(text);
	return rc;
}

/* What one side of a contradiction says, to be given to free(): the sentence that was named where it is one of the quote,
 * else the quote. */
static char *
side_text(const json_t *finding, const char *sentence)
{
	char *quote = brief_plain(text_of(finding, "quote")), *text = brief_plain(sentence == NULL ? "" : sentence);
	size_t mark;

	if (brief_is_quoted(text, quote)) {
		free(quote);
	} else {
		free(text);
		text = quote;
		text[brief_joined(text)] = '\0';
	}
	mark = brief_mark(text);
	memmove(text, text + mark, strlen(text + mark) + 1);
	return text;
}

static void
add_contradiction(struct brief *brief, const json_t *contradiction)
{
	const json_t *a = json_object_get(contradiction, "a"), *b = json_object_get(contradiction, "b");
	const json_t *says = json_object_get(contradiction, "says");
	char *left = side_text(a, json_string_value(json_array_get(says, 0)));
	char *right = side_text(b, json_string_value(json_array_get(says, 1)));
	char *text = brief_contrast(
	    &(struct brief_side){text_of(a, "document"), left}, &(struct brief_side){text_of(b, "document"), right});
	json_int_t first = brief_cite(brief, a), second = brief_cite(brief, b);

	json_array_append_new(brief->contradictions, json_pack("{s:s s:[I,I] s:O}", "text", text, "cites", first,
							 second, "kind", json_object_get(contradiction, "kind")));
	free(text);
	free(left);
	free(right);
}

/* ---- The brief --------------------------------------------------------------------------------------------------- */

/* Of a finding everything is used: one that is cut short would be quoted wrongly. */
static bool
is_finding(const json_t *finding)
{
	static const char *const texts[] = {"document", "digest", "quote"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (json_string_length(json_object_get(finding, texts[i])) == 0)
			return false;
	return json_is_integer(json_object_get(finding, "from")) && json_is_integer(json_object_get(finding, "to")) &&
	       place_of(finding, "from") >= 0 && place_of(finding, "to") > place_of(finding, "from");
}

static bool
are_findings(const json_t *array)
{
	const json_t *finding;
	size_t i;

	json_array_foreach(array, i, finding)
	{
		if (!is_finding(finding))
			return false;
	}
	return true;
}

static int
check_input(hospes_ctx *ctx, const json_t *points, const json_t *contradictions)
{
	const json_t *one;
	size_t i;

	json_array_foreach(points, i, one)
	{
		if (!is_finding(json_object_get(one, "finding")) || !are_findings(json_object_get(one, "agrees")))
			return hospes_fail(ctx, HOSPES_EINPUT,
			    "points[%zu]: expected findings with document, digest, from, to and quote, found one "
			    "without",
			    i);
	}
	json_array_foreach(contradictions, i, one)
	{
		if (!is_finding(json_object_get(one, "a")) || !is_finding(json_object_get(one, "b")))
			return hospes_fail(ctx, HOSPES_EINPUT,
			    "contradictions[%zu]: expected two findings with document, digest, from, to and quote, "
			    "found other",
			    i);
	}
	return 0;
}

static double
confidence_of(const json_t *input, size_t points)
{
	double confidence = json_number_value(json_object_get(input, "confidence"));

	return points == 0 || !(confidence > 0) ? 0 : confidence < 1 ? confidence : 1;
}

static int
write_brief(hospes_ctx *ctx)
{
	const json_t *input = hospes_json(hospes_input(ctx));
	const json_t *points = json_object_get(input, "points"), *one;
	const json_t *contradictions = json_object_get(input, "contradictions");
	struct brief brief = {.ctx = ctx, .evidence = hospes_evidence_new(ctx)};
	double confidence = confidence_of(input, json_array_size(points));
	int rc = check_input(ctx, points, contradictions);
	json_t *reply;
	size_t i;

	if (rc != 0 || brief.evidence == NULL)
		return hospes_status(ctx);
	brief.points = json_array();
	brief.contradictions = json_array();
	brief.sources = json_array();
	brief.numbers = json_object();
	json_array_foreach(points, i, one)
	{
		if (rc == 0)
			rc = add_point(&brief, one);
	}
	json_array_foreach(contradictions, i, one)
	{
		if (json_array_size(points) > 0)
			add_contradiction(&brief, one);
	}
	json_decref(brief.numbers);

	hospes_confidence(ctx, confidence);
	reply = hospes_evidence_json(brief.evidence, confidence);
	json_object_set(reply, "question", json_object_get(input, "question"));
	json_object_set_new(reply, "answer", json_string(json_array_size(points) > 0 ? "found" : "none"));
	json_object_set_new(reply, "points", brief.points);
	json_object_set_new(reply, "contradictions", brief.contradictions);
	json_object_set_new(reply, "sources", brief.sources);
	if (rc != 0) {
		json_decref(reply);
		return rc;
	}
	return hospes_reply(ctx, reply);
}

HOSPES_AGENT("write", "1.0.0", "Composes a brief: quotes as points, each with its sources", write_brief)
HOSPES_CAPABILITY("write.brief")
HOSPES_INPUT(
    "{\"type\":\"object\",\"required\":[\"question\",\"points\"],\"properties\":{"
    "\"question\":{\"type\":\"string\"},\"confidence\":{\"type\":\"number\"},"
    "\"points\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"finding\"],\"properties\":{"
    "\"finding\":{\"type\":\"object\"},\"agrees\":{\"type\":\"array\"}}}},"
    "\"contradictions\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"a\",\"b\",\"kind\"]}}}}")
HOSPES_OUTPUT(
    "{\"type\":\"object\","
    "\"required\":[\"question\",\"answer\",\"points\",\"contradictions\",\"sources\",\"claims\",\"confidence\"],"
    "\"properties\":{\"answer\":{\"enum\":[\"found\",\"none\"]},\"points\":{\"type\":\"array\"},"
    "\"contradictions\":{\"type\":\"array\"},\"sources\":{\"type\":\"array\"},\"claims\":{\"type\":\"array\"},"
    "\"confidence\":{\"type\":\"number\",\"minimum\":0,\"maximum\":1}}}")
