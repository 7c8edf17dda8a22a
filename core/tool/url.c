/*
 * URLs: read by libcurl's parser alone, so that what is checked is what is asked.
 *
 * A grant may name a path ("https://api.example.com/v1"), so a path must not lead out of where it seems to be: dot
 * segments are resolved here, also the encoded ones that curl would leave, and those that only a sloppy server would
 * take for dot segments are refused.
 */

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "tool/request.h"

static void
curl_url_p(CURLU **u)
{
	curl_url_cleanup(*u);
}

static void
curl_free_p(char **s)
{
	curl_free(*s);
}

static int
hex_digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ? (c | 0x20) - 'a' + 10 : -1;
}

/* Decodes what need not have been encoded (RFC 3986, 6.2.2.2): "%2e" is ".". */
static char *
decode_unreserved(const char *text)
{
	char *out = xmalloc(strlen(text) + 1), *at = out;

	while (*text != '\0') {
		int high = *text == '%' ? hex_digit(text[1]) : -1, low = high >= 0 ? hex_digit(text[2]) : -1;
		char c = (char)(low >= 0 ? (unsigned)high << 4 | (unsigned)low : 0);

		if (low >= 0 && (isalnum((unsigned char)c) || (c != '\0' && strchr("-._~", c) != NULL))) {
			*at++ = c;
			text += 3;
		} else {
			*at++ = *text++;
		}
	}
	*at = '\0';
	return out;
}

/* How many bytes at `s` some server takes for the end of a segment: "/", "\", ";" or one of them encoded. */
static size_t
separator(const char *s)
{
	if (*s == '/' || *s == '\\' || *s == ';')
		return 1;
	return strncasecmp(s, "%2f", 3) == 0 || strncasecmp(s, "%5c", 3) == 0 || strncasecmp(s, "%3b", 3) == 0 ? 3 : 0;
}

static bool
leads_out(const char *path)
{
	for (const char *s = path; *s != '\0'; s++) {
		size_t n = separator(s);

		if (n > 0 && strncmp(s + n, "..", 2) == 0 && (s[n + 2] == '\0' || separator(s + n + 2) > 0))
			return true;
	}
	return false;
}

static int
refused(struct fault *fault, const char *found)
{
	return fault_set(fault, HOSPES_EINPUT, "expected a URL like https://example.com/path, found %s", found);
}

/* The host in lower case and without the dot at its end, which means the same and would pass by patterns; `again`: it
 * had one. */
static int
normal_host(CURLU *u, bool *again, struct fault *fault)
{
	_cleanup_(curl_free_p) char *host = NULL, *zone = NULL;
	size_t len;

	if (curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK)
		return refused(fault, "one without a host");
	if (curl_url_get(u, CURLUPART_ZONEID, &zone, 0) == CURLUE_OK)
		return refused(fault, "one with a zone in its address");
	for (char *c = host; *c != '\0'; c++) {
		if ((unsigned char)*c >= 0x80)
			return refused(fault, "a host that is not ASCII; write it as xn--...");
		*c = (char)tolower((unsigned char)*c);
	}
	if (host[0] == '\0' || host[0] == '.' || strstr(host, "..") != NULL || strchr(host, '%') != NULL)
		return refused(fault, "a host that is none");
	len = strlen(host);
	if (host[len - 1] == '.') {
		host[len - 1] = '\0';
		*again = true;
	}
	if (curl_url_set(u, CURLUPART_HOST, host, 0) != CURLUE_OK)
		return refused(fault, "a host that is none");
	return 0;
}

/* Has "http:" exactly two slashes after it?  Curl takes one or three for a slip of the pen. */
static bool
slashes_right(const char *text)
{
	const char *colon = strchr(text, ':');

	if (strncasecmp(text, "http:", 5) != 0 && strncasecmp(text, "https:", 6) != 0)
		return true;
	return colon[1] == '/' && colon[2] == '/' && colon[3] != '/' && colon[3] != '\\';
}

static int
url_parse(CURLU *u, const char *text, const char *base, struct fault *fault)
{
	_cleanup_(free_p) char *decoded = NULL;
	CURLUcode rc = CURLUE_OK;

	if (strlen(text) > HTTP_URL_MAX)
		return fault_set(
		    fault, HOSPES_EINPUT, "expected a URL of at most %d bytes, found %zu", HTTP_URL_MAX, strlen(text));
	for (const char *c = text; *c != '\0'; c++) {
		if ((unsigned char)*c <= 0x20 || *c == 0x7f)
			return refused(fault, "one with a space or a control character; write it as %%20");
	}
	if (!slashes_right(text))
		return refused(fault, "one that has not two slashes after its scheme");
	decoded = decode_unreserved(text);
	if (base != NULL)
		rc = curl_url_set(u, CURLUPART_URL, base, CURLU_DISALLOW_USER);
	if (rc == CURLUE_OK)
		rc = curl_url_set(u, CURLUPART_URL, decoded, CURLU_DISALLOW_USER);
	if (rc == CURLUE_USER_NOT_ALLOWED)
		return refused(fault, "one with a user or a password; send an Authorization header");
	if (rc != CURLUE_OK)
		return fault_set(
		    fault, HOSPES_EINPUT, "expected a URL like https://example.com/path: %s", curl_url_strerror(rc));
	return 0;
}

int
url_read(const char *text, const char *base, struct http_request *ret, struct fault *fault)
{
	_cleanup_(curl_url_p) CURLU *u = curl_url();
	_cleanup_(curl_free_p) char *url = NULL, *scheme = NULL, *host = NULL, *path = NULL, *port = NULL;
	bool again = false;
	int rc;

	if (u == NULL)
		abort();
	rc = url_parse(u, text, base, fault);
	if (rc != 0)
		return rc;
	if (curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0))
		return refused(fault, "one that is neither http nor https");
	rc = normal_host(u, &again, fault);
	if (rc != 0)
		return rc;
	curl_url_set(u, CURLUPART_FRAGMENT, NULL, 0);
	if (again) { /* without its dot it may be a number that stands for an address */
		if (curl_url_get(u, CURLUPART_URL, &url, 0) != CURLUE_OK ||
		    curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK)
			return refused(fault, "a host that is none");
		curl_free(url);
		url = NULL;
	}
	if (curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_PATH, &path, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK || strtoul(port, NULL, 10) == 0 ||
	    curl_url_get(u, CURLUPART_URL, &url, CURLU_NO_DEFAULT_PORT) != CURLUE_OK)
		return refused(fault, "one that is incomplete");
	if (leads_out(path))
		return refused(fault, "a path with .. in it");
	ret->url = xstrdup(url);
	ret->scheme = xstrdup(scheme);
	ret->host = xstrdup(host);
	ret->path = xstrdup(path);
	ret->port = (unsigned)strtoul(port, NULL, 10);
	return 0;
}
