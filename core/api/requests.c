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

/* Takes the body apart: `rest` gets the request that is looked at, with null in the place of its input. */
struct split {
	const char *text;
	size_t at, len;
	struct buf rest, last; /* the request before */
	json_t *parsed;        /* of the last one: requests of one array differ in little but their input */
	json_t *body;
	struct payload **inputs;
	size_t n, cap;
};

static void
space(struct split *s)
{
	while (s->at < s->len && memchr(" \t\r\n", s->text[s->at], 4) != NULL)
		s->at++;
}

static bool
skip(struct split *s, char c)
{
	space(s);
	if (s->at == s->len || s->text[s->at] != c)
		return false;
	s->at++;
	return true;
}

/* The character, which is copied. */
static bool
take(struct split *s, char c)
{
	if (!skip(s, c))
		return false;
	buf_append(&s->rest, &c, 1);
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
take_members(struct split *s)
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

/* The next request, borrowed; NULL: not plain. */
static json_t *
take_request(struct split *s)
{
	struct buf swap = s->last;

	s->last = s->rest;
	s->rest = swap;
	buf_clear(&s->rest);
	if (!take_members(s))
		return NULL;
	if (s->parsed != NULL && s->rest.len == s->last.len && memcmp(s->rest.data, s->last.data, s->rest.len) == 0)
		return s->parsed;
	json_decref(s->parsed);
	s->parsed = json_read(s->rest.data, s->rest.len, "a request", NULL);
	return s->parsed;
}

static bool
take_array(struct split *s)
{
	s->body = json_array();
	do {
		json_t *request = take_request(s);

		if (request == NULL)
			return false;
		json_array_append(s->body, request);
	} while (s->n <= MANY_MAX && skip(s, ','));
	return skip(s, ']');
}

static bool
take_body(struct split *s)
{
	if (skip(s, '[')) {
		if (!take_array(s))
			return false;
	} else {
		s->body = json_incref(take_request(s));
	}
	space(s);
	return s->body != NULL && s->at == s->len;
}

static void
drop_inputs(struct payload **inputs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		payload_unref(&inputs[i]);
	free(inputs);
}

static void
split_free(struct split *s)
{
	drop_inputs(s->inputs, s->n);
	json_decref(s->body);
	json_decref(s->parsed);
	buf_free(&s->rest);
	buf_free(&s->last);
}

int
requests_read(struct exchange *x, const char *text, size_t len, struct fault *fault)
{
	static const char what[] = "the body of the request";
	_cleanup_(split_free) struct split s = {.text = text, .len = len};

	if (payload_scan(text, len, SIZE_MAX, what, fault) != 0)
		return fault->status;
	if (!take_body(&s)) {
		x->body = json_read(text, len, what, fault); /* it knows the sentence, too */
		return x->body == NULL ? fault->status : 0;
	}
	x->body = json_incref(s.body);
	x->inputs = s.inputs;
	x->n_inputs = s.n;
	s.inputs = NULL;
	s.n = 0;
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
