/*
 * HTTP requests, as JSON for the host.
 */

#include <stdlib.h>
#include <string.h>

#include "ctx.h"

/* RFC 4648, for bodies that are not UTF-8; the caller frees. */
static char *
base64(const uint8_t *bytes, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *text = len > SIZE_MAX / 2 ? NULL : malloc((len + 2) / 3 * 4 + 1);
	char *at = text;

	if (text == NULL)
		return NULL;
	for (size_t i = 0; i < len; i += 3) {
		uint32_t three = (uint32_t)bytes[i] << 16;

		if (i + 1 < len)
			three |= (uint32_t)bytes[i + 1] << 8;
		if (i + 2 < len)
			three |= bytes[i + 2];
		*at++ = digits[three >> 18];
		*at++ = digits[three >> 12 & 63];
		*at++ = digits[three >> 6 & 63];
		*at++ = digits[three & 63];
		if (i + 1 >= len)
			at[-2] = '=';
		if (i + 2 >= len)
			at[-1] = '=';
	}
	*at = '\0';
	return text;
}

static int
http_body(json_t *json, const void *body, size_t len)
{
	json_t *text;
	char *coded;
	int rc;

	if (body == NULL || len == 0)
		return 0;
	text = json_stringn(body, len);
	if (text != NULL)
		return json_object_set_new(json, "body", text);
	coded = base64(body, len);
	if (coded == NULL)
		return -1;
	rc = json_object_set_new(json, "base64", json_string(coded));
	free(coded);
	return rc;
}

static json_t *
http_json(const hospes_http_request *asked)
{
	json_t *json = json_object();
	int rc = json_object_set_new(json, "method", json_string(asked->method != NULL ? asked->method : "GET"));

	if (asked->headers != NULL) {
		json_t *lines = json_array();

		for (size_t i = 0; asked->headers[i] != NULL; i++)
			rc |= json_array_append_new(lines, json_string(asked->headers[i]));
		rc |= json_object_set_new(json, "headers", lines);
	}
	rc |= http_body(json, asked->body, asked->body_len);
	if (asked->max_bytes > 0)
		rc |= json_object_set_new(json, "max_bytes", json_integer((json_int_t)asked->max_bytes));
	if (rc == 0)
		return json;
	json_decref(json);
	return NULL;
}

/* Checks and fills the request; the input is a value of the call.  0 or a status. */
static int
http_request(struct hospes_ctx *ctx, const char *function, const hospes_http_request *given,
    const hospes_options *options, struct op_request *request)
{
	hospes_http_request asked = {.size = 0};
	struct hospes_value *input;
	json_t *json;
	int rc = ctx_check_op(ctx, function);

	if (rc != 0)
		return rc;
	if (given == NULL || given->size < offsetof(hospes_http_request, url) + sizeof(given->url))
		return ctx_fail(
		    ctx, HOSPES_EINPUT, "%s: set `size` of the request to sizeof(hospes_http_request)", function);
	memcpy(&asked, given, given->size < sizeof(asked) ? given->size : sizeof(asked));
	if (asked.url == NULL || asked.url[0] == '\0')
		return ctx_fail(ctx, HOSPES_EINPUT, "%s: the request has no url", function);
	json = http_json(&asked);
	if (json == NULL)
		return ctx_fail(
		    ctx, HOSPES_EINPUT, "%s: method or headers are not UTF-8, or no memory is left", function);
	input = hospes_value_json(ctx, json);
	request->target = ctx_copy(ctx, asked.url, strlen(asked.url));
	if (input == NULL || request->target == NULL)
		return ctx_fail(ctx, HOSPES_ENOMEM, "no memory is left to write the request of %s", asked.url);
	request->kind = WIRE_OP_HTTP;
	request->options = options;
	request->input = hospes_bytes(input, &request->input_len);
	return 0;
}

int
hospes_http(hospes_ctx *ctx, const hospes_http_request *request, const hospes_options *options, hospes_value **ret)
{
	struct op_request http = {.waits = true};
	struct hospes_op op = {.arrived = false};
	int rc = http_request(ctx, "hospes_http", request, options, &http);

	if (rc == 0)
		rc = op_run(ctx, &op, &http);
	if (rc == 0 && ret != NULL)
		*ret = op.answer.value;
	return rc;
}

hospes_op *
hospes_http_start(hospes_ctx *ctx, const hospes_http_request *request, const hospes_options *options)
{
	struct op_request http = {.waits = false};
	int rc = http_request(ctx, "hospes_http_start", request, options, &http);

	return op_start(ctx, rc, &http);
}
