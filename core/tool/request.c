/* Requests: the op's input read and checked, and what becomes of a request that is redirected. */

#include <assert.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include <sodium.h>

#include "base/json.h"
#include "tool/request.h"

static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

/* Said by the host itself, because they decide where a message ends or who is asking; "-" at the end: all such. */
static const char *const own_headers[] = {"host", "content-length", "transfer-encoding", "connection", "keep-alive",
    "te", "trailer", "upgrade", "expect", "http2-settings", "accept-encoding", "user-agent", "idempotency-key", "via",
    "forwarded", "x-forwarded-", "x-real-ip", "proxy-", "sec-"};

bool
http_idempotent(const char *method)
{
	assert(method != NULL);
	return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

void
http_request_clear(struct http_request *request)
{
	for (char **h = request->headers; h != NULL && *h != NULL; h++)
		free(*h);
	free(request->headers);
	free(request->method);
	free(request->url);
	free(request->scheme);
	free(request->host);
	free(request->path);
	payload_unref(&request->body);
	*request = (struct http_request){0};
}

void
request_describe(const struct http_request *request, struct buf *ret)
{
	bool usual = request->port == (strcmp(request->scheme, "https") == 0 ? 443 : 80);

	buf_printf(ret, "%s %s://%s", request->method, request->scheme, request->host);
	if (!usual)
		buf_printf(ret, ":%u", request->port);
}

/* ---- Headers ----------------------------------------------------------------------------------------------------- */

size_t
header_name_length(const char *line, size_t len)
{
	size_t n = 0;

	while (n < len &&
	       (isalnum((unsigned char)line[n]) || (line[n] != '\0' && strchr("!#$%&'*+-.^_`|~", line[n]) != NULL)))
		n++;
	return n;
}

bool
header_value_valid(const char *value, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)value[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static bool
header_is(const char *line, const char *name)
{
	size_t len = strlen(name);

	return strncasecmp(line, name, len) == 0 && (line[len] == ':' || name[len - 1] == '-');
}

static int
header_read(const json_t *value, char **ret, struct fault *fault)
{
	const char *line = json_string_value(value), *text;
	size_t len = json_string_length(value), name;

	if (line == NULL)
		return fault_set(
		    fault, HOSPES_EINPUT, "expected headers as \"Name: value\" lines, found one that is no text");
	name = header_name_length(line, len);
	if (len > HTTP_HEADER_MAX)
		return fault_set(
		    fault, HOSPES_EINPUT, "expected a header of at most %d bytes, found %zu", HTTP_HEADER_MAX, len);
	if (name == 0 || line[name] != ':')
		return fault_set(
		    fault, HOSPES_EINPUT, "expected a header as \"Name: value\", found no name before a colon");
	if (!header_value_valid(line + name, len - name))
		return fault_set(
		    fault, HOSPES_EINPUT, "header %.*s has a control character in its value", (int)name, line);
	for (size_t i = 0; i < ARRAY_LEN(own_headers); i++) {
		if (header_is(line, own_headers[i]))
			return fault_set(fault, HOSPES_EINPUT, "header %.*s is the host's own to set; leave it out",
			    (int)name, line);
	}
	text = line + name + 1;
	text += strspn(text, " \t");
	len -= (size_t)(text - line);
	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	*ret = xasprintf("%.*s: %.*s", (int)name, line, (int)len, text);
	return 0;
}

static int
headers_read(const json_t *list, struct http_request *r, struct fault *fault)
{
	size_t n = json_array_size(list);

	if (list != NULL && !json_is_array(list))
		return fault_set(fault, HOSPES_EINPUT, "expected headers as an array of \"Name: value\" lines");
	if (n > HTTP_HEADERS_MAX)
		return fault_set(fault, HOSPES_EINPUT, "expected at most %d headers, found %zu", HTTP_HEADERS_MAX, n);
	r->headers = xcalloc(n + 1, sizeof *r->headers);
	for (size_t i = 0; i < n; i++) {
		int rc = header_read(json_array_get(list, i), &r->headers[i], fault);

		if (rc != 0)
			return rc;
	}
	return 0;
}

/* ---- The op's input ---------------------------------------------------------------------------------------------- */

static int
method_read(const json_t *value, struct http_request *r, struct fault *fault)
{
	const char *method = value == NULL ? "GET" : json_string_value(value);

	for (size_t i = 0; method != NULL && i < ARRAY_LEN(methods); i++) {
		if (strcmp(method, methods[i]) == 0) {
			r->method = xstrdup(method);
			return 0;
		}
	}
	return fault_set(fault, HOSPES_EINPUT,
	    "expected method GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS, found %.40s",
	    method == NULL ? "no text" : method);
}

static int
body_read(const json_t *text, const json_t *base64, struct http_request *r, struct fault *fault)
{
	size_t len = json_string_length(base64), got;

	if (text == NULL && base64 == NULL)
		return 0;
	if (text != NULL && base64 != NULL)
		return fault_set(fault, HOSPES_EINPUT, "expected either body or base64, found both");
	if (!json_is_string(text != NULL ? text : base64))
		return fault_set(fault, HOSPES_EINPUT, "expected the body as text");
	if (http_idempotent(r->method))
		return fault_set(fault, HOSPES_EINPUT, "a %s has no body; leave it out, or use POST", r->method);
	if (text != NULL) {
		r->body = payload_new(json_string_value(text), json_string_length(text));
		return 0;
	}
	_cleanup_(free_p) unsigned char *bytes = xmalloc(len + 1);
	if (sodium_base642bin(
		bytes, len + 1, json_string_value(base64), len, NULL, &got, NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
		return fault_set(
		    fault, HOSPES_EINPUT, "expected base64 with padding (RFC 4648, section 4) as the body");
	r->body = payload_new(bytes, got);
	return 0;
}

static int
input_read(const json_t *input, struct http_request *r, struct fault *fault)
{
	static const char *const known[] = {"method", "headers", "body", "base64", "max_bytes"};
	const json_t *max = json_object_get(input, "max_bytes"), *value;
	const char *key;
	int rc;

	if (!json_is_object(input))
		return fault_set(fault, HOSPES_EINPUT, "expected an HTTP request as an object");
	json_object_foreach((json_t *)input, key, value)
	{
		size_t i = 0;

		while (i < ARRAY_LEN(known) && strcmp(key, known[i]) != 0)
			i++;
		if (i == ARRAY_LEN(known))
			return fault_set(fault, HOSPES_EINPUT,
			    "expected method, headers, body, base64 or max_bytes in an HTTP request, found %.40s", key);
	}
	if (max != NULL && (!json_is_integer(max) || json_integer_value(max) < 0))
		return fault_set(fault, HOSPES_EINPUT, "expected max_bytes as a number of bytes");
	r->max_bytes = (size_t)json_integer_value(max);
	rc = method_read(json_object_get(input, "method"), r, fault);
	if (rc == 0)
		rc = headers_read(json_object_get(input, "headers"), r, fault);
	if (rc == 0)
		rc = body_read(json_object_get(input, "body"), json_object_get(input, "base64"), r, fault);
	return rc;
}

int
http_request_read(const char *url, const struct payload *input, struct http_request *ret, struct fault *fault)
{
	_cleanup_(http_request_clear) struct http_request r = {0};
	_cleanup_(json_p) json_t *j = input == NULL || input->len == 0
					  ? json_object()
					  : json_read(input->data, input->len, "the HTTP request", fault);
	int rc;

	if (j == NULL)
		return fault->status;
	rc = input_read(j, &r, fault);
	if (rc == 0)
		rc = url_read(url, NULL, &r, fault);
	if (rc != 0)
		return rc;
	*ret = r;
	r = (struct http_request){0};
	return 0;
}

/* ---- Redirects --------------------------------------------------------------------------------------------------- */

/* Copies the headers, but for those that must not go along. */
static char **
headers_copy(char *const *headers, bool other_origin, bool without_body)
{
	static const char *const secret[] = {"authorization", "cookie"};
	static const char *const of_body[] = {
	    "content-encoding", "content-language", "content-location", "content-type"};
	size_t n = 0, kept = 0;
	char **copy;

	while (headers != NULL && headers[n] != NULL)
		n++;
	copy = xcalloc(n + 1, sizeof *copy);
	for (size_t i = 0; i < n; i++) {
		bool keep = true;

		for (size_t k = 0; other_origin && k < ARRAY_LEN(secret); k++)
			keep = keep && !header_is(headers[i], secret[k]);
		for (size_t k = 0; without_body && k < ARRAY_LEN(of_body); k++)
			keep = keep && !header_is(headers[i], of_body[k]);
		if (keep)
			copy[kept++] = xstrdup(headers[i]);
	}
	return copy;
}

void
request_copy(const struct http_request *request, struct http_request *ret)
{
	*ret = (struct http_request){
	    .method = xstrdup(request->method),
	    .url = xstrdup(request->url),
	    .scheme = xstrdup(request->scheme),
	    .host = xstrdup(request->host),
	    .path = xstrdup(request->path),
	    .port = request->port,
	    .headers = headers_copy(request->headers, false, false),
	    .body = payload_ref(request->body),
	    .max_bytes = request->max_bytes,
	};
}

int
request_redirected(
    const struct http_request *from, long status, const char *location, struct http_request *ret, struct fault *fault)
{
	_cleanup_(http_request_clear) struct http_request r = {.max_bytes = from->max_bytes};
	bool to_get = status == 303 ? !http_idempotent(from->method)
				    : (status == 301 || status == 302) && strcmp(from->method, "POST") == 0;
	bool other_origin;
	int rc = url_read(location, from->url, &r, fault);

	if (rc != 0)
		return rc;
	other_origin = strcmp(r.scheme, from->scheme) != 0 || strcmp(r.host, from->host) != 0 || r.port != from->port;
	r.method = xstrdup(to_get ? "GET" : from->method);
	r.headers = headers_copy(from->headers, other_origin, to_get);
	r.body = to_get ? NULL : payload_ref(from->body);
	*ret = r;
	r = (struct http_request){0};
	return 0;
}
