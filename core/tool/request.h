/* Private to the room: requests beyond what http.h shows. */

#ifndef TOOL_REQUEST_H
#define TOOL_REQUEST_H

#include "tool/http.h"

#define HTTP_URL_MAX     8192
#define HTTP_HEADERS_MAX 64
#define HTTP_HEADER_MAX  8192
#define HTTP_KEY_MAX     255

/* Reads a URL, relative to `base` where that is not NULL, into the members url, scheme, host, path and port of `ret`, and
 * normalises it: dot segments gone, host in lower case, numbers for hosts in their usual form, no fragment.  http and
 * https only; neither user nor password.  bad_input. */
int url_read(const char *text, const char *base, struct http_request *ret, struct fault *fault);

void request_copy(const struct http_request *request, struct http_request *ret);

/* "GET https://example.com:8443", for sentences: a URL's path and query may hold secrets. */
void request_describe(const struct http_request *request, struct buf *ret);

/* The request that follows when `from` was answered with `status` and a Location (RFC 9110, 15.4). */
int request_redirected(
    const struct http_request *from, long status, const char *location, struct http_request *ret, struct fault *fault);

/* How long the header name at the start of a line is (a token of RFC 9110, 5.6.2); may this be a header's value? */
size_t header_name_length(const char *line, size_t len);
bool header_value_valid(const char *value, size_t len);

#endif
