/* What checks say of a reply: read, added up, told. */

#include "dispatch/verdict.h"

#include <string.h>

#include "base/json.h"

#define TOLD_MAX       200    /* bytes of a text in the sentence */
#define FINDING_MAX    2000   /* bytes of a text in the findings */
#define LINE_MAX_BYTES 100000 /* that are looked at of a text */

void
verdict_init(struct verdict *v)
{
	*v = (struct verdict){.score = 1, .findings = json_array(), .told = json_object()};
}

void
verdict_clear(struct verdict *v)
{
	json_decref(v->findings);
	json_decref(v->told);
	buf_free(&v->first);
	*v = (struct verdict){0};
}

/* ---- Texts ------------------------------------------------------------------------------------------------------- */

/* A text with each run of white space and control characters as one space. */
static char *
in_a_line(const char *text)
{
	struct buf out = {0};
	bool space = false;

	for (; *text != '\0' && out.len < LINE_MAX_BYTES; text++) {
		bool blank = (unsigned char)*text <= ' ' || *text == 0x7f;

		if (blank && !space && out.len > 0)
			buf_append(&out, " ", 1);
		else if (!blank)
			buf_append(&out, text, 1);
		space = blank;
	}
	if (out.len > 0 && out.data[out.len - 1] == ' ')
		out.len--;
	buf_text(&out);
	return (char *)out.data;
}

/* Is this byte one in the middle of a character? */
static bool
inside(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

/* `max` bytes of a text in UTF-8 at most, from its byte `from` on, both moved to where a character begins. */
static char *
cut(const char *text, size_t from, size_t max)
{
	size_t len = strlen(text), to;

	while (from > 0 && inside(text[from]))
		from--;
	to = len - from > max ? from + max : len;
	while (to > from && to < len && inside(text[to]))
		to--;
	return xasprintf("%s%.*s%s", from > 0 ? "…" : "", (int)(to - from), text + from, to < len ? "…" : "");
}

static char *
shortened(const char *text, size_t max)
{
	_cleanup_(free_p) char *line = in_a_line(text);

	return cut(line, 0, max);
}

/* Of two texts so much that it is seen where they part. */
static void
cut_both(const char *one, const char *other, char **ret_one, char **ret_other)
{
	_cleanup_(free_p) char *line = in_a_line(one), *other_line = in_a_line(other);
	size_t same = 0, from;

	while (line[same] != '\0' && line[same] == other_line[same])
		same++;
	from = same > TOLD_MAX / 2 ? same - TOLD_MAX / 4 : 0;
	*ret_one = cut(line, from, TOLD_MAX);
	*ret_other = cut(other_line, from, TOLD_MAX);
}

static const char *
text_of(const json_t *failed, const char *key)
{
	const char *text = json_string_value(json_object_get(failed, key));

	return text != NULL ? text : "";
}

/* ---- Findings ---------------------------------------------------------------------------------------------------- */

/* Takes `finding` over.  What was found before is not told again: a claim is often a point as well. */
static void
add_finding(struct verdict *v, json_t *finding)
{
	_cleanup_(free_p) char *text = json_text(finding);
	size_t len = strlen(text) + 1;

	if (json_object_get(v->told, text) == NULL && v->findings_len + len < VERDICT_FINDINGS_MAX) {
		v->findings_len += len;
		json_object_set_new(v->told, text, json_true());
		json_array_append(v->findings, finding);
	}
	json_decref(finding);
}

static json_t *
finding_of(const char *check, const json_t *failed)
{
	static const char *const texts[] = {"where", "text", "why", "quote", "found", "document"};
	json_t *finding = json_pack("{s:s}", "check", check), *claim = json_object_get(failed, "claim");

	if (json_is_integer(claim))
		json_object_set(finding, "claim", claim);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		_cleanup_(free_p) char *text = NULL;

		if (!json_is_string(json_object_get(failed, texts[i])))
			continue;
		/* in quotes white space counts */
		if (strcmp(texts[i], "quote") == 0 || strcmp(texts[i], "found") == 0)
			text = cut(text_of(failed, texts[i]), 0, FINDING_MAX);
		else
			text = shortened(text_of(failed, texts[i]), FINDING_MAX);
		json_object_set_new(finding, texts[i], json_string(text));
	}
	return finding;
}

/* ---- Adding up --------------------------------------------------------------------------------------------------- */

/* A check that says nothing of the claims: the reply is not shown to be grounded. */
static void
add_silent(struct verdict *v, const char *check, const char *why)
{
	_cleanup_(free_p) char *text = shortened(why, 2 * TOLD_MAX);

	v->unknown = true;
	if (v->refusing++ == 0)
		buf_printf(&v->first, "the check %s %s", check, text);
	add_finding(v, json_pack("{s:s s:s}", "check", check, "why", text));
}

/* One claim may fail for several reasons, and what repeats it (a point of a brief) fails with it: where claims failed, they
 * alone are counted. */
static size_t
claims_of(const json_t *failed)
{
	_cleanup_(json_p) json_t *claims = json_object(), *others = json_object();
	const json_t *one;
	size_t i;

	json_array_foreach(failed, i, one)
	{
		const char *where = text_of(one, "where");
		_cleanup_(free_p) char *text = in_a_line(text_of(one, "text"));
		_cleanup_(free_p) char *claim = xasprintf("%lld %s",
		    (long long)json_integer_value(json_object_get(one, "claim")), where[0] != '\0' ? where : text);

		json_object_set_new(
		    where[0] == '\0' || strncmp(where, "claims[", 7) == 0 ? claims : others, claim, json_true());
	}
	return json_object_size(claims) > 0 ? json_object_size(claims) : json_object_size(others);
}

static void
tell_failed(struct buf *out, const char *check, const json_t *failed)
{
	const char *said = text_of(failed, "quote"), *stands = text_of(failed, "found");
	_cleanup_(free_p) char *text = shortened(text_of(failed, "text"), TOLD_MAX * 3 / 4);
	_cleanup_(free_p) char *why = shortened(text_of(failed, "why"), TOLD_MAX * 3 / 4);
	_cleanup_(free_p) char *document = shortened(text_of(failed, "document"), TOLD_MAX / 3);
	_cleanup_(free_p) char *quote = NULL, *found = NULL;

	cut_both(said, stands, &quote, &found);
	buf_printf(out, "the check %s; \"%s\": %s", check, text, why);
	if (quote[0] != '\0')
		buf_printf(out, "; it quotes \"%s\"", quote);
	if (found[0] != '\0')
		buf_printf(out, "%s %s has \"%s\"", quote[0] != '\0' ? " and" : ";",
		    document[0] != '\0' ? document : "the document", found);
	if (quote[0] != '\0' && strcmp(quote, found) == 0 && strcmp(said, stands) != 0)
		buf_appends(out, ", with other white space");
}

static void
add_failed(struct verdict *v, const char *check, const json_t *failed)
{
	const json_t *one;
	size_t i;

	if (v->refusing++ == 0) {
		v->failed = claims_of(failed);
		tell_failed(&v->first, check, json_array_get(failed, 0));
	}
	json_array_foreach(failed, i, one)
	{
		add_finding(v, finding_of(check, one));
	}
}

void
verdict_add(struct verdict *v, const char *check, int status, const struct payload *said)
{
	_cleanup_(json_p) json_t *answer = NULL;
	_cleanup_(free_p) char *why = NULL;
	const json_t *failed, *score;
	struct fault fault;

	if (status != 0) {
		why = xasprintf("failed as %s: %s", status_name(status), said == NULL ? "" : (const char *)said->data);
		add_silent(v, check, why);
		return;
	}
	answer = json_read(said->data, said->len, "its answer", &fault);
	failed = json_object_get(answer, "failed");
	score = json_object_get(answer, "score");
	if (!json_is_array(failed) || !json_is_number(score) || !(json_number_value(score) >= 0) ||
	    !(json_number_value(score) <= 1)) {
		why =
		    xasprintf("answered in another form than {\"score\": 0..1, \"failed\": [...], \"reasons\": [...]}: "
			      "%s",
			said->len > 0 ? (const char *)said->data : "nothing");
		add_silent(v, check, why);
		return;
	}
	v->scoring++;
	if (json_number_value(score) < v->score)
		v->score = json_number_value(score);
	if (json_array_size(failed) > 0)
		add_failed(v, check, failed);
}

/* Whatever form it has: some text by which it could be found. */
static bool
names_something(const json_t *source)
{
	const char *key;
	json_t *member;

	if (json_is_string(source))
		return json_string_length(source) > 0;
	json_object_foreach((json_t *)(uintptr_t)source, key, member)
	{
		if (json_is_string(member) && json_string_length(member) > 0)
			return true;
	}
	return false;
}

static bool
has_source(const json_t *claim)
{
	const json_t *source;
	size_t i;

	json_array_foreach(json_object_get(claim, "sources"), i, source)
	{
		if (names_something(source))
			return true;
	}
	return false;
}

void
verdict_add_critical(struct verdict *v, const json_t *output)
{
	_cleanup_(json_p) json_t *failed = json_array();
	const json_t *claim;
	size_t i;

	json_array_foreach(json_object_get(output, "claims"), i, claim)
	{
		if (json_is_true(json_object_get(claim, "critical")) && !has_source(claim))
			json_array_append_new(
			    failed, json_pack("{s:I s:s s:s}", "claim", (json_int_t)i, "text", text_of(claim, "text"),
					"why", "it is critical and names no source"));
	}
	if (json_array_size(failed) == 0)
		return;
	v->unknown = true;
	add_failed(v, "critical", failed);
}

void
verdict_add_unsure(struct verdict *v, double confidence, double least)
{
	_cleanup_(free_p) char *why =
	    xasprintf("its confidence is %.3g, and at least %.3g is asked for", confidence, least);

	if (v->refusing++ == 0) {
		v->unsure = true;
		buf_appends(&v->first, why);
	}
	add_finding(v, json_pack("{s:s s:s}", "check", "confidence", "why", why));
}

/* ---- Telling ----------------------------------------------------------------------------------------------------- */

int
verdict_tell(const struct verdict *v, const char *whose, size_t claims, struct fault *why)
{
	_cleanup_(buf_free) struct buf text = {0};

	if (v->unsure)
		buf_printf(&text, "the reply of %s is not sure enough: ", whose);
	else if (v->failed == 0)
		buf_printf(&text, "the reply of %s is not shown to be grounded: ", whose);
	else if (claims >= v->failed)
		buf_printf(&text, "the reply of %s is not grounded: %zu of %zu claims %s ", whose, v->failed, claims,
		    v->failed == 1 ? "fails" : "fail");
	else
		buf_printf(&text, "the reply of %s is not grounded: %zu claim%s ", whose, v->failed,
		    v->failed == 1 ? " fails" : "s fail");
	buf_append(&text, v->first.data, v->first.len);
	if (v->refusing > 1)
		buf_printf(&text, " (%u more check%s it)", v->refusing - 1, v->refusing == 2 ? " refuses" : "s refuse");
	return fault_set(why, HOSPES_EGROUND, "%s", buf_text(&text));
}
