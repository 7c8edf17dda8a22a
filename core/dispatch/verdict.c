/* What checks say of a reply: read, added up, told. */

#include "dispatch/verdict.h"

#include <string.h>

#include "base/json.h"

#define TOLD_MAX    200  /* bytes of a text in the sentence */
#define FINDING_MAX 2000 /* bytes of a text in the findings */

void
verdict_init(struct verdict *v)
{
	*v = (struct verdict){.score = 1, .findings = json_array()};
}

void
verdict_clear(struct verdict *v)
{
	json_decref(v->findings);
	buf_free(&v->first);
	*v = (struct verdict){0};
}

/* ---- Texts ------------------------------------------------------------------------------------------------------- */

/* The first `max` bytes of a text in UTF-8, cut between characters; white space of any kind is one space. */
static char *
shortened(const char *text, size_t max)
{
	_cleanup_(buf_free) struct buf out = {0};
	bool space = false;

	for (; *text != '\0' && out.len < max + 4; text++) {
		bool blank = (unsigned char)*text <= ' ' || *text == 0x7f;

		if (blank && !space && out.len > 0)
			buf_append(&out, " ", 1);
		else if (!blank)
			buf_append(&out, text, 1);
		space = blank;
	}
	if (out.len > 0 && out.data[out.len - 1] == ' ')
		out.len--;
	if (out.len <= max)
		return xstrdup(buf_text(&out));
	out.len = max;
	while (out.len > 0 && !utf8_valid(out.data, out.len))
		out.len--;
	return xasprintf("%s…", buf_text(&out));
}

static const char *
text_of(const json_t *failed, const char *key)
{
	const char *text = json_string_value(json_object_get(failed, key));

	return text != NULL ? text : "";
}

/* ---- Findings ---------------------------------------------------------------------------------------------------- */

/* Takes `finding` over. */
static void
add_finding(struct verdict *v, json_t *finding)
{
	_cleanup_(free_p) char *text = json_text(finding);
	size_t len = strlen(text) + 1;

	if (v->findings_len + len < VERDICT_FINDINGS_MAX) {
		v->findings_len += len;
		json_array_append_new(v->findings, finding);
	} else
		json_decref(finding);
}

static json_t *
finding_of(const char *check, const json_t *failed)
{
	static const char *const texts[] = {"text", "why", "quote", "found", "document"};
	json_t *finding = json_pack("{s:s}", "check", check), *claim = json_object_get(failed, "claim");

	if (json_is_integer(claim))
		json_object_set(finding, "claim", claim);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		_cleanup_(free_p) char *text = NULL;

		if (!json_is_string(json_object_get(failed, texts[i])))
			continue;
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

	if (v->refusing++ == 0)
		buf_printf(&v->first, "the check %s %s", check, text);
	add_finding(v, json_pack("{s:s s:s}", "check", check, "why", text));
}

static void
add_failed(struct verdict *v, const char *check, const json_t *failed)
{
	const json_t *first = json_array_get(failed, 0), *one;
	_cleanup_(free_p) char *text = shortened(text_of(first, "text"), TOLD_MAX);
	_cleanup_(free_p) char *why = shortened(text_of(first, "why"), TOLD_MAX);
	_cleanup_(free_p) char *quote = shortened(text_of(first, "quote"), TOLD_MAX);
	_cleanup_(free_p) char *found = shortened(text_of(first, "found"), TOLD_MAX);
	_cleanup_(free_p) char *document = shortened(text_of(first, "document"), TOLD_MAX / 2);
	size_t i;

	if (v->refusing++ == 0) {
		v->failed = json_array_size(failed);
		buf_printf(&v->first, "the check %s; \"%s\": %s", check, text, why);
		if (quote[0] != '\0')
			buf_printf(&v->first, "; it quotes \"%s\"", quote);
		if (found[0] != '\0')
			buf_printf(&v->first, "%s %s has \"%s\"", quote[0] != '\0' ? " and" : ";",
			    document[0] != '\0' ? document : "the document", found);
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
	if (json_number_value(score) < v->score)
		v->score = json_number_value(score);
	if (json_array_size(failed) > 0)
		add_failed(v, check, failed);
}

/* ---- Telling ----------------------------------------------------------------------------------------------------- */

int
verdict_tell(const struct verdict *v, const char *whose, size_t claims, struct fault *why)
{
	_cleanup_(buf_free) struct buf text = {0};

	if (v->failed == 0)
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
