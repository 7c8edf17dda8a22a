/*
 * The body of POST /v1/runs: a request for a run, or an array of them.
 *
 * An input may be large and nobody here looks into it: where it is plain JSON its bytes are set aside, and only what is
 * around it is parsed.  What is not plain goes to the parser as it is.
 */

#include "config.h"

#include <string.h>

#include "api/serve.h"
#include "base/json.h"
#include "base/util.h"

/* Takes the body apart: `rest` gets it with null in the place of each input. */
struct split {
	const char *text;
	size_t at, len;
	struct buf rest;
	struct payload **inputs;
	size_t n, cap;
};

static void
space(struct split *s)
{
	while (s->at < s->len && memchr(" \t\r\n", s->text[s->at], 4) != NULL)
		s->at++;
}

/* The character, which is copied. */
static bool
take(struct split *s, char c)
{
	space(s);
	if (s->at == s->len || s->text[s->at] != c)
		return false;
	buf_append(&s->rest, &s->text[s->at++], 1);
	return true;
}

/* A value; false when it is not plain. */
static bool
take_value(struct split *s, const char **from, size_t *len)
{
	space(s);
	*from = s->text + s->at;
	if (!json_plain(s->text, s->len, &s->at))
		return false;
	*len = (size_t)(s->text + s->at - *from);
	while (*len > 0 && memchr(" \t\r\n", (*from)[*len - 1], 4) != NULL)
		--*len;
	return true;
}

static bool
take_member(struct split *s, struct payload **input)
{
	static const char name[] = "\"input\"";
	const char *key, *value;
	size_t key_len, len;

	space(s);
	if (s->at == s->len || s->text[s->at] != '"' || !take_value(s, &key, &key_len))
		return false;
	buf_append(&s->rest, key, key_len);
	if (!take(s, ':') || !take_value(s, &value, &len))
		return false;
	if (key_len != sizeof(name) - 1 || memcmp(key, name, key_len) != 0) {
		buf_append(&s->rest, value, len);
		return memchr(key, '\\', key_len) == NULL; /* an input in disguise is no plain one */
	}
	if (*input != NULL)
		return false;
	*input = payload_new(value, len);
	buf_appends(&s->rest, "null");
	return true;
}

static bool
take_request(struct split *s)
{
	struct payload **input;

	if (s->n == s->cap) {
		s->cap = s->cap == 0 ? 8 : s->cap * 2;
		s->inputs = xrealloc(s->inputs, s->cap * sizeof(struct payload *));
	}
	input = &s->inputs[s->n++];
	*input = NULL;
	if (!take(s, '{'))
		return false;
	if (take(s, '}'))
		return true;
	do {
		if (!take_member(s, input))
			return false;
	} while (take(s, ','));
	return take(s, '}');
}

static bool
take_body(struct split *s)
{
	bool many = take(s, '[');

	do {
		if (!take_request(s))
			return false;
	} while (many && s->n <= MANY_MAX && take(s, ','));
	if (many && !take(s, ']'))
		return false;
	space(s);
	return s->at == s->len;
}

static void
drop_inputs(struct payload **inputs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		payload_unref(&inputs[i]);
	free(inputs);
}

int
requests_read(struct exchange *x, const char *text, size_t len, struct fault *fault)
{
	static const char what[] = "the body of the request";
	_cleanup_(buf_free) struct buf rest = {0};
	struct split s = {.text = text, .len = len};

	if (payload_scan(text, len, SIZE_MAX, what, fault) != 0)
		return fault->status;
	if (take_body(&s))
		x->body = json_read(s.rest.data, s.rest.len, what, NULL);
	rest = s.rest;
	if (x->body == NULL) {
		drop_inputs(s.inputs, s.n);
		x->body = json_read(text, len, what, fault); /* it knows the sentence, too */
		return x->body == NULL ? fault->status : 0;
	}
	x->inputs = s.inputs;
	x->n_inputs = s.n;
	return 0;
}

void
requests_drop(struct exchange *x)
{
	drop_inputs(x->inputs, x->n_inputs);
	x->inputs = NULL;
	x->n_inputs = 0;
}

struct payload *
requests_input(const struct exchange *x, size_t nth)
{
	return nth < x->n_inputs ? x->inputs[nth] : NULL;
}
