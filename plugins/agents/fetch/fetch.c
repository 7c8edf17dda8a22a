/*
 * fetch: gets one URL and tells what it found.
 *
 * Of an HTML page that is the title and how much text it has for a reader, of other text the text itself, of anything
 * else the type and the size.
 */

#include <string.h>
#include <strings.h>

#include <hospes.h>

/* The end of the tag that starts at `s`, which may also be a comment. */
static const char *
skip_tag(const char *s)
{
	bool comment = strncmp(s, "<!--", 4) == 0;
	const char *end = comment ? strstr(s + 4, "-->") : strchr(s, '>');

	return end == NULL ? s + strlen(s) : end + (comment ? 3 : 1);
}

/* Is this the tag `<name`, `<name>` or, with a slash in `name`, `</name>`? */
static bool
is_tag(const char *s, const char *name)
{
	size_t len = strlen(name);

	return *s == '<' && strncasecmp(s + 1, name, len) == 0 && strchr(" \t\r\n>/", s[1 + len]) != NULL;
}

/* Characters that a reader of the page sees: no tags, scripts or styles, white space once. */
static json_int_t
visible_characters(const char *s)
{
	json_int_t n = 0;
	bool space = true;

	while (*s != '\0') {
		const char *until = is_tag(s, "script") ? "/script" : is_tag(s, "style") ? "/style" : NULL;

		if (*s != '<') {
			bool now = strchr(" \t\r\n", *s) != NULL;

			n += (*s & 0xc0) != 0x80 && !(now && space);
			space = now;
			s++;
			continue;
		}
		s = skip_tag(s);
		while (until != NULL && *s != '\0' && !is_tag(s, until))
			s++;
	}
	return n;
}

/* The page's title with its white space in order, or NULL. */
static json_t *
title(const char *s)
{
	char text[256];
	size_t len = 0;

	while (*s != '\0' && !is_tag(s, "title"))
		s = *s == '<' ? skip_tag(s) : s + 1;
	if (*s == '\0')
		return NULL;
	for (s = skip_tag(s); *s != '\0' && *s != '<' && len < sizeof text - 1; s++) {
		bool space = strchr(" \t\r\n", *s) != NULL;

		if (!space)
			text[len++] = *s;
		else if (len > 0 && text[len - 1] != ' ')
			text[len++] = ' ';
	}
	if (*s != '\0' && *s != '<') /* cut, though not within a character */
		while (len > 0 && (s[0] & 0xc0) == 0x80 && (text[--len] & 0xc0) == 0x80)
			continue;
	while (len > 0 && text[len - 1] == ' ')
		len--;
	return json_stringn(text, len);
}

/* The answer's type without its parameters: "text/html". */
static json_t *
content_type(const hospes_value *page)
{
	const char *type = hospes_text(hospes_get(page, "headers"), "content-type");

	return type == NULL ? json_string("") : json_stringn(type, strcspn(type, "; "));
}

static json_int_t
body_size(const hospes_value *page)
{
	const char *body = hospes_text(page, "body"), *binary = hospes_text(page, "base64");
	size_t len;

	if (body != NULL)
		return (json_int_t)strlen(body);
	for (len = binary == NULL ? 0 : strlen(binary); len > 0 && binary[len - 1] == '='; len--)
		continue;
	return (json_int_t)(len * 3 / 4);
}

static int
fetch(hospes_ctx *ctx)
{
	const char *url = hospes_text(hospes_input(ctx), "url"), *body;
	const hospes_http_request request = {.size = sizeof request, .url = url};
	hospes_value *page;
	json_t *type, *reply;
	int64_t status;
	int rc = hospes_http(ctx, &request, NULL, &page);

	if (rc != 0)
		return rc;
	status = hospes_int(page, "status");
	if (status < 200 || status > 299)
		return hospes_fail(ctx, HOSPES_EFAILED,
		    "%s answered with HTTP status %d where 200 to 299 were expected", url, (int)status);

	type = content_type(page);
	body = hospes_text(page, "body");
	reply = json_pack("{s:s s:I s:O s:I}", "url", hospes_text(page, "url"), "status", (json_int_t)status, "type",
	    type, "bytes", body_size(page));
	if (body != NULL && strcasecmp(json_string_value(type), "text/html") == 0) {
		json_object_set_new(reply, "title", title(body)); /* without a title: nothing is set */
		json_object_set_new(reply, "text_length", json_integer(visible_characters(body)));
	} else if (body != NULL) {
		json_object_set_new(reply, "text", json_string(body));
	}
	json_decref(type);
	return hospes_reply(ctx, reply);
}

HOSPES_AGENT("fetch", "1.0.0", "Gets a URL and tells its type, size and title", fetch)
HOSPES_CAPABILITY("fetch.url")
HOSPES_NEEDS("http:*")
HOSPES_INPUT("{\"type\":\"object\",\"required\":[\"url\"],\"additionalProperties\":false,\"properties\":{"
	     "\"url\":{\"type\":\"string\",\"minLength\":1}}}")
HOSPES_OUTPUT("{\"type\":\"object\",\"required\":[\"url\",\"status\",\"type\",\"bytes\"],\"properties\":{"
	      "\"url\":{\"type\":\"string\"},\"status\":{\"type\":\"integer\"},\"type\":{\"type\":\"string\"},"
	      "\"bytes\":{\"type\":\"integer\",\"minimum\":0},\"title\":{\"type\":\"string\"},"
	      "\"text\":{\"type\":\"string\"},\"text_length\":{\"type\":\"integer\"}}}")
