/* Answers: foreign bytes, bounded as they come, and made into JSON at the end. */

#include <ctype.h>
#include <string.h>

#include <sodium.h>

#include "base/json.h"
#include "tool/answer.h"
#include "tool/request.h"

void
answer_begin(struct answer *a, size_t max_bytes)
{
	answer_clear(a);
	a->max_bytes = max_bytes;
	a->headers = json_object();
}

void
answer_clear(struct answer *a)
{
	json_decref(a->headers);
	free(a->location);
	buf_free(&a->body);
	*a = (struct answer){0};
}

/* Header values are bytes; those that are not UTF-8 are taken for Latin-1, which they once were by definition. */
static json_t *
value_text(const char *value, size_t len)
{
	_cleanup_(buf_free) struct buf text = {0};

	if (utf8_valid(value, len))
		return json_stringn(value, len);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)value[i];

		if (c < 0x80)
			buf_append(&text, &c, 1);
		else
			buf_append(&text,
			    (unsigned char[]){(unsigned char)(0xc0 | c >> 6), (unsigned char)(0x80 | (c & 0x3f))}, 2);
	}
	return json_stringn((const char *)text.data, text.len);
}

/* Keeps a header under its name in lower case; several of one name are joined (RFC 9110, 5.2). */
static void
keep_header(struct answer *a, const char *line, size_t name_len, const char *value, size_t len)
{
	_cleanup_(free_p) char *name = xstrndup(line, name_len);
	_cleanup_(json_p) json_t *text = value_text(value, len);
	const json_t *before;

	for (char *c = name; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	if (strcmp(name, "location") == 0 && a->location == NULL)
		a->location = xstrndup(value, len);
	before = json_object_get(a->headers, name);
	if (before == NULL)
		json_object_set(a->headers, name, text);
	else
		json_object_set_new(
		    a->headers, name, json_sprintf("%s, %s", json_string_value(before), json_string_value(text)));
}

static void
head_line(struct answer *a, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len), *value;
	size_t name_len = colon == NULL ? 0 : (size_t)(colon - line);

	if (name_len == 0 || name_len != header_name_length(line, len))
		return; /* no header: left out rather than passed on */
	value = colon + 1;
	len -= name_len + 1;
	for (; len > 0 && (*value == ' ' || *value == '\t'); len--)
		value++;
	while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
		len--;
	if (header_value_valid(value, len))
		keep_header(a, line, name_len, value, len);
}

bool
answer_head(struct answer *a, const char *line, size_t len)
{
	a->head_bytes += len;
	if (a->head_bytes > ANSWER_HEAD_MAX || ++a->head_lines > ANSWER_LINES_MAX) {
		a->head_large = true;
		return false;
	}
	while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == '\n'))
		len--;
	if (a->head_over)
		return true; /* a trailer: told by nobody who was asked beforehand */
	if (len >= 5 && memcmp(line, "HTTP/", 5) == 0) {
		const char *code = memchr(line, ' ', len);

		a->interim = code != NULL && code + 1 < line + len && code[1] == '1';
		json_object_clear(a->headers);
		free(a->location);
		a->location = NULL;
	} else if (len > 0) {
		head_line(a, line, len);
	} else {
		a->head_over = !a->interim;
	}
	return true;
}

bool
answer_body(struct answer *a, const void *data, size_t len)
{
	if (len > a->max_bytes - a->body.len) {
		a->body_large = true;
		return false;
	}
	buf_append(&a->body, data, len);
	return true;
}

static json_t *
base64_text(const struct buf *body)
{
	size_t size = sodium_base64_encoded_len(body->len, sodium_base64_VARIANT_ORIGINAL);
	_cleanup_(free_p) char *text = xmalloc(size);

	sodium_bin2base64(text, size, body->data, body->len, sodium_base64_VARIANT_ORIGINAL);
	return json_string(text);
}

struct payload *
answer_payload(struct answer *a, long status, const char *url)
{
	bool text =
	    a->body.len == 0 || (memchr(a->body.data, 0, a->body.len) == NULL && utf8_valid(a->body.data, a->body.len));
	_cleanup_(json_p) json_t *answer = NULL;

	/* The body is handed out decoded, so what described it encoded would mislead. */
	if (json_object_get(a->headers, "content-encoding") != NULL) {
		json_object_del(a->headers, "content-encoding");
		json_object_del(a->headers, "content-length");
	}
	answer = json_pack("{s:I s:s s:O}", "status", (json_int_t)status, "url", url, "headers", a->headers);
	if (text)
		json_object_set_new(answer, "body",
		    json_stringn_nocheck(a->body.len == 0 ? "" : (const char *)a->body.data, a->body.len));
	else
		json_object_set_new(answer, "base64", base64_text(&a->body));
	return json_payload(answer);
}
